"""The people of the demo, and what they ask for: through real SMTP and a real slash command, like anybody else."""

from dataclasses import dataclass
from typing import Final

from sandbox.driver import SlackStandIn
from sandbox.mailbox import Mailbox


@dataclass(frozen=True, slots=True)
class Townsman:
    login: str
    name: str
    mail: str
    timezone: str = "Europe/Berlin"


@dataclass(frozen=True, slots=True)
class Town:
    slack: SlackStandIn
    mailbox: Mailbox
    channel: str
    """The id of the agents' channel."""


ANA: Final = Townsman("ana", "Ana Ruiz", "ana@example.com")
BEN: Final = Townsman("ben", "Ben Okafor", "ben@example.com")
MANAGER: Final = Townsman("mia", "Mia Tanaka", "mia@example.com")
BOB: Final = Townsman("bob", "Bob Ray", "bob@example.com", "America/New_York")
CARLA: Final = Townsman("carla", "Carla Lindqvist", "carla@example.com")
AGENTS: Final = "it-desk"


@dataclass(frozen=True, slots=True)
class Wish:
    asker: Townsman
    subject: str
    text: str


_MAILS: Final = (
    Wish(
        CARLA,
        "The printer on floor 3 is offline",
        "Hi,\n\nsince this morning the printer next to the kitchen says offline.\nNothing is"
        " urgent, I can use the one on floor 2.\n\nCarla",
    ),
    Wish(
        BOB,
        "No access to the customer database",
        "Hello,\n\nsince I moved to the Boston team I cannot open the customer database:"
        ' "permission denied".\nCould somebody have a look?\n\nThanks, Bob',
    ),
)
_COMMAND: Final = "/ticket new A second monitor for my new desk"


def furnish(slack: SlackStandIn, mailbox: Mailbox) -> str:
    """People, rooms and mailboxes; the id of the agents' channel. Carla is not in Slack at all."""
    for person in (ANA, BEN, MANAGER, BOB):
        slack.add_user(person.login, real_name=person.name, email=person.mail, tz=person.timezone)
    members = [person.login for person in (ANA, BEN, MANAGER)]
    channel = slack.add_channel(AGENTS, private=True, members=members)
    slack.add_channel("general", members=[*members, BOB.login])
    for person in (BOB, CARLA):
        mailbox.open(person.mail, person.name, person.timezone)
    return channel.id


async def open_samples(town: Town, desk_address: str) -> None:
    for wish in _MAILS:
        asker = town.mailbox.person(wish.asker.mail, wish.asker.name)
        await asker.compose(desk_address, wish.subject, wish.text)
    await town.slack.user(BOB.login).command(_COMMAND, channel="general")

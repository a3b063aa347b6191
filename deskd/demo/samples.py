"""The people of the demo and their requests, sent through real SMTP, a slash command and a form."""

from dataclasses import dataclass
from typing import Final

from sandbox.mailbox.mailbox import Mailboxes
from sandbox.slack.driver import SlackStandIn


@dataclass(frozen=True, slots=True)
class Townsman:
    login: str
    name: str
    mail: str
    timezone: str = "Europe/Berlin"
    role: str = ""
    """Of those who work here; the others ask."""


@dataclass(frozen=True, slots=True)
class Town:
    slack: SlackStandIn
    mailbox: Mailboxes
    channel: str
    """The id of the agents' channel."""


ANA: Final = Townsman("ana", "Ana Ruiz", "ana@example.com", role="agent")
BEN: Final = Townsman("ben", "Ben Okafor", "ben@example.com", role="senior")
LEA: Final = Townsman("lea", "Lea Novak", "lea@example.com", role="lead")
MIA: Final = Townsman("mia", "Mia Tanaka", "mia@example.com", role="manager")
STAFF: Final = (ANA, BEN, LEA, MIA)
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
_CRITICAL: Final = Wish(
    BOB,
    "Customers cannot pay in the shop",
    'Since a few minutes every payment ends with "gateway timeout". Nothing can be sold.',
)
_WHY: Final = "the shop loses every order, and I cannot reach the payment provider"


def furnish(slack: SlackStandIn, mailbox: Mailboxes) -> str:
    """People, rooms and mailboxes; the id of the agents' channel. Carla is not in Slack at all."""
    for person in (*STAFF, BOB):
        slack.add_user(person.login, real_name=person.name, email=person.mail, tz=person.timezone)
    members = [person.login for person in STAFF]
    channel = slack.add_channel(AGENTS, private=True, members=members)
    slack.add_channel("general", members=[*members, BOB.login])
    for person in (BOB, CARLA, LEA, MIA):
        mailbox.open(person.mail, person.name, person.timezone)
    return channel.id


async def open_samples(town: Town, desk_address: str) -> None:
    for wish in _MAILS:
        asker = town.mailbox.person(wish.asker.mail, wish.asker.name)
        await asker.compose(desk_address, wish.subject, wish.text)
    await _escalated(town)


async def _escalated(town: Town) -> None:
    """A critical ticket pages Ana at once; she calls for help, and Ben is paged with her reason."""
    slack = town.slack
    bob, ana = slack.user(_CRITICAL.asker.login), slack.user(ANA.login)
    await bob.command("/ticket new", channel="general")
    await slack.wait_for(lambda: bob.modal)
    words = {"subject": _CRITICAL.subject, "words": _CRITICAL.text, "priority": "P1"}
    await bob.submit(values=words)
    card = await slack.message(channel=AGENTS, containing=_CRITICAL.subject)
    asked = await ana.reply(card, f"<@{slack.bot_user_id}> escalate {_WHY}")
    await slack.wait_for(lambda: slack.current(asked).reactions)

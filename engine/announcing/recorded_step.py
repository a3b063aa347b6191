"""What announcing knows of one recorded step, and how a Tell is made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from engine.announcing.places import name_at
from engine.messages.conversation import RefusedFile
from engine.messages.effects import Tell
from engine.messages.message import Message, kind_of
from engine.messages.values import Foreign, Handle, TicketRef, Who, Zone, foreign, zone
from engine.messages.work import TicketResolved
from engine.promises.rules import BY_ROLE, Ladder
from engine.tickets.events import Commented, Entry, Moved, Noted
from engine.tickets.message import Audience, Comment, MessageId, Note
from engine.tickets.people import Address, Person, PersonId
from engine.tickets.ticket import State, Ticket

About = tuple[TicketRef, Foreign, Zone | None]
"""The first fields of every message about one ticket."""


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """All that announcing needs to know of one recorded step."""

    before: Ticket | None
    after: Ticket
    entries: Sequence[Entry]
    audience: Audience
    requester: Person
    actor: Person | None
    assignee: Person | None = None
    words: Comment | Note | None = None
    source: Address | None = None
    receipt: bool = True
    """False when the opening message deserves none: a machine wrote it, or its sender had many already."""
    refused_files: tuple[RefusedFile, ...] = ()
    people: Mapping[PersonId, Person] = field(default_factory=dict)
    """Everybody the events name."""
    ladder: Ladder = BY_ROLE
    channels: tuple[str, ...] = ()
    """Those there are, as Workspace.channels has them."""
    on_level: tuple[Person, ...] = ()
    """Who stands on the present level, when a broken promise is to be told to them."""
    question: MessageId | None = None
    """What the requester was asked, when they are reminded of it."""
    answered: tuple[Entry, ...] = ()
    """The pages that waited until this step, when they no longer wait: the people who were paged need not act."""
    former_team: Address | None = None
    """The channel of the team it was moved away from: its card must show that it is gone."""


def to_requester(scene: RecordedStep, entry: Entry, message: Message) -> list[Tell]:
    place = scene.audience.requester
    return telling(scene, entry, message, place) if place else []


def to_team(scene: RecordedStep, entry: Entry, message: Message) -> list[Tell]:
    place = scene.audience.team
    return telling(scene, entry, message, place) if place else []


def telling(scene: RecordedStep, entry: Entry, message: Message, to: Address) -> list[Tell]:
    """One Tell, or none: words are not told where they were written."""
    words = scene.words
    said = isinstance(entry.event, Commented | Noted) or (
        isinstance(entry.event, Moved) and entry.event.to is State.RESOLVED
    )
    if (
        said
        and words is not None
        and to == scene.source
        and not isinstance(message, TicketResolved)
    ):
        return []
    tell = Tell(
        to=to,
        message=message,
        key=f"{scene.after.number}.{entry.seq}.{kind_of(message)}.{to.channel}.{to.place}",
        comment=words.id if said and isinstance(words, Comment) else None,
        note=words.id if isinstance(entry.event, Noted) and isinstance(words, Note) else None,
    )
    return [tell]


def about(scene: RecordedStep, reader: Person | None = None) -> About:
    """The ticket, in the zone of who reads it; of whom none is known, in the requester's."""
    ticket = scene.after
    name = (reader.timezone if reader else None) or scene.requester.timezone
    return TicketRef(ticket.number), Foreign(ticket.subject), zone(name)


def instant(at: datetime | None) -> str:
    """RFC 3339 in UTC with Z, "" for none: how instants stand in JSON and in keys."""
    return at.isoformat().replace("+00:00", "Z") if at else ""


def name_of(person: Person | None) -> Foreign | None:
    return foreign(person.name) if person else None


def who(person: Person | None, place: Address | None) -> Who | None:
    """As they are called where that is read."""
    if person is None:
        return None
    handle = name_at(person, place)
    return Who(Foreign(person.name), Handle(handle) if handle else None)


def assignee(scene: RecordedStep) -> Who | None:
    return who(scene.assignee, scene.audience.team)

"""What faces show: read-only pictures of tickets, spool and outbox, made by storage, never written back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.events import Entry
from engine.model import Attachment, Comment, Note, Person, Reference, Team, Ticket


@dataclass(frozen=True, slots=True)
class TicketLine:
    """One ticket with the names of its people: a row of a list, and all a card needs."""

    ticket: Ticket
    requester: Person
    assignee: Person | None
    team: Team
    opening: str = ""
    """The requester's first words (whole); cards cut them."""
    attachments: tuple[Attachment, ...] = ()
    """Those of comments: everybody on the ticket may know of them."""


@dataclass(frozen=True, slots=True)
class Said:
    """A comment or a note with its author's name and how its delivery went."""

    message: Comment | Note
    author: Person | None
    delivery: str | None = None
    """waiting | sending | sent | dead for comments that go out; None when nothing had to be sent."""


@dataclass(frozen=True, slots=True)
class Link:
    other: int
    how: str
    outgoing: bool


@dataclass(frozen=True, slots=True)
class TicketFile:
    """Everything known of one ticket."""

    line: TicketLine
    comments: tuple[Said, ...] = ()
    notes: tuple[Said, ...] = ()
    note_attachments: tuple[Attachment, ...] = ()
    """For agents only, as the notes they came with."""
    history: tuple[Entry, ...] = ()
    links: tuple[Link, ...] = ()
    people: tuple[Person, ...] = ()
    """Everybody named in the history, so that a face can write names."""

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """All of them, for whoever may see everything."""
        return (*self.line.attachments, *self.note_attachments)


@dataclass(frozen=True, slots=True)
class OwnWork:
    """What one person has before them, of each what is due first first; lists are cut, counts are not."""

    mine: tuple[TicketLine, ...] = ()
    mine_count: int = 0
    waiting: tuple[TicketLine, ...] = ()
    """Of their teams, with nobody."""
    waiting_count: int = 0
    due_next: tuple[TicketLine, ...] = ()
    """Of their teams, with somebody else."""
    asked: tuple[TicketLine, ...] = ()
    """What they asked for themselves and is not closed yet, newest first."""
    cards: Mapping[int, Reference] = field(default_factory=dict)
    """Where their cards are in Slack, by number."""


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """All given conditions must hold. Lists are newest first."""

    everything: bool = False
    """Also CLOSED and MERGED."""
    state: str | None = None
    priority: str | None = None
    team: str | None = None
    assignee: str | None = None
    requester: str | None = None
    limit: int = 1000
    before: int | None = None
    """Only numbers below this: the next page (keyset, never OFFSET)."""


@dataclass(frozen=True, slots=True)
class SpoolLine:
    id: int
    channel: str
    kind: str
    state: str  # waiting | done | dead
    reason: str | None
    attempts: int
    sender: str | None
    received_at: datetime
    ticket: int | None


@dataclass(frozen=True, slots=True)
class OutboxLine:
    id: int
    key: str
    ticket: int | None
    channel: str
    place: str
    kind: str  # show | the template's name
    state: str  # waiting | sending | sent | dead
    attempts: int
    next_at: datetime | None
    last_error: str | None
    possible_duplicate: bool


@dataclass(frozen=True, slots=True)
class Depth:
    """How full a queue is: for /metrics and /health."""

    waiting: int
    dead: int
    oldest: datetime | None

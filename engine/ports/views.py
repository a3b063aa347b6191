"""What faces show: read-only pictures of tickets, spool and outbox, made by storage, never written back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from engine.lists.asking import Asked
from engine.tickets.events import Entry
from engine.tickets.message import Attachment, Comment, Note, Reference
from engine.tickets.people import Person, Team, TeamId, WorkspaceId
from engine.tickets.ticket import Ticket

if TYPE_CHECKING:
    # Whoever lists tickets needs neither.
    from engine.promises.rules import Rules
    from engine.reports.facts import TicketFacts


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
class ConversationLine:
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
    comments: tuple[ConversationLine, ...] = ()
    notes: tuple[ConversationLine, ...] = ()
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
    """What one person has to do, each list earliest due first; lists are cut, counts are not."""

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
class Page:
    lines: Sequence[TicketLine]
    next: str | None = None
    """None: this was the last one."""
    cut: bool = False
    """So many rows were looked at that the search was ended; `next` goes on where it stopped."""
    as_of: datetime | None = None
    """Late is judged by this instant, on all pages."""


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


@dataclass(frozen=True, slots=True)
class DeskAddress:
    """One of the desk's own mail addresses and where its mail goes."""

    address: str
    workspace: WorkspaceId
    team: TeamId


class ListViews(Protocol):
    """Reads for lists and cards. They may be a moment old."""

    async def tickets(
        self, workspace: WorkspaceId, reader: Person, asked: Asked, *, now: datetime
    ) -> Page:
        """What the reader may read of it. Raises Refused for a cursor of another list, or no word to look up."""
        ...

    async def open_tickets(
        self, workspace: WorkspaceId, *, limit: int, before: int | None = None
    ) -> Sequence[TicketLine]:
        """Whoever may read them, newest first, below that number: for parts, which are nobody."""
        ...

    async def ticket(self, workspace: WorkspaceId, number: int) -> TicketLine | None: ...

    async def ticket_file(self, workspace: WorkspaceId, number: int) -> TicketFile | None: ...

    async def comment(
        self, workspace: WorkspaceId, id: str
    ) -> tuple[Comment, Person | None] | None: ...

    async def note(self, workspace: WorkspaceId, id: str) -> tuple[Note, Person | None] | None: ...

    async def references(
        self,
        workspace: WorkspaceId,
        ticket: int,
        *,
        channel: str,
        place: str | None = None,
        kind: str | None = None,
    ) -> Sequence[Reference]:
        """Oldest first."""
        ...

    async def ticket_by_reference(
        self, workspace: WorkspaceId, channel: str, place: str, ref: str
    ) -> int | None: ...

    async def workspaces(self) -> Sequence[WorkspaceId]:
        """In alphabetical order."""
        ...

    async def rules_numbers(self) -> Mapping[WorkspaceId, int]:
        """Each workspace's Workspace.rules_version: what was read of rules and teams holds until it is another."""
        ...

    async def desk_addresses(self) -> Sequence[DeskAddress]: ...

    async def teams(self, workspace: WorkspaceId) -> Sequence[Team]: ...

    async def spool(
        self, *, state: str | None = None, limit: int = 1000
    ) -> Sequence[SpoolLine]: ...

    async def outbox(
        self, *, state: str | None = None, limit: int = 1000
    ) -> Sequence[OutboxLine]: ...

    async def spool_depth(self) -> Depth: ...

    async def outbox_depth(self) -> Depth: ...

    async def overdue_timers(self, *, now: datetime, grace: timedelta) -> Depth: ...


class Views(ListViews, Protocol):
    """With what takes more than tickets to tell: promises by their rules, and the figures of reports."""

    async def rules(self, workspace: WorkspaceId) -> "Rules":
        """As they are now: what a card needs to say how much of a promise is used, and who is paged next."""
        ...

    async def ticket_facts(
        self, workspace: WorkspaceId, *, since: datetime
    ) -> "Sequence[TicketFacts]":
        """Every ticket that is not closed, and those closed at `since` or later: what a report counts. In no order.

        Raises LookupError when there are more than a report can hold.
        """
        ...

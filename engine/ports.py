"""What the engine needs from outside, as protocols; storage and deskd keep these promises.

A use case is a plain function of a Transaction. `Store.run` decides where it runs and runs it again when a
connection is lost or a version is stale, so a use case must do nothing but read and record.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from engine.effects import Effect, Tell
from engine.events import Entry
from engine.model import (
    Address,
    Attachment,
    Audience,
    Comment,
    Identity,
    Note,
    Person,
    PersonId,
    Reference,
    Team,
    TeamId,
    Ticket,
    Workspace,
    WorkspaceId,
)
from engine.promises import Timer
from engine.report_facts import TicketFacts
from engine.rules import Declared, Rules
from engine.staff import Staff
from engine.tally import Almanac
from engine.views import Depth, OutboxLine, SpoolLine, TicketFile, TicketFilter, TicketLine

T = TypeVar("T")


class Clock(Protocol):
    """The only source of time. Instants are aware and UTC."""

    def now(self) -> datetime: ...

    async def sleep_until(self, at: datetime) -> None:
        """Return at `at` or soon after; at once when it is past. A clock set back meanwhile prolongs nothing."""
        ...


class Part(Protocol):
    """Something the daemon runs."""

    @property
    def name(self) -> str: ...

    @property
    def trouble(self) -> str | None:
        """None when all is well, else one line for /ready ("slack: invalid_auth")."""
        ...

    async def run(self, *, ready: Callable[[], None]) -> None:
        """Run until cancelled; call `ready` once when able to work; finish what is in hand when cancelled."""
        ...


class Ids(Protocol):
    def new(self) -> str:
        """A new id, unique for ever, sorted by time as text (UUIDv7 or alike)."""
        ...


@dataclass(frozen=True, slots=True)
class Change:
    """One step of one ticket, recorded whole or not at all."""

    before: Ticket | None
    """None: the ticket is new."""
    after: Ticket
    entries: tuple[Entry, ...]
    comments: tuple[Comment, ...] = ()
    notes: tuple[Note, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    """Files of the first comment above."""
    references: tuple[Reference, ...] = ()
    audience: Audience | None = None
    """Given when it changed (always for a new ticket)."""
    waiting_copies: tuple[Address, ...] = ()
    """Cc of the first mail outside the workspace's domains: kept, told nothing until an agent says so."""
    timers_set: tuple[Timer, ...] = ()
    timers_dropped: tuple[Timer, ...] = ()
    effects: tuple[Effect, ...] = ()


class Transaction(Protocol):
    """One workspace's rows, read and written together. It can see no other workspace."""

    @property
    def workspace(self) -> WorkspaceId: ...

    @property
    def staff(self) -> Staff: ...

    def settings(self) -> Workspace: ...

    def next_number(self) -> int:
        """The next ticket number of this workspace; a number used in a failed transaction may be skipped."""
        ...

    def ticket(self, number: int) -> Ticket | None:
        """Locked until the end of the transaction."""
        ...

    def history(self, number: int, *, after: int = 0) -> Sequence[Entry]:
        """Entries with seq > `after`, oldest first."""
        ...

    def audience(self, number: int) -> Audience: ...

    def ticket_by_reference(
        self, channel: str, ref: str, *, place: str | None = None
    ) -> int | None:
        """The ticket an outside id stands for; `place` narrows it where ids are unique per place only (Slack ts)."""
        ...

    def tickets_opened_since(self, requester: PersonId, since: datetime) -> int: ...

    def person(self, id: PersonId) -> Person | None: ...

    def person_by(self, identity: Identity) -> Person | None: ...

    def people_named(self, name: str) -> Sequence[Person]:
        """Exact, case-insensitive match on address, Slack id or name: for `assign to ana` at the command line."""
        ...

    def agents(self) -> Sequence[Person]:
        """Everybody with a role above requester, or in a team."""
        ...

    def keep_person(self, person: Person) -> None:
        """Insert or update a person (not their identities; memberships follow `person.teams`)."""
        ...

    def keep_identity(
        self, identity: Identity, person: PersonId, *, at: datetime, how: str
    ) -> None:
        """Bind an identity to a person; an identity already bound to another person is moved."""
        ...

    def team(self, id: TeamId) -> Team | None: ...

    def teams(self) -> Sequence[Team]: ...

    def keep_team(self, team: Team) -> None: ...

    def keep_settings(self, settings: Workspace) -> None: ...

    def rules(self) -> Rules:
        """What the workspace lives by, ready to count with. The same object while nothing changes."""
        ...

    def almanac(self) -> Almanac:
        """Every edition of every calendar there has been."""
        ...

    def keep_rules(self, declared: Declared, *, at: datetime) -> None:
        """Make the rules be those of deskd.toml; what changed becomes a new edition, valid from `at`."""
        ...

    def was_paged(self, number: int, person: PersonId) -> bool:
        """Whether a page of this ticket went to that person."""
        ...

    def tickets_by_calendar(self, calendar: str, *, older_than: int, limit: int) -> Sequence[int]:
        """Tickets with a running, unbroken clock that was reckoned by an older edition: of `limit` such clocks."""
        ...

    def record(self, change: Change) -> None:
        """State only if nobody was faster (else errors.Stale), then history, words, timers, outbox."""
        ...

    def tell(self, effects: Sequence[Tell]) -> None:
        """Say what belongs to no ticket (a digest, a report); a key that is known already is left as it is.

        Raises ValueError for a Tell that points to a comment or a note: words of a person have their ticket.
        """
        ...

    def settle(self, spool_id: int, *, ticket: int | None, reason: str) -> None:
        """Mark a spool row done in this same transaction. reason: opened | joined | ignored: … | acted."""
        ...

    def spool_is_done(self, spool_id: int) -> bool:
        """True when an earlier run of this use case already settled the row (its commit's answer was lost)."""
        ...

    def tickets_muted(self, *, limit: int) -> Sequence[int]:
        """Whose pages a mute window holds, oldest first."""
        ...

    def joined(self, number: int) -> Mapping[int, PersonId]:
        """The tickets that are merged into this one now, with who asked for each; not those merged into them."""
        ...

    def ticket_settled(self, spool_id: int) -> int | None:
        """The ticket that a settled row became or changed."""
        ...


class Store(Protocol):
    async def run(self, workspace: WorkspaceId, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a transaction and commit; durable when this returns. Exceptions of `work` roll back."""
        ...


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a channel hands to the spool before it says yes to the outside."""

    workspace: WorkspaceId
    channel: str  # mail | slack
    kind: str  # message | event | command | action | view
    key: str
    """Unique per (workspace, channel): the same message again is the same row."""
    raw: bytes
    envelope: Mapping[str, object]
    """JSON-able facts of the transport: for mail sender, recipients, peer."""
    received_at: datetime
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    id: int
    fresh: bool
    """False: this key was already in the spool."""


@dataclass(frozen=True, slots=True)
class SpoolRow:
    """A leased row of the spool."""

    id: int
    workspace: WorkspaceId
    channel: str
    kind: str
    key: str
    raw: bytes
    envelope: Mapping[str, object]
    received_at: datetime
    attempts: int
    """Counted and committed before the row is handed out, so that a row that kills the process is known."""


class Spool(Protocol):
    async def keep(self, incoming: Incoming) -> Kept:
        """Durable when this returns; many callers share one commit."""
        ...

    async def keep_many(self, incoming: Sequence[Incoming]) -> Sequence[Kept]:
        """All or none: one message for several workspaces."""
        ...

    async def lease(
        self,
        channel: str,
        *,
        now: datetime,
        until: datetime,
        limit: int,
        kinds: Sequence[str] | None = None,
    ) -> Sequence[SpoolRow]:
        """Up to `limit` waiting rows, oldest first, ours until `until`; a row whose lease ran out waits again."""
        ...

    async def renew(self, ids: Iterable[int], *, until: datetime) -> None: ...

    async def done(self, id: int, *, reason: str) -> None:
        """Settled without a ticket."""
        ...

    async def retry(self, id: int, *, reason: str, at: datetime) -> None: ...

    async def bury(self, id: int, *, reason: str) -> None:
        """Dead: kept with its reason for a person to look at."""
        ...

    async def revive(self, id: int, *, at: datetime) -> bool:
        """`deskd spool retry`: waiting again with attempts 0. False: no such row, or it is done."""
        ...

    async def raw(self, id: int) -> bytes | None: ...


class Files(Protocol):
    async def keep(self, content: bytes) -> str:
        """Store by content, durable when this returns; answers the sha256 in hex."""
        ...

    async def read(self, sha256: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class DeskAddress:
    """One of the desk's own mail addresses and where its mail goes."""

    address: str
    workspace: WorkspaceId
    team: TeamId


class Views(Protocol):
    """Reads for lists, cards and couriers. They may be a moment old."""

    async def tickets(
        self, workspace: WorkspaceId, wanted: TicketFilter
    ) -> Sequence[TicketLine]: ...

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

    async def desk_addresses(self) -> Sequence[DeskAddress]: ...

    async def teams(self, workspace: WorkspaceId) -> Sequence[Team]: ...

    async def rules(self, workspace: WorkspaceId) -> Rules:
        """As they are now: what a card needs to say how much of a promise is used, and who is paged next."""
        ...

    async def ticket_facts(
        self, workspace: WorkspaceId, *, since: datetime
    ) -> Sequence[TicketFacts]:
        """Every ticket that is not closed, and those closed at `since` or later: what a report counts. In no order.

        Raises LookupError when there are more than a report can hold.
        """
        ...

    async def spool(
        self, *, state: str | None = None, limit: int = 1000
    ) -> Sequence[SpoolLine]: ...

    async def outbox(
        self, *, state: str | None = None, limit: int = 1000
    ) -> Sequence[OutboxLine]: ...

    async def spool_depth(self) -> Depth: ...

    async def outbox_depth(self) -> Depth: ...

    async def overdue_timers(self, *, now: datetime, grace: timedelta) -> Depth: ...

"""The port of tickets: one transaction of one workspace, and where its attachments lie.

A use case is a plain function of a Transaction. `Store.run` decides where it runs and runs it again when a
connection is lost or a version is stale, so a use case must do nothing but read and record.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from engine.calendars.calendar_history import CalendarHistory
from engine.duty.presence import Presence
from engine.messages.effects import Effect, Tell
from engine.ports.duty_store import DutyStore, SaidEntry
from engine.promises.rules import Declared, Rules
from engine.tickets.events import Entry
from engine.tickets.message import Attachment, Audience, Comment, Note, Reference
from engine.tickets.people import (
    Address,
    Identity,
    Owner,
    Person,
    PersonId,
    Team,
    TeamId,
    WorkspaceId,
)
from engine.tickets.promise_clock import Timer
from engine.tickets.ticket import Ticket
from engine.tickets.workspace import Workspace

T = TypeVar("T")


State = Ticket | Presence
"""What has a history. Each knows its stream and its version, the seq of the last entry."""


@dataclass(frozen=True, slots=True)
class Change:
    """One step of one stream, recorded whole or not at all."""

    before: State | None
    """None: it is new."""
    after: State
    entries: tuple[Entry, ...] | tuple[SaidEntry, ...]
    comments: tuple[Comment, ...] = ()
    notes: tuple[Note, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    """Files of the first comment above."""
    references: tuple[Reference, ...] = ()
    audience: Audience | None = None
    """Of a ticket: given when it changed (always for a new one)."""
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
    def staff(self) -> DutyStore: ...

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

    def keep_person(self, person: Person, *, owner: Owner | None = None) -> None:
        """Insert or update a person (not their identities; memberships follow `person.teams`).

        `owner`: whose the row and the listed teams are from now on; None: as they were, or run time's.
        """
        ...

    def people_of_the_file(self) -> frozenset[PersonId]:
        """Whom deskd.toml declared."""
        ...

    def keep_identity(
        self, identity: Identity, person: PersonId, *, at: datetime, how: str
    ) -> None:
        """Bind an identity to a person; an identity already bound to another person is moved."""
        ...

    def team(self, id: TeamId) -> Team | None: ...

    def teams(self) -> Sequence[Team]: ...

    def keep_team(self, team: Team, *, owner: Owner | None = None) -> None:
        """A team that is another than before raises the number of the rules, for whoever remembers teams by it."""
        ...

    def keep_settings(self, settings: Workspace) -> None: ...

    def rules(self) -> Rules:
        """What the workspace lives by, ready to count with. The same object while nothing changes."""
        ...

    def almanac(self) -> CalendarHistory:
        """Every edition of every calendar there has been."""
        ...

    def keep_rules(self, declared: Declared, *, at: datetime) -> None:
        """Make the rules be those of deskd.toml; what changed becomes a new edition, valid from `at`."""
        ...

    def was_paged(self, number: int, person: PersonId) -> bool:
        """Whether a page of this ticket went to that person."""
        ...

    def tickets_by_calendar(self, calendar: str, *, older_than: int, limit: int) -> Sequence[int]:
        """Tickets with a running, unbroken clock calculated with an older edition: of `limit` such clocks."""
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


class Files(Protocol):
    async def keep(self, content: bytes) -> str:
        """Store by content, durable when this returns; answers the sha256 in hex."""
        ...

    async def read(self, sha256: str) -> bytes: ...

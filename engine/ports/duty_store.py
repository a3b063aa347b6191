"""Who is on duty and who has which tickets, read and written in a transaction: the port of shifts and of assigning.

A part of engine.ports.Transaction, in a file of its own because the rest of the desk does without it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.duty.presence import Presence, Said
from engine.duty.workload import Load
from engine.ports.views import OwnWork
from engine.tickets.people import Person, PersonId, TeamId, WorkspaceId
from engine.tickets.ticket import Priority, State, ticket_id


@dataclass(frozen=True, slots=True)
class Brief:
    """A ticket in work, as far as sharing out and handing over need to know it."""

    number: int
    subject: str
    team: TeamId
    category: str
    priority: Priority
    state: State
    assignee: PersonId | None
    due_at: datetime | None
    touched: bool = False
    """Whoever has it accepted it, began it, or said something."""

    @property
    def id(self) -> str:
        return ticket_id(self.number)


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Somebody gave up a ticket, or it was taken from them."""

    by: PersonId
    passed: bool
    """They gave it back themselves, or let an offer pass; not because a shift ended or somebody else decided."""


@dataclass(frozen=True, slots=True)
class SaidEntry:
    """What somebody said of being there, in its place in the person's history."""

    seq: int
    at: datetime
    actor: PersonId | None
    """None: the desk itself, when a time was up."""
    via: str
    event: Said


class WorkViews(Protocol):
    """Reads beside the writer; they may be a moment old."""

    async def own_work(self, workspace: WorkspaceId, person: Person) -> OwnWork: ...

    async def staffed_teams(self, *, waiting: bool) -> Sequence[tuple[WorkspaceId, TeamId]]:
        """Teams whose tickets are assigned automatically and where somebody may be on duty: one small read.

        `waiting`: only those where a ticket has nobody.
        """
        ...


class DutyStore(Protocol):
    """All of one workspace."""

    def presence(self, person: PersonId) -> Presence:
        """Locked until the end of the transaction."""
        ...

    def presences(self) -> Mapping[PersonId, Presence]:
        """Of everybody who ever said anything."""
        ...

    def history(self, person: PersonId, *, limit: int) -> Sequence[SaidEntry]:
        """Newest first."""
        ...

    def lock(self, team: TeamId, people: Collection[PersonId]) -> None:
        """Until the end of the transaction nobody else assigns this team's tickets, or any to these people."""
        ...

    def loads(self, people: Collection[PersonId]) -> Mapping[PersonId, Load]:
        """What they hold, in all teams; who holds nothing may be missing."""
        ...

    def last_assigned(self, people: Collection[PersonId]) -> Mapping[PersonId, datetime]:
        """When each was last assigned something automatically; people who never were are missing."""
        ...

    def was_assigned(self, person: PersonId, at: datetime) -> None: ...

    def unassigned(self, team: TeamId, *, limit: int, critical_only: bool) -> Sequence[Brief]:
        """P1 first, then the earliest due. What is snoozed waits for nobody."""
        ...

    def held(
        self,
        *,
        people: Collection[PersonId] | None = None,
        team: TeamId | None = None,
        limit: int,
    ) -> Sequence[Brief]:
        """What somebody has, in work or with a question open: these people, this team. Due first first."""
        ...

    def due_until(self, team: TeamId, until: datetime, *, limit: int) -> Sequence[Brief]:
        """The team's tickets with a promise that breaks until then, earliest due first."""
        ...

    def given_back(self, numbers: Collection[int]) -> Mapping[int, Sequence[GivenBack]]:
        """By ticket, oldest first."""
        ...

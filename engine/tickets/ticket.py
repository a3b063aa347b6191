"""A ticket: its state, its priority, and what the desk remembers of it. Nothing here decides or acts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from engine.tickets.people import PersonId, TeamId, WorkspaceId
from engine.tickets.promise_clock import (
    PROMISES,
    ClockKind,
    PromiseClock,
    Stream,
    latest,
    of_ticket,
)


class Phase(StrEnum):
    ACTIVE = "active"
    WAITING = "waiting"
    DONE = "done"
    CLOSED = "closed"


class State(StrEnum):
    NEW = "NEW"
    OPEN = "OPEN"
    IN_PROGRESS = "IN_PROGRESS"
    PENDING_INFO = "PENDING_INFO"
    RESOLVED = "RESOLVED"
    CLOSED = "CLOSED"
    REOPENED = "REOPENED"
    MERGED = "MERGED"

    @property
    def phase(self) -> Phase:
        return _PHASES[self]


_PHASES: Final = {
    State.NEW: Phase.ACTIVE,
    State.OPEN: Phase.ACTIVE,
    State.IN_PROGRESS: Phase.ACTIVE,
    State.REOPENED: Phase.ACTIVE,
    State.PENDING_INFO: Phase.WAITING,
    State.RESOLVED: Phase.DONE,
    State.CLOSED: Phase.CLOSED,
    State.MERGED: Phase.CLOSED,
}


class Priority(StrEnum):
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"

    @property
    def label(self) -> str:
        return _PRIORITY_LABELS[self]


_PRIORITY_LABELS: Final = {
    Priority.P1: "Critical",
    Priority.P2: "High",
    Priority.P3: "Medium",
    Priority.P4: "Low",
}


@dataclass(frozen=True, slots=True)
class Ticket:
    workspace: WorkspaceId
    number: int
    subject: str
    state: State
    priority: Priority
    category: str
    team: TeamId
    requester: PersonId
    channel: str  # where it came from: mail | slack | cli
    created_at: datetime
    updated_at: datetime
    version: int = 0
    """The seq of the last event: what a button saw, so that a stale click is noticed."""
    assignee: PersonId | None = None
    escalation_level: int = 0
    acknowledged: bool = False
    pages: int = 0
    """How often the present level was paged."""
    muted: bool = False
    """A page was held back by a mute window; it is sent when the window ends."""
    offered: bool = False
    """Assigned by the desk itself and not accepted yet: a colleague may still claim it."""
    reopened: int = 0
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    remind_at: datetime | None = None
    """While waiting for the requester: when they are reminded, and when the desk gives up waiting."""
    gives_up_at: datetime | None = None
    snoozed_until: datetime | None = None
    """Put aside until then, or until something wakes it; None: it is not."""
    merged_into: int | None = None
    private: bool = False
    """Of its team, only who has it and those who lead may read it."""
    rules: int = 0
    """Whose editions of policies and ladders hold: the workspace's number of rules when they were given to it."""
    clocks: tuple[PromiseClock, ...] = ()

    @property
    def id(self) -> str:
        return ticket_id(self.number)

    @property
    def stream(self) -> Stream:
        return of_ticket(self.number)

    @property
    def due_at(self) -> datetime | None:
        """The next promise to break, or None when none runs."""
        due = (c.due_at for c in self.clocks if c.kind in PROMISES and c.running and c.due_at)
        return min(due, default=None)

    @property
    def escalated(self) -> bool:
        """Climbed, and nobody has acknowledged; shown as a state, though work may be going on."""
        return self.escalation_level > 0 and not self.acknowledged

    @property
    def awaits_ack(self) -> bool:
        """A page waits for somebody to say that they have it."""
        ack = self.clock(ClockKind.ACK)
        return ack is not None and ack.running

    @property
    def unexcused(self) -> Iterator[PromiseClock]:
        """Broken promises that count."""
        return (c for c in self.clocks if c.kind in PROMISES and c.breached and not c.waived)

    def clock(self, kind: ClockKind) -> PromiseClock | None:
        """The latest of its kind."""
        return latest(self.clocks, kind)


def ticket_id(number: int) -> str:
    return f"T-{number}"

"""Facts in a ticket's history, past tense. Counterpart: effects.py, what is to happen outside because of them.

An event holds no words of people: it points to the comment or note, so that those can be redacted while the
history stays append-only.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.model import ClockKind, MessageId, PersonId, Priority, State, TeamId


@dataclass(frozen=True, slots=True)
class Opened:
    subject: str
    channel: str
    requester: PersonId
    priority: Priority
    category: str
    team: TeamId


@dataclass(frozen=True, slots=True)
class Commented:
    """Somebody said something the requester sees."""

    message: MessageId
    by_agent: bool


@dataclass(frozen=True, slots=True)
class Noted:
    """Somebody said something only agents see."""

    message: MessageId


@dataclass(frozen=True, slots=True)
class Assigned:
    before: PersonId | None
    to: PersonId


@dataclass(frozen=True, slots=True)
class Released:
    before: PersonId


@dataclass(frozen=True, slots=True)
class Moved:
    before: State
    to: State
    why: str  # the Action that led here


@dataclass(frozen=True, slots=True)
class PriorityChanged:
    before: Priority
    to: Priority


@dataclass(frozen=True, slots=True)
class CategoryChanged:
    before: str
    to: str


@dataclass(frozen=True, slots=True)
class TeamChanged:
    before: TeamId
    to: TeamId


@dataclass(frozen=True, slots=True)
class Linked:
    other: int
    how: str  # "follows" (a late reply to a closed ticket) | "names" (only mentions its number)


@dataclass(frozen=True, slots=True)
class ClockStarted:
    kind: ClockKind
    cycle: int
    goal: timedelta
    due_at: datetime
    warn_at: datetime


@dataclass(frozen=True, slots=True)
class ClockPaused:
    kind: ClockKind
    cycle: int


@dataclass(frozen=True, slots=True)
class ClockResumed:
    kind: ClockKind
    cycle: int
    due_at: datetime
    warn_at: datetime


@dataclass(frozen=True, slots=True)
class ClockChanged:
    """The goal changed with the priority; `rebased`: the new goal would have been past already."""

    kind: ClockKind
    cycle: int
    goal: timedelta
    due_at: datetime | None
    warn_at: datetime | None
    rebased: bool


@dataclass(frozen=True, slots=True)
class ClockStopped:
    kind: ClockKind
    cycle: int


@dataclass(frozen=True, slots=True)
class Warned:
    kind: ClockKind
    cycle: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Breached:
    kind: ClockKind
    cycle: int
    due_at: datetime


Event = (
    Opened
    | Commented
    | Noted
    | Assigned
    | Released
    | Moved
    | PriorityChanged
    | CategoryChanged
    | TeamChanged
    | Linked
    | ClockStarted
    | ClockPaused
    | ClockResumed
    | ClockChanged
    | ClockStopped
    | Warned
    | Breached
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in its place in the history."""

    seq: int
    at: datetime
    actor: PersonId | None
    """None: the desk itself (a timer)."""
    via: str
    event: Event

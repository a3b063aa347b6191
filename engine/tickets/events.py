"""Facts in a ticket's history, past tense. Counterpart: effects.py, what is to happen outside because of them.

An event holds no words of people: it points to the comment or note, so that those can be redacted while the
history stays append-only.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.tickets.message import MessageId
from engine.tickets.people import PersonId, TeamId
from engine.tickets.promise_clock import ALWAYS_OPEN, ClockKind
from engine.tickets.ticket import Priority, State


@dataclass(frozen=True, slots=True)
class Opened:
    subject: str
    """Somebody's words after all: storage keeps them apart from the facts."""
    channel: str
    requester: PersonId
    priority: Priority
    category: str
    team: TeamId
    rules: int = 0
    """The number of the workspace's rules: whose policies and ladders hold for this ticket."""
    asked: Priority | None = None
    """What its requester had asked for, when that is more than requesters may."""


@dataclass(frozen=True, slots=True)
class Commented:
    """Somebody said something the requester sees."""

    message: MessageId
    by_agent: bool
    asks: bool = True
    """False for words that want no answer: a bare thank-you."""


@dataclass(frozen=True, slots=True)
class Noted:
    """Somebody said something only agents see."""

    message: MessageId


@dataclass(frozen=True, slots=True)
class AssignReason:
    """Why the desk gave a ticket to somebody, as facts; the words are in templates."""

    rule: str  # a Strategy; "former": they had it before; "rebalance": to even out the load
    running: int = 0
    """Tickets they had running until then."""
    skills: tuple[str, ...] = ()
    """Needed, and theirs."""
    missing: tuple[str, ...] = ()
    """Needed, and nobody's on duty together with the others."""
    giver: str | None = None
    """Of a rebalancing: why whoever had it should not, off | overloaded."""


@dataclass(frozen=True, slots=True)
class Assigned:
    before: PersonId | None
    to: PersonId
    why: AssignReason | None = None
    """The desk's own reason: then it is an offer until accepted. None: a person did it."""


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
    how: str
    """follows (a late reply to a closed ticket) | names (only mentions its number) | split | merged | merged_from |
    parted (a merge undone)"""


@dataclass(frozen=True, slots=True)
class ClockStarted:
    kind: ClockKind
    cycle: int
    goal: timedelta
    due_at: datetime
    warn_at: datetime | None
    policy: str = "devops"
    calendar: str = ALWAYS_OPEN
    calendar_version: int = 0


@dataclass(frozen=True, slots=True)
class ClockPaused:
    kind: ClockKind
    cycle: int
    used: timedelta | None = None
    """Working time so far; None in histories from before calendars: all time counted."""


@dataclass(frozen=True, slots=True)
class ClockResumed:
    kind: ClockKind
    cycle: int
    due_at: datetime
    warn_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClockChanged:
    """Its goal or its calendar changed; `rebased`: the new due time would have been past already."""

    kind: ClockKind
    cycle: int
    goal: timedelta
    due_at: datetime | None
    warn_at: datetime | None
    rebased: bool
    why: str = "priority"  # priority | category | team | calendar | policy | merge
    used: timedelta | None = None
    """Working time before the present run, by the new calendar; None: as it was."""
    policy: str = "devops"
    calendar: str = ALWAYS_OPEN
    calendar_version: int = 0


@dataclass(frozen=True, slots=True)
class ClockStopped:
    kind: ClockKind
    cycle: int
    used: timedelta | None = None
    """As in ClockPaused."""


@dataclass(frozen=True, slots=True)
class ClockCancelled:
    """The promise is no longer owed: the ticket was merged or is spam, or no policy has this goal any more."""

    kind: ClockKind
    cycle: int
    used: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Warned:
    kind: ClockKind
    cycle: int
    due_at: datetime
    next_at: datetime | None = None
    """The next warning on the list."""
    given: int = 1
    """How many of the list are behind."""


@dataclass(frozen=True, slots=True)
class Breached:
    kind: ClockKind
    cycle: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Waived:
    """A manager decided that this breach does not count; the reason is in the note."""

    kind: ClockKind
    cycle: int
    message: MessageId


@dataclass(frozen=True, slots=True)
class PolicyApplied:
    """From now on the editions of policies and ladders with this number hold for this ticket."""

    rules: int


@dataclass(frozen=True, slots=True)
class LevelEmpty:
    """Nobody of this level could be paged, so the next one is, at once."""

    level: int


@dataclass(frozen=True, slots=True)
class Paged:
    """Level `level` (0: the agents) is asked to acknowledge. `message`: the note that says why, if somebody did."""

    level: int
    cause: str  # p1 | unacknowledged | resolution | manual | reopened | mute_over | repeated
    people: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    """Ids of Slack user groups."""
    message: MessageId | None = None


@dataclass(frozen=True, slots=True)
class PageHeld:
    """A mute window covers the ticket: the page waits until it ends."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Somebody said "I have it", by word, by claiming or by answering: the climb stops."""

    level: int


@dataclass(frozen=True, slots=True)
class EscalationEnded:
    """Resolved as an escalation: the ticket goes on at level 0."""

    level: int


@dataclass(frozen=True, slots=True)
class AnswerAwaited:
    """A question waits for the requester."""

    remind_at: datetime | None
    gives_up_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reminded:
    pass


@dataclass(frozen=True, slots=True)
class Snoozed:
    """Somebody put it aside. No clock stops."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Woken:
    """It is no longer put aside."""

    why: str  # due | answer | warning | breach | page | reply | asked | work


@dataclass(frozen=True, slots=True)
class Merged:
    """This ticket goes on in `into`; `before` is where an un-merge leads back to."""

    into: int
    before: State


@dataclass(frozen=True, slots=True)
class Unmerged:
    out_of: int
    to: State
    merged_at: datetime | None = None
    """What was cancelled then goes on; what had been cancelled before stays so. None in older histories: all."""


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
    | ClockCancelled
    | Warned
    | Breached
    | Waived
    | PolicyApplied
    | LevelEmpty
    | Paged
    | PageHeld
    | Acknowledged
    | EscalationEnded
    | AnswerAwaited
    | Reminded
    | Snoozed
    | Woken
    | Merged
    | Unmerged
)


TermsChanged = PriorityChanged | CategoryChanged | TeamChanged | PolicyApplied
"""Other promises may hold from here on."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in its place in the history."""

    seq: int
    at: datetime
    actor: PersonId | None
    """None: the desk itself (a timer)."""
    via: str
    event: Event

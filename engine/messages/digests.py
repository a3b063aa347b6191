"""Messages that gather many things: a flood, what somebody leaves behind, figures."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from engine.messages.values import Code, Foreign, GroupHandle, Handle, TicketRef, Who, Zone
from engine.tickets.promise_clock import ClockKind
from engine.tickets.ticket import Priority


class Overdue(StrEnum):
    DUE = "due"
    LATE = "late"
    CALLED = "called"
    """Somebody is called for."""


@dataclass(frozen=True, slots=True)
class OverdueLine:
    """One message of a digest."""

    what: Overdue
    ticket: TicketRef
    subject: Foreign
    due_at: datetime | None
    clock: ClockKind | None
    assignee: Handle | None


@dataclass(frozen=True, slots=True)
class OverdueDigest:
    """Many warnings, breaches or pages came at once.

    To: the channel or the person that each of them was for.
    """

    timezone: Zone | None
    count: int
    groups: tuple[GroupHandle, ...]
    lines: tuple[OverdueLine, ...]
    """The first of them, in the order in which they are due; `count` is whole."""


@dataclass(frozen=True, slots=True)
class ListedTicket:
    ticket: TicketRef
    priority: Priority
    due_at: datetime | None
    subject: Foreign


@dataclass(frozen=True, slots=True)
class ListedTickets:
    lines: tuple[ListedTicket, ...]
    more: int
    """How many are not listed."""


@dataclass(frozen=True, slots=True)
class ShiftHandover:
    """Somebody's shift ended.

    To: that person, and the channels of their teams where there is something to take over.
    """

    timezone: Zone | None
    agent: Who | None
    """None: it is told to themselves."""
    stays: ListedTickets
    back: ListedTickets
    due: ListedTickets
    urgent: tuple[TicketRef, ...]
    waiting: int


@dataclass(frozen=True, slots=True)
class Share:
    part: int
    whole: int
    percent: float | None
    """None: no data."""


@dataclass(frozen=True, slots=True)
class HowLong:
    mean: timedelta
    median: timedelta
    p90: timedelta


@dataclass(frozen=True, slots=True)
class KeptPromises:
    clock: ClockKind
    rate: Share


@dataclass(frozen=True, slots=True)
class ReportFigures:
    opened: int
    resolved: int
    open_now: int
    kept: tuple[KeptPromises, ...]
    kept_all: Share
    response: HowLong | None
    resolution_working: HowLong | None
    resolution_wall: HowLong | None
    acknowledged: HowLong | None
    unacknowledged: int
    reopened: Share


@dataclass(frozen=True, slots=True)
class ReportGroup:
    name: Foreign | None
    """None: nobody has them."""
    figures: ReportFigures


class GroupedBy(StrEnum):
    PRIORITY = "priority"
    CATEGORY = "category"
    TEAM = "team"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class ReportGroups:
    by: GroupedBy
    groups: tuple[ReportGroup, ...]


@dataclass(frozen=True, slots=True)
class ReportFlow:
    first: date
    opened: int
    resolved: int
    kept: Share


@dataclass(frozen=True, slots=True)
class ReportAge:
    above_days: int
    below_days: int | None
    count: int


@dataclass(frozen=True, slots=True)
class ReportPromise:
    ticket: TicketRef
    subject: Foreign
    priority: Priority
    assignee: Foreign | None
    clock: ClockKind
    due_at: datetime
    late: timedelta
    open: bool


@dataclass(frozen=True, slots=True)
class NoRequests:
    """What an agent closed as no request."""

    agent: Foreign
    tickets: tuple[TicketRef, ...]


@dataclass(frozen=True, slots=True)
class ReportDigest:
    """A report is due, or somebody asked for one.

    To: teams and managers by their calendar; the person who asked.
    """

    kind: Code
    scope: Foreign
    first: date
    last: date
    timezone: Zone
    at: datetime
    figures: ReportFigures
    before: ReportFigures
    by: tuple[ReportGroups, ...]
    weekly: bool
    """One row of the trend is a week, and not a day."""
    trend: tuple[ReportFlow, ...]
    ages: tuple[ReportAge, ...]
    late: tuple[ReportPromise, ...]
    late_count: int
    at_risk: tuple[ReportPromise, ...]
    at_risk_count: int
    not_a_request: tuple[NoRequests, ...] = ()

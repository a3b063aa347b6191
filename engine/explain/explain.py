"""Why a promise was kept or broken: each clock as stretches of time that counted or did not, and by which rule. Pure.

For every stretch: who had the ticket, by which goal and calendar it was counted. On the same line of time stand the
pages and who acknowledged them. What was counted adds up to what the clock says it used.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final, TypeVar

from engine.calendars.calendar_history import CalendarHistory
from engine.calendars.closed_because import closed_because, open_and_closed
from engine.explain.clock_recount import ClockRecount, Key, Stretch, tallies
from engine.tickets.events import (
    Acknowledged,
    Assigned,
    Breached,
    CategoryChanged,
    ClockChanged,
    ClockStarted,
    Entry,
    EscalationEnded,
    LevelEmpty,
    Opened,
    Paged,
    PageHeld,
    PriorityChanged,
    Released,
    TeamChanged,
    Waived,
)
from engine.tickets.people import PersonId
from engine.tickets.promise_clock import PromiseClock
from engine.tickets.ticket import Ticket

T = TypeVar("T")

_NOTHING: Final = timedelta()


class IntervalKind(StrEnum):
    COUNTED = "counted"
    CLOSED = "closed"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class CountedBy:
    """By what a stretch counts. `goal` is working time of the calendar."""

    why: str
    """started, or what changed it: priority | category | team | policy | calendar | merge."""
    policy: str
    goal: timedelta
    calendar: str
    edition: int
    rebased: bool = False
    """Counted again from here, because it would have been late already."""


@dataclass(frozen=True, slots=True)
class Interval:
    """[since, until), instants UTC. `counted` is working time: what the clock used here."""

    since: datetime
    until: datetime
    kind: IntervalKind
    counted: timedelta
    rule: CountedBy
    who: PersonId | None
    """Who had the ticket."""
    why: str = ""
    """Paused: as tally.Part.rest. Closed: as closures.closed_because."""
    days: tuple[date, ...] = ()
    """Closed: the holidays, or days off by a date, that make it so."""


class Outcome(StrEnum):
    MET = "met"
    LATE = "late"
    WAIVED = "waived"
    """Late, and a manager said that it does not count."""
    CANCELLED = "cancelled"
    RUNNING = "running"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: Outcome
    over: bool
    """False: it still runs, or may go on."""
    due_at: datetime | None
    working: timedelta
    """Late: by so much working time. Else: so much of it was left."""
    wall: timedelta
    """Late: by so much on the wall clock, pauses included."""


@dataclass(frozen=True, slots=True)
class Explained:
    """One clock."""

    clock: PromiseClock
    until: datetime
    """When it ended, or now."""
    intervals: tuple[Interval, ...]
    rules: tuple[tuple[datetime, CountedBy], ...]
    """From when on each held; the first from the start."""
    verdict: Verdict

    @property
    def used(self) -> timedelta:
        return sum((each.counted for each in self.intervals), timedelta())


@dataclass(frozen=True, slots=True)
class Explanation:
    ticket: Ticket
    now: datetime
    clocks: tuple[Explained, ...]
    """In the order in which they began, the `ack` clocks among them."""
    marks: tuple[Entry, ...]
    """What happened on the way: other rules, pages, acknowledgements, breaches."""


_MARKS: Final = (
    PriorityChanged
    | CategoryChanged
    | TeamChanged
    | Paged
    | LevelEmpty
    | PageHeld
    | Acknowledged
    | EscalationEnded
    | Breached
    | Waived
)


def explain(
    ticket: Ticket, entries: Sequence[Entry], almanac: CalendarHistory, now: datetime
) -> Explanation:
    """`ticket` as it is stored, `entries` all of its history."""
    counted = tallies(entries, almanac)
    holders = tuple(_holders(entries))
    explained = []
    for clock in ticket.clocks:
        key = clock.kind, clock.cycle
        line = _Line(tuple(_rules(entries, key)), holders)
        explained.append(_explained(clock, counted[key].until(now, almanac), line, now))
    marks = tuple(entry for entry in entries if isinstance(entry.event, _MARKS))
    return Explanation(ticket, now, tuple(explained), marks)


def _holders(entries: Iterable[Entry]) -> Iterator[tuple[datetime, PersonId | None]]:
    """From when on who had it."""
    for entry in entries:
        if isinstance(entry.event, Assigned):
            yield entry.at, entry.event.to
        elif isinstance(entry.event, Opened | Released):
            yield entry.at, None


def _rules(entries: Iterable[Entry], key: Key) -> Iterator[tuple[datetime, CountedBy]]:
    for entry in entries:
        event = entry.event
        if isinstance(event, ClockStarted | ClockChanged) and (event.kind, event.cycle) == key:
            why = event.why if isinstance(event, ClockChanged) else "started"
            anew = isinstance(event, ClockChanged) and event.rebased
            terms = event.policy, event.goal, event.calendar, event.calendar_version
            yield entry.at, CountedBy(why, *terms, rebased=anew)


@dataclass(frozen=True, slots=True)
class _Line:
    """What changes along a clock's time."""

    rules: Sequence[tuple[datetime, CountedBy]]
    holders: Sequence[tuple[datetime, PersonId | None]]

    def cuts(self, part: Stretch) -> list[tuple[datetime, datetime]]:
        """The part, cut where something changes."""
        changes = {at for line in (self.rules, self.holders) for at, _ in line}
        inside = (at for at in changes if part.since < at < part.until)
        return list(pairwise(sorted({part.since, part.until, *inside})))

    def of(self, part: Stretch, since: datetime, until: datetime) -> Iterator[Interval]:
        rule, who = _held(self.rules, since), _held(self.holders, since)
        if part.rest:
            paused = Interval(since, until, IntervalKind.PAUSED, _NOTHING, rule, who, part.rest)
            yield paused
            return
        rule = replace(rule, calendar=part.calendar, edition=part.edition.version)
        hours = part.edition.calendar
        for begin, end, is_open in open_and_closed(hours, since, until):
            if is_open:
                yield Interval(begin, end, IntervalKind.COUNTED, end - begin, rule, who)
            else:
                why, days = closed_because(hours.hours, begin, end)
                yield Interval(begin, end, IntervalKind.CLOSED, _NOTHING, rule, who, why, days)


def _held(line: Sequence[tuple[datetime, T]], at: datetime) -> T:
    """What held at `at`: the last of what began by then."""
    return [thing for since, thing in line if since <= at][-1]


def _explained(clock: PromiseClock, tally: ClockRecount, line: _Line, now: datetime) -> Explained:
    intervals = tuple(
        interval
        for part in tally.parts
        for since, until in line.cuts(part)
        for interval in line.of(part, since, until)
    )
    until = clock.stopped_at or clock.cancelled_at or now
    verdict = _verdict(clock, tally.used, until)
    return Explained(clock, until, intervals, tuple(line.rules), verdict)


def _verdict(clock: PromiseClock, used: timedelta, until: datetime) -> Verdict:
    broke = clock.breached_at
    if broke is None and clock.running and clock.due_at and clock.due_at < until:
        broke = clock.due_at  # its timer is about to ring
    over = clock.stopped_at is not None or clock.cancelled_at is not None
    if broke is not None:
        late = max(used - clock.goal, _NOTHING)
        return Verdict(_outcome(clock, late=True), over, broke, late, until - broke)
    left = max(clock.goal - used, _NOTHING)
    return Verdict(_outcome(clock, late=False), over, clock.due_at, left, _NOTHING)


def _outcome(clock: PromiseClock, *, late: bool) -> Outcome:
    if clock.cancelled_at is not None:
        return Outcome.CANCELLED
    if late:
        return Outcome.WAIVED if clock.waived else Outcome.LATE
    if clock.stopped_at is not None:
        return Outcome.MET
    return Outcome.RUNNING if clock.running else Outcome.PAUSED

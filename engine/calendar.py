"""Working time: when it counts, how much lies between two instants, and when a budget of it is used up.

A calendar says for local dates when a team is there. Everything is counted in elapsed time on the UTC line, so a day
with 23 or 25 hours is counted as it is lived: an opening that falls into the hour that a spring night skips starts
when the clocks have moved, and a shift over the hour that an autumn night repeats is an hour longer. Intervals are
half-open. A shift past midnight belongs to the day it opens on. A budget used up at closing is due at closing.

Compiled once per stretch of years into sorted openings with running sums; after that `add` and `between` bisect.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

DAY: Final = timedelta(days=1)
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HORIZON_YEARS: Final = 200
"""How far to look for the next opening; a calendar that stays closed for longer never opens."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_PROBE: Final = timedelta(hours=6)
"""Zones move their clocks twice a year at most, and never twice within this."""

_Wall = tuple[datetime, datetime]
_Stretch = tuple[int, int]
_Segment = tuple[datetime, datetime, timedelta]

Span = tuple[time, time | None]
"""Local [open, close); None closes at the next midnight; a close at or before the opening is on the next day."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When a team is there, as people write it down."""

    zone: str
    week: Mapping[str, tuple[Span, ...]]
    """By weekday ("mon".."sun"); a missing day is closed."""
    holidays: frozenset[date] = frozenset()
    yearly_holidays: frozenset[tuple[int, int]] = frozenset()
    """(month, day), every year."""
    overrides: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)
    """Instead of that weekday's hours; a holiday is stronger."""
    breaks: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)
    """Not counted on that date, whatever is open."""

    def on(self, day: date) -> tuple[Span, ...]:
        if day in self.holidays or (day.month, day.day) in self.yearly_holidays:
            return ()
        if day in self.overrides:
            return self.overrides[day]
        return self.week.get(WEEKDAYS[day.weekday()], ())


class NeverOpenError(ValueError):
    """The calendar has no working time within HORIZON_YEARS."""


class Calendar:
    """Working-time arithmetic on one Hours. Instants are aware; answers are UTC, exact to the microsecond."""

    def __init__(self, hours: Hours) -> None:
        self.hours = hours
        self._zone = ZoneInfo(hours.zone)
        self._last_year = _last_year(hours)
        self._years = range(0)
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._sums: list[int] = [0]

    def add(self, start: datetime, working: timedelta) -> datetime:
        """The instant at which `working` time has passed since `start` (before it, when negative)."""
        at, amount = _micros(start), working // _MICROSECOND
        self._reach(start.year, start.year)
        if amount == 0:
            return _instant(at)
        step = 1 if amount > 0 else -1
        while True:
            found = self._at_sum(self._counted(at) + amount, forward=step > 0)
            if found is not None:
                return _instant(found)
            self._reach_further(start.year, step)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Working time in [start, end); nothing when end is not after start."""
        if end <= start:
            return timedelta()
        self._reach(start.year, end.year)
        return (self._counted(_micros(end)) - self._counted(_micros(start))) * _MICROSECOND

    def is_open(self, at: datetime) -> bool:
        self._reach(at.year, at.year)
        index = bisect_right(self._starts, _micros(at)) - 1
        return index >= 0 and _micros(at) < self._ends[index]

    def next_open(self, at: datetime) -> datetime:
        """`at` itself when open then."""
        return at if self.is_open(at) else self._next(at, self._starts)

    def periods(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The open stretches after `at`, in order, without end."""
        while True:
            opens = self.next_open(at)
            closes = self._next(opens, self._ends)
            yield opens, closes
            at = closes

    # The compiled line

    def _counted(self, at: int) -> int:
        """Working microseconds from the beginning of what is compiled until `at`."""
        index = bisect_right(self._starts, at) - 1
        if index < 0:
            return 0
        return self._sums[index] + min(at, self._ends[index]) - self._starts[index]

    def _at_sum(self, wanted: int, *, forward: bool) -> int | None:
        """Where the running sum is reached: as early as can be going forward, as late as can be going back."""
        if forward:
            if wanted > self._sums[-1]:
                return None
            index = bisect_right(self._sums, wanted - 1) - 1
        else:
            if wanted < 0 or (wanted == 0 and not self._starts):
                return None
            index = min(bisect_right(self._sums, wanted) - 1, len(self._starts) - 1)
        return self._starts[index] + wanted - self._sums[index]

    def _next(self, at: datetime, edges: list[int]) -> datetime:
        while True:
            index = bisect_right(edges, _micros(at))
            if index < len(edges):
                return _instant(edges[index])
            self._reach_further(at.year, 1)

    def _reach_further(self, origin: int, step: int) -> None:
        """One year more on that side, as long as it can bring anything."""
        year = self._years.stop if step > 0 else self._years.start - 1
        if abs(year - origin) > HORIZON_YEARS or (step > 0 and year > self._last_year + 1):
            raise NeverOpenError(self.hours.zone)
        self._reach(year, year)

    def _reach(self, first: int, last: int) -> None:
        """Compile so that these years, and a margin for zones and night shifts, are on the line."""
        known = self._years or range(first, first)
        wanted = range(min(known.start, first - 1), max(known.stop, last + 2))
        if wanted == self._years:
            return
        line = list(zip(self._starts, self._ends, strict=True))
        for years in (range(wanted.start, known.start), range(known.stop, wanted.stop)):
            line += self._line(years) if years else ()
        line = _merged(line)
        self._years = wanted
        self._starts[:] = [start for start, _ in line]
        self._ends[:] = [end for _, end in line]
        self._sums[:] = accumulate((end - start for start, end in line), initial=0)

    def _line(self, years: range) -> list[_Stretch]:
        segments = list(_segments(self._zone, years))
        opens: list[_Stretch] = []
        breaks: list[_Stretch] = []
        day, last = date(years.start, 1, 1), date(years.stop, 1, 1)
        while day < last:
            for span in self.hours.on(day):
                opens += _on_the_line(_wall(day, span), segments)
            for span in self.hours.breaks.get(day, ()):
                breaks += _on_the_line(_wall(day, span), segments)
            day += DAY
        return list(_without(_merged(opens), _merged(breaks)))


def _last_year(hours: Hours) -> int:
    """Without weekly hours nothing opens after the last override."""
    if any(hours.week.values()):
        return date.max.year
    return max((day.year for day, spans in hours.overrides.items() if spans), default=date.min.year)


def _wall(day: date, span: Span) -> _Wall:
    opens, closes = span
    begins = datetime.combine(day, opens)
    ends = (
        datetime.combine(day, closes) if closes is not None else datetime.combine(day + DAY, time())
    )
    return begins, ends if ends > begins else ends + DAY


def _segments(zone: ZoneInfo, years: range) -> Iterator[_Segment]:
    """Stretches of UTC with one offset: on each of them, local time runs as even as UTC does."""
    at, last = datetime(years.start - 1, 12, 30, tzinfo=UTC), datetime(years.stop, 1, 3, tzinfo=UTC)
    begin, offset = at, _offset(zone, at)
    while at < last:
        following = at + _PROBE
        if _offset(zone, following) != offset:
            changed = _change_between(zone, at, following)
            yield begin, changed, offset
            begin, offset = changed, _offset(zone, changed)
        at = following
    yield begin, last, offset


def _change_between(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second of the new offset."""
    old = _offset(zone, before)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        before, after = (middle, after) if _offset(zone, middle) == old else (before, middle)
    return after


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def _on_the_line(wall: _Wall, segments: list[_Segment]) -> Iterator[_Stretch]:
    """All instants whose local time lies in [begin, end): a skipped hour gives none, a repeated one gives two."""
    for begins, ends, offset in segments:
        start = max(wall[0].replace(tzinfo=UTC) - offset, begins)
        end = min(wall[1].replace(tzinfo=UTC) - offset, ends)
        if start < end:
            yield _micros(start), _micros(end)


def _merged(stretches: Iterable[_Stretch]) -> list[_Stretch]:
    merged: list[_Stretch] = []
    for start, end in sorted(stretches):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _without(opens: list[_Stretch], breaks: list[_Stretch]) -> Iterator[_Stretch]:
    """Both sorted and free of overlaps."""
    for start, end in opens:
        at = start
        for pause, resume in breaks:
            if at < resume and pause < end:
                if at < pause:
                    yield at, pause
                at = max(at, resume)
        if at < end:
            yield at, end


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _instant(micros: int) -> datetime:
    return _EPOCH + micros * _MICROSECOND

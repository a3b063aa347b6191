"""Working time: when it counts, how much lies between two instants, and when a budget of it is used up.

A calendar says for local dates when a team is there. Everything is counted in elapsed time on the UTC line, so a day
with 23 or 25 hours is counted as it is lived: an opening that falls into the hour that a spring night skips starts
when the clocks have moved, and a shift over the hour that an autumn night repeats is an hour longer. Intervals are
half-open. A shift past midnight belongs to the day it opens on. A budget used up at closing is due at closing.

Compiled once per stretch of years into sorted openings with running sums; after that `add` and `between` bisect.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

DAY: Final = timedelta(days=1)
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HORIZON_YEARS: Final = 200
"""How far to look for the next opening; a calendar that stays closed for longer never opens."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_DAY_MICROS: Final = DAY // _MICROSECOND
_PROBE: Final = timedelta(hours=6)
"""Zones move their clocks twice a year at most, and never twice within this."""

_Stretch = tuple[int, int]
"""Begin and end, in microseconds of UTC."""
_Wall = tuple[int, int]
"""Begin and end on the wall, counted as if it showed UTC."""
_Segment = tuple[int, int, int]
"""A stretch with one offset, and the microseconds by which the wall is ahead of UTC on it."""

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


ALWAYS: Final = Hours("UTC", dict.fromkeys(WEEKDAYS, ((time(), None),)))
"""Around the clock, every day."""


class NeverOpenError(ValueError):
    """The calendar has no working time within HORIZON_YEARS."""


class Calendar:
    """Working-time arithmetic on one Hours. Instants are aware; answers are UTC, exact to the microsecond.

    May be shared by threads: what is compiled is replaced as a whole, never changed.
    """

    def __init__(self, hours: Hours) -> None:
        self.hours = hours
        self._zone = ZoneInfo(hours.zone)
        self._last_year = _last_year(hours)
        self._is_always = _is_always(hours)
        self._compiled = _Line(range(0), [], [], [0])

    def add(self, start: datetime, working: timedelta) -> datetime:
        """The instant at which `working` time has passed since `start` (before it, when negative)."""
        at, amount = _micros(start), working // _MICROSECOND
        if self._is_always or amount == 0:
            return _instant(at + amount)
        line, step = self._reach(start.year, start.year), 1 if amount > 0 else -1
        while True:
            found = line.at_sum(line.counted(at) + amount, forward=step > 0)
            if found is not None:
                return _instant(found)
            line = self._reach_further(start.year, step)

    def add_days(self, start: datetime, days: int) -> datetime:
        """So many open dates on (back, when negative) at the same wall time, moved into open hours if outside them.

        A start on a closed date counts from the next open one (the previous, going back). Going on, an instant
        outside the hours becomes the next opening; going back, the last closing. The hours after midnight of a
        night shift belong to the date it opened on.
        """
        step = 1 if days >= 0 else -1
        local = start.astimezone(self._zone).replace(tzinfo=None)
        origin = self._date_of(local)
        wall = local - datetime.combine(origin, time())
        day = self._open_date(origin, step)
        for _ in range(abs(days)):
            day = self._open_date(day + step * DAY, step)
        at = first_instant(datetime.combine(day, time()) + wall, self._zone)
        if self.is_open(at) or self.is_open(at - _MICROSECOND):
            return at
        return self.next_open(at) if step > 0 else self.last_open(at)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Working time in [start, end); nothing when end is not after start."""
        if end <= start:
            return timedelta()
        if self._is_always:
            return end - start
        line = self._reach(start.year, end.year)
        return (line.counted(_micros(end)) - line.counted(_micros(start))) * _MICROSECOND

    def is_open(self, at: datetime) -> bool:
        line = self._reach(at.year, at.year)
        index = bisect_right(line.starts, _micros(at)) - 1
        return index >= 0 and _micros(at) < line.ends[index]

    def next_open(self, at: datetime) -> datetime:
        """`at` itself when open then."""
        return at if self.is_open(at) else self._next(at, lambda line: line.starts)

    def last_open(self, at: datetime) -> datetime:
        """`at` itself when open just before it, else the last closing."""
        line = self._reach(at.year, at.year)
        while True:
            index = bisect_left(line.starts, _micros(at)) - 1
            if index >= 0:
                return _instant(min(_micros(at), line.ends[index]))
            line = self._reach_further(at.year, -1)

    def periods(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The open stretches after `at`, in order, without end."""
        while True:
            opens = self.next_open(at)
            closes = self._next(opens, lambda line: line.ends)
            yield opens, closes
            at = closes

    def _date_of(self, local: datetime) -> date:
        """The date whose hours hold this wall time: the day before for the small hours of its night shift."""
        today, before, shown = local.date(), local.date() - DAY, _micros(local.replace(tzinfo=UTC))
        nights = any(_holds(_wall(before, span), shown) for span in self.hours.on(before))
        own = any(_holds(_wall(today, span), shown) for span in self.hours.on(today))
        return before if nights and not own else today

    def _open_date(self, day: date, step: int) -> date:
        """`day` itself, or the nearest on that side, with any hours."""
        origin = day.year
        while not self.hours.on(day):
            day += step * DAY
            if abs(day.year - origin) > HORIZON_YEARS or (step > 0 and day.year > self._last_year):
                raise NeverOpenError(self.hours.zone)
        return day

    def _next(self, at: datetime, edges: Callable[["_Line"], list[int]]) -> datetime:
        line = self._reach(at.year, at.year)
        while True:
            index = bisect_right(edges(line), _micros(at))
            if index < len(edges(line)):
                return _instant(edges(line)[index])
            line = self._reach_further(at.year, 1)

    def _reach_further(self, origin: int, step: int) -> "_Line":
        """One year more on that side, as long as it can bring anything."""
        years = self._compiled.years
        year = years.stop if step > 0 else years.start - 1
        if abs(year - origin) > HORIZON_YEARS or (step > 0 and year > self._last_year + 1):
            raise NeverOpenError(self.hours.zone)
        return self._reach(year, year)

    def _reach(self, first: int, last: int) -> "_Line":
        """What is compiled, with these years and a margin for zones and night shifts on it."""
        line = self._compiled
        if line.years.start < first and last + 1 < line.years.stop:
            return line
        known = line.years or range(first, first)
        wanted = range(min(known.start, first - 1), max(known.stop, last + 2))
        stretches = list(zip(line.starts, line.ends, strict=True))
        for years in (range(wanted.start, known.start), range(known.stop, wanted.stop)):
            stretches += self._stretches(years) if years else ()
        self._compiled = _line(wanted, _merged(stretches))
        return self._compiled

    def _stretches(self, years: range) -> list[_Stretch]:
        segments = _segments(self._zone, years)
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


def first_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """When clocks in `zone` first show this naive time or a later one: a skipped time is over when they have moved.

    In UTC.
    """
    at = wall.replace(tzinfo=zone).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == wall:
        return at
    second = wall.replace(tzinfo=zone, microsecond=0)
    return _change_between(zone, second.replace(fold=1).astimezone(UTC), second.astimezone(UTC))


@dataclass(frozen=True, slots=True)
class _Line:
    """The openings of some years in microseconds, and before each of them how much was open so far."""

    years: range
    starts: list[int]
    ends: list[int]
    sums: list[int]

    def counted(self, at: int) -> int:
        """Working microseconds from the beginning of the line until `at`."""
        index = bisect_right(self.starts, at) - 1
        if index < 0:
            return 0
        return self.sums[index] + min(at, self.ends[index]) - self.starts[index]

    def at_sum(self, wanted: int, *, forward: bool) -> int | None:
        """Where the running sum is reached: as early as can be going forward, as late as can be going back."""
        if forward:
            if wanted > self.sums[-1]:
                return None
            index = bisect_right(self.sums, wanted - 1) - 1
        else:
            if wanted < 0 or (wanted == 0 and not self.starts):
                return None
            index = min(bisect_right(self.sums, wanted) - 1, len(self.starts) - 1)
        return self.starts[index] + wanted - self.sums[index]


def _line(years: range, stretches: list[_Stretch]) -> _Line:
    return _Line(
        years,
        [start for start, _ in stretches],
        [end for _, end in stretches],
        list(accumulate((end - start for start, end in stretches), initial=0)),
    )


def _is_always(hours: Hours) -> bool:
    exceptions = (hours.holidays, hours.yearly_holidays, hours.overrides, hours.breaks)
    return not any(exceptions) and all((time(), None) in hours.week.get(d, ()) for d in WEEKDAYS)


def _last_year(hours: Hours) -> int:
    """Without weekly hours nothing opens after the last override."""
    if any(hours.week.values()):
        return date.max.year
    return max((day.year for day, spans in hours.overrides.items() if spans), default=date.min.year)


def _wall(day: date, span: Span) -> _Wall:
    opens, closes = span
    midnight = (day.toordinal() - _EPOCH.toordinal()) * _DAY_MICROS
    begins = midnight + _since_midnight(opens)
    ends = midnight + (_since_midnight(closes) if closes is not None else _DAY_MICROS)
    return begins, ends if ends > begins else ends + _DAY_MICROS


def _since_midnight(at: time) -> int:
    return ((at.hour * 60 + at.minute) * 60 + at.second) * 1_000_000 + at.microsecond


def _holds(wall: _Wall, shown: int) -> bool:
    return wall[0] <= shown < wall[1]


@lru_cache(maxsize=256)
def _segments(zone: ZoneInfo, years: range) -> Sequence[_Segment]:
    """Of some years and a few days around them. On each, local time runs as even as UTC does."""
    at, last = datetime(years.start - 1, 12, 30, tzinfo=UTC), datetime(years.stop, 1, 3, tzinfo=UTC)
    begin, offset = at, _offset(zone, at)
    found: list[_Segment] = []
    while at < last:
        following = at + _PROBE
        if _offset(zone, following) != offset:
            changed = _change_between(zone, at, following)
            found.append((_micros(begin), _micros(changed), offset // _MICROSECOND))
            begin, offset = changed, _offset(zone, changed)
        at = following
    return (*found, (_micros(begin), _micros(last), offset // _MICROSECOND))


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


def _on_the_line(wall: _Wall, segments: Sequence[_Segment]) -> Iterator[_Stretch]:
    """All instants whose local time lies in [begin, end): a skipped hour gives none, a repeated one gives two."""
    opens, closes = wall
    for begins, ends, offset in segments:
        start = max(opens - offset, begins)
        end = min(closes - offset, ends)
        if start < end:
            yield start, end


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


AROUND_THE_CLOCK: Final = Calendar(ALWAYS)
"""Shared by all who promise without a calendar: plain arithmetic, nothing is ever compiled for a sum."""

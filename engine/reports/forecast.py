"""What is likely to come: arrivals and throughput by hour of the week, and the backlog they leave.

No learning, only counting: an hour of the week is expected to bring what it brought in the last weeks, the latest
weighing most (EWMA). Each figure is a Range in which the truth should lie four times out of five, and the whole
forecast carries how wrong the same method would have been in the weeks just past. Below three weeks of history
nothing is said at all. Hours are local: when clocks move, the repeated hour counts twice, the skipped one never.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import accumulate
from math import sqrt
from typing import Final

WEIGHT: Final = 0.3
"""What the latest week weighs; each earlier one weighs 0.7 of the next."""
WEEKS_MAX: Final = 8
WEEKS_MIN: Final = 3
"""Fewer weeks can not tell a habit from chance."""
TRAINING_MIN: Final = 2
"""How many weeks a forecast of the past must have before the week it is tried on."""

HOURS: Final = 168
DAY_HOURS: Final = 24
HOUR: Final = timedelta(hours=1)
WEEK: Final = timedelta(weeks=1)
LOOK_BACK: Final = (WEEKS_MAX + 1) * WEEK
"""What to ask the past for: a week more than is counted, so that eight whole weeks are known."""

Z: Final = 1.2816
"""Four of five values of a bell curve lie within so many deviations."""


@dataclass(frozen=True, slots=True)
class Range:
    """The likeliest value, and where the truth lies four times out of five."""

    low: float
    likely: float
    high: float


@dataclass(frozen=True, slots=True)
class Error:
    """How wrong the same method was, per day, in the weeks just past."""

    days: int
    mean: float
    """MAE: tickets a day."""
    percent: float | None
    """MAPE over days on which anything came; None when there was no such day."""
    inside: float
    """The share of days that lay in their Range: 0.8 is what is aimed at."""


@dataclass(frozen=True, slots=True)
class DayAhead:
    """One local day to come; the first begins with the hour after now."""

    begins: datetime
    arrivals: Range
    backlog: Range
    """Open tickets at its end."""


@dataclass(frozen=True, slots=True)
class Forecast:
    weeks: int
    arrivals: tuple[float, ...]
    """Tickets an hour for each hour of the week, Monday 00:00 first."""
    throughput: tuple[float, ...]
    """Tickets resolved an hour, likewise."""
    days: tuple[DayAhead, ...]
    error: Error


@dataclass(frozen=True, slots=True)
class NotEnough:
    """Too little history to say anything."""

    weeks: float
    needed: int = WEEKS_MIN


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What each hour of the week brought in whole weeks, the latest first; an hour index counts from `ends`."""

    ends: datetime
    """Local time without zone: where the latest week ends."""
    weeks: tuple[tuple[int, ...], ...]

    def expected(self, hour: int) -> float:
        """How many come in the `hour`-th hour after the end."""
        counts = [week[hour % HOURS] for week in self.weeks]
        return sum(w * n for w, n in zip(weights(len(counts)), counts, strict=True))

    def range(self, hours: Iterable[int]) -> Range:
        """How many come in these hours together."""
        return self._around(sum(map(self.expected, hours)), 1 + self._doubt)

    def mean(self, hour: int) -> Range:
        """The rate of this hour, without the chance of any single one."""
        return self._around(self.expected(hour), self._doubt)

    def _around(self, likely: float, share: float) -> Range:
        spread = Z * sqrt(self.restlessness * likely * share)
        return Range(max(0.0, likely - spread), likely, likely + spread)

    @property
    def restlessness(self) -> float:
        """How much more days vary than by pure chance (1): arrivals come in bursts."""
        return _restlessness([list(_by_day(week)) for week in self.weeks])

    @property
    def _doubt(self) -> float:
        """What the mean itself may be off, as a share of its variance."""
        return sum(w * w for w in weights(len(self.weeks)))

    def by_hour_of_week(self) -> tuple[float, ...]:
        """Monday 00:00 first."""
        first = self.ends.weekday() * DAY_HOURS + self.ends.hour
        return tuple(self.expected((hour - first) % HOURS) for hour in range(HOURS))

    def before(self, weeks: int) -> "Rhythm":
        """As it was so many weeks ago."""
        return Rhythm(self.ends - weeks * WEEK, self.weeks[weeks:])


def weights(weeks: int) -> tuple[float, ...]:
    """The latest week first; together 1."""
    raw = [WEIGHT * (1 - WEIGHT) ** week for week in range(weeks)]
    return tuple(each / sum(raw) for each in raw)


def rhythm(instants: Iterable[datetime], *, now: datetime, weeks: int, zone: tzinfo) -> Rhythm:
    """Count `instants` (aware) into the `weeks` whole weeks before the current local hour."""
    ends = _local_hour(now, zone)
    counted = [[0] * HOURS for _ in range(weeks)]
    for instant in instants:
        ago = (ends - _local_hour(instant, zone)) // HOUR - 1
        if 0 <= ago < weeks * HOURS:
            counted[ago // HOURS][HOURS - 1 - ago % HOURS] += 1
    return Rhythm(ends, tuple(map(tuple, counted)))


def forecast(
    arrived: Sequence[datetime],
    resolved: Sequence[datetime],
    *,
    open_now: int,
    now: datetime,
    zone: tzinfo,
) -> Forecast | NotEnough:
    """The next seven days from when tickets came and went (aware instants; whatever is older than eight weeks or
    later than the current hour is left aside)."""
    known = (now - min(arrived, default=now)) / WEEK
    if known < WEEKS_MIN:
        return NotEnough(round(max(known, 0.0), 1))
    weeks = min(int(known), WEEKS_MAX)
    came = rhythm(arrived, now=now, weeks=weeks, zone=zone)
    went = rhythm(resolved, now=now, weeks=weeks, zone=zone)
    return Forecast(
        weeks=weeks,
        arrivals=came.by_hour_of_week(),
        throughput=went.by_hour_of_week(),
        days=tuple(_ahead(came, went, open_now)),
        error=backtest(came),
    )


def _ahead(came: Rhythm, went: Rhythm, open_now: int) -> Iterable[DayAhead]:
    levels = backlog(came, went, open_now)
    for first in range(0, HOURS, DAY_HOURS):
        last = first + DAY_HOURS
        yield DayAhead(
            begins=came.ends + first * HOUR,
            arrivals=came.range(range(first, last)),
            backlog=_backlog_range(came, went, levels[last - 1], range(last)),
        )


def backlog(came: Rhythm, went: Rhythm, open_now: int) -> list[float]:
    """Open tickets at the end of each hour of the week to come; nobody resolves what is not there."""
    flow = (came.expected(hour) - went.expected(hour) for hour in range(HOURS))
    levels = accumulate(
        flow, lambda level, change: max(0.0, level + change), initial=float(open_now)
    )
    return list(levels)[1:]


def _backlog_range(came: Rhythm, went: Rhythm, level: float, hours: range) -> Range:
    """What comes and what goes are uncertain each for itself, so their variances add up."""
    spreads = [line.high - line.likely for line in (came.range(hours), went.range(hours))]
    spread = sqrt(sum(each * each for each in spreads))
    return Range(max(0.0, level - spread), level, level + spread)


def backtest(came: Rhythm) -> Error:
    """Forecast each of the last weeks from the weeks before it alone, day by day."""
    told = [day for back in range(len(came.weeks) - TRAINING_MIN) for day in _told(came, back)]
    misses = [abs(actual - said.likely) for said, actual in told]
    shares = [abs(actual - said.likely) / actual for said, actual in told if actual]
    return Error(
        days=len(told),
        mean=sum(misses) / len(misses),
        percent=100 * sum(shares) / len(shares) if shares else None,
        inside=sum(said.low <= actual <= said.high for said, actual in told) / len(told),
    )


def _told(came: Rhythm, back: int) -> Iterable[tuple[Range, int]]:
    """What would have been said of the week `back` weeks ago, day by day, and what came."""
    then = came.before(back + 1)
    for day, actual in enumerate(_by_day(came.weeks[back])):
        yield then.range(range(day * DAY_HOURS, (day + 1) * DAY_HOURS)), actual


def per_week(resolved: Iterable[datetime], *, now: datetime, weeks: int, zone: tzinfo) -> Range:
    """Throughput of one agent: tickets a week, from when they were resolved (aware instants)."""
    return rhythm(resolved, now=now, weeks=weeks, zone=zone).range(range(HOURS))


def _by_day(week: Sequence[int]) -> Iterable[int]:
    return (sum(week[hour : hour + DAY_HOURS]) for hour in range(0, HOURS, DAY_HOURS))


def _restlessness(weeks: Sequence[Sequence[int]]) -> float:
    """Pearson's dispersion of the same days of different weeks, never below pure chance."""
    columns = [column for column in zip(*weeks, strict=True) if any(column)]
    freedom = sum(len(column) - 1 for column in columns)
    if not freedom:
        return 1.0
    squares = 0.0
    for column in columns:
        mean = sum(column) / len(column)
        squares += sum((each - mean) ** 2 for each in column) / mean
    return max(1.0, squares / freedom)


def _local_hour(instant: datetime, zone: tzinfo) -> datetime:
    return instant.astimezone(zone).replace(minute=0, second=0, microsecond=0, tzinfo=None, fold=0)

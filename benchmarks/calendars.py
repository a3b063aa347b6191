"""Working-time arithmetic: `add` and `between` when the years are compiled, and what a year costs to compile."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from time import perf_counter
from timeit import Timer
from typing import Final

from benchmarks.figures import Figure
from engine.calendars.calendar import WEEKDAYS, Calendar, Hours

ARITHMETIC_US_MAX: Final = 3.0
YEAR_MS_MAX: Final = 10.0
TIMES: Final = 2_000
ROUNDS: Final = 50
STARTS: Final = 50

# A morning, an afternoon, two nights a week, holidays, a short day and a break, in a zone whose clocks change.
BUSY: Final = Hours(
    "Europe/Berlin",
    dict.fromkeys(WEEKDAYS[:5], ((time(9), time(12)), (time(13), time(17, 30))))
    | dict.fromkeys(WEEKDAYS[5:], ((time(22), time(6)),)),
    holidays=frozenset({date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 14)}),
    yearly_holidays=frozenset({(1, 1), (5, 1), (10, 3), (12, 25), (12, 26)}),
    overrides={date(2026, 12, 24): ((time(9), time(12)),)},
    breaks={date(2026, 7, 1): ((time(12), time(15)),)},
)
BEGIN: Final = datetime(2026, 2, 3, 10, 11, 12, 131415, tzinfo=UTC)
STEP: Final = timedelta(days=5, hours=3)
WORK: Final = timedelta(hours=8)


def figures() -> list[Figure]:
    calendar = Calendar(BUSY)
    starts = [BEGIN + n * STEP for n in range(STARTS)]
    ends = [calendar.add(start, WORK) for start in starts]

    def add() -> None:
        for start in starts:
            calendar.add(start, WORK)

    def between() -> None:
        for start, end in zip(starts, ends, strict=True):
            calendar.between(start, end)

    return [
        _below("calendar: add, warm", _each_us(add), "us", ARITHMETIC_US_MAX),
        _below("calendar: between, warm", _each_us(between), "us", ARITHMETIC_US_MAX),
        _below("calendar: one year compiled", _year_ms(), "ms", YEAR_MS_MAX),
    ]


def _each_us(fifty: Callable[[], None]) -> float:
    """The best round: whatever else the machine does can only make it slower."""
    times = TIMES // STARTS
    return min(Timer(fifty).repeat(ROUNDS, times)) / times / STARTS * 1e6


def _year_ms() -> float:
    return min(_one_year() for _ in range(ROUNDS)) * 1000


def _one_year() -> float:
    """A calendar in use reaches one year further."""
    calendar = Calendar(BUSY)
    calendar.is_open(BEGIN)
    begun = perf_counter()
    calendar.is_open(BEGIN.replace(year=BEGIN.year + 1))
    return perf_counter() - begun


def _below(name: str, value: float, unit: str, most: float) -> Figure:
    return Figure(name, value, unit, goal=f"< {most:g}", reached=value < most)

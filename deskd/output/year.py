"""One year of a calendar, for people: the hours of a week, and every day that differs from them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from engine.calendars.calendar import WEEKDAYS, Calendar, Hours, first_instant
from engine.calendars.hours_document import spans_written

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Unusual:
    day: date
    spans: tuple[str, ...]
    why: str
    """ "holiday", "yearly holiday", "override", or "break" with its stretches."""


@dataclass(frozen=True, slots=True)
class Year:
    year: int
    week: tuple[tuple[str, tuple[str, ...]], ...]
    """By weekday, or range of weekdays alike ("mon-thu"); without stretches: closed."""
    open_days: int
    open: timedelta
    unusual: tuple[Unusual, ...]


def year_of(hours: Hours, year: int) -> Year:
    first, last = date(year, 1, 1), date(year + 1, 1, 1)
    days = [first + n * _DAY for n in range((last - first).days)]
    start, end = (
        first_instant(datetime.combine(day, time()), ZoneInfo(hours.zone)) for day in (first, last)
    )
    return Year(
        year,
        tuple(_week(hours)),
        sum(bool(hours.on(day)) for day in days),
        Calendar(hours).between(start, end),
        tuple(one for day in days for one in _unusual(hours, day)),
    )


def _week(hours: Hours) -> Iterator[tuple[str, tuple[str, ...]]]:
    for spans, alike in groupby(WEEKDAYS, key=lambda day: hours.week.get(day, ())):
        days = list(alike)
        name = days[0] if len(days) == 1 else f"{days[0]}-{days[-1]}"
        yield name, tuple(spans_written(spans))


def _unusual(hours: Hours, day: date) -> Iterator[Unusual]:
    why = []
    if day in hours.holidays:
        why.append("holiday")
    elif (day.month, day.day) in hours.yearly_holidays:
        why.append("yearly holiday")
    elif day in hours.overrides:
        why.append("override")
    if hours.breaks.get(day):
        why.append(f"break {', '.join(spans_written(hours.breaks[day]))}")
    if why:
        yield Unusual(day, tuple(spans_written(hours.on(day))), ", ".join(why))

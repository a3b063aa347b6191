"""Why nobody was there: what closed a calendar during a stretch of time."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from engine.calendars.calendar import DAY, WEEKDAYS, Calendar, Hours, NeverOpenError

DAYS_MAX: Final = 400
"""Whoever is closed for longer than a year has a reason that no date explains."""
_WEEKEND: Final = 5
_MOMENT: Final = timedelta(microseconds=1)


def open_and_closed(
    calendar: Calendar, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime, bool]]:
    """[since, until) cut where it opens and closes; True: open."""
    counted = calendar.between(since, until)
    if counted in (until - since, timedelta()):
        yield since, until, bool(counted)
        return
    at = since
    for opens, closes in _within(calendar, since, until):
        if at < opens:
            yield at, opens, False
        yield opens, closes, True
        at = closes
    if at < until:
        yield at, until, False


def _within(
    calendar: Calendar, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Open stretches, those that touch as one."""
    pending: tuple[datetime, datetime] | None = None
    try:
        for opens, closes in calendar.periods(since):
            if opens >= until:
                break
            goes_on = pending is not None and pending[1] == opens
            if pending and not goes_on:
                yield pending
            pending = pending[0] if pending and goes_on else opens, min(closes, until)
    except NeverOpenError:
        pass  # not any more: what is left is closed
    if pending:
        yield pending


def closed_because(hours: Hours, since: datetime, until: datetime) -> tuple[str, tuple[date, ...]]:
    """holiday | override (with the dates) | weekend | days_off | break | night | hours."""
    zone = ZoneInfo(hours.zone)
    first, last = since.astimezone(zone), (until - _MOMENT).astimezone(zone)
    days = list(islice(_days(first.date(), last.date()), DAYS_MAX))
    closed = [day for day in days if not hours.on(day)]
    meant = [day for day in closed if hours.week.get(WEEKDAYS[day.weekday()])]
    overridden = [day for day in meant if day in hours.overrides and not _is_holiday(hours, day)]
    holidays = [day for day in meant if day not in overridden]
    if holidays:
        return "holiday", tuple(holidays)
    if overridden:
        return "override", tuple(overridden)
    if closed:
        weekend = all(day.weekday() >= _WEEKEND for day in closed)
        return "weekend" if weekend else "days_off", ()
    return _within_a_day(hours, first, last), ()


def _within_a_day(hours: Hours, first: datetime, last: datetime) -> str:
    wall = first.replace(tzinfo=None)
    for opens, closes in hours.breaks.get(first.date(), ()):
        if closes is None or opens <= wall.time() < closes:
            return "break"
    return "night" if first.date() != last.date() else "hours"


def _is_holiday(hours: Hours, day: date) -> bool:
    return day in hours.holidays or (day.month, day.day) in hours.yearly_holidays


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY

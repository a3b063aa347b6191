"""An instant to come, as people write it: `2h`, `2bd`, `tomorrow 9:00`, `fri`, `9:00`, `2026-12-24`, `24.12.2026`.

A length is counted by the wall clock (`2h` is two hours, also at night), but for business days, which step on a
calendar. A day without a time is its morning. A time without a day is the next one.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.calendars.calendar import Calendar, first_instant
from engine.calendars.durations import Duration

MORNING: Final = time(9)
"""When a day begins for whoever names it without a time."""

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WHOLE: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_OFFSET: Final = re.compile(r"([+-])([01][0-9]):([0-5][0-9])")
_TIME: Final = re.compile(r"([01]?[0-9]|2[0-3])[:.]([0-5][0-9])")
_PREFIX: Final = re.compile(r"(until|till|to|for|in|on|at)\s+", re.IGNORECASE)
_DOTTED: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")


def read(text: str, now: datetime, zone: str, calendar: Calendar) -> datetime:
    """In UTC; raises ValueError for what is none. It may be past."""
    words = _PREFIX.sub("", text.strip(), count=1).strip()
    try:
        length = Duration.read(words)
    except ValueError:
        length = None
    try:
        if length is None:
            return _point(words, now, zone)
    except (ValueError, OverflowError):  # or before the first year, or after the last
        raise ValueError(f'"{text}" is no instant') from None
    return length.after(now, calendar) if length.business_days else now + length.time


def _point(words: str, now: datetime, zone: str) -> datetime:
    where = zone_of(zone)
    exact = _exact(words)
    if exact is not None:
        return _utc(exact, where) if exact.tzinfo is None else exact.astimezone(UTC)
    today = now.astimezone(where).date()
    *days, last = [word for word in words.casefold().split() if word != "at"] or [""]
    at = _TIME.fullmatch(last)
    if at is None:
        days, wall = [*days, last], MORNING
    else:
        wall = time(int(at[1]), int(at[2]))
    if not days:
        here = _utc(datetime.combine(today, wall), where)
        return here if here > now else _utc(datetime.combine(_plus(today, 1), wall), where)
    return _utc(datetime.combine(_day(" ".join(days), today), wall), where)


def _exact(words: str) -> datetime | None:
    """An ISO instant; a date alone is none."""
    if len(words) <= len("2026-12-24"):
        return None
    try:
        return datetime.fromisoformat(words.upper())
    except ValueError:
        return None


def _day(word: str, today: date) -> date:
    if word in ("today", "tomorrow"):
        return _plus(today, 1 if word == "tomorrow" else 0)
    for names in (_DAYS, _WHOLE):
        if word in names:
            ahead = (names.index(word) - today.weekday()) % 7
            return _plus(today, ahead or 7)
    dotted = _DOTTED.fullmatch(word)
    if dotted is not None:
        return date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
    return date.fromisoformat(word)


def _plus(day: date, days: int) -> date:
    return day + timedelta(days=days)


def _utc(wall: datetime, where: tzinfo) -> datetime:
    """A wall time that is skipped in spring is over when the clocks have moved."""
    if isinstance(where, ZoneInfo):
        return first_instant(wall, where)
    return wall.replace(tzinfo=where).astimezone(UTC)


def zone_of(name: str) -> tzinfo:
    """An IANA name or a fixed offset, as people have them; UTC for anything else."""
    offset = _OFFSET.fullmatch(name)
    if offset is not None:
        length = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(-length if offset[1] == "-" else length)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC

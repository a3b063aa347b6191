"""When chores are due: by a crontab line on the clocks of a zone, or every so often. Pure.

All daemons name the same slots, since nothing here depends on when one was started. APScheduler reads the line and
wakes us; which instants a line means is decided here: its own CronTrigger leaves out the midnight after clocks went
forward, and takes an hour that comes twice for two.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger  # type: ignore[import-untyped]  # it ships no types
from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]  # it ships no types

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = timedelta(days=1)
DAYS_MAX: Final = 3000
"""Looked through for a slot: 29 February comes back within eight years."""


class Recurrence(Protocol):
    def next(self, *, after: datetime) -> datetime | None:
        """The first slot later than `after`, in UTC; None when there will be none."""
        ...

    def last(self, *, until: datetime) -> datetime:
        """The latest slot not later than `until`, in UTC; 1970 when there was none."""
        ...


@dataclass(frozen=True, slots=True)
class Every:
    """Each `length`, counted from 1970 in UTC."""

    length: timedelta

    def next(self, *, after: datetime) -> datetime:
        return self.last(until=after) + self.length

    def last(self, *, until: datetime) -> datetime:
        return until - (until - _EPOCH) % self.length


@dataclass(frozen=True, slots=True)
class Cron:
    """A crontab line (minute, hour, day, month, weekday) on the clocks of an IANA zone, each slot once.

    A time that does not exist when clocks go forward is taken an hour later; one that comes twice when they go
    back is taken the first time, unless the line says "*" for the hour. Weekdays by name (mon-fri): the numbers
    mean other days to APScheduler than in crontabs. Raises ValueError for a line nobody can read, LookupError for
    an unknown zone.
    """

    line: str
    zone: str

    def __post_init__(self) -> None:
        _read(self.line)
        ZoneInfo(self.zone)

    def next(self, *, after: datetime) -> datetime | None:
        today = after.astimezone(ZoneInfo(self.zone)).date()
        days = (today + _DAY * count for count in range(-1, DAYS_MAX))
        return next((at for day in days for at in self._on(day) if at > after), None)

    def last(self, *, until: datetime) -> datetime:
        today = until.astimezone(ZoneInfo(self.zone)).date()
        days = (today - _DAY * count for count in range(-1, DAYS_MAX))
        slots = (at for day in days for at in reversed(self._on(day)) if at <= until)
        return next(slots, _EPOCH)

    def _on(self, day: date) -> list[datetime]:
        """The slots of one local day, in order."""
        plan = _read(self.line)
        if not plan.has(day):
            return []
        zone = ZoneInfo(self.zone)
        walls = [datetime.combine(day, at, zone) for at in plan.times]
        slots = {wall.astimezone(UTC) for wall in walls}
        if plan.every_hour:
            slots.update(_again(walls))
        return sorted(slots)


def _again(walls: list[datetime]) -> Iterator[datetime]:
    """The second time of what comes twice."""
    for wall in walls:
        second = wall.replace(fold=1).astimezone(UTC)
        if second.astimezone(wall.tzinfo).replace(tzinfo=None) == wall.replace(tzinfo=None):
            yield second


@dataclass(frozen=True, slots=True)
class _Plan:
    """A line, read."""

    days: tuple[Any, ...]
    """APScheduler's fields of day, month and weekday."""
    times: tuple[time, ...]
    every_hour: bool

    def has(self, day: date) -> bool:
        noon = datetime.combine(day, time(12))
        return all(field.get_next_value(noon) == field.get_value(noon) for field in self.days)


@cache
def _read(line: str) -> _Plan:
    fields = {field.name: field for field in CronTrigger.from_crontab(line, timezone=UTC).fields}
    _, hour, _, _, weekday = line.split()
    if any(letter.isdigit() for letter in weekday):
        raise ValueError(f"{line!r}: weekdays by name, like mon-fri")
    times = tuple(
        at for minute in range(24 * 60) if _fits(fields, at := time(minute // 60, minute % 60))
    )
    days = tuple(fields[name] for name in ("day", "month", "day_of_week"))
    return _Plan(days, times, "*" in hour)


def _fits(fields: dict[str, Any], at: time) -> bool:
    wall = datetime.combine(_EPOCH.date(), at)
    return all(
        fields[name].get_next_value(wall) == fields[name].get_value(wall)
        for name in ("hour", "minute")
    )


class Waking(BaseTrigger):  # type: ignore[misc]  # its base ships no types
    """What tells APScheduler the next slot."""

    def __init__(self, when: Recurrence) -> None:
        self._when = when

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        return self._when.next(after=previous or now)

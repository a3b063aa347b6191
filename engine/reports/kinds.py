"""Which days a report is about, by its name."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import cached_property
from typing import Final

DAY: Final = timedelta(days=1)


class ReportKind(StrEnum):
    DAILY = "daily"
    """Yesterday."""
    WEEKLY = "weekly"
    """The seven days before today."""
    TODAY = "today"
    """Today until now."""
    WEEK = "week"
    """The last seven days, today among them."""
    MONTH = "month"
    """The last thirty days, today among them."""
    RANGE = "range"
    """Days that somebody named."""


_DAYS: Final = {
    ReportKind.DAILY: 1,
    ReportKind.WEEKLY: 7,
    ReportKind.TODAY: 1,
    ReportKind.WEEK: 7,
    ReportKind.MONTH: 30,
}


@dataclass(frozen=True)
class Period:
    """Whole local days [first, end) of a zone. Not slotted: its bounds are asked for a million times."""

    first: date
    end: date
    zone: tzinfo

    @cached_property
    def starts_at(self) -> datetime:
        return _midnight(self.first, self.zone)

    @cached_property
    def ends_at(self) -> datetime:
        return _midnight(self.end, self.zone)

    @property
    def before(self) -> "Period":
        """As many days just before it."""
        return Period(self.first - (self.end - self.first), self.first, self.zone)

    @property
    def last(self) -> date:
        """The last day, as people name a period."""
        return self.end - DAY

    @property
    def days(self) -> Iterator[date]:
        return (self.first + day * DAY for day in range((self.end - self.first).days))

    def holds(self, at: datetime | None) -> bool:
        return at is not None and self.starts_at <= at < self.ends_at

    def day_of(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()


def _midnight(day: date, zone: tzinfo) -> datetime:
    """Where clocks skip midnight, the first instant of the day."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def period_of(kind: ReportKind, now: datetime, zone: tzinfo) -> Period:
    """By the calendar of `zone`; KeyError for a range, whose days only its asker knows."""
    today = now.astimezone(zone).date()
    end = today if kind in (ReportKind.DAILY, ReportKind.WEEKLY) else today + DAY
    return Period(end - _DAYS[kind] * DAY, end, zone)

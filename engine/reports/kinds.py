"""Which days a report is about, by its name."""

from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Final

from engine.reports.facts import DAY, Period


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


def period_of(kind: ReportKind, now: datetime, zone: tzinfo) -> Period:
    """By the calendar of `zone`; KeyError for a range, whose days only its asker knows."""
    today = now.astimezone(zone).date()
    end = today if kind in (ReportKind.DAILY, ReportKind.WEEKLY) else today + DAY
    return Period(end - _DAYS[kind] * DAY, end, zone)

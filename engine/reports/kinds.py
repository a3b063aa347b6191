"""Which days a report is about, by its name."""

from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Final

from engine.reports.facts import DAY, Period


class Kind(StrEnum):
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


_DAYS: Final = {Kind.DAILY: 1, Kind.WEEKLY: 7, Kind.TODAY: 1, Kind.WEEK: 7, Kind.MONTH: 30}


def period_of(kind: Kind, now: datetime, zone: tzinfo) -> Period:
    """By the calendar of `zone`; KeyError for a range, whose days only its asker knows."""
    today = now.astimezone(zone).date()
    end = today if kind in (Kind.DAILY, Kind.WEEKLY) else today + DAY
    return Period(end - _DAYS[kind] * DAY, end, zone)

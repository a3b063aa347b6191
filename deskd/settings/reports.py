"""The settings of digests and reports: when they are made."""

from collections.abc import Iterator
from datetime import time
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from deskd.settings.value_checks import Section
from engine.calendars.calendar import WEEKDAYS
from engine.reports.kinds import ReportKind


def _daily(text: str) -> str:
    if text:
        _time(text)
    return text


def _weekly(text: str) -> str:
    if text:
        day, _, at = text.partition(" ")
        _time(at if day in WEEKDAYS else "", 'a day and a time, such as "mon 08:00"')
    return text


def _time(text: str, wanted: str = 'a time of day, such as "09:00"') -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise ValueError(f"must be {wanted}") from None


def _lower(value: object) -> object:
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return " ".join(value.lower().split()) if isinstance(value, str) else value


class ReportsSection(Section):
    daily: Annotated[str, BeforeValidator(_lower), AfterValidator(_daily)] = Field(
        default="09:00",
        description="When each channel (in its team's time zone) and the managers (in the desk's) get the digest"
        " of yesterday; empty: never.",
    )
    weekly: Annotated[str, BeforeValidator(_lower), AfterValidator(_weekly)] = Field(
        default="mon 08:00",
        description="When they get the report of the last seven days; empty: never.",
    )

    @property
    def lines(self) -> Iterator[tuple[ReportKind, str]]:
        """As crontab lines."""
        if self.daily:
            at = _time(self.daily)
            yield ReportKind.DAILY, f"{at.minute} {at.hour} * * *"
        if self.weekly:
            day, _, written = self.weekly.partition(" ")
            at = _time(written)
            yield ReportKind.WEEKLY, f"{at.minute} {at.hour} * * {day}"

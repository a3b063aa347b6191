"""The hours and holidays of a calendar, one year of it, and holidays read from elsewhere. Days are ISO dates."""

from collections.abc import Mapping, Sequence
from datetime import date

from pydantic import Field

from api.shapes.shape import Seconds, Shape


class UnusualDayShape(Shape):
    day: date = Field(serialization_alias="date", description="The day.")
    hours: Sequence[str] = Field(description="When it is open: 09:00-12:00; empty: closed.")
    why: str = Field(description="holiday, yearly holiday, override, or break with its stretches.")


class CalendarYearShape(Shape):
    """Times of day are those of the calendar's zone."""

    id: str = Field(description="Of the `[[calendars]]` entry.")
    timezone: str = Field(description="Such as Europe/Berlin.")
    hours: Mapping[str, Sequence[str]] = Field(description="By weekday: mon, tue ...")
    holidays: Sequence[str] = Field(description="Days on which it is closed.")
    yearly_holidays: Sequence[str] = Field(description="Closed each year: 12-25.")
    overrides: Mapping[str, Sequence[str]] = Field(description="Days with hours of their own.")
    breaks: Mapping[str, Sequence[str]] = Field(description="Closed stretches of single days.")
    year: int = Field(description="Which year the rest is about.")
    open_days: int = Field(description="Days with working time.")
    open_seconds: Seconds = Field(description="Working time of the year.")
    unusual: Sequence[UnusualDayShape] = Field(description="Days that differ from their week.")


class HolidaysShape(Shape):
    holidays: Mapping[str, str] = Field(description="Names by days.")
    yearly_holidays: Mapping[str, str] = Field(description="Names by month and day: 12-25.")
    left_out: Sequence[str] = Field(description="What could not be read, in sentences.")


def holidays(
    days: Mapping[date, str], yearly: Mapping[tuple[int, int], str], left_out: Sequence[str]
) -> HolidaysShape:
    return HolidaysShape(
        holidays={day.isoformat(): name for day, name in sorted(days.items())},
        yearly_holidays={f"{m:02}-{d:02}": name for (m, d), name in sorted(yearly.items())},
        left_out=left_out,
    )

"""The settings of time: `[[calendars]]`, the working hours of a team, and `[[rotations]]`, who is on call."""

from collections.abc import Callable
from datetime import date, time
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from deskd.settings.value_checks import Names, Off, OffOrText, Section, Zone, listed
from engine.calendars.hours_document import day, month_and_day, span, weekdays
from engine.duty.rotation import LENGTH_MAX, RotationKind
from engine.duty.schedules import moment


def _written(value: object) -> object:
    """TOML has dates and times of its own; they mean what the same in quotes means."""
    return value.isoformat() if isinstance(value, date | time) else value


def _checked(reader: Callable[[str], object]) -> AfterValidator:
    def check(text: str) -> str:
        reader(text)
        return text

    return AfterValidator(check)


Day = Annotated[str, BeforeValidator(_written), _checked(day)]
Moment = Annotated[str, BeforeValidator(_written), _checked(moment)]
MonthAndDay = Annotated[str, _checked(month_and_day)]
Span = Annotated[str, _checked(span)]
Weekdays = Annotated[str, _checked(weekdays)]
Spans = Annotated[tuple[Span, ...], BeforeValidator(listed)]


class CalendarSection(Section):
    """A change counts at once, for open tickets too. Clocks that use a removed calendar keep using its last hours."""

    id: str = Field(description="Short and lasting, such as `office`.", min_length=1)
    timezone: Zone = Field(default="UTC", description="The time zone of the hours.")
    hours: dict[Weekdays, Spans] = Field(
        description='Such as `{mon-thu = ["09:00-17:00"], fri = ["09:00-12:00", "13:00-15:00"]}`;'
        " `22:00-06:00` ends on the next day, `24:00` is midnight."
    )
    holidays: tuple[Day, ...] = Field(default=(), description='Closed: `["2026-04-03"]`.')
    yearly_holidays: tuple[MonthAndDay, ...] = Field(
        default=(), description='Closed every year: `["12-25", "12-26"]`.'
    )
    overrides: dict[Day, Spans] = Field(
        default_factory=dict,
        description='Other hours on a date: `{2026-12-24 = ["09:00-12:00"]}`; `[]` is closed.',
    )
    breaks: dict[Day, Spans] = Field(
        default_factory=dict,
        description='Not counted on a date: `{2026-07-01 = ["12:00-15:00"]}`.',
    )
    holidays_file: Annotated[Path | None, Off] = Field(
        default=None, description="An iCalendar file whose all-day events are holidays too."
    )


class OverrideSection(Section):
    start: Moment = Field(description="Local time, such as `2026-03-05T09:00`.")
    end: Moment = Field(description="Local time.")
    add: OffOrText = Field(default=None, description="Who joins, or replaces `remove`.")
    remove: OffOrText = Field(default=None, description="Who is off.")


class TurnSection(Section):
    person: str = Field(description="Who is on duty.", min_length=1)
    start: Moment = Field(description="Local time.")
    end: Moment = Field(description="Local time.")


class TemporarySection(Section):
    start: Moment = Field(description="Local time; from here on only these turns count.")
    end: Moment = Field(description="Local time; from then on the rotation counts again.")
    turns: tuple[TurnSection, ...] = ()


class RotationSection(Section):
    """On-call: who is on duty by plan, without starting a shift."""

    id: str = Field(description="Short and lasting, such as `network-days`.", min_length=1)
    team: str = Field(description="The team it is for.")
    timezone: Zone = Field(default="UTC", description="The time zone of the handover.")
    kind: RotationKind = Field(description="`hourly`, `daily`, `weekly` or `monthly`.")
    length: int = Field(
        default=1,
        description="Length of a turn, in hours, days, weeks or months.",
        ge=1,
        le=LENGTH_MAX,
    )
    start: Moment = Field(description="Local time at which the first of `people` takes over.")
    people: Names = Field(
        description="In the order of their turns: mail address, Slack id or name of [[people]].",
        min_length=1,
    )
    hours: Spans = Field(
        default=("00:00-24:00",),
        description="Only in these hours, such as `09:00-17:00`.",
        min_length=1,
    )
    days: Annotated[tuple[Weekdays, ...], BeforeValidator(listed)] = Field(
        default=("mon-sun",), description="Only on these days, such as `mon-fri`.", min_length=1
    )
    overrides: tuple[OverrideSection, ...] = ()
    temporary: tuple[TemporarySection, ...] = ()

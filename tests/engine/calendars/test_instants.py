"""An instant as people write it, in their zone."""

from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendars import instants
from engine.calendars.calendar import AROUND_THE_CLOCK, WEEKDAYS, Calendar, Hours

ALWAYS = AROUND_THE_CLOCK
NOW = datetime(2026, 3, 6, 11, 30, tzinfo=UTC)
"""A Friday, half past twelve in Berlin."""


def read(text: str, *, now: datetime = NOW, zone: str = "Europe/Berlin") -> str:
    return instants.read(text, now, zone, ALWAYS).strftime("%a %d %H:%M")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2h", "Fri 06 13:30"),
        ("for 30m", "Fri 06 12:00"),
        ("1d", "Sat 07 11:30"),
        ("9:00", "Sat 07 08:00"),
        ("14:00", "Fri 06 13:00"),
        ("at 14.00", "Fri 06 13:00"),
        ("today 17:00", "Fri 06 16:00"),
        ("tomorrow", "Sat 07 08:00"),
        ("until tomorrow 9:00", "Sat 07 08:00"),
        ("Tomorrow at 18:15", "Sat 07 17:15"),
        ("mon", "Mon 09 08:00"),
        ("on Monday 10:00", "Mon 09 09:00"),
        ("friday", "Fri 13 08:00"),
        ("2026-03-10", "Tue 10 08:00"),
        ("2026-03-10 14:00", "Tue 10 13:00"),
        ("10.3.2026 14:00", "Tue 10 13:00"),
        ("2026-03-10T14:00Z", "Tue 10 14:00"),
        ("2026-03-10T14:00+01:00", "Tue 10 13:00"),
    ],
)
def test_it_is_meant_in_the_zone_of_who_writes(text: str, utc: str) -> None:
    assert read(text) == utc


@pytest.mark.parametrize("text", ["", "soon", "tomorrow 25:00", "2026-02-30", "0h", "9", "fri fri"])
def test_what_is_no_instant_is_an_error_and_no_guess(text: str) -> None:
    with pytest.raises(ValueError, match="is no instant"):
        read(text)


def test_a_zone_may_be_an_offset() -> None:
    assert read("tomorrow 9:00", zone="-05:00") == "Sat 07 14:00"


def test_business_days_step_on_the_calendar() -> None:
    office = Calendar(Hours("UTC", dict.fromkeys(WEEKDAYS[:5], ((time(9), time(17)),))))
    assert instants.read("1bd", NOW, "UTC", office).weekday() == 0


def test_an_hour_that_is_skipped_in_spring_is_over_when_the_clocks_have_moved() -> None:
    assert read("2026-03-29 02:30") == "Sun 29 01:00"


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading(text: str) -> None:
    try:
        at = instants.read(text, NOW, "Europe/Berlin", ALWAYS)
    except ValueError:
        return
    assert at.tzinfo is UTC

"""Durations as people write them, and business days against peers' recorded cases."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendars.calendar import AROUND_THE_CLOCK, WEEKDAYS, Calendar, Hours
from engine.calendars.durations import DAYS_MAX, Duration
from tests.engine.public_calendars import calendar, instant
from tests.fixtures import by_id, cases, needs_data


@pytest.mark.parametrize(
    ("text", "expected", "shortest"),
    [
        ("90s", Duration(timedelta(seconds=90)), "90s"),
        ("30m", Duration(timedelta(minutes=30)), "30m"),
        ("60m", Duration(timedelta(hours=1)), "1h"),
        ("8h", Duration(timedelta(hours=8)), "8h"),
        ("1d", Duration(timedelta(days=1)), "1d"),
        ("48 H", Duration(timedelta(days=2)), "2d"),
        (" 5bd ", Duration(business_days=5), "5bd"),
    ],
)
def test_a_duration_is_read_and_written_back(text: str, expected: Duration, shortest: str) -> None:
    assert Duration.read(text) == expected
    assert str(Duration.read(text)) == shortest


@given(
    st.one_of(
        st.integers(1, DAYS_MAX * 86400).map(lambda n: Duration(timedelta(seconds=n))),
        st.integers(1, DAYS_MAX).map(lambda n: Duration(business_days=n)),
    )
)
def test_what_is_written_reads_back_as_the_same(duration: Duration) -> None:
    assert Duration.read(str(duration)) == duration


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "m",
        "5 mins",
        "1h30m",
        "-5m",
        "0m",
        "0bd",
        "1.5h",
        "٣m",
        "9999999999s",
        "4000d",
        "4000bd",
    ],
)
def test_what_is_no_duration_is_refused_with_the_right_form(text: str) -> None:
    with pytest.raises(
        ValueError, match="write a number and a unit, such as 90s, 30m, 8h, 1d, or 5bd"
    ):
        Duration.read(text)


@pytest.mark.parametrize(
    ("time", "days"), [(0, 0), (60, 1), (-60, 0), (0, -1), (0.5, 0), (DAYS_MAX * 86400 + 1, 0)]
)
def test_a_duration_is_one_thing_and_more_than_nothing(time: float, days: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        Duration(timedelta(seconds=time), days)


# --- on a calendar

OFFICE = Calendar(Hours("UTC", dict.fromkeys(WEEKDAYS[:5], ((time(9), time(17)),))))
FRIDAY = datetime(2026, 3, 6, 16, tzinfo=UTC)


def test_hours_are_working_hours() -> None:
    assert Duration.read("8h").after(FRIDAY, OFFICE) == datetime(2026, 3, 9, 16, tzinfo=UTC)
    assert Duration.read("8h").working(FRIDAY, OFFICE) == timedelta(hours=8)


def test_a_day_is_24_hours_of_working_time() -> None:
    assert Duration.read("1d").after(FRIDAY, OFFICE) == datetime(2026, 3, 11, 16, tzinfo=UTC)
    assert Duration.read("1d").after(FRIDAY, AROUND_THE_CLOCK) == FRIDAY + timedelta(days=1)


def test_a_business_day_is_the_working_time_that_lies_in_it() -> None:
    one = Duration.read("1bd")
    assert one.after(FRIDAY, OFFICE) == datetime(2026, 3, 9, 16, tzinfo=UTC)
    assert one.working(FRIDAY, OFFICE) == timedelta(hours=8)
    assert one.working(FRIDAY, AROUND_THE_CLOCK) == timedelta(days=1)


@given(st.integers(1, 30), st.integers(0, 14 * 24 * 60))
def test_a_goal_in_business_days_is_due_when_they_end_or_at_the_closing_before(
    days: int, minutes: int
) -> None:
    start, duration = FRIDAY + timedelta(minutes=minutes), Duration(business_days=days)
    ends = duration.after(start, OFFICE)
    due = OFFICE.add(start, duration.working(start, OFFICE))
    assert OFFICE.between(due, ends) == timedelta()
    assert due <= ends


# --- peers' days

UNITS = cases("day_units.json")
# Rules of peers that are not ours: which day they step to is the same, where on it they end is not.
OTHER_RULES = {
    "Intrepidd/working_hours-days-010": (
        "1991-11-18T00:00:00Z",
        "working_hours keeps a wall time before opening; ours waits for the opening",
    ),
    "glpi-project/glpi-days-003": (
        "2018-11-28T10:00:00Z",
        "GLPI goes on to the end of that day; ours keeps the time of day",
    ),
}


@needs_data
@pytest.mark.parametrize("case", by_id(UNITS))
def test_business_days_are_stepped_as_the_peers_say(case: dict[str, Any]) -> None:
    stepped = calendar(case["calendar"]).add_days(aware(case["start"]), case["days"])
    expected, why = OTHER_RULES.get(case["id"], (case["expect"], ""))
    if "T" in expected:
        assert stepped == instant(expected), why
    else:
        assert stepped.date() == date.fromisoformat(expected)


def aware(written: str) -> datetime:
    at = instant(written)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


NUMPY = cases("day_units_numpy.json")
# numpy can ask for things that have no meaning for a promise.
NOT_ASKED = {
    "numpy-004": "counts backwards; nothing lies between an end and a later start",
    "numpy-070": "a closed start with nothing to add rolls back; ours goes to the next opening",
    "numpy-085": "NaT: there is no instant that is none",
}


def numpy_calendar(case: dict[str, Any]) -> Calendar:
    """Open around the clock on numpy's business days."""
    mask = case.get("weekmask", [1, 1, 1, 1, 1, 0, 0])
    return Calendar(
        Hours(
            "UTC",
            {
                day: ((time(), None),)
                for day, is_open in zip(WEEKDAYS, mask, strict=True)
                if is_open
            },
            frozenset(date.fromisoformat(day) for day in case.get("holidays", []) if day != "NaT"),
        )
    )


def numpy_cases(op: str) -> list[Any]:
    return by_id([case for case in NUMPY if case["op"] == op and case["id"] not in NOT_ASKED])


@needs_data
def test_every_case_of_numpy_is_run_or_listed_with_its_reason() -> None:
    assert {case["op"] for case in NUMPY} == {"busday_offset", "busday_count", "is_busday"}
    assert {case["id"] for case in NUMPY} > NOT_ASKED.keys()


@needs_data
def test_what_is_asked_otherwise_is_answered_by_our_rule() -> None:
    asked = {case["id"]: case for case in NUMPY}
    backwards, closed = asked["numpy-004"], asked["numpy-070"]
    assert numpy_calendar(backwards).between(
        aware(backwards["begin"]), aware(backwards["end"])
    ) == timedelta(0)
    calendar, start = numpy_calendar(closed), aware(closed["dates"])
    assert not calendar.is_open(start)
    assert calendar.add_days(start, closed["offsets"]) == calendar.next_open(start)


@needs_data
@pytest.mark.parametrize("case", numpy_cases("busday_offset"))
def test_dates_are_stepped_as_numpy_says(case: dict[str, Any]) -> None:
    stepped = numpy_calendar(case).add_days(aware(case["dates"]), case["offsets"])
    assert stepped.date() == date.fromisoformat(case["expect"])


@needs_data
@pytest.mark.parametrize("case", numpy_cases("busday_count"))
def test_business_days_lie_between_as_many_as_numpy_says(case: dict[str, Any]) -> None:
    counted = numpy_calendar(case).between(aware(case["begin"]), aware(case["end"]))
    assert counted == timedelta(days=case["expect"])


@needs_data
@pytest.mark.parametrize("case", numpy_cases("is_busday"))
def test_a_date_is_a_business_day_when_numpy_says(case: dict[str, Any]) -> None:
    compiled = numpy_calendar(case)
    dates, expected = case["dates"], case["expect"]
    pairs = zip(dates, expected, strict=True) if isinstance(dates, list) else [(dates, expected)]
    for day, is_open in pairs:
        if day != "NaT":
            assert compiled.is_open(aware(day)) == is_open

"""Hours as plain documents: what is written reads back, and what cannot be read is named."""

import json
from datetime import date, time
from typing import Any

import pytest
from hypothesis import given

from engine.calendars.calendar import ALWAYS, WEEKDAYS, Hours
from engine.calendars.hours_document import check_opens, document_of, hours_of, weekdays, zone_rules
from tests.engine.calendars.test_calendar import weekly
from tests.examples import examples

DOCUMENT: dict[str, Any] = {
    "timezone": "Europe/Berlin",
    "hours": {
        "mon": ["09:00-12:00", "13:00-17:00"],
        "fri": ["22:00-06:00"],
        "sun": ["00:00-24:00"],
    },
    "holidays": ["2026-04-03", "2026-04-06"],
    "yearly_holidays": ["01-01", "12-25"],
    "overrides": {"2026-12-24": ["09:00-12:00"], "2026-12-31": []},
    "breaks": {"2026-07-01": ["12:00-15:00"]},
}
HOURS = Hours(
    "Europe/Berlin",
    {
        "mon": ((time(9), time(12)), (time(13), time(17))),
        "fri": ((time(22), time(6)),),
        "sun": ((time(), None),),
    },
    frozenset({date(2026, 4, 3), date(2026, 4, 6)}),
    frozenset({(1, 1), (12, 25)}),
    {date(2026, 12, 24): ((time(9), time(12)),), date(2026, 12, 31): ()},
    {date(2026, 7, 1): ((time(12), time(15)),)},
)


def test_a_document_is_read_and_written_back() -> None:
    assert hours_of(DOCUMENT) == HOURS
    assert document_of(HOURS) == DOCUMENT
    assert hours_of(json.loads(json.dumps(document_of(ALWAYS)))) == ALWAYS


@examples(50)
@given(weekly)
def test_any_hours_read_back_as_they_count(written: Hours) -> None:
    read = hours_of(json.loads(json.dumps(document_of(written))))
    assert document_of(read) == document_of(written)
    assert all(read.week.get(day, ()) == written.week.get(day, ()) for day in WEEKDAYS)
    assert (read.overrides, read.breaks) == (written.overrides, written.breaks)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mon", ("mon",)),
        ("Mon - Wed", ("mon", "tue", "wed")),
        ("sat-mon", ("sat", "sun", "mon")),
        ("sun-sun", ("sun",)),
        ("mon-sun", WEEKDAYS),
    ],
)
def test_a_range_of_weekdays_may_go_over_the_weekend(text: str, expected: tuple[str, ...]) -> None:
    assert weekdays(text) == expected


def test_seconds_are_kept() -> None:
    odd = hours_of({"hours": {"mon": ["09:00:30-17:00"]}})
    assert document_of(odd)["hours"] == {"mon": ["09:00:30-17:00"]}


OPEN = {"mon": ["09:00-17:00"]}


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"hours": OPEN, "holiday": []}, '"holiday" is no part of a calendar; its parts are: timezone,'),
        ({"hours": OPEN, "timezone": "Europe/Berln"}, '"Europe/Berln" is no time zone; did you mean "Europe/Berlin"'),
        ({"hours": OPEN, "timezone": 1}, "timezone: 1 must be text"),
        ({"hours": {"mno": []}}, 'hours: "mno" is no weekday; write mon, tue'),
        ({"hours": {"mon-": []}}, 'hours: "mon-" is no weekday'),
        ({"hours": {"mon-fri": ["09:00-17:00"], "fri": []}}, "hours.fri: fri has its hours already"),
        ({"hours": {"mon": ["9-17"]}}, 'hours.mon: "9-17" is no stretch of a day; write one such as'),
        ({"hours": {"mon": ["24:00-25:00"]}}, 'hours.mon: "24:00-25:00" is no stretch'),
        ({"hours": {"mon": "09:00-17:00"}}, "hours.mon: must be a list"),
        ({"hours": ["09:00-17:00"]}, "hours: must be a table"),
        ({"hours": OPEN, "holidays": ["2026-02-30"]}, 'holidays: "2026-02-30" is no date; write one'),
        ({"hours": OPEN, "yearly_holidays": ["13-01"]}, 'yearly_holidays: "13-01" is no day of the year'),
        ({"hours": OPEN, "yearly_holidays": ["W01-1"]}, 'yearly_holidays: "W01-1" is no day of the year'),
        ({"hours": OPEN, "overrides": {"soon": []}}, 'overrides: "soon" is no date'),
        ({"hours": OPEN, "breaks": {"2026-07-01": ["noon"]}}, 'breaks.2026-07-01: "noon" is no stretch'),
        ({}, "hours: at least one weekday must be open"),
        ({"hours": {"mon": []}, "overrides": {"2026-12-24": ["09:00-12:00"]}}, "at least one weekday"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(document: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence.replace(".", r"\.")):
        hours_of(document)


def test_hours_that_holidays_close_for_good_are_refused() -> None:
    every_day = frozenset((month, day) for month in range(1, 13) for day in range(1, 32))
    with pytest.raises(ValueError, match="holidays and breaks leave no time that is open"):
        check_opens(Hours("UTC", ALWAYS.week, yearly_holidays=every_day))


def test_the_rules_of_a_zone_are_told_apart_and_are_the_same_each_time() -> None:
    zones = ("Europe/Berlin", "America/New_York", "UTC", "Asia/Tokyo")
    assert len({zone_rules(zone) for zone in zones}) == len(zones)
    assert zone_rules("Europe/Berlin") == zone_rules("Europe/Berlin") == zone_rules("Europe/Paris")

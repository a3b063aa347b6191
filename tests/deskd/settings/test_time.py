"""`[[calendars]]` and `[[rotations]]`: what they declare, and how a mistake in them is told."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from deskd.declared.declared_calendars import calendars, rotations
from deskd.declared.declared_workspace import roster
from engine.calendars.calendar import Hours
from engine.duty.rotation import on_duty
from engine.duty.schedules import schedule_of
from tests.deskd.settings.test_settings import problems, read

OFFICE = """
[[calendars]]
id = "office"
timezone = "Europe/Berlin"
hours = { mon-thu = ["09:00-17:00"], fri = ["09:00-12:00", "22:00-06:00"] }
holidays = [2026-04-03, "2026-04-06"]
yearly_holidays = ["12-25"]

[calendars.overrides]
2026-12-24 = ["09:00-12:00"]
2026-12-31 = []

[calendars.breaks]
2026-07-01 = "12:00-13:00"
"""
PEOPLE = """
[[people]]
name = "Ann"
mail = "ann@example.com"
slack = "U1"

[[people]]
name = "Bob"
slack = "U2"
"""
ROTATION = """
[[rotations]]
id = "days"
team = "support"
timezone = "Europe/Berlin"
kind = "weekly"
start = 2026-03-02T09:00:00
people = ["Ann", "U2", "U777"]
"""


def test_a_calendar_is_declared_as_people_write_it(tmp_path: Path) -> None:
    day = ((time(9), time(17)),)
    assert calendars(read(tmp_path, OFFICE).settings) == {
        "office": Hours(
            "Europe/Berlin",
            {
                **dict.fromkeys(("mon", "tue", "wed", "thu"), day),
                "fri": ((time(9), time(12)), (time(22), time(6))),
            },
            frozenset({date(2026, 4, 3), date(2026, 4, 6)}),
            frozenset({(12, 25)}),
            {date(2026, 12, 24): ((time(9), time(12)),), date(2026, 12, 31): ()},
            {date(2026, 7, 1): ((time(12), time(13)),)},
        )
    }


def test_a_rotation_names_people_by_name_mail_or_slack(tmp_path: Path) -> None:
    exceptions = """
[[rotations.overrides]]
start = 2026-03-05T09:00:00
end = "2026-03-06T09:00"
add = "Bob"
remove = "U1"

[[rotations.temporary]]
start = 2026-12-24
end = 2026-12-27
turns = [{ person = "ann@example.com", start = "2026-12-24T09:00", end = 2026-12-24T17:00:00 }]
"""
    (declared,) = rotations(read(tmp_path, PEOPLE + ROTATION + exceptions).settings)
    assert (declared.id, declared.team) == ("days", "support")
    assert declared.document["people"] == ["ann@example.com", "U2", "U777"]
    plan = schedule_of(declared.document)
    assert on_duty(plan, datetime(2026, 3, 4, 9, tzinfo=UTC)) == ("ann@example.com",)
    assert on_duty(plan, datetime(2026, 3, 5, 9, tzinfo=UTC)) == ("U2",)
    assert on_duty(plan, datetime(2026, 12, 24, 9, tzinfo=UTC)) == ("ann@example.com",)
    assert on_duty(plan, datetime(2026, 12, 24, 17, tzinfo=UTC)) == ()


def test_a_person_called_like_a_day_or_a_kind_is_still_a_person(tmp_path: Path) -> None:
    people = '[[people]]\nname = "weekly"\nmail = "w@example.com"\n'
    own = ROTATION.replace('"Ann", "U2", "U777"', '"weekly"')
    (declared,) = rotations(read(tmp_path, people + own).settings)
    assert (declared.document["kind"], declared.document["people"]) == ("weekly", ["w@example.com"])


CALENDAR = '[[calendars]]\nid = "c"\n'
OPEN = 'hours = {mon-fri = ["09:00-17:00"]}\n'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (CALENDAR + 'hours = {mno = []}', ':3: calendars[0].hours.mno "mno" is no weekday; write mon,'),
        (CALENDAR + '[calendars.hours]\nmon = ["9-17"]', ':4: calendars[0].hours.mon[0] "9-17" is no stretch'),
        (CALENDAR + "hours = 3", ":3: calendars[0].hours must be a table, written [calendars.hours]"),
        (CALENDAR, ":2: calendars[0].hours is missing"),
        (CALENDAR + "hours = {}", ":3: calendars[0].hours at least one weekday must be open"),
        (
            CALENDAR + 'hours = {mon-fri = ["09:00-17:00"], fri = []}',
            ":3: calendars[0].hours.fri fri has its hours already",
        ),
        (CALENDAR + OPEN + "holliday = []", '"calendars.holliday"; did you mean "calendars.holidays"?'),
        (CALENDAR + OPEN + "holidays = [20260403]", ":4: calendars[0].holidays[0] must be text in quotes"),
        (CALENDAR + OPEN + 'timezone = "Europe/Berln"', ':4: calendars[0].timezone "Europe/Berln" is no time zone;'),
        (CALENDAR + OPEN + 'yearly_holidays = ["25.12."]', '"25.12." is no day of the year;'),
        (CALENDAR + OPEN + "[calendars.overrides]\n2026-12-34 = []", ':5: calendars[0].overrides.2026-12-34 "2'),
        (2 * (CALENDAR + OPEN), ':5: calendars[1].id "c" is used twice (calendars[0].id, deskd.toml:2)'),
        (PEOPLE + ROTATION.replace("Ann", "Anne"), '"Anne" is nobody in [[people]]; did you mean "Ann"?'),
        (PEOPLE + ROTATION.replace("support", "suport"), 'rotations[0].team "suport" is no team; did you mean "supp'),
        (PEOPLE + ROTATION.replace("weekly", "wekly"), ":15: rotations[0].kind must be one of: 'hourly',"),
        (PEOPLE + ROTATION.replace("09:00:00", "09:00:00Z"), ":16: rotations[0].start must be local time, without"),
        (PEOPLE + ROTATION + 'days = "mon-fry"', ':18: rotations[0].days[0] "mon-fry" is no weekday'),
        (PEOPLE + ROTATION + "length = 0", ":18: rotations[0].length must be 1 or more; it is 0"),
        (PEOPLE + ROTATION + ROTATION, 'rotations[1].id "days" is used twice (rotations[0].id, deskd.toml:12)'),
        (
            PEOPLE + ROTATION + '[[rotations.overrides]]\nstart = 2026-03-05\nend = 2026-03-04\nadd = "Ann"',
            ":20: rotations[0].overrides[0].end 2026-03-04 must be after the start 2026-03-05",
        ),
        (
            PEOPLE + ROTATION + '[[rotations.overrides]]\nstart = 2026-03-05\nend = 2026-03-06\nremove = "Bbo"',
            ':21: rotations[0].overrides[0].remove "Bbo" is nobody in [[people]]; did you mean "Bob"?',
        ),
        (
            PEOPLE + ROTATION + '[[rotations.temporary]]\nstart = 2026-03-05\nend = 2026-03-06\nturn = []',
            'did you mean "rotations.temporary.turns"?',
        ),
    ],
)  # fmt: skip
def test_a_mistake_in_time_is_named_with_its_line_and_what_was_meant(
    tmp_path: Path, text: str, problem: str
) -> None:
    found = problems(tmp_path, text)
    assert any(problem in one for one in found), found


def test_a_name_that_two_people_have_names_neither(tmp_path: Path) -> None:
    twins = PEOPLE.replace("Bob", "Ann")
    assert '"Ann" is nobody in [[people]]' in problems(tmp_path, twins + ROTATION)[0]


def test_calendars_and_rotations_are_declared_with_the_roster(tmp_path: Path) -> None:
    settings = read(tmp_path, OFFICE + PEOPLE + ROTATION).settings
    rules = roster(settings).rules
    assert rules.calendars == calendars(settings)
    assert rules.rotations == rotations(settings)

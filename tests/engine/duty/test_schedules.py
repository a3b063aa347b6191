"""Plans of duty as plain documents."""

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from engine.calendars.calendar import WEEKDAYS
from engine.duty.rotation import (
    DutyHours,
    Override,
    Rotation,
    RotationKind,
    RotationRule,
    Schedule,
    Temporary,
    Turn,
    on_duty,
)
from engine.duty.schedules import schedule_of

NEEDED: dict[str, Any] = {"kind": "weekly", "start": "2026-03-02T09:00", "people": ["ann", "bob"]}
WHOLE: dict[str, Any] = {
    **NEEDED,
    "timezone": "Europe/Berlin",
    "length": 2,
    "hours": ["09:00-12:00", "22:00-06:00"],
    "days": ["mon-tue", "fri"],
    "overrides": [
        {"start": "2026-03-05T09:00", "end": "2026-03-06T08:00Z", "add": "cem", "remove": "ann"}
    ],
    "temporary": [
        {
            "start": "2026-12-24",
            "end": "2026-12-27",
            "turns": [{"person": "eve", "start": "2026-12-24T09:00", "end": "2026-12-24T17:00"}],
        }
    ],
}


def utc(year: int, month: int, day: int, hour: int) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def test_a_document_says_who_takes_turns_when_and_with_which_exceptions() -> None:
    start = utc(2026, 3, 2, 9).replace(tzinfo=None)
    who = Rotation("Europe/Berlin", RotationKind.WEEKLY, start, ("ann", "bob"), 2)
    days = frozenset({"mon", "tue", "fri"})
    assert schedule_of(json.loads(json.dumps(WHOLE))) == Schedule(
        (
            RotationRule(who, DutyHours("Europe/Berlin", time(9), time(12), days)),
            RotationRule(who, DutyHours("Europe/Berlin", time(22), time(6), days)),
        ),
        (Override(utc(2026, 3, 5, 8), utc(2026, 3, 6, 8), "cem", "ann"),),
        (
            Temporary(
                utc(2026, 12, 23, 23),
                utc(2026, 12, 26, 23),
                (Turn("eve", utc(2026, 12, 24, 8), utc(2026, 12, 24, 16)),),
            ),
        ),
    )


def test_without_hours_and_days_somebody_is_always_on_duty() -> None:
    plan = schedule_of(NEEDED)
    week = utc(2026, 3, 2, 9)
    assert {on_duty(plan, week + timedelta(hours=n)) for n in range(7 * 24)} == {("ann",)}
    assert on_duty(plan, week + timedelta(days=7)) == ("bob",)


def test_hours_alone_hold_every_day_and_days_alone_all_day() -> None:
    (by_hours,) = schedule_of({**NEEDED, "hours": ["09:00-17:00"]}).rules
    (by_days,) = schedule_of({**NEEDED, "days": ["sat-sun"]}).rules
    assert by_hours.when == DutyHours("UTC", time(9), time(17), frozenset(WEEKDAYS))
    assert by_days.when == DutyHours("UTC", time(), None, frozenset({"sat", "sun"}))


SPAN = {"start": "2026-03-05T09:00", "end": "2026-03-06T09:00"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"person": "ann"}, '"person" is no part of a rotation; its parts are: timezone, kind'),
        ({"kind": "yearly"}, 'kind: "yearly" is no kind of rotation; write hourly, daily'),
        ({"kind": None}, "kind: None must be text"),
        ({"start": "monday"}, 'start: "monday" is no time; write one such as'),
        ({"start": "2026-03-02T09:00Z"}, "start: must be local time, without a zone"),
        ({"length": 0}, "length: must be 1 to 1000; it is 0"),
        ({"length": "2"}, "length: '2' must be a whole number"),
        ({"people": []}, "people: at least one must be named"),
        ({"people": "ann"}, "people: must be a list"),
        ({"hours": ["9-17"]}, 'hours: "9-17" is no stretch of a day'),
        ({"days": ["mon-fry"]}, 'days: "mon-fry" is no weekday'),
        ({"days": []}, "days: must not be empty"),
        ({"hours": []}, "hours: must not be empty"),
        ({"overrides": [SPAN]}, "overrides.0: needs somebody to add or to remove"),
        ({"overrides": ["ann"]}, "overrides.0: must be a table"),
        ({"overrides": [{**SPAN, "end": SPAN["start"], "add": "cem"}]}, "overrides.0.end: 2026-03-05T09:00 must"),
        ({"overrides": [{**SPAN, "who": "cem"}]}, '"who" is no part of an override'),
        ({"temporary": [{**SPAN, "turns": [SPAN]}]}, "temporary.0.turns.0.person: None must be text"),
        ({"temporary": [{"start": "soon"}]}, 'temporary.0.start: "soon" is no time'),
        ({"timezone": "Mars"}, 'timezone: "Mars" is no time zone'),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        schedule_of({**NEEDED, **change})

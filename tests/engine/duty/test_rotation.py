"""Who is on duty by plan: GoAlert's recorded cases, and promises by hand."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    handoffs,
    on_duty,
    turns,
)
from tests.engine.calendars.test_calendar import ZONES, starts
from tests.engine.public_calendars import instant, spans
from tests.examples import examples
from tests.fixtures import by_id, cases, needs_data

ROTATIONS = cases("rotations.json")
ONCALL = cases("oncall.json")
# Rules of GoAlert that are not ours.
OTHER_RULES = {
    "target/goalert-oncall-001": (
        "GoAlert begins a running shift where its own records do; a plan knows no records, so a turn begins where"
        " the question does"
    ),
}


def rotations(op: str) -> list[Any]:
    return by_id([case for case in ROTATIONS if case["op"] == op])


def rotation(case: dict[str, Any]) -> Rotation:
    written = case["rotation"]
    start = datetime.fromisoformat(written["start_local"])
    return Rotation(
        case["tz"], RotationKind(written["type"]), start, ("ann", "bob"), written["length"]
    )


def local(case: dict[str, Any], key: str) -> datetime:
    return datetime.fromisoformat(case[key]).replace(tzinfo=ZoneInfo(case["tz"]))


@needs_data
def test_every_case_of_goalert_is_run_or_listed_with_our_rule() -> None:
    assert {case["op"] for case in ROTATIONS} == {"handoffs", "shift_end", "shift_start"}
    assert {case["id"] for case in ONCALL} > OTHER_RULES.keys()


@needs_data
@pytest.mark.parametrize("case", rotations("handoffs"))
def test_turns_are_handed_over_when_goalert_says(case: dict[str, Any]) -> None:
    """GoAlert's list ends with the first hand-over after the end of the question."""
    until = local(case, "probe_to_local").astimezone(UTC)
    found: list[datetime] = []
    for at in handoffs(rotation(case), local(case, "probe_from_local")):
        found.append(at)
        if at > until:
            break
    assert found == [instant(at) for at in case["expect"]["handoffs"]]


@needs_data
@pytest.mark.parametrize("case", rotations("shift_end"))
def test_a_turn_ends_when_goalert_says(case: dict[str, Any]) -> None:
    _, end = next(pairwise(handoffs(rotation(case), instant(case["at"]))))
    assert end == instant(case["expect"]["end"])


@needs_data
@pytest.mark.parametrize("case", rotations("shift_start"))
def test_a_turn_begins_when_goalert_says(case: dict[str, Any]) -> None:
    assert next(handoffs(rotation(case), instant(case["at"]))) == instant(case["expect"]["start"])


def schedule(case: dict[str, Any]) -> Schedule:
    return Schedule(
        tuple(_rule(case, rule) for rule in case["rules"]),
        tuple(
            Override(instant(one["start"]), instant(one["end"]), one.get("add"), one.get("remove"))
            for one in case.get("overrides", [])
        ),
        tuple(
            Temporary(
                instant(one["start"]),
                instant(one["end"]),
                tuple(
                    Turn(each["user"], instant(each["start"]), instant(each["end"]))
                    for each in one["shifts"]
                ),
            )
            for one in case.get("temporary", [])
        ),
    )


def _rule(case: dict[str, Any], rule: dict[str, Any]) -> RotationRule:
    ((opens, closes),) = spans([[rule["start"], rule["end"]]])
    when = DutyHours(case["tz"], opens, closes, frozenset(rule["days"]))
    if "rotation" not in rule:
        return RotationRule(rule["target"], when)
    written = rule["rotation"]
    at = written["order"].index(written["current_user"])
    people = written["order"][at:] + written["order"][:at]
    start = datetime.fromisoformat(written["current_shift_start_local"])
    who = Rotation(
        case["tz"], RotationKind(written["type"]), start, tuple(people), written["length"]
    )
    return RotationRule(who, when)


@needs_data
@pytest.mark.parametrize("case", by_id([one for one in ONCALL if one["id"] not in OTHER_RULES]))
def test_those_are_on_duty_whom_goalert_names(case: dict[str, Any]) -> None:
    found = turns(schedule(case), instant(case["query"]["from"]), instant(case["query"]["to"]))
    assert set(found) == expected_turns(case)


@needs_data
@pytest.mark.parametrize("case", by_id([one for one in ONCALL if one["id"] in OTHER_RULES]))
def test_a_turn_that_runs_already_begins_where_the_question_does(case: dict[str, Any]) -> None:
    start, end = (instant(case["query"][key]) for key in ("from", "to"))
    cut = {
        Turn(one.person, max(one.start, start), one.end, one.goes_on)
        for one in expected_turns(case)
    }
    assert set(turns(schedule(case), start, end)) == cut != expected_turns(case)


def expected_turns(case: dict[str, Any]) -> set[Turn]:
    return {
        Turn(one["user"], instant(one["start"]), instant(one["end"]), one["truncated"])
        for one in case["expect"]
    }


# --- a second opinion: asks every quarter, and counts local quarters for whose turn it is

kinds = st.sampled_from(
    [(RotationKind.HOURLY, 4), (RotationKind.DAILY, 96), (RotationKind.WEEKLY, 96 * 7)]
)
local_starts = starts.map(lambda at: at.replace(tzinfo=None))


def slow_number(plan: Rotation, quarters: int, at: datetime) -> int:
    """The latest wall time that was ever shown until `at` decides, so nothing is handed over twice or back."""
    zone = ZoneInfo(plan.zone)
    seen = (at - timedelta(minutes=15) * n for n in range(26 * 4))
    latest = max(one.astimezone(zone).replace(tzinfo=None) for one in seen)
    return (latest - plan.start) // (quarters * timedelta(minutes=15) * plan.length)


@examples(300)
@given(kinds, st.integers(1, 5), st.sampled_from(ZONES), local_starts, starts)
def test_turns_agree_with_looking_at_the_clock_on_the_wall(
    kind: tuple[RotationKind, int], length: int, zone: str, start: datetime, at: datetime
) -> None:
    plan = Rotation(zone, kind[0], start, ("ann", "bob", "cem"), length)
    number = slow_number(plan, kind[1], at)
    assert plan.number(at) == number
    assert on_duty(Schedule((RotationRule(plan),)), at) == (plan.people[number % 3],)


def some_schedules() -> st.SearchStrategy[Schedule]:
    people = st.sampled_from(["ann", "bob", "cem"])
    hour = st.integers(0, 23).map(time)
    when = st.builds(
        DutyHours,
        st.sampled_from(ZONES),
        hour,
        st.one_of(st.none(), hour),
        st.frozensets(st.sampled_from(WEEKDAYS), min_size=1),
    )
    who = st.builds(
        Rotation,
        st.sampled_from(ZONES),
        kinds.map(lambda kind: kind[0]),
        local_starts,
        st.lists(people, max_size=3).map(tuple),
        st.integers(1, 3),
    )
    spans_of_time = st.tuples(starts, st.integers(1, 100))
    end = timedelta(minutes=15)
    override = st.builds(
        lambda span, add, remove: Override(span[0], span[0] + span[1] * end, add, remove),
        spans_of_time,
        st.one_of(st.none(), people),
        st.one_of(st.none(), people),
    )
    turn = st.builds(
        lambda who, span: Turn(who, span[0], span[0] + span[1] * end), people, spans_of_time
    )
    temporary = st.builds(
        lambda span, shifts: Temporary(span[0], span[0] + span[1] * end, tuple(shifts)),
        spans_of_time,
        st.lists(turn, max_size=2),
    )
    rule = st.builds(RotationRule, st.one_of(people, who), st.one_of(st.none(), when))
    return st.builds(
        Schedule,
        st.lists(rule, max_size=3).map(tuple),
        st.lists(override, max_size=2).map(tuple),
        st.lists(temporary, max_size=1).map(tuple),
    )


def quarters_of(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += timedelta(minutes=15)


@examples(60)
@given(some_schedules(), starts, st.integers(1, 300))
def test_turns_cover_exactly_the_quarters_on_duty(
    plan: Schedule, start: datetime, quarters: int
) -> None:
    end = start + timedelta(minutes=15) * quarters
    found = turns(plan, start, end)
    for at in quarters_of(start, end):
        people = {one.person for one in found if one.start <= at < one.end}
        assert people == set(on_duty(plan, at))
    for one, other in pairwise(sorted(found, key=lambda one: (one.person, one.start))):
        assert one.person != other.person or one.end < other.start


# --- promises by hand

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
WEEKLY = Rotation("UTC", RotationKind.WEEKLY, MONDAY.replace(tzinfo=None), ("ann", "bob", "cem"))
PLAN = Schedule((RotationRule(WEEKLY),))


def test_turns_are_taken_in_order_and_reach_back_before_the_start() -> None:
    week = timedelta(weeks=1)
    people = [on_duty(PLAN, MONDAY + n * week) for n in range(-2, 4)]
    assert people == [("bob",), ("cem",), ("ann",), ("bob",), ("cem",), ("ann",)]
    assert on_duty(PLAN, MONDAY - timedelta(microseconds=1)) == ("cem",)


def test_somebody_added_removed_or_standing_in() -> None:
    def at_ten(*overrides: Override) -> tuple[str, ...]:
        return on_duty(Schedule((RotationRule(WEEKLY),), overrides), MONDAY + HOUR)

    end = MONDAY + 2 * HOUR
    assert at_ten(Override(MONDAY, end, add="dan")) == ("ann", "dan")
    assert at_ten(Override(MONDAY, end, add="ann")) == ("ann",)
    assert at_ten(Override(MONDAY, end, remove="ann")) == ()
    assert at_ten(Override(MONDAY, end, add="dan", remove="ann")) == ("dan",)
    assert at_ten(Override(MONDAY, end, add="dan", remove="bob")) == ("ann",)
    assert at_ten(Override(MONDAY, MONDAY + HOUR, remove="ann")) == ("ann",)


def test_a_temporary_plan_replaces_rules_and_overrides_also_with_nobody() -> None:
    end = MONDAY + 4 * HOUR
    turn = Turn("eve", MONDAY, MONDAY + HOUR)
    plan = Schedule(
        (RotationRule(WEEKLY),),
        (Override(MONDAY, end, add="dan"),),
        (Temporary(MONDAY, end, (turn,)),),
    )
    assert on_duty(plan, MONDAY) == ("eve",)
    assert on_duty(plan, MONDAY + HOUR) == ()
    assert on_duty(plan, end) == ("ann",)


def test_the_sun_is_followed_by_rules_in_several_zones() -> None:
    day = frozenset(WEEKDAYS[:5])
    plan = Schedule(
        tuple(
            RotationRule(name, DutyHours(zone, time(9), time(17), day))
            for name, zone in (("berlin", "Europe/Berlin"), ("boston", "America/New_York"))
        )
    )
    assert on_duty(plan, MONDAY + timedelta(hours=5)) == ("berlin", "boston")
    assert on_duty(plan, MONDAY + timedelta(hours=10)) == ("boston",)


def test_a_night_belongs_to_the_day_it_begins_on() -> None:
    plan = Schedule((RotationRule("ann", DutyHours("UTC", time(22), time(6), frozenset({"fri"}))),))
    assert on_duty(plan, datetime(2026, 3, 7, 5, tzinfo=UTC)) == ("ann",)
    assert on_duty(plan, datetime(2026, 3, 6, 5, tzinfo=UTC)) == ()
    first, *_ = turns(plan, MONDAY, MONDAY + timedelta(days=7))
    assert first.start == datetime(2026, 3, 6, 22, tzinfo=UTC)


def test_a_plan_that_never_changes_is_one_turn() -> None:
    alone = Rotation("UTC", RotationKind.HOURLY, MONDAY.replace(tzinfo=None), ("ann",))
    for who in (RotationRule("ann"), RotationRule(alone, DutyHours("UTC"))):
        [turn] = turns(Schedule((who,)), MONDAY, MONDAY + timedelta(days=30))
        assert (turn.person, turn.goes_on) == ("ann", True)
    nobody = Rotation("UTC", RotationKind.HOURLY, MONDAY.replace(tzinfo=None), ())
    assert on_duty(Schedule((RotationRule(nobody),)), MONDAY) == ()


@pytest.mark.parametrize(
    ("kind", "start", "length", "sentence"),
    [
        (RotationKind.DAILY, MONDAY.replace(tzinfo=None), 0, "length: must be 1 to 1000; it is 0"),
        (RotationKind.DAILY, MONDAY, 1, "start: must be local time"),
        (
            RotationKind.MONTHLY,
            MONDAY.replace(tzinfo=None, month=1, day=31),
            1,
            "start: of a month must be day 28 at the latest",
        ),
    ],
)
def test_a_rotation_that_cannot_turn_is_refused(
    kind: RotationKind, start: datetime, length: int, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        Rotation("UTC", kind, start, ("ann",), length)

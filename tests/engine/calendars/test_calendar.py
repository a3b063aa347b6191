"""Working time against peers' recorded cases, and against a second implementation that walks quarter by quarter."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendars.calendar import (
    ALWAYS,
    AROUND_THE_CLOCK,
    WEEKDAYS,
    Calendar,
    Hours,
    NeverOpenError,
    Span,
)
from tests.engine.public_calendars import calendar, instant
from tests.examples import examples
from tests.fixtures import by_id, cases, needs_data

# A peer's own mistake, kept in the data: the rule we follow instead is ours.
DEFECTS = {"Intrepidd/working_hours-077": "a local day of 25 hours is 25 hours long"}
RUN = {
    "add",
    "between",
    "is_open",
    "is_open_inclusive",
    "next_open",
    "prev_open",
    "periods",
    "window",
}
ARITHMETIC = cases("arithmetic_peers.json") + cases("arithmetic_generated.json")


def of(*ops: str) -> list[Any]:
    return by_id([case for case in ARITHMETIC if case["op"] in ops])


@needs_data
def test_every_case_of_the_files_is_run() -> None:
    assert {case["op"] for case in ARITHMETIC} == RUN
    assert len({case["id"] for case in ARITHMETIC}) == len(ARITHMETIC) > 400


@needs_data
@pytest.mark.parametrize("case", of("add"))
def test_a_budget_is_used_up_when_the_peers_say(case: dict[str, Any]) -> None:
    """Where a budget ends at closing there are two answers; ours is the closing."""
    expect = case["expect"]
    at = case.get("expect_lazy") or expect.get("lazy") or expect["at"]
    added = calendar(case["calendar"]).add(
        instant(case["start"]), timedelta(seconds=case["seconds"])
    )
    assert added == instant(at)


@needs_data
@pytest.mark.parametrize("case", of("between"))
def test_between_two_instants_lies_what_the_peers_say(case: dict[str, Any]) -> None:
    counted = calendar(case["calendar"]).between(instant(case["start"]), instant(case["end"]))
    if case["id"] in DEFECTS:
        assert counted == timedelta(hours=25), DEFECTS[case["id"]]
    else:
        assert counted.total_seconds() == case["expect"]["seconds"]


@needs_data
@pytest.mark.parametrize("case", of("is_open"))
def test_it_is_open_when_the_peers_say(case: dict[str, Any]) -> None:
    assert calendar(case["calendar"]).is_open(instant(case["start"])) == case["expect"]["open"]


@needs_data
@pytest.mark.parametrize("case", of("next_open"))
def test_it_opens_next_when_the_peers_say(case: dict[str, Any]) -> None:
    opens = calendar(case["calendar"]).next_open(instant(case["start"]))
    expect = case["expect"]
    assert opens == instant(expect["at"]) if "at" in expect else str(opens.date()) == expect["date"]


@needs_data
@pytest.mark.parametrize("case", of("prev_open"))
def test_it_was_open_last_when_the_peers_say(case: dict[str, Any]) -> None:
    last = calendar(case["calendar"]).last_open(instant(case["start"]))
    assert last == instant(case["expect"]["at"])


@needs_data
@pytest.mark.parametrize("case", of("is_open_inclusive"))
def test_closing_is_no_longer_open_though_pandas_says_so(case: dict[str, Any]) -> None:
    compiled, at = calendar(case["calendar"]), instant(case["start"])
    is_closing = not compiled.is_open(at) and compiled.last_open(at) == at
    assert (compiled.is_open(at) or is_closing) == case["expect"]["open"]


@needs_data
@pytest.mark.parametrize("case", of("periods"))
def test_the_next_stretches_are_what_the_peers_say(case: dict[str, Any]) -> None:
    expected = [(instant(a), instant(b)) for a, b in case["expect"]["periods"]]
    start = instant(case["start"])
    found = islice(calendar(case["calendar"]).periods(start), len(expected))
    assert [(max(opens, start), closes) for opens, closes in found] == expected


@needs_data
@pytest.mark.parametrize("case", of("window"))
def test_the_shift_of_an_instant_is_what_the_peers_say(case: dict[str, Any]) -> None:
    """The stretch that holds it, else the next; nothing here is open for longer than a week at a time."""
    compiled, at = calendar(case["calendar"]), instant(case["start"])
    week_before = compiled.next_open(at - timedelta(days=8))
    start, end = next(one for one in compiled.periods(week_before) if one[1] > at)
    expect = case["expect"]
    assert expect in ({"window_start": utc(start)}, {"window_end": utc(end)})


def utc(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


# --- a second opinion: asks of every quarter whether it counts, by local wall time

ZONES = (
    "UTC Europe/Berlin Europe/London America/New_York America/Sao_Paulo America/St_Johns Asia/Kolkata Asia/Kathmandu "
    "Asia/Tehran Australia/Lord_Howe Australia/Adelaide Pacific/Apia Pacific/Chatham Africa/Casablanca"
).split()
CHANGES = [
    date(2026, 3, 29),
    date(2026, 10, 25),
    date(2026, 3, 8),
    date(2026, 11, 1),
    date(2026, 4, 5),
]
QUARTER = timedelta(minutes=15)


def counts(hours: Hours, at: datetime) -> bool:
    """The slow truth: some day's span holds this local instant, and no break of any day does."""
    local = at.astimezone(ZoneInfo(hours.zone)).replace(tzinfo=None)
    near = [local.date() - timedelta(days=1), local.date()]
    opens = any(_holds(day, span, local) for day in near for span in hours.on(day))
    pauses = any(_holds(day, span, local) for day in near for span in hours.breaks.get(day, ()))
    return opens and not pauses


def slowly_add_days(hours: Hours, start: datetime, days: int) -> datetime:
    """The slow truth: list the open dates, then look at quarter after quarter of the UTC line."""
    local = start.astimezone(ZoneInfo(hours.zone)).replace(tzinfo=None)
    near = [local.date(), local.date() - timedelta(days=1)]
    origin = next(
        (day for day in near if any(_holds(day, one, local) for one in hours.on(day))), near[0]
    )
    step = 1 if days >= 0 else -1
    dates = (origin + n * step * timedelta(days=1) for n in range(2000))
    day = next(islice(filter(hours.on, dates), abs(days), None))
    wall = local - datetime.combine(origin, time()) + datetime.combine(day, time())
    at = wall.replace(tzinfo=UTC) - timedelta(hours=30)
    while at.astimezone(ZoneInfo(hours.zone)).replace(tzinfo=None) < wall:
        at += QUARTER
    while not counts(hours, at) and not counts(hours, at - QUARTER):
        at += step * QUARTER
    return at


def _holds(day: date, span: Span, local: datetime) -> bool:
    begins = datetime.combine(day, span[0])
    ends = datetime.combine(day, span[1] or time())
    if span[1] is None or ends <= begins:
        ends += timedelta(days=1)
    return begins <= local < ends


quarters = st.integers(0, 95).map(lambda n: time(n // 4, n % 4 * 15))
span = st.tuples(quarters, st.one_of(st.none(), quarters)).filter(lambda s: s[0] != s[1])
near_changes = st.sampled_from(CHANGES).flatmap(
    lambda day: st.integers(-3, 3).map(lambda n: day + timedelta(days=n))
)
hours = st.builds(
    Hours,
    zone=st.sampled_from(ZONES),
    week=st.dictionaries(st.sampled_from(WEEKDAYS), st.lists(span, max_size=2).map(tuple)),
    holidays=st.frozensets(near_changes, max_size=2),
    overrides=st.dictionaries(near_changes, st.lists(span, max_size=2).map(tuple), max_size=2),
    breaks=st.dictionaries(near_changes, st.lists(span, max_size=1).map(tuple), max_size=2),
)
# Hours, clock changes and offsets all lie on quarters, so counting quarters is as exact as counting minutes.
starts = st.tuples(near_changes, st.integers(0, 24 * 4 - 1)).map(
    lambda pair: datetime.combine(pair[0], time(), UTC) + pair[1] * QUARTER
)
CASES_EACH = 10  # compiling costs more than counting: 200 calendars, 2,000 sums


@examples(200)
@given(
    hours,
    st.lists(st.tuples(starts, st.integers(0, 200)), min_size=CASES_EACH, max_size=CASES_EACH),
)
def test_between_agrees_with_counting_every_quarter(
    written: Hours, stretches: list[tuple[datetime, int]]
) -> None:
    compiled = Calendar(written)
    for start, quarters_long in stretches:
        counted = sum(counts(written, start + n * QUARTER) for n in range(quarters_long))
        assert compiled.between(start, start + quarters_long * QUARTER) == counted * QUARTER


@examples(200)
@given(
    hours,
    st.lists(st.tuples(starts, st.integers(1, 600)), min_size=CASES_EACH, max_size=CASES_EACH),
)
def test_add_is_the_first_instant_with_so_much_behind_it(
    written: Hours, budgets: list[tuple[datetime, int]]
) -> None:
    compiled = Calendar(written)
    for start, minutes in budgets:
        budget = timedelta(minutes=minutes)
        try:
            due = compiled.add(start, budget)
        except NeverOpenError:
            assert not any(written.week.values())
            return
        assert compiled.between(start, due) == budget
        assert compiled.between(start, due - timedelta(microseconds=1)) < budget


weekly = hours.filter(lambda written: any(written.week.values()))


@examples(200)
@given(weekly, st.lists(st.tuples(starts, st.integers(-5, 5)), min_size=3, max_size=3))
def test_open_dates_are_stepped_as_a_calendar_on_the_wall_would(
    written: Hours, steps: list[tuple[datetime, int]]
) -> None:
    compiled = Calendar(written)
    for start, days in steps:
        assert compiled.add_days(start, days) == slowly_add_days(written, start, days)


@examples(100)
@given(weekly, st.lists(starts, min_size=CASES_EACH, max_size=CASES_EACH))
def test_open_next_and_last_agree_with_looking_at_every_quarter(
    written: Hours, instants: list[datetime]
) -> None:
    compiled = Calendar(written)
    for start in instants:
        assert compiled.is_open(start) == counts(written, start)
        after = before = start
        while not counts(written, after):
            after += QUARTER
        while not counts(written, before - QUARTER):
            before -= QUARTER
        assert compiled.next_open(start) == after
        assert compiled.last_open(start) == before


# --- promises by hand

BERLIN = ZoneInfo("Europe/Berlin")
NINE_TO_FIVE = ((time(9), time(17)),)
OFFICE = Calendar(Hours("Europe/Berlin", dict.fromkeys(WEEKDAYS[:5], NINE_TO_FIVE)))


def berlin(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        ("2026-03-06T15:00", 1, "2026-03-09T15:00"),  # over a weekend
        ("2026-03-07T15:00", 1, "2026-03-10T15:00"),  # asked on a Saturday: Monday is day 0
        ("2026-03-06T20:00", 1, "2026-03-10T09:00"),  # after closing: Monday 20:00 is over too
        ("2026-03-06T17:00", 1, "2026-03-09T17:00"),  # at closing: closing is in time
        ("2026-03-09T08:00", -1, "2026-03-05T17:00"),  # back, before opening
        ("2026-03-27T12:00", 1, "2026-03-30T12:00"),  # the clocks move in between
        ("2026-03-07T12:00", 0, "2026-03-09T12:00"),  # no day at all: to an open date
    ],
)
def test_business_days_keep_the_time_of_day(start: str, days: int, expected: str) -> None:
    assert OFFICE.add_days(berlin(start), days) == berlin(expected)


def test_small_hours_belong_to_the_night_shift_they_end() -> None:
    nights = Calendar(Hours("Europe/Berlin", {"mon": ((time(22), time(6)),)}))
    assert nights.add_days(berlin("2026-03-03T03:00"), 1) == berlin("2026-03-10T03:00")


def test_stepping_days_on_a_closed_calendar_is_refused() -> None:
    with pytest.raises(NeverOpenError):
        Calendar(Hours("UTC", {})).add_days(datetime(2026, 1, 1, tzinfo=UTC), 1)
    with pytest.raises(NeverOpenError):
        Calendar(Hours("UTC", {})).last_open(datetime(2026, 1, 1, tzinfo=UTC))


@given(starts, st.timedeltas(timedelta(days=-3000), timedelta(days=3000)))
def test_around_the_clock_is_plain_arithmetic(start: datetime, working: timedelta) -> None:
    assert AROUND_THE_CLOCK.add(start, working) == start + working
    assert AROUND_THE_CLOCK.between(start, start + working) == max(working, timedelta())


def test_around_the_clock_compiles_nothing_and_agrees_with_what_is_compiled() -> None:
    start, working = datetime(2026, 3, 28, 12, tzinfo=UTC), timedelta(days=40, seconds=1)
    compiled = Calendar(replace(ALWAYS, holidays=frozenset({date(1999, 1, 1)})))
    assert compiled.add(start, working) == Calendar(ALWAYS).add(start, working)
    assert compiled.between(start, start + working) == working


def test_a_calendar_that_never_opens_is_refused() -> None:
    with pytest.raises(NeverOpenError):
        Calendar(Hours("UTC", {})).add(datetime(2026, 1, 1, tzinfo=UTC), QUARTER)


def test_seconds_and_less_are_kept() -> None:
    office = Calendar(Hours("UTC", {"mon": ((time(9), time(17)),)}))
    late = datetime(2026, 3, 2, 16, 59, 59, 999_999, tzinfo=UTC)
    assert office.add(late, timedelta(microseconds=2)) == datetime(
        2026, 3, 9, 9, 0, 0, 1, tzinfo=UTC
    )

"""Working time against peers' recorded cases, and against a second implementation that walks quarter by quarter."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.calendar import WEEKDAYS, Calendar, Hours, NeverOpenError, Span

DATA = Path(__file__).parents[3] / "shared" / "data" / "sla"
FILES = ("arithmetic_peers.json", "arithmetic_generated.json")
# A peer's own mistake, kept in the data: the rule we follow instead is ours.
DEFECTS = {"Intrepidd/working_hours-077": "a local day of 25 hours is 25 hours long"}


def cases(*ops: str) -> list[Any]:
    return list(_cases(ops))


def _cases(ops: tuple[str, ...]) -> Iterator[Any]:
    for name in FILES:
        path = DATA / name
        if not path.exists():
            return
        found = json.loads(path.read_text())
        for case in found if isinstance(found, list) else found["cases"]:
            if case["op"] in ops:
                yield pytest.param(case, id=case["id"])


needs_data = pytest.mark.skipif(not DATA.exists(), reason="the public fixtures are not here")


def spans(written: list[list[str]]) -> tuple[Span, ...]:
    return tuple((time.fromisoformat(a), _close(b)) for a, b in written)


def _close(written: str) -> time | None:
    return None if written == "24:00" else time.fromisoformat(written)


def calendar(written: dict[str, Any]) -> Calendar:
    def dated(key: str) -> dict[date, tuple[Span, ...]]:
        return {date.fromisoformat(day): spans(one) for day, one in written.get(key, {}).items()}

    yearly = written.get("yearly_holidays", [])
    return Calendar(
        Hours(
            zone=written["tz"],
            week={day: spans(one) for day, one in written.get("hours", {}).items()},
            holidays=frozenset(map(date.fromisoformat, written.get("holidays", []))),
            yearly_holidays=frozenset((int(day[:2]), int(day[3:])) for day in yearly),
            overrides=dated("overrides"),
            breaks=dated("breaks"),
        )
    )


def instant(written: str) -> datetime:
    return datetime.fromisoformat(written)


@needs_data
@pytest.mark.parametrize("case", cases("add"))
def test_a_budget_is_used_up_when_the_peers_say(case: dict[str, Any]) -> None:
    """Where a budget ends at closing there are two answers; ours is the closing."""
    expect = case["expect"]
    at = case.get("expect_lazy") or expect.get("lazy") or expect["at"]
    added = calendar(case["calendar"]).add(
        instant(case["start"]), timedelta(seconds=case["seconds"])
    )
    assert added == instant(at)


@needs_data
@pytest.mark.parametrize("case", cases("between"))
def test_between_two_instants_lies_what_the_peers_say(case: dict[str, Any]) -> None:
    counted = calendar(case["calendar"]).between(instant(case["start"]), instant(case["end"]))
    if case["id"] in DEFECTS:
        assert counted == timedelta(hours=25), DEFECTS[case["id"]]
    else:
        assert counted.total_seconds() == case["expect"]["seconds"]


@needs_data
@pytest.mark.parametrize("case", cases("is_open"))
def test_it_is_open_when_the_peers_say(case: dict[str, Any]) -> None:
    assert calendar(case["calendar"]).is_open(instant(case["start"])) == case["expect"]["open"]


@needs_data
@pytest.mark.parametrize("case", cases("next_open"))
def test_it_opens_next_when_the_peers_say(case: dict[str, Any]) -> None:
    opens = calendar(case["calendar"]).next_open(instant(case["start"]))
    expect = case["expect"]
    assert opens == instant(expect["at"]) if "at" in expect else str(opens.date()) == expect["date"]


@needs_data
@pytest.mark.parametrize("case", cases("periods"))
def test_the_next_stretches_are_what_the_peers_say(case: dict[str, Any]) -> None:
    expected = [(instant(a), instant(b)) for a, b in case["expect"]["periods"]]
    stretches = calendar(case["calendar"]).periods(instant(case["start"]))
    found = [
        (max(opens, instant(case["start"])), closes)
        for opens, closes in stretches_of(stretches, expected)
    ]
    assert found == expected


def stretches_of(
    stretches: Iterator[tuple[datetime, datetime]], expected: list[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    return list(islice(stretches, len(expected)))


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


@settings(max_examples=200, deadline=None)
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


@settings(max_examples=200, deadline=None)
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


def test_a_calendar_that_never_opens_is_refused() -> None:
    with pytest.raises(NeverOpenError):
        Calendar(Hours("UTC", {})).add(datetime(2026, 1, 1, tzinfo=UTC), QUARTER)


def test_seconds_and_less_are_kept() -> None:
    office = Calendar(Hours("UTC", {"mon": ((time(9), time(17)),)}))
    late = datetime(2026, 3, 2, 16, 59, 59, 999_999, tzinfo=UTC)
    assert office.add(late, timedelta(microseconds=2)) == datetime(
        2026, 3, 9, 9, 0, 0, 1, tzinfo=UTC
    )

"""The clock rules of the design, case by case, through the rules a running desk uses."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from engine.calendars.durations import Duration
from engine.promises.rules import Goals, Policy, Rules
from engine.tickets.events import Warned
from engine.tickets.people import DEFAULT
from engine.tickets.promise_clock import ClockKind, PromiseClock
from engine.tickets.ticket import Priority, State
from engine.tickets.workspace import Workspace
from tests.engine.life import Life
from tests.engine.public_calendars import calendar, instant
from tests.fixtures import by_id, cases, needs_data

# What the cases are written for: office hours in Berlin, Easter closed, P1 around the clock by itself.
NINE_TO_FIVE = [["09:00", "17:00"]]
OFFICE = calendar(
    {
        "tz": "Europe/Berlin",
        "hours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), NINE_TO_FIVE),
        "holidays": ["2026-04-03", "2026-04-06"],
    }
)


def goals(response: str, resolution: str) -> Goals:
    return Goals(Duration.read(response), Duration.read(resolution))


POLICY = Policy(
    "berlin",
    {
        Priority.P1: goals("5m", "4h"),
        Priority.P2: goals("30m", "8h"),
        Priority.P3: goals("2h", "24h"),
        Priority.P4: goals("8h", "40h"),
    },
    calendar="office",
)
RULES = Rules(
    Workspace(DEFAULT, policy="berlin"), {"office": (1, OFFICE)}, {"berlin": [(0, POLICY)]}
)
CASES = cases("deskd_semantics.json")


def live(case: dict[str, Any]) -> Life:
    first, *rest = case["events"]
    life = Life(RULES, promise_reply="opened_by" not in first)
    life.born(instant(first["t"]), Priority(case["priority"]), said=life.promise_reply)
    for event in rest:
        happen(life, instant(event["t"]), event)
    return life


def happen(life: Life, at: datetime, event: dict[str, Any]) -> None:
    match event["type"]:
        case "agent_public":
            life.answers(at)
        case "requester_public":
            life.writes(at)  # words to a resolved ticket reopen it: the file tells that apart
        case "claim":
            life.claims(at)
        case "priority":
            life.becomes(at, Priority(event["to"]))
        case "status":
            arrive(life, at, event)
        case kind:
            assert kind == "probe", kind
            life.until(at)


def arrive(life: Life, at: datetime, event: dict[str, Any]) -> None:
    match event["to"]:
        case "MERGED":
            life.merges(at, replace(life.ticket, number=2))
        case "RESOLVED":
            life.resolves(at, words="public_message" in event)
        case state:
            life.moves(at, State(state))


@needs_data
@pytest.mark.parametrize("case", by_id(CASES))
def test_a_clock_does_what_the_design_says(case: dict[str, Any]) -> None:
    life, expect = live(case), dict(case["expect"])
    end = instant(case["events"][-1]["t"])
    cancelled_at = expect.pop("cancelled_at", None)
    for kind in (ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION):
        clock = life.clock(kind)
        if expect[kind] == {"state": "not_applicable"}:
            assert clock is None
            continue
        assert clock is not None
        assert shown(life, clock, end, expect[kind]) == expect[kind]
        assert clock.cancelled_at == (instant(cancelled_at) if cancelled_at else None)
    assert [answered(c) for c in life.all_of(ClockKind.NEXT_RESPONSE)] == expect["next_response"]


def shown(life: Life, clock: PromiseClock, end: datetime, wanted: dict[str, Any]) -> dict[str, Any]:
    """The clock in the words of the file. Words that a case does not use for a clock are left out."""
    # A met clock has no due time in the file, as it may go on; ours is kept for the record until it does.
    goes_on_later = clock.kind is ClockKind.RESOLUTION and clock.stopped_at and not clock.breached
    used = life.used(clock, end)
    all_words = {
        "due_at": None if goes_on_later else clock.due_at,
        "warn_at": None if goes_on_later else warning_of(life, clock),
        "satisfied_at": clock.stopped_at,
        "breached": clock.breached,
        "paused": clock.paused,
        "reopens": life.ticket.reopened,
        "used_seconds": used,
        "remaining_seconds": clock.goal.total_seconds() - used,
        "rebased": clock.rebased,
    }
    return {word: as_written(all_words[word]) for word in wanted}


def warning_of(life: Life, clock: PromiseClock) -> datetime | None:
    """When it was given, if it was, else when it is due."""
    for entry in reversed(life.entries):
        if isinstance(entry.event, Warned) and entry.event.kind is clock.kind:
            return entry.at
    return clock.warn_at


def answered(clock: PromiseClock) -> dict[str, Any]:
    return {
        "started_at": as_written(clock.started_at),
        "due_at": as_written(clock.due_at),
        "satisfied_at": as_written(clock.stopped_at),
        "breached": clock.breached,
    }


def as_written(value: object) -> object:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value


@needs_data
def test_every_case_is_a_case_of_its_own() -> None:
    assert len({case["id"] for case in CASES}) == len(CASES) >= 20


def test_the_calendar_of_the_cases_is_closed_over_easter() -> None:
    thursday = instant("2026-04-02T14:00:00Z")
    assert OFFICE.add(thursday, timedelta(hours=2)) == instant("2026-04-07T08:00:00Z")

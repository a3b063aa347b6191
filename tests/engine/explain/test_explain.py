"""Why a promise was kept or broken: stretch by stretch, adding up to what the clock says."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import given

from engine.calendars.calendar import Calendar
from engine.explain.explain import (
    CountedBy,
    Explained,
    Explanation,
    Interval,
    IntervalKind,
    Outcome,
    explain,
)
from engine.explain.narrative import passages
from engine.promises import sla
from engine.tickets import lifecycle
from engine.tickets.promise_clock import ClockKind
from engine.tickets.ticket import Priority
from templates import render
from tests.engine.explain_story import OFFICE, ended, march, office, story
from tests.engine.life import WORDS, Life
from tests.engine.lives import lives
from tests.engine.make import BEN
from tests.engine.promises.test_clock_properties import MANY


def explained(life: Life, hours: float = 30) -> Explanation:
    now = life.ticket.updated_at + timedelta(hours=hours)
    return explain(life.ticket, life.entries, life.almanac, now)


@MANY
@given(lives)
def test_what_was_counted_adds_up_to_what_the_clock_used(life: Life) -> None:
    explanation = explained(life)
    for one in explanation.clocks:
        assert one.used == sla.used_by(one.clock, life.rules, explanation.now)


@MANY
@given(lives)
def test_the_intervals_cover_a_clock_from_its_start_to_its_end(life: Life) -> None:
    for one in explained(life).clocks:
        if one.clock.started_at == one.until:
            assert one.intervals == ()
            continue
        assert one.intervals[0].since == one.clock.started_at
        assert one.intervals[-1].until == one.until
        assert all(a.until == b.since for a, b in pairwise(one.intervals))
        assert all(each.since < each.until for each in one.intervals)
        assert all(
            bool(each.counted) == (each.kind is IntervalKind.COUNTED) for each in one.intervals
        )


@MANY
@given(lives)
def test_the_verdict_is_that_of_the_clock(life: Life) -> None:
    for one in explained(life).clocks:
        broken = one.verdict.outcome in (Outcome.LATE, Outcome.WAIVED)
        if one.clock.cancelled_at is None:
            assert broken == (
                one.clock.breached or (not one.verdict.over and one.verdict.wall > timedelta())
            )
        if one.verdict.outcome is Outcome.LATE:
            assert one.verdict.working <= one.verdict.wall


# What people read

STORY = Path(__file__).with_name("why_it_was_late.txt")


def text(explanation: object) -> str:
    """Without the blanks that keep a length on one line."""
    return render("explain/text.j2", {"explanation": explanation}).replace("\u00a0", " ")


def test_a_manager_reads_why_a_ticket_with_a_pause_a_raise_and_a_reopening_was_late() -> None:
    assert text(story(ended())) + "\n" == STORY.read_text("utf-8")


def test_the_requester_reads_when_and_how_long_but_not_who() -> None:
    said = text(story(ended(), short=True))
    assert "The desk had it; 7 h" not in said
    assert "The desk had it; 3 h counted, 10 h in all." in said
    for inside in ("Ana", "Ben", "paged", "acknowledged"):
        assert inside not in said


def test_a_priority_raised_too_late_says_what_was_set_aside() -> None:
    life = office().claims(march(2, "10:00")).becomes(march(3, "12:00"), Priority.P2)
    said = text(story(life.until(march(3, "12:30"))))
    assert "Ana changed the priority from P3 to P2. New target: 8 h in calendar" in said
    assert "counted from here on: the time used before already exceeded it" in said
    assert "10:00 to Tue 3 Mar, 12:00  Ana had it; counted then, but no longer." in said


def test_closed_hours_are_told_by_what_closed_them() -> None:
    """Over a night, the holiday of 4 March, and a weekend."""
    life = office().claims(march(2, "10:00")).until(march(9, "10:00"))
    [*_, solution] = explained_at(life, march(9, "10:00"))
    closed = [
        (each.why, each.days) for each in solution.intervals if each.kind is IntervalKind.CLOSED
    ]
    assert closed == [
        ("night", ()),
        ("holiday", (date(2026, 3, 4),)),
        ("night", ()),
        ("weekend", ()),
    ]
    said = text(story(life, now=march(9, "10:00")))
    assert (
        "closed overnight (2 times), closed for the holiday of Wed 4 Mar, closed over the weekend."
        in said
    )


def explained_at(life: Life, now: datetime) -> list[Explained]:
    found = explain(life.ticket, life.entries, life.almanac, now).clocks
    return [each for each in found if each.clock.kind is not ClockKind.ACK]


def test_a_calendar_edited_meanwhile_counts_all_by_the_newer_edition() -> None:
    life = office().claims(march(2, "10:00"))
    closed = OFFICE.hours.holidays | {march(3, "12:00").date()}
    edited = Calendar(replace(OFFICE.hours, holidays=closed))
    life.lives_by(march(3, "12:00"), replace(life.rules, calendars={"office": (2, edited)}))
    [*_, solution] = explained_at(life, march(3, "16:00"))
    assert solution.used == timedelta(hours=7)  # of Monday alone
    assert {each.rule.edition for each in solution.intervals if each.counted} == {2}
    said = text(story(life))
    assert (
        "The working hours were changed. New target: 24 h in calendar “office”, edition 2" in said
    )


def test_a_waived_promise_is_late_and_says_who_waived_it() -> None:
    life = ended()
    at = march(5, "16:00")
    life.does(at, lifecycle.waive(life.before(at), message=WORDS), by=BEN.id)
    said = text(story(life))
    assert "Resolution: LATE by 2 h, which was waived." in said
    assert "Ben waived this: it does not count." in said


def test_a_merged_ticket_owes_nothing_any_more() -> None:
    life = office()
    life.merges(march(2, "11:00"), replace(life.ticket, number=2))
    said = text(story(life))
    assert "Resolution: no longer needed. Target: 24 h" in said
    assert "It is no longer needed, so it is not late." in said


def test_what_runs_says_what_is_left() -> None:
    said = text(story(office().until(march(2, "11:00")), now=march(2, "11:00")))
    assert "First response: 1 h left." in said
    assert "It is not late: 1 h of 2 h are used." in said
    assert (
        "  ████████████████████░░░░░░░░░░░░░░░░░░░░\n  █ counted   ░ left   (each character is 3 min)"
        in said
    )


def test_late_and_still_open_is_late_so_far() -> None:
    said = text(story(office(), now=march(2, "13:00")))
    assert "First response: LATE by 1 h so far." in said
    assert (
        "Why is it late? 3 h counted, but the target was 2 h: all of it while nobody had it."
        in said
    )


def test_an_answer_in_the_evening_is_late_on_the_wall_clock_alone() -> None:
    life = office(march(2, "15:00"))
    said = text(story(life.answers(march(2, "18:00"))))
    assert "First response: LATE by 0 s of working time (1 h of calendar time)." in said


def test_of_a_promise_of_minutes_also_seconds_are_told() -> None:
    """Of one of hours they would be in nobody's way, and are left out."""
    start = march(2, "10:00")
    for goal, told in ((timedelta(minutes=5), 2), (timedelta(hours=8), 1)):
        rule = CountedBy("started", "office hours", goal, "24x7", 0)
        taken, until = start + timedelta(seconds=44), start + timedelta(seconds=244)
        waited = Interval(start, taken, IntervalKind.COUNTED, taken - start, rule, None)
        worked = Interval(taken, until, IntervalKind.COUNTED, until - taken, rule, BEN.id)
        assert len([*passages([waited, worked], named=True)]) == told

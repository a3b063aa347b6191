"""The clock rules of DESIGN §3 on a 24x7 calendar."""

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.promises import sla
from engine.promises.rules import DEVOPS, Policy, Rules
from engine.tickets import lifecycle
from engine.tickets.events import (
    Breached,
    ClockStarted,
    Commented,
    Moved,
    Opened,
    PriorityChanged,
    Warned,
)
from engine.tickets.message import MessageId
from engine.tickets.people import DEFAULT
from engine.tickets.promise_clock import ClockKind, PromiseClock, Timer, TimerKind
from engine.tickets.ticket import Priority, State, Ticket
from engine.tickets.workspace import Workspace
from tests.engine.life import Life
from tests.engine.make import BOB, RULES, START, after, around, follow, rung, ticket

FIRST, RESOLUTION = ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION
ANSWERED = Commented(MessageId("m"), by_agent=True)


def clock(subject: Ticket, kind: ClockKind) -> PromiseClock:
    return next(c for c in subject.clocks if c.kind is kind)


def timer(subject: Ticket, kind: TimerKind) -> Timer:
    return next(t for t in sla.timers(subject) if t.kind is kind)


@pytest.mark.parametrize(
    ("priority", "response", "resolution"),
    [
        (Priority.P1, timedelta(minutes=5), timedelta(hours=4)),
        (Priority.P2, timedelta(minutes=30), timedelta(hours=8)),
        (Priority.P3, timedelta(hours=2), timedelta(hours=24)),
        (Priority.P4, timedelta(days=1), timedelta(days=5)),
    ],
)
def test_the_devops_preset_promises_what_the_design_says(
    priority: Priority, response: timedelta, resolution: timedelta
) -> None:
    opened = ticket(priority=priority)
    assert clock(opened, FIRST).due_at == START + response
    assert clock(opened, RESOLUTION).due_at == START + resolution
    assert clock(opened, FIRST).warn_at == START + response * 0.8


def test_an_answer_at_the_due_instant_is_in_time() -> None:
    answered = follow(ticket(), [ANSWERED], at=after(hours=2))
    assert not clock(answered, FIRST).breached
    assert clock(answered, FIRST).stopped_at == after(hours=2)


def test_an_answer_a_microsecond_late_breaks_the_promise_at_its_due_time() -> None:
    answered = follow(ticket(), [ANSWERED], at=after(hours=2, microseconds=1))
    assert clock(answered, FIRST).breached_at == after(hours=2)


def test_a_note_or_the_requesters_words_do_not_stop_the_first_response() -> None:
    said = follow(ticket(), [Commented(MessageId("m"), by_agent=False)], at=after(minutes=1))
    assert clock(said, FIRST).running


def test_waiting_for_the_requester_pauses_resolution_only() -> None:
    asked = follow(ticket(), [Moved(State.NEW, State.PENDING_INFO, "ask")], at=after(hours=1))
    assert clock(asked, RESOLUTION).paused
    assert clock(asked, RESOLUTION).due_at is None
    assert clock(asked, FIRST).running


def test_a_question_asked_too_late_hides_no_broken_promise() -> None:
    """Nobody's alarm rang in between: the daemon was down."""
    asked = follow(ticket(), [Moved(State.NEW, State.PENDING_INFO, "ask")], at=after(hours=25))
    assert clock(asked, RESOLUTION).breached_at == after(hours=24)
    back = follow(asked, [Moved(State.PENDING_INFO, State.OPEN, "answer")], at=after(hours=26))
    assert TimerKind.RESOLUTION_BREACH not in {t.kind for t in sla.timers(back)}


def test_after_a_pause_what_was_left_is_left() -> None:
    asked = follow(ticket(), [Moved(State.NEW, State.PENDING_INFO, "ask")], at=after(hours=1))
    back = follow(asked, [Moved(State.PENDING_INFO, State.OPEN, "answer")], at=after(hours=11))
    assert clock(back, RESOLUTION).due_at == after(hours=11 + 23)
    assert clock(back, RESOLUTION).warn_at == after(hours=11 + 23 - 4.8)


def test_a_reopened_ticket_resumes_the_same_budget() -> None:
    resolved = follow(ticket(), [Moved(State.NEW, State.RESOLVED, "resolve")], at=after(hours=4))
    assert clock(resolved, RESOLUTION).stopped_at == after(hours=4)
    woken = follow(resolved, [Moved(State.RESOLVED, State.REOPENED, "answer")], at=after(hours=40))
    assert clock(woken, RESOLUTION).due_at == after(hours=60)
    assert clock(woken, RESOLUTION).stopped_at is None


def test_resolving_ends_every_clock_and_leaves_only_the_closing_timer() -> None:
    resolved = follow(ticket(), [Moved(State.NEW, State.RESOLVED, "resolve")], at=after(hours=1))
    assert [t.kind for t in sla.timers(resolved)] == [TimerKind.AUTO_CLOSE]
    assert timer(resolved, TimerKind.AUTO_CLOSE).due_at == after(hours=73)


def test_a_raised_priority_counts_from_the_start() -> None:
    raised = follow(ticket(), [PriorityChanged(Priority.P3, Priority.P2)], at=after(minutes=10))
    assert clock(raised, FIRST).due_at == after(minutes=30)


def test_a_priority_raised_too_late_is_rebased_once_and_flagged() -> None:
    raised = follow(ticket(), [PriorityChanged(Priority.P3, Priority.P2)], at=after(hours=1))
    assert clock(raised, FIRST).due_at == after(hours=1, minutes=30)
    assert clock(raised, FIRST).rebased
    higher = follow(raised, [PriorityChanged(Priority.P2, Priority.P1)], at=after(hours=1.25))
    assert clock(higher, FIRST).due_at == after(hours=1, minutes=5)  # in the past: no second gift


def test_a_priority_changed_while_waiting_holds_when_the_clock_goes_on() -> None:
    asked = follow(ticket(), [Moved(State.NEW, State.PENDING_INFO, "ask")], at=after(hours=1))
    raised = follow(asked, [PriorityChanged(Priority.P3, Priority.P2)], at=after(hours=2))
    back = follow(raised, [Moved(State.PENDING_INFO, State.OPEN, "answer")], at=after(hours=3))
    assert clock(back, RESOLUTION).due_at == after(hours=3 + 7)


def test_a_broken_or_kept_promise_is_not_recomputed() -> None:
    answered = follow(ticket(), [ANSWERED], at=after(minutes=5))
    raised = follow(answered, [PriorityChanged(Priority.P3, Priority.P1)], at=after(hours=1))
    assert clock(raised, FIRST) == clock(answered, FIRST)


def test_the_warning_comes_once_at_four_fifths() -> None:
    opened = ticket()
    warning = timer(opened, TimerKind.FIRST_RESPONSE_WARN)
    assert warning.due_at == after(minutes=96)
    events = rung(opened, warning, warning.due_at)
    assert events == [Warned(FIRST, 1, after(hours=2))]
    warned = follow(opened, events, at=warning.due_at)
    assert warning not in sla.timers(warned)
    assert rung(warned, warning, warning.due_at) == []


def test_the_breach_rings_at_the_first_moment_after_due() -> None:
    opened = ticket()
    breach = timer(opened, TimerKind.FIRST_RESPONSE_BREACH)
    assert rung(opened, breach, after(hours=2)) != [Breached(FIRST, 1, after(hours=2))]
    assert breach.due_at == after(hours=2) + sla.JUST_AFTER
    assert rung(opened, breach, breach.due_at) == [Breached(FIRST, 1, after(hours=2))]


def test_a_warning_that_comes_after_a_long_downtime_is_the_breach() -> None:
    opened = ticket()
    warning = timer(opened, TimerKind.FIRST_RESPONSE_WARN)
    assert rung(opened, warning, after(hours=5)) == [Breached(FIRST, 1, after(hours=2))]


def test_a_breached_clock_wants_no_timers_and_runs_on() -> None:
    late = follow(ticket(), [Breached(FIRST, 1, after(hours=2))], at=after(hours=2))
    assert clock(late, FIRST).running
    assert {t.kind for t in sla.timers(late)} == {
        TimerKind.RESOLUTION_WARN,
        TimerKind.RESOLUTION_BREACH,
        TimerKind.ACK_BREACH,
    }


def test_a_ticket_opened_for_somebody_promises_no_first_response() -> None:
    opened = Opened("x", "cli", ticket().requester, Priority.P3, "Other", ticket().team)
    subject = around(ticket(), at=START, promise_reply=False)
    started = [e.kind for e in sla.follow((), [opened], subject) if isinstance(e, ClockStarted)]
    assert started == [RESOLUTION, ClockKind.ACK]


def test_what_no_policy_promises_any_more_does_not_come_back_with_an_answer() -> None:
    promised = Policy("own", {Priority.P3: DEVOPS.goals[Priority.P3]})
    rules = Rules(Workspace(DEFAULT, policy="own"), policies={"own": [(0, promised)]})
    life = Life(rules).born(START).becomes(after(hours=1), Priority.P4)
    assert clock(life.ticket, RESOLUTION).cancelled_at == after(hours=1)
    life.waits(after(hours=2)).writes(after(hours=3))
    assert not clock(life.ticket, RESOLUTION).running


def test_a_withdrawn_ticket_that_is_reopened_owes_again_what_it_owed() -> None:
    life = Life(RULES).born(START)
    life.does(after(hours=1), lifecycle.close(life.before(after(hours=1))), by=BOB.id)
    life.writes(after(hours=5))
    assert clock(life.ticket, RESOLUTION).due_at == after(hours=5 + 23)


def test_taken_apart_again_only_what_the_merge_had_ended_goes_on() -> None:
    life = Life(RULES).born(START)
    life.does(after(hours=1), lifecycle.close(life.before(after(hours=1))), by=BOB.id)
    life.writes(after(hours=2))
    life.merges(after(hours=3), replace(life.ticket, number=2))
    life.does(after(hours=4), lifecycle.unmerge(life.ticket, to=State.REOPENED))
    running = {c.kind for c in life.ticket.clocks if c.running}
    assert running == {ClockKind.NEXT_RESPONSE, RESOLUTION, ClockKind.ACK}

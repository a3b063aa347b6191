"""A ticket that is put aside: until an instant, or until somebody has to look again. No clock takes notice."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from engine.promises import sla
from engine.tickets import lifecycle
from engine.tickets.events import Snoozed, Woken
from engine.tickets.people import TeamId
from engine.tickets.promise_clock import Timer, TimerKind
from engine.tickets.ticket import Priority, State, Ticket
from tests.engine.life import WORDS, Life
from tests.engine.make import ANA, BEN, RULES, START, TEAM, after, follow, ticket

OTHER = TEAM.__class__(TeamId("hr"), "People", "hr")


def life(*, priority: Priority = Priority.P3) -> Life:
    """Answered once, so that only the resolution is owed: warned of after 19 h 12 min."""
    return Life(RULES, others=(OTHER,)).born(START, priority).claims(after(minutes=1))


def snoozed(until: datetime, **given: Priority) -> Life:
    course = life(**given).answers(after(minutes=2))
    return course.does(after(minutes=3), lifecycle.snooze(course.ticket, until=until))


def wakings(course: Life) -> list[tuple[str, datetime]]:
    return [(e.event.why, e.at) for e in course.entries if isinstance(e.event, Woken)]


def test_it_stops_no_clock() -> None:
    before = life().answers(after(minutes=2)).ticket
    course = snoozed(after(hours=3))
    assert course.ticket.clocks == before.clocks
    assert course.until(after(hours=4)).ticket.clocks == before.clocks


def test_its_end_is_a_timer_of_its_own() -> None:
    asleep = snoozed(after(hours=3)).ticket
    assert Timer(asleep.stream, TimerKind.SNOOZE_ENDS, 1, after(hours=3)) in sla.timers(asleep)
    awake = snoozed(after(hours=3)).until(after(hours=3)).ticket
    assert {timer.kind for timer in sla.timers(awake)} >= {TimerKind.RESOLUTION_BREACH}
    assert TimerKind.SNOOZE_ENDS not in {timer.kind for timer in sla.timers(awake)}


def test_it_ends_at_its_instant() -> None:
    course = snoozed(after(hours=3)).until(after(hours=3))
    assert wakings(course) == [("due", after(hours=3))]
    assert course.ticket.snoozed_until is None


def test_whoever_snoozes_again_moves_the_end() -> None:
    course = snoozed(after(hours=3))
    course.does(after(hours=1), lifecycle.snooze(course.ticket, until=after(hours=5)))
    assert wakings(course.until(after(hours=6))) == [("due", after(hours=5))]


def test_the_same_end_twice_is_no_event() -> None:
    course = snoozed(after(hours=3))
    assert lifecycle.snooze(course.ticket, until=after(hours=3)) == []


def test_the_requesters_next_word_ends_it() -> None:
    assert wakings(snoozed(after(hours=3)).writes(after(hours=1))) == [("answer", after(hours=1))]


def test_words_of_somebody_copied_wake_nobody() -> None:
    assert wakings(snoozed(after(hours=3)).asks(after(hours=1))) == []


def test_a_warning_ends_it_and_so_does_a_missed_target() -> None:
    warned = snoozed(after(days=2)).until(after(days=3))
    assert [why for why, _ in wakings(warned)] == ["warning"]
    again = lifecycle.snooze(warned.ticket, until=after(days=5))
    late = snoozed(after(days=2)).until(after(hours=20))
    late.does(after(hours=21), lifecycle.snooze(late.ticket, until=after(days=5)))
    assert again
    assert [why for why, _ in wakings(late.until(after(days=2)))] == ["warning", "breach"]


def test_a_page_ends_it() -> None:
    course = snoozed(after(hours=3))
    assert [why for why, _ in wakings(course.escalates(after(hours=1)))] == ["page"]


Do = Callable[[Ticket], list]


@pytest.mark.parametrize(
    ("does", "why"),
    [
        (lifecycle.unsnooze, "asked"),
        (lambda t: lifecycle.reply(t, message=WORDS, by_agent=True), "reply"),
        (lambda t: lifecycle.ask(t, message=WORDS), "reply"),
        (lifecycle.release, "work"),
        (lambda t: lifecycle.assign(t, to=BEN.id), "work"),
        (lambda t: lifecycle.set_team(t, to=OTHER.id), "work"),
        (lambda t: lifecycle.resolve(t, message=None), "work"),
        (lifecycle.not_a_request, "work"),
        (lambda t: lifecycle.note(t, message=WORDS), None),
        (lambda t: lifecycle.set_category(t, to="VM"), None),
        (lambda t: lifecycle.set_priority(t, to=Priority.P4), None),
    ],
)
def test_what_somebody_does_with_it_ends_it_and_what_they_remark_does_not(
    does: Do, why: str | None
) -> None:
    course = snoozed(after(hours=3))
    course.does(after(hours=1), does(course.ticket), by=BEN.id)
    assert [each for each, _ in wakings(course)] == ([why] if why else [])
    assert (course.ticket.snoozed_until is None) == (why is not None)


def test_claiming_what_nobody_had_ends_it() -> None:
    asleep = follow(ticket(), [Snoozed(after(hours=2))], at=START)
    taken = follow(asleep, lifecycle.claim(asleep, by=ANA.id, holder=""), at=after(minutes=1))
    assert (taken.state, taken.snoozed_until) == (State.IN_PROGRESS, None)


def test_one_step_wakes_once_for_its_first_reason() -> None:
    course = snoozed(after(hours=3))
    course.does(after(hours=1), lifecycle.resolve(course.ticket, message=WORDS))
    assert wakings(course) == [("reply", after(hours=1))]


def test_a_ticket_that_waits_for_its_requester_can_be_put_aside_too() -> None:
    course = life().waits(after(minutes=5))
    course.does(after(hours=1), lifecycle.snooze(course.ticket, until=after(hours=9)))
    assert course.ticket.snoozed_until == after(hours=9)
    assert course.writes(after(hours=2)).ticket.state is State.IN_PROGRESS
    assert wakings(course) == [("answer", after(hours=2))]


def test_nothing_that_is_awake_is_woken() -> None:
    course = life().writes(after(hours=1)).answers(after(hours=2)).until(after(days=9))
    assert wakings(course) == []
    assert lifecycle.unsnooze(course.ticket) == []
    assert timedelta() == course.ticket.updated_at - course.entries[-1].at

"""What holds of clocks in every life of a ticket, whatever is done to it and whichever calendar counts."""

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from engine.calendars.calendar import Calendar, Hours
from engine.promises import sla
from engine.tickets import evolve
from engine.tickets.events import Breached, ClockChanged
from engine.tickets.people import DEFAULT
from engine.tickets.promise_clock import ClockKind, PromiseClock
from engine.tickets.ticket import Ticket
from tests.engine.calendars.test_calendar import starts, weekly
from tests.engine.life import Life
from tests.engine.lives import lives
from tests.examples import examples

NEVER_PAUSED = set(ClockKind) - {ClockKind.RESOLUTION}
MANY = examples(150)
Key = tuple[ClockKind, int]


def key(clock: PromiseClock) -> Key:
    return clock.kind, clock.cycle


def told(life: Life) -> list[Ticket]:
    """The ticket after each entry of its history."""
    first, *rest = life.entries
    tickets = [evolve.born(DEFAULT, 1, first)]
    for entry in rest:
        tickets.append(evolve.evolve(tickets[-1], entry))
    return tickets


@MANY
@given(lives)
def test_a_clock_never_counts_more_than_passed(life: Life) -> None:
    end = life.ticket.updated_at
    for clock in life.ticket.clocks:
        assert timedelta() <= clock.used
        used = timedelta(seconds=life.used(clock, end))
        assert used <= end - clock.started_at


@MANY
@given(lives)
def test_a_broken_promise_stays_broken(life: Life) -> None:
    for before, after in pairwise(told(life)):
        now = {key(clock): clock.breached_at for clock in after.clocks}
        for clock in before.clocks:
            if clock.breached:
                assert now[key(clock)] == clock.breached_at


@MANY
@given(lives)
def test_a_promise_breaks_when_it_was_due_and_is_said_to_be_broken_once(life: Life) -> None:
    said: set[Key] = set()
    before = None
    for ticket, entry in zip(told(life), life.entries, strict=True):
        if isinstance(entry.event, Breached):
            event = entry.event
            assert (event.kind, event.cycle) not in said
            said.add((event.kind, event.cycle))
            assert before is not None
            [clock] = [c for c in before.clocks if key(c) == (event.kind, event.cycle)]
            assert event.due_at == clock.due_at < entry.at
        before = ticket


@MANY
@given(lives)
def test_a_clock_is_set_anew_once_at_most(life: Life) -> None:
    anew = [
        (entry.event.kind, entry.event.cycle)
        for entry in life.entries
        if isinstance(entry.event, ClockChanged) and entry.event.rebased
    ]
    assert len(anew) == len(set(anew))


@MANY
@given(lives)
def test_nothing_that_is_due_is_left_unsaid(life: Life) -> None:
    """Stopped in time, broken, paused or due later: there is nothing else."""
    at = life.ticket.updated_at
    life.until(at)
    for clock in life.ticket.clocks:
        if clock.breached or clock.cancelled_at is not None or clock.due_at is None:
            continue
        assert (clock.stopped_at or at) <= clock.due_at


@MANY
@given(lives)
def test_every_instant_of_a_history_is_no_earlier_than_the_one_before(life: Life) -> None:
    assert all(a.at <= b.at for a, b in pairwise(life.entries))
    assert [entry.seq for entry in life.entries] == list(range(1, len(life.entries) + 1))


@MANY
@given(lives)
def test_its_history_alone_tells_the_ticket(life: Life) -> None:
    assert evolve.replay(DEFAULT, 1, life.entries) == life.ticket


@MANY
@given(lives)
def test_of_each_kind_one_clock_runs_at_most(life: Life) -> None:
    for ticket in told(life):
        running = [clock.kind for clock in ticket.clocks if clock.running]
        assert len(running) == len(set(running))
        assert not any(clock.paused for clock in ticket.clocks if clock.kind in NEVER_PAUSED)


spans = st.integers(1, 100).map(lambda quarters: quarters * timedelta(minutes=15))


@MANY
@given(weekly, starts, st.lists(st.tuples(spans, spans), max_size=3), spans, spans)
def test_a_larger_goal_is_never_due_earlier(
    hours: Hours,
    begin: datetime,
    written: list[tuple[timedelta, timedelta]],
    goal: timedelta,
    more: timedelta,
) -> None:
    calendar, runs, at = Calendar(hours), [], begin
    for ran, paused in written:
        runs.append((at, at + ran))
        at += ran + paused
    due = sla.due_over(runs, at, goal, calendar)
    assert due <= sla.due_over(runs, at, goal + more, calendar)
    counted = [*runs, (at, max(at, due))]
    upto = sum((calendar.between(a, min(b, due)) for a, b in counted), timedelta())
    assert upto == goal

"""What would have been under other rules; under those that were in force, what was."""

from dataclasses import replace
from datetime import datetime, time

from hypothesis import given

from engine.calendars.calendar import Hours
from engine.calendars.durations import Duration
from engine.promises.rules import Goals, Policy
from engine.promises.step_context import Reached
from engine.tickets.events import Paged
from engine.tickets.people import DEFAULT
from engine.tickets.promise_clock import ClockKind
from engine.tickets.ticket import Priority
from engine.whatif.comparison import LISTED_MAX, Comparison
from engine.whatif.simulate import Lived, Stage, editions, late, live, tried_out
from tests.engine.explain_story import OFFICE, POLICY, ended, march, office
from tests.engine.life import Life
from tests.engine.lives import slow_lives
from tests.engine.make import ANA
from tests.engine.promises.test_clock_properties import MANY


def stage(life: Life) -> Stage:
    teams = {team.id: team for team in (life.team, *life.others)}
    return Stage(
        editions(life.rules, life.almanac), teams, lambda _level, _team: Reached((ANA.id,))
    )


@MANY
@given(slow_lives)
def test_by_the_rules_that_were_in_force_nothing_changes(life: Life) -> None:
    now = life.ticket.updated_at
    life.until(now)
    again = live(DEFAULT, 1, life.entries, stage(life), now)
    assert again.late == late(life.ticket)
    pages = [one.event for one in life.entries if isinstance(one.event, Paged)]
    assert list(again.pages) == pages
    assert again.ticket.state == life.ticket.state
    assert [clock.due_at for clock in again.ticket.clocks] == [
        clock.due_at for clock in life.ticket.clocks
    ]


def under(life: Life, *policies: Policy, now: datetime, **hours: Hours) -> Lived:
    """The same ticket under other rules."""
    usual = stage(life)
    book = [(at, tried_out(rules, policies, hours)) for at, rules in usual.rules]
    return live(DEFAULT, 1, life.entries, replace(usual, rules=book), now)


def promising(first: str, resolution: str) -> Policy:
    goals = Goals(Duration.read(first), Duration.read(resolution), Duration.read("4h"))
    return replace(POLICY, goals=dict.fromkeys(Priority, goals))


OPENS = time()
END = march(5, "18:00")


def test_a_stricter_promise_would_have_been_broken_and_paged_for() -> None:
    life = office().claims(march(2, "10:40")).answers(march(2, "11:10")).resolves(march(2, "14:00"))
    was = live(DEFAULT, 1, life.entries, stage(life), END)
    assert was.late == {}
    would_be = under(life, promising("30m", "3h"), now=END)
    assert would_be.late == {
        (ClockKind.FIRST_RESPONSE, 1): march(2, "10:30"),
        (ClockKind.RESOLUTION, 1): march(2, "13:00"),
    }
    assert [page.cause for page in would_be.pages] == ["resolution"]


def test_a_looser_promise_would_have_been_kept() -> None:
    life = ended()
    assert life.ticket.clock(ClockKind.RESOLUTION) is not None
    assert set(late(life.ticket)) == {(ClockKind.NEXT_RESPONSE, 2), (ClockKind.RESOLUTION, 1)}
    assert under(life, promising("3h", "24h"), now=END).late == {}


def test_longer_hours_count_more() -> None:
    """Answered on the morning after: late for whoever promises around the clock."""
    life = office(march(2, "16:30")).answers(march(3, "09:30")).resolves(march(3, "10:00"))
    assert live(DEFAULT, 1, life.entries, stage(life), END).late == {}
    nights = Hours("Europe/Berlin", dict.fromkeys(OFFICE.hours.week, ((OPENS, None),)))
    again = under(life, now=END, office=nights)
    assert again.late == {(ClockKind.FIRST_RESPONSE, 1): march(2, "18:30")}


def test_what_people_did_stays_as_it_was() -> None:
    life = ended()
    again = under(life, promising("5m", "10m"), now=END)
    assert again.ticket.state is life.ticket.state
    assert again.ticket.assignee == life.ticket.assignee
    assert again.ticket.priority is life.ticket.priority
    assert again.ticket.reopened == life.ticket.reopened


def test_a_comparison_lists_so_many_and_counts_all() -> None:
    life = office().answers(march(2, "11:10")).resolves(march(2, "14:00"))
    was = live(DEFAULT, 1, life.entries, stage(life), END)
    would_be = under(life, promising("30m", "3h"), now=END)
    found = Comparison()
    for _ in range(LISTED_MAX):
        found.add(life.ticket, was, would_be)
    assert (found.tickets, found.otherwise) == (LISTED_MAX, 0)
    assert (len(found.newly_late), found.newly_late_count) == (LISTED_MAX, 2 * LISTED_MAX)
    assert found.no_longer_late_count == 0
    assert found.late_after[Priority.P3, ClockKind.RESOLUTION] == LISTED_MAX
    assert found.late_before.total() == 0

"""Random lives of one ticket, for properties: any order of doings on any calendar, rules edited in between."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import strategies as st

from engine.calendars.calendar import Calendar, Hours
from engine.calendars.durations import Duration
from engine.promises.rules import Goals, Ladder, Level, Mute, Policy, Rules, Target
from engine.promises.timer_rings import tighten
from engine.tickets import lifecycle
from engine.tickets.errors import Refused
from engine.tickets.events import Event, Linked, PolicyApplied
from engine.tickets.people import DEFAULT, TeamId
from engine.tickets.ticket import Priority, State, Ticket
from engine.tickets.workspace import Workspace
from tests.engine.calendars.test_calendar import weekly
from tests.engine.life import WORDS, Life
from tests.engine.make import ANA, TEAM

BEGIN: Final = datetime(2026, 3, 26, 15, 0, tzinfo=UTC)
"""A Thursday; on the Sunday after it, clocks in Europe move."""
PEOPLE: Final = replace(TEAM, id=TeamId("people"), name="People", policy="itil")

Doing = Callable[[Life, datetime], object]


def decided(decide: Callable[[Ticket], list[Event]]) -> Doing:
    return lambda life, at: life.does(at, decide(life.before(at)))


def _holiday(life: Life, at: datetime) -> None:
    """The day after is closed from now on."""
    edited = dict(life.rules.calendars)
    for id, (version, calendar) in edited.items():
        closed = calendar.hours.holidays | {at.date() + timedelta(days=1)}
        edited[id] = version + 1, Calendar(replace(calendar.hours, holidays=closed))
    life.lives_by(at, replace(life.rules, calendars=edited))


def _stricter(life: Life, at: datetime) -> None:
    """A new edition of its policy, which is then applied to it."""
    life.before(at)
    editions = [*life.rules.policies["own"], (1, policy(1, "office"))]
    life.rules = replace(life.rules, policies={"own": editions})
    life.does(at, [PolicyApplied(1)])


def _muted(life: Life, at: datetime) -> None:
    life.before(at)
    quiet = Mute(at, at + timedelta(hours=5))
    life.rules = replace(life.rules, mutes=(*life.rules.mutes, quiet))


def _joined(life: Life, at: datetime) -> None:
    """A ticket that was due soon is merged into it."""
    ticket = life.before(at)
    now = life.situation(at)
    due = at + timedelta(hours=1)
    tightened = [e for clock in ticket.clocks for e in tighten(clock, due, now)]
    life.does(at, [Linked(3, "merged_from"), *tightened])


DOINGS: Final[dict[str, Doing]] = {
    "answer": Life.answers,
    "write": Life.writes,
    "more words": Life.asks,
    "thank you": decided(lambda t: lifecycle.answer(t, message=WORDS, moves=False, asks=False)),
    "claim": Life.claims,
    "release": decided(lifecycle.release),
    "offer": decided(lambda t: lifecycle.assign(t, to=ANA.id, why="least_loaded")),
    "acknowledge": Life.acknowledges,
    "escalate": Life.escalates,
    "end escalation": decided(lifecycle.end_escalation),
    "ask": Life.waits,
    "resolve": Life.resolves,
    "reopen": decided(lambda t: lifecycle.reopen(t, message=None, by_agent=True)),
    "close": decided(lifecycle.close),
    "waive": decided(lambda t: lifecycle.waive(t, message=WORDS)),
    "P1": decided(lambda t: lifecycle.set_priority(t, to=Priority.P1)),
    "P2": decided(lambda t: lifecycle.set_priority(t, to=Priority.P2)),
    "P3": decided(lambda t: lifecycle.set_priority(t, to=Priority.P3)),
    "P4": decided(lambda t: lifecycle.set_priority(t, to=Priority.P4)),
    "VM": decided(lambda t: lifecycle.set_category(t, to="VM")),
    "Other": decided(lambda t: lifecycle.set_category(t, to="Other")),
    "to people": decided(lambda t: lifecycle.set_team(t, to=PEOPLE.id)),
    "to support": decided(lambda t: lifecycle.set_team(t, to=TEAM.id)),
    "merge": decided(lambda t: lifecycle.merge(t, into=replace(t, number=2, state=State.OPEN))),
    "unmerge": decided(lambda t: lifecycle.unmerge(t, to=State.OPEN)),
    "joined": _joined,
    "holiday": _holiday,
    "stricter policy": _stricter,
    "mute": _muted,
    "nothing": lambda life, at: life.until(at),
}


def policy(hours: int, calendar: str) -> Policy:
    """P4 is promised nothing; P1 counts around the clock."""

    def goals(times: float) -> Goals:
        span = timedelta(hours=hours) * times
        return Goals(Duration(span), Duration(4 * span), Duration(span / 2), Duration(2 * span))

    tiers = {Priority.P1: goals(0.5), Priority.P2: goals(1), Priority.P3: goals(3)}
    return Policy("own", tiers, calendar, warn_at=(0.5, 0.8))


LADDER: Final = Ladder(
    "own",
    (
        Level((Target("role", "agent"),)),
        Level((Target("role", "lead"),), wait=Duration.read("1h")),
        Level((Target("role", "manager"),)),
    ),
)


def rules(hours: Hours, long: int) -> Rules:
    own = Workspace(DEFAULT, policy="own", category_policies={"VM": "devops"}, give_up_after="10bd")
    return Rules(
        own,
        calendars={"office": (1, Calendar(hours))},
        policies={"own": [(0, policy(long, "office"))]},
        ladders={"own": [(0, LADDER)]},
    )


Step = tuple[timedelta, str]


def live(hours: Hours, long: int, priority: Priority, steps: list[Step]) -> Life:
    """What the rules refuse is not done."""
    team = replace(TEAM, policy=None, calendar="office", ladder="own")
    life = Life(rules(hours, long), team, others=(PEOPLE,)).born(BEGIN, priority)
    at = BEGIN
    for later, doing in steps:
        at += later
        try:
            DOINGS[doing](life, at)
        except Refused:
            life.until(at)
    return life


# Now and then at the very instant of the step before; often within a goal, sometimes over a weekend.
_sooner_or_later = st.one_of(
    st.integers(1, 180).map(lambda minutes: timedelta(minutes=minutes)),
    st.integers(1, 80).map(lambda hours: timedelta(hours=hours)),
    st.timedeltas(timedelta(milliseconds=1), timedelta(hours=9)),
)
_later = st.one_of(st.just(timedelta()), _sooner_or_later)
_doings = st.one_of(
    st.sampled_from(("ask", "write", "answer", "resolve", "reopen", "P1", "P3")),
    st.sampled_from(sorted(DOINGS)),
)


def _lives(later: st.SearchStrategy[timedelta]) -> st.SearchStrategy[Life]:
    steps = st.one_of(
        st.lists(st.tuples(later, _doings), max_size=5),
        st.lists(st.tuples(later, _doings), min_size=6, max_size=16),
    )
    return st.builds(live, weekly, st.integers(1, 12), st.sampled_from(Priority), steps)


lives: Final = _lives(_later)
slow_lives: Final = _lives(_sooner_or_later)
"""In which no two things are done at the same instant."""

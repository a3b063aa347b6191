"""Tickets, people and teams for the tests of the rules."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from engine import lifecycle, sla
from engine.events import Assigned, Entry, Event, Moved, Opened
from engine.model import (
    DEFAULT,
    Clock,
    Person,
    PersonId,
    Priority,
    Role,
    State,
    Team,
    TeamId,
    Ticket,
)

START = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
TEAM = Team(
    TeamId("support"), "Support", "it", slack_channel="C1", addresses=("support@example.com",)
)
BOB = Person(PersonId("bob"), "Bob", mail="bob@example.com", timezone="Europe/Berlin")
ANA = Person(PersonId("ana"), "Ana", Role.AGENT, frozenset({TEAM.id}), slack="U_ANA")
BEN = Person(PersonId("ben"), "Ben", Role.SENIOR, frozenset({TEAM.id}), slack="U_BEN")


def after(**duration: float) -> datetime:
    return START + timedelta(**duration)


def ticket(
    state: State = State.NEW,
    *,
    priority: Priority = Priority.P3,
    assignee: PersonId | None = None,
    events: Sequence[Event] = (),
) -> Ticket:
    """A ticket opened at START, led to `state` the shortest way, a minute a step."""
    opened = Opened("VPN is down", "mail", BOB.id, priority, "Other", TEAM.id)
    first = _entries((), [opened], after=0, at=START)
    made = lifecycle.evolve_all(lifecycle.born(DEFAULT, 1, first[0]), first[1:])
    for minute, event in enumerate([*_way_to(made, state, assignee), *events], start=1):
        made = follow(made, [event], at=after(minutes=minute))
    return made


def _way_to(made: Ticket, state: State, assignee: PersonId | None) -> list[Event]:
    way: list[Event] = [Assigned(None, assignee)] if assignee else []
    stops = [State.RESOLVED, state] if state in (State.CLOSED, State.REOPENED) else [state]
    before = made.state
    for stop in stops:
        if stop is not before:
            way.append(Moved(before, stop, why="test"))
        before = stop
    return way


def follow(before: Ticket, events: Sequence[Event], *, at: datetime) -> Ticket:
    """What the desk makes of `events`: clocks follow, then everything evolves."""
    entries = _entries(before.clocks, events, after=before.version, at=at)
    return lifecycle.evolve_all(before, entries)


def _entries(
    clocks: Sequence[Clock], events: Sequence[Event], *, after: int, at: datetime
) -> list[Entry]:
    extra = sla.follow(clocks, events, policy="devops", at=at, promise_reply=True)
    numbered = enumerate([*events, *extra], start=after + 1)
    return [Entry(seq, at, None, "test", event) for seq, event in numbered]

"""Tickets, people and teams for the tests of the rules."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from engine.promises import follow_up, timer_rings
from engine.promises.rules import Rules
from engine.promises.step_context import Reached, StepContext
from engine.tickets import evolve
from engine.tickets.events import Assigned, Entry, Event, Moved, Opened
from engine.tickets.people import DEFAULT, Address, Identity, Person, PersonId, Role, Team, TeamId
from engine.tickets.promise_clock import Timer
from engine.tickets.ticket import Priority, State, Ticket
from engine.tickets.workspace import Workspace

RULES = Rules(Workspace(DEFAULT))
START = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
TEAM = Team(
    TeamId("support"),
    "Support",
    "it",
    place=Address("slack", "C1"),
    addresses=("support@example.com",),
)
BOB = Person(
    PersonId("bob"),
    "Bob",
    identities=(Identity("mail", "", "bob@example.com"),),
    timezone="Europe/Berlin",
)
ANA = Person(
    PersonId("ana"),
    "Ana",
    Role.AGENT,
    frozenset({TEAM.id}),
    identities=(Identity("slack", "T1", "U_ANA"),),
)
BEN = Person(
    PersonId("ben"),
    "Ben",
    Role.SENIOR,
    frozenset({TEAM.id}),
    identities=(Identity("slack", "T1", "U_BEN"),),
)


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
    first, *rest = opening_of(opened)
    made = evolve.evolve_all(evolve.born(DEFAULT, 1, first), rest)
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


def opening_of(opened: Opened, *, at: datetime = START) -> list[Entry]:
    """The history of a ticket that was just opened."""
    born = evolve.born(DEFAULT, 1, Entry(0, at, None, "test", opened))
    here = around(born, at=at)
    return list(follow_up.unfold([opened], here)[0])


def follow(before: Ticket, events: Sequence[Event], *, at: datetime) -> Ticket:
    """What the desk makes of `events`: everything that follows from them follows, then the ticket evolves."""
    return evolve.evolve_all(before, entries_of(before, events, at=at))


def entries_of(
    before: Ticket, events: Sequence[Event], *, at: datetime, actor: PersonId | None = None
) -> list[Entry]:
    here = around(before, at=at, actor=actor)
    return list(follow_up.unfold(events, here)[0])


def around(
    ticket: Ticket,
    *,
    at: datetime,
    actor: PersonId | None = None,
    rules: Rules = RULES,
    team: Team = TEAM,
    promise_reply: bool = True,
) -> StepContext:
    """Ana alone stands on every level."""
    return StepContext(
        ticket,
        team,
        rules,
        lambda _level: Reached((ANA.id,)),
        at,
        "test",
        actor=Person(actor, "") if actor else None,
        promise_reply=promise_reply,
    )


def now(ticket: Ticket, at: datetime) -> StepContext:
    return around(ticket, at=at)


def rung(ticket: Ticket, timer: Timer, at: datetime) -> list[Event]:
    """What a clock's timer means at `at`."""
    return timer_rings.rung(timer, around(ticket, at=at))

"""`sla verify` is silent about a sound desk, and says in words what a clock, a timer or a page is not."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import time, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from engine.calendars.calendar import WEEKDAYS, Hours
from engine.calendars.durations import Duration
from engine.desk.directory import DeclaredWorkspace
from engine.ports.store import Transaction
from engine.promises.rules import Declared, Goals, Mute, Policy
from engine.shifts import timer_due
from engine.tickets.errors import Refused
from engine.tickets.message import Proof, Request
from engine.tickets.people import DEFAULT, Caller, Role
from engine.tickets.promise_clock import Timer
from engine.tickets.ticket import Priority
from storage.checks.findings import PAGE
from storage.checks.fsck import fsck
from storage.checks.ticket_pages import all_kept, opened_since
from storage.checks.verify import verify
from storage.open.open_storage import Storage
from tests.clock import ManualClock
from tests.engine.world import ANA, BEN, HR, ROSTER, SUPPORT, World, asks
from tests.examples import examples
from tests.storage.checks.test_fsck import corrupt
from tests.storage.conftest import Database

OFFICE = Hours("Europe/Berlin", dict.fromkeys(WEEKDAYS[:5], ((time(9), time(17)),)))
SHORTER = replace(OFFICE, week={**OFFICE.week, "fri": ((time(9), time(12)),)})


def goals(hours: int) -> Goals:
    first, ack, rest = (Duration(timedelta(hours=hours * times)) for times in (1, 2, 5))
    return Goals(first, rest, ack)


def declared(hours: Hours, factor: int) -> Declared:
    tiers = {priority: goals(factor + n) for n, priority in enumerate(Priority)}
    return Declared({"office": hours}, (Policy("own", tiers, "office"),))


def roster(rules: Declared) -> DeclaredWorkspace:
    support = replace(SUPPORT, policy="own", calendar="office")
    ana, ben = ROSTER.people
    people = (replace(ana, role=Role.SENIOR), replace(ben, role=Role.ADMIN))
    return replace(ROSTER, teams=(support, HR), people=people, rules=rules)


@pytest.fixture
async def world(storage: Storage, clock: ManualClock) -> World:
    made = World(storage, clock)
    await made.desk.declare(DEFAULT, roster(declared(OFFICE, 1)))
    return made


Doing = Callable[[World, Request], Awaitable[object]]


async def merged(world: World, request: Request) -> object:
    other = await world.mail("dora@example.com")
    return await world.desk.merge(replace(request, by=BEN), into=other.number)


async def joined(world: World, request: Request) -> object:
    other = await world.mail("dora@example.com")
    return await world.desk.merge(Request(DEFAULT, other.number, BEN), into=request.ticket)


async def edited(world: World, hours: Hours, factor: int, *mutes: Mute) -> object:
    rules = replace(declared(hours, factor), mutes=mutes)
    await world.desk.declare(DEFAULT, roster(rules))
    return await world.desk.recount(DEFAULT, 100)


async def muted(world: World, _request: Request) -> object:
    now = world.clock.now()
    return await edited(world, OFFICE, 1, Mute(now, now + timedelta(hours=3)))


async def passes(world: World, later: timedelta) -> None:
    """Timers ring as they are due."""
    until = world.clock.now() + later

    def ring(transaction: Transaction, timer: Timer) -> bool:
        return timer_due.ring(transaction, timer, world.clock.now())

    while due := [t for t in await world.storage.timers.standing(DEFAULT) if t.due_at <= until]:
        world.clock._now = max(world.clock.now(), due[0].due_at)
        await world.storage.timers.ring_due(now=world.clock.now(), limit=50, work=ring)
    world.clock._now = until


DOINGS: dict[str, Doing] = {
    "claim": lambda w, r: w.desk.claim(r),
    "release": lambda w, r: w.desk.release(r),
    "reply": lambda w, r: w.desk.reply(r, "Try again"),
    "ask": lambda w, r: w.desk.ask(r, "Which floor?"),
    "write": lambda w, r: w.mail(proofs=(Proof(r.ticket, "token"),)),
    "resolve": lambda w, r: w.desk.resolve(r),
    "reopen": lambda w, r: w.desk.reopen(r),
    "P1": lambda w, r: w.desk.set_priority(r, "P1"),
    "P3": lambda w, r: w.desk.set_priority(r, "P3"),
    "team": lambda w, r: w.desk.set_team(r, "People"),
    "acknowledge": lambda w, r: w.desk.acknowledge(r),
    "escalate": lambda w, r: w.desk.escalate(r, "They cannot pay"),
    "end": lambda w, r: w.desk.end_escalation(r),
    "waive": lambda w, r: w.desk.waive(replace(r, by=BEN), "The line was down"),
    "merge": merged,
    "joined": joined,
    "unmerge": lambda w, r: w.desk.unmerge(replace(r, by=BEN)),
    "holiday": lambda w, r: edited(w, SHORTER, 1),
    "no holiday": lambda w, r: edited(w, OFFICE, 1),
    "policy": lambda w, r: edited(w, OFFICE, 2),
    "apply": lambda w, r: w.desk.apply_policies(replace(r, by=BEN)),
    "mute": muted,
}
STEPS = st.lists(
    st.tuples(
        st.sampled_from(sorted(DOINGS)),
        st.sampled_from([ANA, BEN]),
        st.timedeltas(timedelta(), timedelta(hours=30)),
    ),
    max_size=10,
)


@examples(12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
async def test_whatever_was_done_every_clock_counts_the_same_twice(
    world: World, steps: list[tuple[str, Caller, timedelta]]
) -> None:
    ticket = await world.mail()
    for doing, by, later in steps:
        await passes(world, later)
        try:
            await DOINGS[doing](world, asks(ticket, by))
        except Refused:
            continue
    assert await verify(world.storage) == []
    assert await fsck(world.storage) == []
    with suppress(Refused):  # so that the next example need not live through its timers again
        await world.desk.resolve(asks(ticket, BEN))


# What a hand in the database, or a bug, could have done


async def lived(world: World) -> None:
    """Paused and resumed, broken, paged, acknowledged."""
    ticket = await world.mail()
    await passes(world, timedelta(hours=1))
    await world.desk.ask(asks(ticket), "Which floor?")
    await passes(world, timedelta(hours=2))
    await world.mail(proofs=(Proof(ticket.number, "token"),))
    await passes(world, timedelta(days=4))
    await world.desk.acknowledge(asks(ticket, BEN))


@pytest.mark.parametrize(
    ("statement", "code", "words"),
    [
        (
            "UPDATE clocks SET used = used + 60000000 WHERE kind = 'resolution'",
            "clock",
            "its resolution clock 1: used is stored as 1:01:00, counted again it is 1:00:00",
        ),
        (
            "UPDATE tickets SET acknowledged = (1 = 0)",
            "state",
            "its history tells another acknowledged",
        ),
        ("DELETE FROM escalations", "page", "is another than its history tells"),
        (
            "UPDATE escalations SET acknowledged_at = NULL, acknowledged_by = NULL",
            "page",
            "is another than its history tells",
        ),
        ("DELETE FROM events WHERE type = 'breached'", "history", "are not numbered"),
    ],
)
async def test_what_is_not_so_is_said_in_words(
    world: World, database: Database, statement: str, code: str, words: str
) -> None:
    await lived(world)
    assert await verify(world.storage) == []
    await corrupt(database, statement)
    found = [(one.code, one.text) for one in await verify(world.storage)]
    assert any(of == code and words in text for of, text in found), found
    if code != "clock":  # which only a second count can find
        assert code in {one.code for one in await fsck(world.storage)}


async def test_one_ticket_alone_is_looked_at(world: World, database: Database) -> None:
    first = await world.mail()
    second = await world.mail("dora@example.com")
    await corrupt(database, f"DELETE FROM timers WHERE stream_id = '{second.number}'")
    assert await verify(world.storage, first.number) == []
    assert {found.code for found in await verify(world.storage, second.number)} == {"timer"}


async def test_tickets_are_read_since_an_instant_and_a_page_at_a_time(world: World) -> None:
    """For simulations: whatever their number, no more than a page of them is held."""
    numbers = []
    for _ in range(4):
        await world.clock.forward(hours=1)
        numbers.append((await world.mail()).number)
    since = world.clock.now() - timedelta(hours=2)
    pages = [page async for page in all_kept(world.storage.readers, opened_since(DEFAULT, since))]
    assert [each.ticket.number for page in pages for each in page] == numbers[1:]
    assert all(len(page) <= PAGE for page in pages)
    [first, *_] = pages[0]
    assert [entry.seq for entry in first.entries] == list(range(1, first.ticket.version + 1))

"""Rules that become others while tickets are open: who is spared, who is counted anew, and by how many daemons."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from functools import partial
from typing import Final

import pytest

from deskd.parts.recounts import BATCH, Recounts
from engine.calendars.calendar import Hours
from engine.calendars.durations import Duration
from engine.desk import receiving
from engine.desk.rule_changes import Applied
from engine.desk.step import Now
from engine.ports.store import Transaction
from engine.promises.rules import (
    BY_ROLE,
    DEVOPS,
    Declared,
    Goals,
    Ladder,
    Level,
    Mute,
    Subject,
    Target,
)
from engine.tickets.events import ClockChanged, Event, Paged, PageHeld
from engine.tickets.message import Draft, Request
from engine.tickets.people import DEFAULT, Caller, Identity
from engine.tickets.promise_clock import ClockKind, TimerKind
from engine.tickets.ticket import Priority, Ticket
from storage.open.open_storage import Storage
from tests.clock import ManualClock
from tests.engine.world import ANA, ROSTER, World
from tests.storage.conftest import Database
from tests.storage.make import after

WORKDAYS: Final = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ((time(9), time(17)),))
OFFICE: Final = Hours("UTC", WORKDAYS)
TUESDAY_OFF: Final = replace(OFFICE, holidays=frozenset({date(2026, 3, 3)}))
POLICY: Final = replace(DEVOPS, calendar="office")
QUICK: Final = replace(POLICY, goals={Priority.P3: Goals(resolution=Duration.read("1h"))})
DAY: Final = timedelta(days=1)
BOB: Final = Caller(Identity("mail", "", "bob@example.com"), "Bob", "mail")
OPERATOR: Final = Caller(Identity("operator", "", "root"), "root", "cli")
MANY: Final = 400


@dataclass
class Desks(World):
    """One daemon's desk, and what its file declares."""

    storage: Storage
    clock: ManualClock
    rules: Declared = field(default_factory=Declared)

    def __post_init__(self) -> None:
        super().__init__(self.storage, self.clock)

    async def declare(self, **changed: object) -> None:
        self.rules = replace(self.rules, **changed)
        await self.desk.declare(DEFAULT, replace(ROSTER, rules=self.rules))

    async def open(self, priority: str = "P3") -> Ticket:
        return await self.desk.open(DEFAULT, Draft("VPN", "It drops.", priority), by=BOB)

    @property
    def recounts(self) -> Recounts:
        return Recounts(self.desk, self.storage.views, self.clock)

    async def apply(self, ticket: Ticket, *, dry_run: bool = False) -> Applied:
        request = Request(DEFAULT, ticket.number, OPERATOR)
        return await self.desk.apply_policies(request, dry_run=dry_run)

    async def events(self, ticket: Ticket) -> list[Event]:
        history = await self.storage.store.run(DEFAULT, lambda t: t.history(ticket.number))
        return [entry.event for entry in history]

    async def now(self, ticket: Ticket) -> Ticket:
        return await self.ticket(ticket.number)


@pytest.fixture
async def world(storage: Storage, clock: ManualClock) -> Desks:
    made = Desks(storage, clock)
    await made.declare(calendars={"office": OFFICE}, policies=(POLICY,))
    return made


async def test_an_edited_policy_spares_open_tickets_until_it_is_applied_to_them(
    world: Desks,
) -> None:
    ticket = await world.open()
    await world.clock.forward(minutes=30)
    await world.declare(policies=(QUICK,))
    assert await world.recounts.recount(DEFAULT) == 0
    assert await world.now(ticket) == ticket
    # Also when something else is counted anew.
    await world.desk.set_priority(Request(DEFAULT, 1, ANA), "P2")
    raised = await world.desk.set_priority(Request(DEFAULT, 1, ANA), "P3")
    assert raised.clock(ClockKind.RESOLUTION).due_at == ticket.clock(ClockKind.RESOLUTION).due_at
    applied = await world.apply(raised)
    assert applied.after.clock(ClockKind.RESOLUTION).due_at == after(hours=1)
    assert (await world.open()).due_at == world.clock.now() + timedelta(hours=1)


async def test_what_applying_would_change_is_said_before_it_is_done(world: Desks) -> None:
    ticket = await world.open()
    await world.clock.forward(hours=1, minutes=30)
    await world.declare(policies=(QUICK,))
    foreseen = await world.apply(ticket, dry_run=True)
    assert await world.now(ticket) == ticket
    # The first response is promised no more, the hour of the resolution is over: it counts from now.
    assert (foreseen.moved, foreseen.rebased, foreseen.late) == (2, 1, 0)
    done = await world.apply(ticket)
    assert done == foreseen
    again = await world.apply(ticket)
    assert (again.moved, again.after.version) == (0, done.after.version)


async def test_a_holiday_added_this_morning_moves_what_is_open(world: Desks) -> None:
    ticket = await world.open()
    before = ticket.clock(ClockKind.RESOLUTION)
    await world.declare(calendars={"office": TUESDAY_OFF})
    assert await world.recounts.recount(DEFAULT) == 1
    resolution = (await world.now(ticket)).clock(ClockKind.RESOLUTION)
    assert resolution.due_at == before.due_at + DAY
    assert await world.recounts.recount(DEFAULT) == 0


async def rung(world: Desks, kind: TimerKind) -> bool:
    [timer] = [one for one in await world.storage.timers.standing(DEFAULT) if one.kind is kind]
    return await world.ring(timer)


async def test_a_timer_that_rings_before_the_recount_comes_goes_by_the_new_hours(
    world: Desks,
) -> None:
    ticket = await world.open()
    await world.clock.forward(hours=1, minutes=59)
    closed = replace(OFFICE, breaks={date(2026, 3, 2): ((time(11), time(12)),)})
    await world.declare(calendars={"office": closed})
    await world.clock.forward(minutes=2)
    # Due at eleven by the old hours and by the new ones: broken at eleven.
    assert await rung(world, TimerKind.FIRST_RESPONSE_BREACH)
    first, resolution, _ = (await world.now(ticket)).clocks
    assert first.breached_at == after(hours=2)
    assert resolution.calendar_version == 2


async def test_what_the_edit_gave_more_time_does_not_break_by_the_hours_of_before(
    world: Desks,
) -> None:
    ticket = await world.open()
    await world.clock.forward(hours=1, minutes=59)
    closed = replace(OFFICE, breaks={date(2026, 3, 2): ((time(10), time(11)),)})
    await world.declare(calendars={"office": closed})
    await world.clock.forward(minutes=2)
    assert await rung(world, TimerKind.FIRST_RESPONSE_BREACH)
    first = (await world.now(ticket)).clocks[0]
    assert (first.breached, first.due_at) == (False, after(hours=3))
    assert await world.recounts.recount(DEFAULT) == 0


async def test_what_was_broken_before_the_edit_stays_broken(world: Desks) -> None:
    ticket = await world.open()
    await world.clock.forward(hours=2, minutes=30)
    await world.declare(calendars={"office": TUESDAY_OFF})
    await world.recounts.recount(DEFAULT)
    assert (await world.now(ticket)).clocks[0].breached_at == after(hours=2)


async def test_an_edit_that_moves_no_due_time_redraws_no_card(world: Desks) -> None:
    ticket = await world.open()
    shown = len(await world.storage.views.outbox())
    await world.declare(
        calendars={"office": replace(OFFICE, yearly_holidays=frozenset({(12, 25)}))}
    )
    assert await world.recounts.recount(DEFAULT) == 1
    assert len(await world.storage.views.outbox()) == shown
    assert (await world.now(ticket)).clock(ClockKind.RESOLUTION).calendar_version == 2


async def test_a_levels_own_wait_is_counted_anew_too_and_none_is_left_over(world: Desks) -> None:
    tomorrow = Level((Target("role", "agent"),), wait=Duration.read("9h"))
    await world.declare(ladders=(Ladder("roles", (tomorrow, *BY_ROLE.levels)),))
    ticket = await world.open()
    urged = await world.desk.escalate(Request(DEFAULT, 1, ANA), "Look at it")
    held = await world.desk.escalate(Request(DEFAULT, 1, ANA), "Look at it")
    assert (urged.pages, held.pages) == (1, 1)
    await world.declare(calendars={"office": TUESDAY_OFF})
    assert await world.recounts.recount(DEFAULT) == 1
    version = {c.calendar_version for c in (await world.now(ticket)).clocks if c.running}
    assert version == {2}


async def test_what_counts_by_a_calendar_taken_out_goes_on_counting_by_it(
    world: Desks, caplog: pytest.LogCaptureFixture
) -> None:
    ticket = await world.open()
    await world.declare(calendars={}, policies=(replace(POLICY, calendar="24x7"),))
    assert await world.recounts.recount(DEFAULT) == 0
    assert await world.now(ticket) == ticket
    assert await said_at_start(world, caplog) == ["office"]
    await world.apply(ticket)
    assert await said_at_start(world, caplog) == []


async def said_at_start(world: Desks, caplog: pytest.LogCaptureFixture) -> list[str]:
    """The calendars that a starting daemon warns of."""
    caplog.clear()
    async with asyncio.TaskGroup() as group:
        part = group.create_task(world.recounts.run(ready=lambda: None))
        while not world.clock._sleepers:  # noqa: ASYNC110 - its first look is over when it sleeps
            await asyncio.sleep(0)
        part.cancel()
    world.clock._sleepers.clear()
    return [str(one.calendar) for one in caplog.records if "no longer declared" in one.message]  # type: ignore[attr-defined]  # a fact of the line


async def test_a_ticket_climbs_the_ladder_of_its_opening(world: Desks) -> None:
    short = Level((Target("role", "agent"),), wait=Duration.read("5m"))
    await world.declare(ladders=(Ladder("roles", (short, Level((Target("role", "manager"),)))),))
    ticket = await world.open("P1")
    await world.clock.forward(seconds=1)
    await world.declare(ladders=(Ladder("roles", (Level((Target("person", "U_BEN"),)),)),))
    await world.clock.forward(minutes=5)
    assert await rung(world, TimerKind.ACK_BREACH)
    pages = [event for event in await world.events(ticket) if isinstance(event, Paged)]
    assert [page.level for page in pages] == [0, 1]


async def test_a_declared_mute_window_holds_pages_until_it_ends(world: Desks) -> None:
    await world.declare(mutes=(Mute(after(), after(hours=2), category="Network"),))
    muted = await world.desk.open(DEFAULT, Draft("LAN", "", "P1", "network"), by=BOB)
    other = await world.open("P1")
    assert PageHeld(after(hours=2)) in await world.events(muted)
    assert any(isinstance(event, Paged) for event in await world.events(other))


# Thousands


def fill(transaction: Transaction, given: Now, count: int) -> None:
    for _ in range(count):
        receiving.open_by_hand(
            transaction, Draft("VPN", "It drops."), by=BOB, settles=None, given=given
        )


async def filled(world: Desks, count: int) -> None:
    given = Now(world.desk._ids, world.clock.now())
    for _ in range(count // 100):
        await world.storage.store.run(DEFAULT, partial(fill, given=given, count=100))


async def times_counted(world: Desks) -> list[int]:
    """How often each ticket's resolution was reckoned anew."""

    def count(transaction: Transaction) -> list[int]:
        histories = (transaction.history(number) for number in range(1, MANY + 1))
        return [sum(map(_is_resolution, history)) for history in histories]

    return await world.storage.store.run(DEFAULT, count)


def _is_resolution(entry: object) -> bool:
    event = getattr(entry, "event", None)
    return isinstance(event, ClockChanged) and event.kind is ClockKind.RESOLUTION


async def test_hundreds_of_tickets_are_counted_anew_and_nobody_who_asks_waits_for_all(
    world: Desks,
) -> None:
    await filled(world, MANY)
    await world.declare(calendars={"office": TUESDAY_OFF})
    came = 0
    async with asyncio.TaskGroup() as group:
        counting = group.create_task(world.recounts.recount(DEFAULT))
        while not counting.done():
            await world.open()
            came += 1
    assert counting.result() == MANY
    assert came > MANY / BATCH / 10
    assert set(await times_counted(world)) == {1}


async def test_daemons_that_count_at_once_and_one_that_is_killed_count_each_ticket_once(
    world: Desks, database: Database
) -> None:
    await filled(world, MANY)
    await world.declare(calendars={"office": TUESDAY_OFF})
    for _ in range(5):
        await world.desk.recount(DEFAULT, BATCH)  # and was killed
    others = [Desks(await database.open(world.clock), world.clock) for _ in range(2)]
    await asyncio.gather(*(other.recounts.recount(DEFAULT) for other in others))
    # Who finds a batch done by the other leaves the rest to it, or to the next look.
    await world.recounts.recount(DEFAULT)
    assert set(await times_counted(world)) == {1}
    for other in others:
        await other.storage.close()


async def test_a_ticket_opened_while_the_rules_change_has_clocks_of_the_edition_it_keeps(
    database: Database, clock: ManualClock
) -> None:
    """One daemon opens tickets while another declares now these rules, now those."""
    storages = [await database.open(clock) for _ in range(2)]
    opens, declares = (Desks(each, clock) for each in storages)
    await declares.declare(calendars={"office": OFFICE}, policies=(POLICY,))

    async def keep_declaring() -> None:
        for number in range(10):
            await declares.declare(policies=(POLICY if number % 2 else QUICK,))

    async def keep_opening() -> None:
        for _ in range(25):
            await opens.open()

    await asyncio.gather(keep_declaring(), keep_opening())
    rules = await opens.storage.store.run(DEFAULT, lambda t: t.rules())
    team = ROSTER.teams[0]
    for number in range(1, 26):
        ticket = await opens.ticket(number)
        subject = Subject(ticket.priority, ticket.category, team, ticket.rules)
        promised = rules.terms(subject).goal(ClockKind.RESOLUTION, ticket.created_at)
        assert ticket.clock(ClockKind.RESOLUTION).goal == promised, ticket.id
    for each in storages:
        await each.close()

"""Due timers are rung oldest first and once, whoever rings beside us, and none holds up another."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime

import asyncpg
import pytest

from engine.ports.store import Change, Transaction
from engine.ports.timers import Due, Round, Rung
from engine.tickets.events import Noted
from engine.tickets.message import MessageId
from engine.tickets.people import DEFAULT, WorkspaceId
from engine.tickets.promise_clock import Timer, TimerKind, of_ticket
from storage.open.open_storage import Storage
from tests.clock import MORNING, ManualClock
from tests.storage import postgres
from tests.storage.conftest import Database
from tests.storage.make import CARD, after, furnish, opening, record, step, tell

OTHER = WorkspaceId("other")
WARN = Timer(of_ticket(1), TimerKind.RESOLUTION_WARN, 0, after(hours=1))
BREACH = Timer(of_ticket(1), TimerKind.RESOLUTION_BREACH, 0, after(hours=2, microseconds=1))
LATER = after(days=1)
LONG_AGO = after(days=-1)


class Died(BaseException):
    """As a process ends: nobody catches it."""


@dataclass
class Bell:
    """A rule that rings every timer it is given, and what it was given."""

    heard: list[Timer] = field(default_factory=list)
    broken: set[int] = field(default_factory=set)
    deaf: set[int] = field(default_factory=set)

    def __call__(self, transaction: Transaction, timer: Timer) -> bool:
        self.heard.append(timer)
        ticket = transaction.ticket(timer.stream.number)
        assert ticket is not None
        if ticket.number in self.deaf:
            return False
        said = tell(f"{timer.stream.number}.{timer.kind}", CARD)
        noted = Noted(MessageId("m"))
        transaction.record(step(ticket, noted, timers_dropped=(timer,), effects=(said,)))
        if ticket.number in self.broken:
            raise RuntimeError("a bug")
        return True


async def ring(
    storage: Storage, bell: Bell, now: datetime = LATER, limit: int = 9, aside: tuple[Due, ...] = ()
) -> list[Timer]:
    """What happened."""
    done = await storage.timers.ring_due(now=now, limit=limit, work=bell, aside=aside)
    return [each.timer for each in done.rung if each.happened]


async def next_at(storage: Storage, *aside: Due) -> datetime | None:
    done = await storage.timers.ring_due(now=LONG_AGO, limit=9, work=Bell(), aside=aside)
    return done.next_at


async def told(storage: Storage) -> list[str]:
    return sorted(line.key for line in await storage.views.outbox())


async def many(storage: Storage, count: int) -> list[Timer]:
    """One timer each of many tickets, a second apart."""
    timers = [
        Timer(of_ticket(n), TimerKind.RESOLUTION_WARN, 0, after(seconds=n))
        for n in range(1, count + 1)
    ]
    for timer in timers:
        await record(storage, opening(timer.stream.number, timers_set=(timer,)))
    return timers


@pytest.fixture
async def beside(database: Database, clock: ManualClock) -> AsyncIterator[Storage]:
    """Another daemon on the same database."""
    opened = await database.open(clock)
    yield opened
    await opened.close()


async def test_due_timers_are_rung_oldest_first_from_every_workspace(storage: Storage) -> None:
    await furnish(storage, DEFAULT, OTHER)
    assert await next_at(storage) is None
    await record(storage, opening(1, timers_set=(BREACH, WARN)))
    close = Timer(of_ticket(1), TimerKind.AUTO_CLOSE, 2, after(minutes=90))
    await record(storage, opening(1, workspace=OTHER, timers_set=(close,)))
    assert await next_at(storage) == after(hours=1)
    bell = Bell()
    assert await ring(storage, bell, after(minutes=59)) == []
    assert await ring(storage, bell, limit=2) == [WARN, close]
    assert await ring(storage, bell, after(hours=2)) == []
    assert await ring(storage, bell, BREACH.due_at) == [BREACH]
    assert await next_at(storage) is None
    assert bell.heard == [WARN, close, BREACH]


async def test_what_a_timer_meant_and_its_row_are_of_one_commit(storage: Storage) -> None:
    await furnish(storage)
    await record(storage, opening(1, timers_set=(WARN,)))

    def dies(transaction: Transaction, timer: Timer) -> bool:
        Bell()(transaction, timer)
        raise Died

    with pytest.raises(Died):
        await storage.timers.ring_due(now=LATER, limit=9, work=dies)
    assert await told(storage) == []
    assert await ring(storage, Bell()) == [WARN]
    assert await told(storage) == ["1.resolution.warn"]
    assert await ring(storage, Bell()) == []


async def test_a_timer_that_its_ticket_no_longer_wants_goes_with_the_ringing(
    storage: Storage,
) -> None:
    await furnish(storage)
    await record(storage, opening(1, timers_set=(WARN, BREACH)))
    done = await storage.timers.ring_due(now=LATER, limit=1, work=Bell(deaf={1}))
    assert done == Round([Rung(DEFAULT, WARN)], next_at=BREACH.due_at)
    assert await storage.timers.standing(DEFAULT) == [BREACH]
    assert await told(storage) == []


async def test_one_that_fails_undoes_itself_alone_and_stays(storage: Storage) -> None:
    await furnish(storage)
    one, two, three = await many(storage, 3)
    rung = (await storage.timers.ring_due(now=LATER, limit=9, work=Bell(broken={2}))).rung
    assert [each.timer for each in rung] == [one, two, three]
    assert [each.happened for each in rung] == [True, False, True]
    assert [repr(each.error) for each in rung] == ["None", "RuntimeError('a bug')", "None"]
    assert await told(storage) == ["1.resolution.warn", "3.resolution.warn"]
    assert await storage.timers.standing(DEFAULT) == [two]
    set_aside = ((DEFAULT, two),)
    assert await next_at(storage, *set_aside) is None
    assert await ring(storage, Bell(), aside=set_aside) == []
    assert await ring(storage, Bell()) == [two]


async def test_one_whose_statement_the_database_refuses_stays_and_the_others_ring(
    storage: Storage,
) -> None:
    await furnish(storage)
    one, two, three = await many(storage, 3)
    plain = Bell()

    def collides(transaction: Transaction, timer: Timer) -> bool:
        ticket = transaction.ticket(timer.stream.number)
        if timer == two and ticket is not None:
            again = step(replace(ticket, version=0), Noted(MessageId("m")), before=ticket)
            transaction.record(again)
        return plain(transaction, timer)

    rung = (await storage.timers.ring_due(now=LATER, limit=9, work=collides)).rung
    assert [each.timer for each in rung if each.happened] == [one, three]
    assert "Error" in type(rung[1].error).__name__ or "Trouble" in type(rung[1].error).__name__
    assert await storage.timers.standing(DEFAULT) == [two]


async def test_a_timer_set_anew_while_it_rings_is_another_promise(storage: Storage) -> None:
    await furnish(storage)
    await record(storage, opening(1, timers_set=(WARN,)))
    moved = replace(WARN, due_at=after(hours=3))

    def sets_anew(transaction: Transaction, timer: Timer) -> bool:
        ticket = transaction.ticket(timer.stream.number)
        assert ticket is not None
        transaction.record(Change(ticket, ticket, (), timers_set=(moved,)))
        return True

    await storage.timers.ring_due(now=after(hours=1), limit=9, work=sets_anew)
    assert await storage.timers.standing(DEFAULT) == [moved]


async def test_two_that_ring_at_once_share_the_work_and_ring_nothing_twice(
    storage: Storage, beside: Storage
) -> None:
    await furnish(storage)
    timers = await many(storage, 20)
    bells = [Bell(), Bell()]

    async def drain(daemon: Storage, bell: Bell) -> list[Timer]:
        rung: list[Timer] = []
        for _ in range(20):
            rung += await ring(daemon, bell, limit=3)
        return rung

    rung = await asyncio.gather(drain(storage, bells[0]), drain(beside, bells[1]))
    assert sorted([*rung[0], *rung[1]], key=lambda timer: timer.stream.number) == timers
    assert len(await told(storage)) == 20
    assert await next_at(storage) is None


WAITING = (
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
HELD = "SELECT number FROM tickets WHERE number = 1 FOR "


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_a_ticket_that_somebody_works_on_is_passed_over_and_never_waited_for(
    database: Database, storage: Storage
) -> None:
    """Its holder may wait for our timer row. If we waited for the ticket, both would wait for ever."""
    await furnish(storage)
    one, two = await many(storage, 2)

    async def hold(somebody: asyncpg.Connection) -> None:
        async with asyncio.timeout(30), somebody.transaction():
            await somebody.execute(HELD + "NO KEY UPDATE")
            assert await ring(storage, Bell()) == [two]
            assert await next_at(storage) == one.due_at
            await somebody.execute("UPDATE timers SET due_at = due_at WHERE stream_id = '1'")

    await postgres.connected(database.url, hold)
    assert await ring(storage, Bell()) == [one]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_whoever_works_on_a_ticket_passed_over_may_drop_its_timers_meanwhile(
    database: Database, storage: Storage
) -> None:
    """Its timers are passed over with it: rounds that held them until their end could wait for each other."""
    await furnish(storage)
    _, two, _ = await many(storage, 3)

    def waits(transaction: Transaction, timer: Timer) -> bool:
        return transaction.ticket(3) is not None

    async def hold(somebody: asyncpg.Connection) -> None:
        async with asyncio.timeout(30), asyncio.TaskGroup() as group, somebody.transaction():
            await somebody.execute("SELECT FROM tickets WHERE number IN (1, 3) FOR UPDATE")
            group.create_task(storage.timers.ring_due(now=two.due_at, limit=9, work=waits))
            while not await somebody.fetch(WAITING):  # noqa: ASYNC110 - only the server can tell
                await asyncio.sleep(0.02)
            # Less than it takes PostgreSQL to see a deadlock, which it would end by itself.
            await somebody.execute("SET LOCAL lock_timeout = '300ms'")
            await somebody.execute("DELETE FROM timers WHERE stream_id = '1'")

    await postgres.connected(database.url, hold)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_a_row_that_only_points_to_the_ticket_holds_up_nothing(
    database: Database, storage: Storage
) -> None:
    await furnish(storage)
    timers = await many(storage, 1)

    async def point(somebody: asyncpg.Connection) -> None:
        async with asyncio.timeout(30), somebody.transaction():
            await somebody.execute(HELD + "KEY SHARE")
            assert await ring(storage, Bell()) == timers

    await postgres.connected(database.url, point)


async def test_a_dropped_timer_is_gone_and_one_set_anew_stays(storage: Storage) -> None:
    await furnish(storage)
    await record(storage, opening(1, timers_set=(WARN, BREACH)))
    assert not await storage.timers.drop(DEFAULT, replace(WARN, due_at=MORNING))
    assert not await storage.timers.drop(OTHER, WARN)
    assert await storage.timers.standing(DEFAULT) == [WARN, BREACH]
    assert await storage.timers.drop(DEFAULT, WARN)
    assert await storage.timers.standing(DEFAULT) == [BREACH]


async def test_timers_stand_by_the_numbers_of_their_tickets(storage: Storage) -> None:
    await furnish(storage, DEFAULT, OTHER)
    one, two, three = await many(storage, 3)
    await record(storage, opening(1, workspace=OTHER, timers_set=(BREACH,)))
    assert await storage.timers.standing(DEFAULT) == [one, two, three]
    assert await storage.timers.standing(DEFAULT, first=2) == [two, three]
    assert await storage.timers.standing(DEFAULT, first=2, before=3) == [two]
    assert await storage.timers.standing(OTHER) == [BREACH]


async def test_overdue_timers_are_counted_beyond_the_grace(storage: Storage) -> None:
    await furnish(storage)
    await record(storage, opening(1, timers_set=(WARN, BREACH)))
    grace = after(seconds=60) - MORNING
    depth = await storage.views.overdue_timers(now=after(hours=1, seconds=60), grace=grace)
    assert (depth.waiting, depth.oldest) == (0, None)
    depth = await storage.views.overdue_timers(now=after(hours=1, seconds=60.1), grace=grace)
    assert (depth.waiting, depth.oldest) == (1, after(hours=1))
    depth = await storage.views.overdue_timers(now=after(hours=3), grace=grace)
    assert (depth.waiting, depth.dead, depth.oldest) == (2, 0, after(hours=1))

"""More than twenty messages for one place become one digest when they are leased; nothing is lost or hidden."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from engine.messages.digests import OverdueDigest
from engine.messages.effects import Show, Tell
from engine.messages.page_messages import PromiseBroken
from engine.messages.values import Foreign, TicketRef
from engine.ports.flood import FLOOD, GATHER_MAX, SETTLE
from engine.ports.outbox import Parcel, Sent
from engine.ports.store import Transaction
from engine.tickets.people import DEFAULT, Address, WorkspaceId
from engine.tickets.promise_clock import ClockKind
from storage.checks.fsck import fsck
from storage.open.open_storage import Storage
from tests.clock import MORNING, ManualClock
from tests.storage.checks.test_fsck import sound_change
from tests.storage.conftest import Database
from tests.storage.make import CARD, after, furnish, open_with, opening, record, show, tell

MANAGER = Address("slack", "U0BOSS")
HOURS_AGO = MORNING - timedelta(hours=3)


def breach(number: int, to: Address = CARD, *, due: datetime = MORNING) -> Tell:
    subject = Foreign(f"help {number}")
    broken = PromiseBroken(
        TicketRef(number), subject, None, ClockKind.RESOLUTION, due, assignee=None
    )
    return Tell(to, broken, f"{number}.{to.place}")


async def breached(
    storage: Storage, numbers: Sequence[int], *to: Address, late: bool = False
) -> None:
    """Later tickets were due earlier."""
    began = HOURS_AGO if late else MORNING

    def work(transaction: Transaction) -> None:
        for number in numbers:
            due = began - timedelta(seconds=number)
            tells = tuple(breach(number, at, due=due) for at in to or (CARD,))
            transaction.record(opening(number, effects=tells))

    await storage.store.run(DEFAULT, work)


async def lease(storage: Storage, *, now: datetime = MORNING) -> list[Parcel]:
    until = now + timedelta(minutes=1)
    return list(await storage.outbox.lease(now=now, until=until, limit=100))


def digests(parcels: Sequence[Parcel]) -> list[Tell]:
    found = [parcel.effect for parcel in parcels if parcel.ticket is None]
    return [tell for tell in found if isinstance(tell, Tell)]


def count(tell: Tell) -> int:
    assert isinstance(tell.message, OverdueDigest)
    return tell.message.count


def numbers(tell: Tell) -> list[int]:
    """The tickets that it tells of."""
    if isinstance(tell.message, OverdueDigest):
        return [line.ticket.number for line in tell.message.lines]
    assert isinstance(tell.message, PromiseBroken)
    return [tell.message.ticket.number]


async def test_twenty_at_one_place_are_told_one_by_one(storage: Storage) -> None:
    await furnish(storage)
    await breached(storage, range(1, FLOOD + 1))
    assert len(await lease(storage)) == FLOOD


async def test_more_become_one_digest_in_the_order_in_which_they_were_due(
    storage: Storage,
) -> None:
    await furnish(storage)
    await breached(storage, range(1, 61))
    assert await lease(storage) == [], "it waits a moment for others"
    assert await storage.outbox.next_at(now=MORNING) == MORNING + SETTLE
    parcels = await lease(storage, now=MORNING + SETTLE)
    [told] = digests(parcels)
    assert len(parcels) == 1
    assert told.to == CARD
    assert numbers(told) == list(range(60, 0, -1))
    lines = await storage.views.outbox()
    gone = [line for line in lines if line.ticket is not None]
    assert {line.state for line in gone} == {"sent"}
    assert {line.last_error for line in gone} == {f"told in a digest: row {parcels[0].id}"}


async def test_each_place_has_its_own_flood(storage: Storage) -> None:
    await furnish(storage)
    other = Address("slack", "C2")
    await breached(storage, range(1, 31), CARD, MANAGER)
    await breached(storage, range(31, 36), other)
    assert [parcel.effect.to for parcel in await lease(storage)] == [other] * 5
    told = digests(await lease(storage, now=MORNING + SETTLE))
    assert {(tell.to, count(tell)) for tell in told} == {(CARD, 30), (MANAGER, 30)}


async def test_a_workspace_has_its_own_flood(storage: Storage) -> None:
    theirs = WorkspaceId("other")
    await furnish(storage, DEFAULT, theirs)
    for number in range(1, 14):
        for workspace in (DEFAULT, theirs):
            await open_with(storage, number, breach(number), workspace=workspace)
    assert len(await lease(storage)) == 26


async def test_cards_and_words_go_as_ever(storage: Storage) -> None:
    await furnish(storage)
    for number in range(1, 31):
        await open_with(storage, number, show(), breach(number), tell(f"said {number}", CARD))
    drawn = await lease(storage)
    assert [parcel.effect for parcel in drawn] == [Show(CARD)] * 30
    for parcel in drawn:
        await storage.outbox.sent(parcel, Sent(), at=MORNING)
    assert [parcel.key for parcel in await lease(storage)] == [f"said {n}" for n in range(1, 31)]
    assert len(digests(await lease(storage, now=MORNING + SETTLE))) == 1


async def test_what_may_have_arrived_is_looked_for_and_told_by_itself(storage: Storage) -> None:
    await furnish(storage)
    await breached(storage, [1])
    [first] = await lease(storage)
    await storage.outbox.later(first, reason="reset", at=MORNING, uncertain=True)
    await breached(storage, range(2, 40))
    [again] = await lease(storage)
    assert (again.key, again.uncertain) == (first.key, True)


async def test_what_comes_from_downtime_waits_for_the_rest_of_it(
    storage: Storage, clock: ManualClock
) -> None:
    """It is rung in small batches; the first is not told before the last was rung."""
    await furnish(storage)
    for batch in range(4):
        await breached(storage, range(batch * 16 + 1, batch * 16 + 17), late=True)
        assert await lease(storage, now=clock.now()) == []
        await clock.forward(seconds=0.1)
    await clock.move_to(MORNING + SETTLE)
    assert await lease(storage, now=clock.now()) == []
    [told] = digests(await lease(storage, now=clock.now() + SETTLE))
    assert count(told) == 64


async def test_few_that_come_from_downtime_are_told_one_by_one_after_a_moment(
    storage: Storage,
) -> None:
    await furnish(storage)
    await breached(storage, range(1, 6), late=True)
    assert await lease(storage) == []
    assert len(await lease(storage, now=MORNING + SETTLE)) == 5


async def test_what_comes_while_a_digest_waits_joins_it_but_not_for_ever(
    storage: Storage, clock: ManualClock
) -> None:
    await furnish(storage)
    await breached(storage, range(1, 31))
    assert await lease(storage) == []
    number = 31
    while clock.now() < MORNING + GATHER_MAX:
        await breached(storage, [number])
        assert digests(await lease(storage, now=clock.now())) == []
        number += 1
        await clock.forward(seconds=1)
    [told] = digests(await lease(storage, now=clock.now()))
    assert count(told) == number - 1


async def test_a_thousand_are_one_digest_that_counts_them(storage: Storage) -> None:
    await furnish(storage)
    await breached(storage, range(1, 1201))
    assert await lease(storage) == []
    [told] = digests(await lease(storage, now=MORNING + SETTLE))
    assert count(told) == 1200


async def test_fsck_finds_nothing_wrong_with_a_digest(storage: Storage) -> None:
    await furnish(storage)
    for number in range(1, 31):
        effects = (tell(f"before {number}", CARD), breach(number))
        await record(storage, replace(sound_change(number), effects=effects))
    first, *words = await lease(storage)
    await storage.outbox.sent(first, Sent(), at=MORNING)
    assert await lease(storage) == []
    [digest] = await lease(storage, now=MORNING + SETTLE)
    for parcel in (digest, *words):
        await storage.outbox.sent(parcel, Sent(), at=after(seconds=30))
    assert {line.state for line in await storage.views.outbox()} == {"sent"}
    assert await fsck(storage) == []


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_four_daemons_tell_every_message_once(
    storage: Storage, database: Database, clock: ManualClock
) -> None:
    await furnish(storage)
    await breached(storage, range(1, 71))
    others = [await database.open(clock) for _ in range(3)]
    told: list[int] = []
    for _ in range(4):
        leased = await asyncio.gather(
            *(lease(each, now=clock.now()) for each in (storage, *others))
        )
        for parcel in (parcel for parcels in leased for parcel in parcels):
            assert isinstance(parcel.effect, Tell)
            told += numbers(parcel.effect)
            await storage.outbox.sent(parcel, Sent(), at=clock.now())
        await clock.forward(seconds=SETTLE.total_seconds())
    for other in others:
        await other.close()
    assert sorted(told) == list(range(1, 71))
    assert {line.state for line in await storage.views.outbox()} == {"sent"}

"""A slot of a chore belongs to one daemon; what a dead one left undone is taken over, what is done is done."""

import asyncio
from datetime import datetime, timedelta

from engine.ports.chores import Claim, Slot
from engine.tickets.people import DEFAULT, WorkspaceId
from storage.open.open_storage import Storage
from storage.queues.chores import KEPT
from tests.clock import MORNING, ManualClock
from tests.storage.conftest import Database
from tests.storage.make import after, furnish

NINE = Slot(DEFAULT, "digest", after(days=1))
LEASE = timedelta(minutes=5)


async def claim(
    storage: Storage, slot: Slot = NINE, *, owner: str = "a", now: datetime = NINE.at
) -> Claim:
    return await storage.slots.claim(slot, owner=owner, now=now, lease=LEASE)


async def begun(storage: Storage, *workspaces: WorkspaceId) -> None:
    await furnish(storage, *workspaces)
    for workspace in workspaces or (DEFAULT,):
        await storage.slots.begin(workspace, "digest", now=MORNING)


async def test_of_four_daemons_one_gets_the_slot(
    storage: Storage, database: Database, clock: ManualClock
) -> None:
    await begun(storage)
    others = [await database.open(clock) for _ in range(3)]
    asked = [
        claim(each, owner=str(owner))
        for owner, each in enumerate((storage, *others))
        for _ in range(3)
    ]
    assert sorted(one.value for one in await asyncio.gather(*asked)) == ["held"] * 11 + ["ours"]
    for other in others:
        await other.close()


async def test_what_is_done_is_past_for_everybody(storage: Storage) -> None:
    await begun(storage)
    assert await claim(storage) is Claim.OURS
    await storage.slots.done(NINE, owner="a", now=NINE.at)
    assert await claim(storage, owner="b", now=after(days=2)) is Claim.PAST


async def test_what_a_dead_daemon_left_is_taken_over_when_its_lease_ends_and_by_one(
    storage: Storage,
) -> None:
    await begun(storage)
    assert await claim(storage) is Claim.OURS
    early = NINE.at + LEASE - timedelta(seconds=1)
    assert await claim(storage, owner="b", now=early) is Claim.HELD
    assert await claim(storage, owner="b", now=NINE.at + LEASE) is Claim.OURS
    assert await claim(storage, owner="c", now=NINE.at + LEASE) is Claim.HELD
    await storage.slots.done(NINE, owner="a", now=NINE.at + LEASE)
    assert await claim(storage, owner="c", now=NINE.at + LEASE) is Claim.HELD, "b is at it still"
    await storage.slots.done(NINE, owner="b", now=NINE.at + LEASE)
    assert await claim(storage, owner="c", now=NINE.at + 3 * LEASE) is Claim.PAST


async def test_a_chore_has_missed_nothing_before_it_began(storage: Storage) -> None:
    await begun(storage)
    assert await claim(storage, Slot(DEFAULT, "digest", after(days=-1))) is Claim.PAST
    await storage.slots.begin(DEFAULT, "digest", now=after(days=9))
    assert await claim(storage) is Claim.OURS, "it begins once"


async def test_chores_and_workspaces_do_not_meet(storage: Storage) -> None:
    other = WorkspaceId("other")
    await begun(storage, DEFAULT, other)
    assert await claim(storage) is Claim.OURS
    assert await claim(storage, Slot(other, "digest", NINE.at)) is Claim.OURS
    assert await claim(storage, Slot(DEFAULT, "report", NINE.at)) is Claim.OURS


async def test_rows_long_past_are_forgotten_and_their_slots_stay_past(storage: Storage) -> None:
    await begun(storage)
    await claim(storage)
    await storage.slots.done(NINE, owner="a", now=NINE.at)
    late = Slot(DEFAULT, "digest", NINE.at + KEPT + timedelta(days=1))
    await claim(storage, late)
    await storage.slots.done(late, owner="a", now=late.at)
    assert await claim(storage, now=late.at) is Claim.PAST

"""Four daemons on one PostgreSQL: each ticket is given once, and nobody gets more than their limit."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from deskd.bell import Bell
from deskd.dispatch import Dispatcher
from deskd.ids import TimeSortedIds
from engine.duty import Presence, ShiftStarted
from engine.events import Assigned
from engine.floor import Floor
from engine.model import DEFAULT, Person, PersonId, Role
from engine.ports import Transaction
from engine.staff import SaidEntry
from storage.opening import Storage, open_storage
from tests.clock import MORNING, ManualClock
from tests.storage import postgres
from tests.storage.make import TEAM, furnish, open_with

AGENTS = [
    Person(PersonId(f"agent{n:02}"), f"Agent {n}", Role.AGENT, frozenset({TEAM.id}), limit=25)
    for n in range(40)
]
TICKETS = 1_000


@pytest.fixture
def server() -> Iterator[str]:
    if reason := postgres.unreachable():
        pytest.skip(reason)
    url = postgres.create()
    yield url
    postgres.drop(url)


async def test_four_daemons_give_a_thousand_tickets_once_each_and_nobody_too_many(
    server: str, tmp_path: Path
) -> None:
    clock = ManualClock()
    storages = [await open_storage(server, tmp_path, clock) for _ in range(4)]
    try:
        await furnish(storages[0])
        await storages[0].store.run(DEFAULT, staffed)
        await asyncio.gather(*(open_many(one, n) for n, one in enumerate(storages)))
        async with asyncio.TaskGroup() as group:
            daemons = [group.create_task(dispatcher(one, clock)) for one in storages]
            await until_all_are_given(storages[0], clock)
            for daemon in daemons:
                daemon.cancel()
        await each_once_and_nobody_too_many(storages[0])
    finally:
        for storage in storages:
            await storage.close()


def staffed(transaction: Transaction) -> None:
    for agent in AGENTS:
        transaction.keep_person(agent)
        entry = SaidEntry(0, MORNING, agent.id, "slack", ShiftStarted(None))
        transaction.staff.keep(agent.id, Presence(MORNING), [entry])


async def open_many(storage: Storage, first: int) -> None:
    for number in range(first + 1, TICKETS + 1, 4):
        await open_with(storage, number)


async def dispatcher(storage: Storage, clock: ManualClock) -> None:
    bell = Bell(clock)
    floor = Floor(storage.store, clock, TimeSortedIds(clock), nudge=bell.ring)
    await Dispatcher(floor, storage.work, storage.views, clock, bell).run(ready=lambda: None)


async def until_all_are_given(storage: Storage, clock: ManualClock) -> None:
    async with asyncio.timeout(60):
        while await storage.work.staffed_teams(waiting=True):
            await clock.forward(seconds=1)
            await asyncio.sleep(0.05)  # PostgreSQL takes real time


async def each_once_and_nobody_too_many(storage: Storage) -> None:
    given: Counter[PersonId] = Counter()

    def count(transaction: Transaction) -> None:
        for number in range(1, TICKETS + 1):
            assigned = [
                e.event for e in transaction.history(number) if isinstance(e.event, Assigned)
            ]
            assert len(assigned) == 1, number
            given[assigned[0].to] += 1

    await storage.store.run(DEFAULT, count)
    assert set(given.values()) == {25}
    assert len(given) == len(AGENTS)

"""Four daemons on one PostgreSQL: each ticket is given once, and nobody gets more than their limit.

Everybody works in all of ten teams, so that daemons that give out different teams' tickets meet at the people.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from deskd.base.ids import TimeSortedIds
from deskd.parts.dispatch import Dispatcher
from deskd.parts.nudge import Nudge
from engine.duty.presence import Presence, ShiftStarted
from engine.ports.duty_store import WorkViews
from engine.ports.store import Transaction
from engine.ports.views import OwnWork
from engine.shifts.duty_desk import DutyDesk
from engine.tickets.events import Assigned
from engine.tickets.people import DEFAULT, Person, PersonId, Role, TeamId, WorkspaceId
from storage.open.open_storage import Storage, open_storage
from tests.clock import MORNING, ManualClock
from tests.storage import postgres
from tests.storage.make import TEAM, furnish, opening, presence, record, ticket

TEAMS = [replace(TEAM, id=TeamId(f"team{n}"), addresses=()) for n in range(10)]
EVERYWHERE = frozenset(team.id for team in TEAMS)
AGENTS = [
    Person(PersonId(f"agent{n:02}"), f"Agent {n}", Role.AGENT, EVERYWHERE, limit=25)
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
            daemons = [
                group.create_task(dispatcher(one, clock, first=3 * n))
                for n, one in enumerate(storages)
            ]
            await until_all_are_given(storages[0], clock)
            for daemon in daemons:
                daemon.cancel()
        await each_once_and_nobody_too_many(storages[0])
    finally:
        for storage in storages:
            await storage.close()


def staffed(transaction: Transaction) -> None:
    for team in TEAMS:
        transaction.keep_team(team)
    for agent in AGENTS:
        transaction.keep_person(agent)
        transaction.record(presence(agent, Presence(MORNING), ShiftStarted(None)))


async def open_many(storage: Storage, first: int) -> None:
    for number in range(first + 1, TICKETS + 1, 4):
        team = TEAMS[number // 4 % len(TEAMS)].id
        await record(storage, opening(number, after=ticket(number, team=team)))


@dataclass
class OutOfStep:
    """The views of a daemon that is elsewhere on its way through the teams than the others."""

    views: WorkViews
    first: int

    async def own_work(self, workspace: WorkspaceId, person: Person) -> OwnWork:
        return await self.views.own_work(workspace, person)

    async def staffed_teams(self, *, waiting: bool) -> Sequence[tuple[WorkspaceId, TeamId]]:
        teams = await self.views.staffed_teams(waiting=waiting)
        first = self.first % max(len(teams), 1)
        return [*teams[first:], *teams[:first]]


async def dispatcher(storage: Storage, clock: ManualClock, *, first: int) -> None:
    bell = Nudge(clock)
    floor = DutyDesk(storage.store, clock, TimeSortedIds(clock), nudge=bell.ring)
    work = OutOfStep(storage.work, first)
    await Dispatcher(floor, work, clock, bell).run(ready=lambda: None)


async def until_all_are_given(storage: Storage, clock: ManualClock) -> None:
    async with asyncio.timeout(600):
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

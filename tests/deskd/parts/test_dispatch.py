"""The dispatcher's own rounds, whatever the clock does."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest

from deskd.base.ids import TimeSortedIds
from deskd.parts.dispatch import ROUND, Dispatcher
from deskd.parts.nudge import Nudge
from engine.ports.duty_store import WorkViews
from engine.ports.views import OwnWork
from engine.shifts.duty_desk import DutyDesk
from engine.tickets.people import Person, TeamId, WorkspaceId
from tests.deskd.room import eventually
from tests.engine.floor import World, world

__all__ = ["world"]


@dataclass
class Rounds:
    """Counts how often it was asked for every team, and not only for those with tickets that wait."""

    views: WorkViews
    count: int = 0

    async def own_work(self, workspace: WorkspaceId, person: Person) -> OwnWork:
        return await self.views.own_work(workspace, person)

    async def staffed_teams(self, *, waiting: bool) -> Sequence[tuple[WorkspaceId, TeamId]]:
        self.count += not waiting
        return await self.views.staffed_teams(waiting=waiting)


@pytest.mark.parametrize("later", [0, 30], ids=["in its pause", "while it waits for the bell"])
async def test_a_clock_set_back_a_day_stops_no_round(world: World, later: int) -> None:
    clock, bell = world.clock, Nudge(world.clock)
    floor = DutyDesk(world.storage.store, clock, TimeSortedIds(clock), nudge=bell.ring)
    work = Rounds(world.storage.work)
    dispatcher = Dispatcher(floor, work, clock, bell)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(dispatcher.run(ready=lambda: None))
        await eventually(lambda: work.count and clock.sleepers, "its first round is over")
        for _ in range(later):
            await second(world)
        await eventually(lambda: clock.sleepers, "the dispatcher sleeps")
        await clock.move_to(clock.now() - timedelta(days=1))
        await rounds(world, work, work.count + 2, within=3 * ROUND)
        running.cancel()


async def rounds(
    world: World, work: Rounds, count: int, *, within: timedelta = timedelta(seconds=5)
) -> None:
    until = world.clock.now() + within
    while work.count < count:
        assert world.clock.now() < until, work.count
        await second(world)


async def second(world: World) -> None:
    """SQL takes real time: the clock goes on when the dispatcher has looked and sleeps again."""
    await eventually(lambda: world.clock.sleepers, "the dispatcher sleeps")
    await world.clock.forward(seconds=1)

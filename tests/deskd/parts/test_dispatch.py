"""The dispatcher's own rounds, whatever the clock does."""

import asyncio
from datetime import timedelta

import pytest

from deskd.base.ids import TimeSortedIds
from deskd.parts.dispatch import ROUND, Dispatcher
from deskd.parts.nudge import Nudge
from engine.shifts.duty_desk import DutyDesk
from engine.tickets.people import WorkspaceId
from tests.deskd.room import eventually
from tests.engine.floor import World, world

__all__ = ["world"]


class Rounds(DutyDesk):
    """Counts how often what lapsed was written down."""

    count = 0

    async def lapse(self, workspace: WorkspaceId) -> int:
        self.count += 1
        return await super().lapse(workspace)


@pytest.mark.parametrize("later", [0, 30], ids=["in its pause", "while it waits for the bell"])
async def test_a_clock_set_back_a_day_stops_no_round(world: World, later: int) -> None:
    clock, bell = world.clock, Nudge(world.clock)
    floor = Rounds(world.storage.store, clock, TimeSortedIds(clock), nudge=bell.ring)
    dispatcher = Dispatcher(floor, world.storage.work, world.storage.views, clock, bell)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(dispatcher.run(ready=lambda: None))
        await eventually(lambda: floor.count and clock.sleepers, "its first round is over")
        for _ in range(later):
            await second(world)
        await eventually(lambda: clock.sleepers, "the dispatcher sleeps")
        await clock.move_to(clock.now() - timedelta(days=1))
        await rounds(world, floor, floor.count + 2, within=3 * ROUND)
        running.cancel()


async def rounds(
    world: World, floor: Rounds, count: int, *, within: timedelta = timedelta(seconds=5)
) -> None:
    until = world.clock.now() + within
    while floor.count < count:
        assert world.clock.now() < until, floor.count
        await second(world)


async def second(world: World) -> None:
    """SQL takes real time: the clock goes on when the dispatcher has looked and sleeps again."""
    await eventually(lambda: world.clock.sleepers, "the dispatcher sleeps")
    await world.clock.forward(seconds=1)

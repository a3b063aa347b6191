"""The clock on the wall may be set while somebody sleeps by it."""

import asyncio
from datetime import datetime, timedelta

from deskd.base.clock import WallClock


class Set(WallClock):
    """Set by a day when asked the time for the second time."""

    def __init__(self, by: timedelta) -> None:
        self.asked = 0
        self.by = by

    def now(self) -> datetime:
        self.asked += 1
        return super().now() + (self.by if self.asked > 2 else timedelta())


async def test_a_clock_set_back_a_day_prolongs_no_sleep() -> None:
    clock = Set(timedelta(days=-1))
    async with asyncio.timeout(30):
        await clock.sleep_until(clock.now() + timedelta(milliseconds=1))


async def test_a_clock_set_ahead_ends_the_sleep_when_it_is_noticed() -> None:
    clock = Set(timedelta(days=1))
    async with asyncio.timeout(30):
        await clock.sleep_until(clock.now() + timedelta(hours=12))


async def test_nobody_wakes_too_early_when_nothing_is_set() -> None:
    clock = WallClock()
    at = clock.now() + timedelta(milliseconds=3)
    await clock.sleep_until(at)
    assert clock.now() >= at

"""Time for the stand-ins: the port they take, and a clock that stands until it is moved."""

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from typing import Protocol

# How often woken sleepers may take their next step before the hand moves the clock on.
SETTLING_STEPS = 20


class Clock(Protocol):
    """The same shape as the engine's port, so that one clock can drive both."""

    def now(self) -> datetime: ...

    async def sleep_until(self, at: datetime) -> None: ...


class HandClock:
    """Stands still until it is advanced; sleepers wake in the order of their times."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self._now = start
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._counter = 0

    def now(self) -> datetime:
        return self._now

    async def sleep_until(self, at: datetime) -> None:
        if at <= self._now:
            return
        self._counter += 1
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (at, self._counter, woken))
        await woken

    async def advance(self, by: timedelta) -> None:
        """Moves through every sleeper's time up to the new one, letting each act at its own."""
        target = self._now + by
        await self._settle()
        while self._sleepers and self._sleepers[0][0] <= target:
            at, _, woken = heapq.heappop(self._sleepers)
            self._now = max(self._now, at)
            if not woken.done():
                woken.set_result(None)
                await self._settle()
        self._now = target
        await self._settle()

    async def _settle(self) -> None:
        for _ in range(SETTLING_STEPS):
            await asyncio.sleep(0)

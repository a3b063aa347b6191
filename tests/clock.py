"""A clock that tests move by hand: it keeps the port's promise without anybody waiting."""

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from typing import Final

MORNING: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

# Steps that woken tasks may take in the loop before `forward` returns. Work in threads (SQL) may last longer:
# tests wait for what they expect to see, not for this.
SETTLING_STEPS: Final = 50


class ManualClock:
    """Stands still until moved; then every sleeper whose time has come wakes, in the order of their times.

    The hand jumps: somebody who wakes sees the new time, as after a suspended machine.
    """

    def __init__(self, now: datetime = MORNING) -> None:
        self._now = now
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> datetime:
        return self._now

    async def sleep_until(self, at: datetime) -> None:
        if at <= self._now:
            await asyncio.sleep(0)
            return
        self._count += 1
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (at, self._count, woken))
        await woken

    async def forward(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        await self.move_to(
            self._now + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        )

    async def move_to(self, at: datetime) -> None:
        """Also backwards: a wall clock may be set back."""
        self._now = at
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= self._now:
            _, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
        await self.settle()

    async def settle(self) -> None:
        for _ in range(SETTLING_STEPS):
            await asyncio.sleep(0)

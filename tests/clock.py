"""Clocks of the tests, which keep the port's promise. No test asks the wall: it would pass or fail by the hour."""

import asyncio
import time
from bisect import insort
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

MORNING: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

# Steps that woken tasks may take in the loop before `forward` returns. Work in threads (SQL) may last longer:
# tests wait for what they expect to see, not for this.
SETTLING_STEPS: Final = 50


@dataclass(order=True)
class _Sleeper:
    at: datetime
    count: int
    passed: timedelta
    """Of all time that passes: by then it has slept as long as it wanted."""
    woken: asyncio.Future[None] = field(compare=False)


class ManualClock:
    """Stands still until moved; then every sleeper whose time has come wakes, in the order of their times.

    The hand jumps: somebody who wakes sees the new time, as after a suspended machine.
    """

    def __init__(self, now: datetime = MORNING) -> None:
        self._now = now
        self._sleepers: list[_Sleeper] = []
        self._count = 0
        self._passed = timedelta()

    def now(self) -> datetime:
        return self._now

    async def sleep_until(self, at: datetime) -> None:
        if at <= self._now:
            await asyncio.sleep(0)
            return
        self._count += 1
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        passed = self._passed + (at - self._now)
        insort(self._sleepers, _Sleeper(at, self._count, passed, woken))
        await woken

    async def forward(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        await self.move_to(
            self._now + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        )

    async def move_to(self, at: datetime) -> None:
        """Also backwards: a wall clock may be set back."""
        self._passed += max(timedelta(), at - self._now)
        self._now = at
        await self.settle()
        while due := next((each for each in self._sleepers if self._is_over(each)), None):
            self._sleepers.remove(due)
            if not due.woken.done():
                due.woken.set_result(None)
        await self.settle()

    def _is_over(self, sleeper: _Sleeper) -> bool:
        return sleeper.at <= self._now or sleeper.passed <= self._passed

    @property
    def sleepers(self) -> int:
        """How many sleep now: who is not among them has not yet done what it was woken for."""
        return sum(not each.woken.done() for each in self._sleepers)

    async def settle(self) -> None:
        for _ in range(SETTLING_STEPS):
            await asyncio.sleep(0)


class PacedClock:
    """Begins where it is told to and goes on by itself, for far sides that take real time; a test can skip hours."""

    def __init__(self, start: datetime = MORNING) -> None:
        self._start = start
        self._begun = time.monotonic()
        self._skip = asyncio.Event()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=time.monotonic() - self._begun)

    async def sleep_until(self, at: datetime) -> None:
        while (left := (at - self.now()).total_seconds()) > 0:
            skip = self._skip
            try:
                async with asyncio.timeout(left):
                    await skip.wait()
            except TimeoutError:
                return

    def skip(self, by: timedelta) -> None:
        self._start += by
        woken, self._skip = self._skip, asyncio.Event()
        woken.set()

"""The nudge: wakes a loop that sleeps until something is due. A lost nudge costs time, never work."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from engine.ports.clock import Clock


class Nudge:
    """Rung in the loop's own thread (the desk calls it after its commit)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def wait(self, *, until: datetime) -> None:
        """Return when rung since the last wait, or at `until`."""
        if not self._rung.is_set() and self._clock.now() < until:
            async with asyncio.TaskGroup() as group:
                rung = group.create_task(self._rung.wait())
                slept = group.create_task(self._clock.sleep_until(until))
                await asyncio.wait({rung, slept}, return_when=asyncio.FIRST_COMPLETED)
                rung.cancel()
                slept.cancel()
        self._rung.clear()


def ring_all(*bells: Nudge) -> Callable[[], None]:
    def ring() -> None:
        for bell in bells:
            bell.ring()

    return ring

"""What happens by the calendar and not by events: for now the sweep over the timers. APScheduler keeps the hours.

Nothing that a ticket was promised hangs on it: promises are timer rows, rung by alarm.py.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from typing import Final

from apscheduler.schedulers.asyncio import (  # type: ignore[import-untyped]  # it ships no types
    AsyncIOScheduler,
)

from deskd.sweep import Sweep
from engine.ports import Clock

log = logging.getLogger("deskd.deskd.chores")

SWEEP_EVERY_SECONDS: Final = 60


@dataclass
class Chores:
    sweep: Sweep
    clock: Clock
    drifted: Callable[[int], None]
    """A metric: timers that the last sweep found missing or left over."""
    name: str = "chores"
    trouble: str | None = None

    async def run(self, *, ready: Callable[[], None]) -> None:
        scheduler = AsyncIOScheduler(
            timezone=UTC,
            # Late is better than never, once is enough, and never two of the same at a time.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        scheduler.add_job(self.sweep_timers, "interval", seconds=SWEEP_EVERY_SECONDS)
        scheduler.start()
        ready()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            scheduler.shutdown(wait=False)

    async def sweep_timers(self) -> None:
        try:
            drift = await self.sweep.look()
            mended = await self.sweep.mend(drift)
        except Exception:  # the boundary: a chore that fails is done again at its next hour
            log.exception("the sweep over the timers failed")
            self.trouble = "chores: the sweep over the timers fails"
            return
        self.trouble = None
        self.drifted(mended.count)

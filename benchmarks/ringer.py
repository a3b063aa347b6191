"""A daemon that only rings timers, in a process that can be killed.

`python -m benchmarks.ringer URL FOLDER` opens the database and prints "ready", then how many milliseconds late each
timer was when its commit returned, one a line, until it is ended.
"""

import asyncio
import sys
from pathlib import Path

from deskd.base.clock import WallClock
from deskd.parts.alarm import Alarm
from deskd.parts.nudge import Nudge
from engine.shifts import timer_due
from storage.open.open_storage import open_storage


async def ring(url: str, folder: Path) -> None:
    clock = WallClock()
    storage = await open_storage(url, folder, clock)
    bell = Nudge(clock)
    alarm = Alarm(storage.timers, timer_due.ring, clock, bell, rang=lambda: None, late=_say)
    await alarm.run(ready=lambda: print("ready", flush=True))


def _say(late_seconds: float) -> None:
    print(f"{late_seconds * 1000:.3f}", flush=True)


if __name__ == "__main__":
    asyncio.run(ring(sys.argv[1], Path(sys.argv[2])))

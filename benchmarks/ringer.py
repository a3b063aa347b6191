"""A daemon that only rings timers, in a process that can be killed.

`python -m benchmarks.ringer URL FOLDER` opens the database and prints "ready", then how many milliseconds late each
timer was when its commit returned, one a line, until it is ended.
"""

import asyncio
import sys
from pathlib import Path

from deskd.alarm import Alarm
from deskd.bell import Bell
from deskd.clock import WallClock
from engine import ringing
from storage import open_storage


async def ring(url: str, folder: Path) -> None:
    clock = WallClock()
    storage = await open_storage(url, folder, clock)
    bell = Bell(clock)
    alarm = Alarm(storage.timers, ringing.ring, clock, bell, rang=lambda: None, late=_say)
    await alarm.run(ready=lambda: print("ready", flush=True))


def _say(late_seconds: float) -> None:
    print(f"{late_seconds * 1000:.3f}", flush=True)


if __name__ == "__main__":
    asyncio.run(ring(sys.argv[1], Path(sys.argv[2])))

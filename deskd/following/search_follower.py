"""The part that keeps the search index behind what is recorded: at most a second, in however many daemons.

It also gives what was recorded its position in the feed. A new index takes in what there is by the way, newest first;
what happens meanwhile is taken in at once.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from deskd.parts.nudge import Nudge
from engine.ports.clock import Clock
from engine.ports.search import SearchIndex

log = logging.getLogger("deskd.deskd.search")

PAUSE: Final = timedelta(milliseconds=200)
"""Between two steps: many words of one ticket are taken in together, and mail and clicks come first."""
LOOK_EVERY: Final = timedelta(seconds=1)
"""What other processes recorded rings no bell here."""


@dataclass
class SearchFollower:
    index: SearchIndex
    clock: Clock
    bell: Nudge
    name: str = "search"
    trouble: str | None = field(default=None, init=False)

    async def run(self, *, ready: Callable[[], None]) -> None:
        ready()
        while True:
            more = False
            try:
                more = await self.index.follow()
                self.trouble = None
            except Exception:  # the boundary: storage is in trouble, and the feed stays where it is
                log.exception("the search index cannot follow; trying again")
                self.trouble = "search: the index cannot follow what is recorded"
            now = self.clock.now()
            await self.clock.sleep_until(now + PAUSE)
            if not more:
                await self.bell.wait(until=now + LOOK_EVERY)

"""Assigns waiting tickets to people on duty: the only place that does so unasked. Who gets what, the duty desk says.

Woken by the desk's nudge, but it looks once a second at most: tickets may come in by hundreds a second, and while
nobody is on duty a look is one small read. Once a minute it looks at every team.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from deskd.parts.nudge import Nudge
from engine.ports.clock import Clock
from engine.ports.duty_store import WorkViews
from engine.shifts.duty_desk import DutyDesk

log = logging.getLogger("deskd.deskd.dispatch")

PAUSE: Final = timedelta(seconds=1)
"""Between two looks: nobody notices that a ticket finds them a second later."""
ROUND: Final = timedelta(seconds=60)
"""What other processes changed rings no bell here."""


@dataclass
class Dispatcher:
    floor: DutyDesk
    work: WorkViews
    clock: Clock
    bell: Nudge
    gave_out: Callable[[int], None] = lambda tickets: None
    """A metric: tickets given out by one look at one team."""
    name: str = "dispatcher"
    trouble: str | None = field(default=None, init=False)

    async def run(self, *, ready: Callable[[], None]) -> None:
        ready()
        round_at = self.clock.now()
        while True:
            now = self.clock.now()
            is_round = now >= round_at
            try:
                await self._look(everywhere=is_round)
                self.trouble = None
            except Exception:  # the boundary: storage is in trouble, and what waits goes on waiting
                log.exception("tickets cannot be given out; trying again")
                self.trouble = "dispatcher: tickets cannot be given out"
            round_at = now + ROUND if is_round else round_at
            await self.clock.sleep_until(now + PAUSE)
            # The clock may have been set back since.
            round_at = min(round_at, self.clock.now() + ROUND)
            await self.bell.wait(until=round_at)

    async def _look(self, *, everywhere: bool) -> None:
        for workspace, team in await self.work.staffed_teams(waiting=not everywhere):
            given = await self.floor.dispatch(workspace, team)
            if given:
                self.gave_out(given)
                log.info("tickets given out", extra={"team": team, "tickets": given})

"""A calendar was edited: every open clock is recalculated with it, a few tickets at a time.

Each clock notes the edition it was calculated with, so that any daemon finds what is left: after a crash, beside
other daemons, in a daemon that did not read the edit itself.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from engine.desk.desk import Desk
from engine.ports.clock import Clock
from engine.ports.views import Views
from engine.tickets.people import WorkspaceId

log = logging.getLogger("deskd.deskd.recounts")

BATCH: Final = 50
"""Clocks of one transaction, two or three to a ticket: mail and clicks wait for no more than these."""
LOOK_EVERY: Final = timedelta(seconds=60)


@dataclass
class Recounts:
    """The part that does it: at start, and every minute for what another daemon or a command declared."""

    desk: Desk
    views: Views
    clock: Clock
    name: str = "calendars"
    trouble: str | None = field(default=None, init=False)

    async def run(self, *, ready: Callable[[], None]) -> None:
        ready()
        await self._say_former()
        while True:
            try:
                for workspace in await self.views.workspaces():
                    await self.recount(workspace)
                self.trouble = None
            except (
                Exception
            ):  # the boundary: storage is in trouble, and what is left is found again
                log.exception("due times cannot be recalculated; trying again")
                self.trouble = "calendars: due times cannot be recalculated"
            await self.clock.sleep_until(self.clock.now() + LOOK_EVERY)

    async def recount(self, workspace: WorkspaceId) -> int:
        """All there is to do; how many tickets it was."""
        done = 0
        while counted := await self.desk.recount(workspace, BATCH):
            done += counted
        if done:
            facts = {"workspace": workspace, "tickets": done}
            log.info("a calendar has changed: due times are recalculated", extra=facts)
        return done

    async def _say_former(self) -> None:
        for workspace in await self.views.workspaces():
            for calendar in await self.desk.former_calendars(workspace):
                log.warning(
                    "a calendar is no longer declared; clocks that use it keep its last hours",
                    extra={"workspace": workspace, "calendar": calendar},
                )

"""Due timers to the desk, at their second. What a timer means is the engine's business."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from deskd.bell import Bell
from deskd.logs import bound
from engine.model import Timer, WorkspaceId, ticket_id
from engine.ports import Clock, Timers

log = logging.getLogger("deskd.deskd.alarm")

POLL: Final = timedelta(seconds=1)
"""Another process may set a timer without our nudge."""
BATCH_MAX: Final = 32
"""Rung at once, so that the store commits them together; more wait for the next round."""
SET_ASIDE: Final = timedelta(minutes=1)
"""A timer whose ringing failed is tried again this much later, and meanwhile holds nobody up."""
SET_ASIDE_MAX: Final = 1000
"""More failing timers than this are no accident of single tickets: then nothing is set aside any more."""

Due = tuple[WorkspaceId, Timer]


@dataclass
class Alarm:
    """The part that rings timers."""

    timers: Timers
    ring: Callable[[WorkspaceId, Timer], Awaitable[bool]]
    """False: the ticket no longer wants it."""
    clock: Clock
    bell: Bell
    late: Callable[[float], None]
    """A metric: seconds between due and rung."""
    name: str = "alarm"
    _set_aside: dict[Due, datetime] = field(default_factory=dict)
    _trouble: str | None = None

    @property
    def trouble(self) -> str | None:
        return self._trouble

    async def run(self, *, ready: Callable[[], None]) -> None:
        ready()
        while True:
            now = self.clock.now()
            try:
                # One look after each commit is enough to know that nothing is due.
                next_at = await self.timers.next_at()
                rung = next_at is not None and next_at <= now and await self._ring_due(now)
                self._trouble = None
            except Exception:  # the boundary: the database is in trouble, the rows are safe in it
                log.exception("timers cannot be read; trying again")
                self._trouble = "alarm: timers cannot be read"
                await self.clock.sleep_until(now + POLL)
                continue
            if not rung:
                # A timer that is due and not rung was set aside: never look for it in a tight loop.
                soon = next_at is not None and now < next_at < now + POLL
                await self.bell.wait(until=next_at if soon and next_at else now + POLL)

    async def _ring_due(self, now: datetime) -> bool:
        self._set_aside = {due: at for due, at in self._set_aside.items() if at > now}
        found = await self.timers.due(now=now, limit=BATCH_MAX + len(self._set_aside))
        due = [item for item in found if item not in self._set_aside]
        async with asyncio.TaskGroup() as group:
            for workspace, timer in due:
                group.create_task(self._ring_one(workspace, timer))
        return bool(due)

    async def _ring_one(self, workspace: WorkspaceId, timer: Timer) -> None:
        with bound(ticket=ticket_id(timer.ticket), timer=timer.kind.value):
            try:
                rung = await self.ring(workspace, timer)
                if not rung and timer.due_at <= self.clock.now():
                    await self.timers.drop(workspace, timer)
            except (
                Exception
            ):  # the boundary: one ticket's trouble must not silence the others' timers
                log.exception("a timer could not be rung; it is tried again later")
                if len(self._set_aside) < SET_ASIDE_MAX:
                    self._set_aside[(workspace, timer)] = self.clock.now() + SET_ASIDE
            else:
                self.late(max(0.0, (self.clock.now() - timer.due_at).total_seconds()))

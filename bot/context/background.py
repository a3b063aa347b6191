"""Work that goes on after Slack has had its ack: tasks in one TaskGroup, bounded, and drained when it ends."""

import asyncio
import logging
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, Final, TypeVar

from engine.ports.clock import Clock

_log = logging.getLogger("deskd.bot.hands")

# People click a few times a second at most; this many at once means that something behind us hangs.
MOST_AT_ONCE: Final = 200
# What is in hand when the daemon stops gets this long; the spool keeps what does not finish.
DRAIN: Final = timedelta(seconds=5)
# How long an act waits for the same person's act before it.
TURN: Final = timedelta(seconds=1)

NO_ROW: Final = 0
"""Of work that no row of the spool asks for; rows are numbered from 1."""

T = TypeVar("T")


class BusyError(Exception):
    """No hand is free: nothing is acked, and Slack tells the person that it failed."""


class StoppedError(Exception):
    """The daemon is stopping, or Slack's part of it does not run: what is in the spool waits there."""


class Background:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._group: asyncio.TaskGroup | None = None
        self._at_work: dict[asyncio.Task[Any], int] = {}
        self._latest: dict[str, asyncio.Task[Any]] = {}

    def open(self, group: asyncio.TaskGroup) -> None:
        self._group = group

    def start(
        self, work: Coroutine[Any, Any, T], *, row: int, by: str | None = None
    ) -> asyncio.Task[T]:
        """`work` must not raise: it is guarded by whoever starts it. `row`: of the spool, which it settles.

        What one person (`by`) does is done in the order they did it: a form opened right after a claim
        shows the claimed ticket. But nobody waits long for what went before: a trigger lives three seconds.
        """
        if self._group is None or len(self._at_work) >= MOST_AT_ONCE:
            work.close()
            raise StoppedError if self._group is None else BusyError
        before = self._latest.get(by) if by else None
        task = self._group.create_task(self._in_turn(work, before))
        self._at_work[task] = row
        task.add_done_callback(self._at_work.pop)
        if by:
            self._latest[by] = task
            task.add_done_callback(lambda done: self._forget(by, done))
        return task

    async def _in_turn(self, work: Coroutine[Any, Any, T], before: asyncio.Task[Any] | None) -> T:
        try:
            if before is not None and not before.done():
                await self.within(before, TURN)
            return await work
        finally:
            work.close()

    def _forget(self, by: str, task: asyncio.Task[Any]) -> None:
        if self._latest.get(by) is task:
            del self._latest[by]

    def hold(self, row: int) -> bool:
        """Whether this row of the spool is being worked on here."""
        return row in self._at_work.values()

    async def within(self, task: asyncio.Task[T], budget: timedelta) -> bool:
        """Whether the task is done in time; it goes on if not."""
        if self._group is None:  # draining: what is left has its own bound
            await asyncio.wait({task})
            return True
        alarm = self._group.create_task(self._clock.sleep_until(self._clock.now() + budget))
        await asyncio.wait({task, alarm}, return_when=asyncio.FIRST_COMPLETED)
        alarm.cancel()
        return task.done()

    async def drain(self) -> None:
        """Take nothing new; let what is in hand finish, within bounds."""
        self._group = None
        if not self._at_work:
            return
        _, left = await asyncio.wait(self._at_work, timeout=DRAIN.total_seconds())
        for task in left:
            _log.warning("not finished in time, left in the spool: row %s", self._at_work.get(task))
            task.cancel()

"""The Part that works the spool's Slack events: words in a ticket's thread, words in a direct message.

Oldest first, one at a time, so that two messages of a thread keep their order. What fails is tried again a few
times and then buried with its reason; what Slack itself does not answer for is tried for longer.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from bot.context.context import BotContext
from bot.context.interaction import from_raw
from bot.context.slack_people import UnreachableError
from bot.listeners.conversation import CardNotKnownError, Conversation
from engine.ports.outbox import back_off
from engine.ports.spool import SpoolRow
from engine.tickets.errors import passes

_log = logging.getLogger("deskd.bot.reader")

# A nudge comes with every stored event; the poll is for those that other daemons left behind.
POLL: Final = timedelta(seconds=1)
# Longer than one row can take with a Slack that only times out; renewed before each row.
LEASE: Final = timedelta(seconds=60)
BATCH: Final = 20
# A row that fails three times fails for a reason of its own.
MOST_ATTEMPTS: Final = 3
# With the usual back-off of at most 15 minutes: most of a day of a Slack that delivers but does not answer.
MOST_ATTEMPTS_UNREACHABLE: Final = 60


class EventReader:
    name = "slack events"

    def __init__(self, front: BotContext) -> None:
        self._front = front
        self._conversation = Conversation(front)
        self._news = asyncio.Event()
        self._trouble: str | None = None

    @property
    def trouble(self) -> str | None:
        return self._trouble

    def nudge(self) -> None:
        self._news.set()

    async def run(self, *, ready: Callable[[], None]) -> None:
        ready()
        async with asyncio.TaskGroup() as group:
            batch: asyncio.Task[bool] | None = None
            try:
                while True:
                    self._news.clear()
                    # Shielded: rows leased and not worked would have to wait out their lease.
                    batch = group.create_task(self._worked())
                    if not await asyncio.shield(batch):
                        await self._wait()
            finally:
                if batch is not None:
                    await asyncio.wait({batch})

    async def _worked(self) -> bool:
        """Whether there may be more at once."""
        try:
            worked = await self._batch()
        except Exception as error:  # noqa: BLE001 - the boundary: trouble with the spool must not end the daemon
            _log.exception("the spool cannot be read")
            self._trouble = f"slack: events wait, the spool cannot be read ({type(error).__name__})"
            return False
        self._trouble = None
        return worked > 0

    async def _batch(self) -> int:
        clock = self._front.clock
        rows = await self._front.spool.lease(
            "slack", now=clock.now(), until=clock.now() + LEASE, limit=BATCH, kinds=("event",)
        )
        waiting = [row.id for row in rows]
        for row in rows:
            await self._front.spool.renew(waiting, until=clock.now() + LEASE)
            await self._one(row)
            waiting.remove(row.id)
        return len(rows)

    async def _one(self, row: SpoolRow) -> None:
        try:
            await self._conversation.take(row.id, from_raw(row.raw), row.received_at)
        except UnreachableError as error:
            await self._again(row, str(error), most=MOST_ATTEMPTS_UNREACHABLE)
        except Exception as error:  # noqa: BLE001 - the boundary: one bad row is parked, the next is read
            if passes(error):
                await self._when_it_has_passed(row, error)
                return
            _log.exception("spool row %d failed", row.id)
            await self._again(row, f"unexpected: {type(error).__name__}", most=MOST_ATTEMPTS)

    async def _when_it_has_passed(self, row: SpoolRow, error: Exception) -> None:
        """No fault of the message: it comes again for as long as it lasts, and no try is counted."""
        level = logging.INFO if isinstance(error, CardNotKnownError) else logging.WARNING
        _log.log(level, "spool row %d waits: %s", row.id, type(error).__name__)
        at = self._front.clock.now() + POLL
        reason = f"waits: {type(error).__name__}"
        await self._front.spool.retry(row.id, reason=reason, at=at, counted=False)

    async def _again(self, row: SpoolRow, reason: str, *, most: int) -> None:
        if row.attempts >= most:
            await self._front.spool.bury(row.id, reason=reason)
            return
        at = self._front.clock.now() + back_off(row.attempts, spread=0.5)
        await self._front.spool.retry(row.id, reason=reason, at=at)

    async def _wait(self) -> None:
        """Until nudged, or until it is time to look again."""
        clock = self._front.clock
        async with asyncio.TaskGroup() as group:
            alarm = group.create_task(clock.sleep_until(clock.now() + POLL))
            news = group.create_task(self._news.wait())
            await asyncio.wait({alarm, news}, return_when=asyncio.FIRST_COMPLETED)
            alarm.cancel()
            news.cancel()

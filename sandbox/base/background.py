"""Tasks of a stand-in that outlive one request; the only place in it that starts any."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from sandbox.base.log import EventLog

log = logging.getLogger("deskd.sandbox.background")


class Background:
    """A stand-in may be opened and closed in different tasks (a fixture), so no TaskGroup fits."""

    def __init__(self, events: EventLog) -> None:
        self._events = events
        self._running: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(self._guarded(work))  # noqa: TID251 - see the class
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _guarded(self, work: Coroutine[Any, Any, Any]) -> Any:
        try:
            return await work
        except Exception as error:
            # The boundary of a background task: nobody awaits it, so the line is the only trace.
            log.exception("a background task of the sandbox failed")
            self._events.red("sandbox_failed", f"The stand-in itself failed: {error!r}")
            return None

    async def close(self) -> None:
        while self._running:
            running = list(self._running)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

"""The one event stream of the page: says which panes to fetch again, never what is in them."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from aiohttp import web

from sandbox.base.log import EventLog
from sandbox.mailbox.mailbox import Mailboxes

# A line so often keeps proxies awake and finds readers who left.
HEARTBEAT_SECONDS = 15.0
# One person has a handful of tabs; more is a leak, and each costs some tasks.
READERS_MAX = 40


class News:
    def __init__(self, logs: Iterable[EventLog], mailbox: Mailboxes) -> None:
        self._logs = tuple({id(log): log for log in logs}.values())
        self._mailbox = mailbox
        self._closing = asyncio.Event()
        self._readers = 0

    def close(self) -> None:
        """Ends every stream, so that the server can stop at once."""
        self._closing.set()

    async def stream(self, request: web.Request) -> web.StreamResponse:
        if self._readers >= READERS_MAX:
            raise web.HTTPServiceUnavailable
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        response.headers["Cache-Control"] = "no-store"
        await response.prepare(request)
        self._readers += 1
        try:
            await self._tell(response)
        finally:
            self._readers -= 1
        return response

    async def _tell(self, response: web.StreamResponse) -> None:
        due: set[str] = set()
        stirred = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            following = [tasks.create_task(_follow(log, due, stirred)) for log in self._logs]
            following.append(tasks.create_task(self._follow_mail(due, stirred)))
            following.append(tasks.create_task(self._follow_end(stirred)))
            # A reader who leaves resets the line; that is how a stream ends.
            with suppress(ConnectionError):
                while not self._closing.is_set():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(stirred.wait(), HEARTBEAT_SECONDS)
                    stirred.clear()
                    line = f"data: {' '.join(sorted(due))}" if due else ": still here"
                    due.clear()
                    await response.write(f"{line}\n\n".encode())
            for task in following:
                task.cancel()

    async def _follow_mail(self, due: set[str], stirred: asyncio.Event) -> None:
        async with self._mailbox.watch() as changes:
            async for _ in changes:
                due.update(("mail", "log"))
                stirred.set()

    async def _follow_end(self, stirred: asyncio.Event) -> None:
        await self._closing.wait()
        stirred.set()


async def _follow(log: EventLog, due: set[str], stirred: asyncio.Event) -> None:
    seen = log.last_seq
    while True:
        await log.newer_than(seen)
        seen = log.last_seq
        due.update(("slack", "log"))
        stirred.set()

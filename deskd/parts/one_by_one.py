"""One parcel at a time between sent and marked as sent, where the far side cannot recognise a repeat."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

ONE_BY_ONE: Final = frozenset({"mail"})
"""A crash repeats what was sent and not yet marked. Slack is asked for the post first; a mailbox can not be."""
PATIENCE_SECONDS: Final = 1.0
"""A mail that takes longer (a slow relay, a scanner that hangs on it) lets the next one begin beside it."""


class OneByOne:
    """First come, first served, per channel; other channels never wait."""

    def __init__(self) -> None:
        self._locks = {channel: asyncio.Lock() for channel in ONE_BY_ONE}

    @asynccontextmanager
    async def of(self, channel: str) -> AsyncIterator[None]:
        lock = self._locks.get(channel)
        if lock is None:
            yield
            return
        await lock.acquire()
        turn = _Turn(lock)
        late = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, turn.give_back)
        try:
            yield
        finally:
            late.cancel()
            turn.give_back()


class _Turn:
    """Given back once: by its holder, or before by the time."""

    def __init__(self, lock: asyncio.Lock) -> None:
        self._lock = lock
        self._is_held = True

    def give_back(self) -> None:
        if self._is_held:
            self._is_held = False
            self._lock.release()

"""The event log of the stand-ins: bounded lines that can be read, followed and awaited."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from engine.ports.clock import Clock

Level = Literal["info", "error"]

# Enough to see an afternoon of hand play; a flood in a test drops its oldest lines.
MAX_ENTRIES = 5_000


@dataclass(frozen=True)
class LogEntry:
    seq: int
    at: datetime
    level: Level
    kind: str
    text: str
    facts: Mapping[str, Any]


class EventLog:
    """Whatever happens in a stand-in is one line here, and every line wakes those who wait."""

    def __init__(self, clock: Clock, *, limit: int = MAX_ENTRIES) -> None:
        self._clock = clock
        self._entries: deque[LogEntry] = deque(maxlen=limit)
        self._seq = 0
        self._news = asyncio.Event()

    def add(self, kind: str, text: str, *, level: Level = "info", **facts: Any) -> LogEntry:
        self._seq += 1
        entry = LogEntry(self._seq, self._clock.now(), level, kind, text, facts)
        self._entries.append(entry)
        woken, self._news = self._news, asyncio.Event()
        woken.set()
        return entry

    def red(self, kind: str, text: str, **facts: Any) -> LogEntry:
        """An error line: the app did something Slack would refuse, or was refused something."""
        return self.add(kind, text, level="error", **facts)

    @property
    def entries(self) -> list[LogEntry]:
        return list(self._entries)

    @property
    def errors(self) -> list[LogEntry]:
        return [entry for entry in self._entries if entry.level == "error"]

    @property
    def last_seq(self) -> int:
        return self._seq

    def since(self, seq: int) -> list[LogEntry]:
        return [entry for entry in self._entries if entry.seq > seq]

    async def newer_than(self, seq: int) -> None:
        """Returns as soon as a line after `seq` exists."""
        while self._seq <= seq:
            await self._news.wait()

    async def follow(self, after: int = 0) -> AsyncIterator[LogEntry]:
        """Every line after `after`, and those to come, until the reader stops."""
        seen = after
        while True:
            for entry in self.since(seen):
                seen = entry.seq
                yield entry
            await self.newer_than(seen)

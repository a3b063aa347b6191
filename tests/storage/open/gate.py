"""A commit in a test's hands: held back while it wants, failing as often as it says."""

import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.exc import OperationalError

from storage.open.open_storage import Storage, open_storage
from tests.clock import ManualClock

PATIENCE = 20


class Gate:
    """Holds commits back while it is shut, and counts what each one holds."""

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.passes = 0
        """Commits that go through before the failures begin: told before, since the writer waits for no test."""
        self.failures = 0
        self._open = threading.Event()
        self._open.set()
        self.reached = threading.Event()

    def shut(self) -> None:
        self._open.clear()
        self.reached.clear()

    def open(self) -> None:
        self._open.set()

    def __call__(self, size: int) -> None:
        self.reached.set()
        assert self._open.wait(PATIENCE)
        self.groups.append(size)
        if self.passes:
            self.passes -= 1
        elif self.failures:
            self.failures -= 1
            raise sqlite_full()


def sqlite_full() -> Exception:
    return OperationalError("COMMIT", {}, sqlite3.OperationalError("database or disk is full"))


@asynccontextmanager
async def opened(url: str, folder: Path, gate: Gate) -> AsyncIterator[Storage]:
    storage = await open_storage(url, folder, ManualClock(), before_commit=gate)
    try:
        yield storage
    finally:
        gate.open()
        await storage.close()

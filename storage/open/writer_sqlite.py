"""The one writer thread of SQLite: works that wait together share one commit.

A commit costs one fsync however much it holds, so the thread takes all that waits, runs each in a savepoint,
commits once, and only then lets the callers go on.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError

from engine.tickets.errors import TooMuchAtOnce
from storage.sql.database import raw_statement
from storage.sql.errors import StorageTrouble
from storage.sql.writer import own

T = TypeVar("T")

log = logging.getLogger("deskd.storage.writer")

# Beyond this a group gains nothing more per work (the fsync is spread thin) and only makes the first one wait.
GROUP_MAX: Final = 64
# Works that wait before one that comes in new is sent away. All doors together ask for about 500 at a time (200
# senders of mail, 200 acts in Slack, 32 mails in work), so only a disk that hangs or something without a bound of
# its own comes here. And it is some 16 commits: whoever came later would be answered after Slack's three seconds.
WAITING_MAX: Final = 1000


@dataclass(slots=True)
class _Job:
    work: Callable[[Connection], Any]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    result: Any = None
    error: BaseException | None = None
    finished: bool = False


class SqliteWriter:
    """Owns the write connection. `before_commit` is called with the group's size, for tests."""

    def __init__(
        self, engine: Engine, *, before_commit: Callable[[int], None] = lambda size: None
    ) -> None:
        self._engine = engine
        self._before_commit = before_commit
        self._closed = False
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="deskd-writer", daemon=True)
        self._thread.start()

    async def run_if_room(self, work: Callable[[Connection], T]) -> T:
        if self._jobs.qsize() >= WAITING_MAX:
            raise TooMuchAtOnce
        return await self.run(work)

    async def run(self, work: Callable[[Connection], T]) -> T:
        if self._closed:
            raise StorageTrouble("the database is closed", temporary=True)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(work, future, loop))
        return await future

    async def close(self) -> None:
        """Everything handed in before is committed first; the write-ahead log is folded into the file."""
        self._closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _serve(self) -> None:
        connection: Connection | None = None
        ending = False
        while not ending:
            group, ending = self._take()
            try:
                connection = connection or self._engine.connect()
                self._commit(connection, group)
            except BaseException as error:
                # The boundary of the thread: it must answer and live on, whatever a work or the driver did.
                log.exception("a group of %d could not be committed", len(group))
                _fail(group, error)
                _discard(connection)
                connection = None
            _answer(group)
        self._finish(connection)

    def _take(self) -> tuple[list[_Job], bool]:
        """All that waits, and whether the end was among it."""
        group: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            group.append(job)
            if len(group) == GROUP_MAX:
                return group, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _commit(self, connection: Connection, group: list[_Job]) -> None:
        if len(group) > 1 and self._together(connection, group):
            return
        for job in group:
            # Not being let in at all (another program writes for long) fails the rest of the group too:
            # each would wait as long again.
            transaction = connection.begin()
            # What was said of it in the group is undone with the group.
            job.error = None
            try:
                job.result = job.work(connection)
                self._before_commit(1)
                transaction.commit()
            except Exception as error:  # noqa: BLE001 - it is the caller's own, and is raised there
                transaction.rollback()
                job.error = own(error)
            job.finished = True

    def _together(self, connection: Connection, group: list[_Job]) -> bool:
        """False: nothing was committed, each is to be tried alone."""
        transaction = connection.begin()
        try:
            for job in group:
                _in_savepoint(connection, job)
            self._before_commit(len(group))
            transaction.commit()
        except DBAPIError as error:
            transaction.rollback()
            log.warning("a group of %d is tried one by one: %s", len(group), error.orig)
            return False
        for job in group:
            job.finished = True
        return True

    def _finish(self, connection: Connection | None) -> None:
        if connection is not None:
            # Returns "busy" while a reader holds on; the log is then folded in at the next start. At once:
            # a read that was cancelled holds on for long, and the daemon's end would wait for it.
            raw_statement(connection, "PRAGMA busy_timeout=0")
            raw_statement(connection, "PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()
        self._engine.dispose()


def _discard(connection: Connection | None) -> None:
    """A connection in an unknown state is thrown away; the next group opens a fresh one."""
    if connection is not None:
        connection.invalidate()
        connection.close()


def _in_savepoint(connection: Connection, job: _Job) -> None:
    """A work that fails undoes itself alone. Trouble of the database itself ends the whole group."""
    job.error = None
    raw_statement(connection, "SAVEPOINT work")
    try:
        job.result = job.work(connection)
    except (OperationalError, InterfaceError, InternalError):
        raise
    except Exception as error:  # noqa: BLE001 - it is the caller's own, and is raised there
        job.error = own(error)
        raw_statement(connection, "ROLLBACK TO work")
    raw_statement(connection, "RELEASE work")


def _fail(group: Iterable[_Job], error: BaseException) -> None:
    for job in group:
        if not job.finished:
            job.error = own(error)


def _answer(group: list[_Job]) -> None:
    """One wake-up per event loop, not per work."""
    for loop in {job.loop for job in group}:
        mine = [job for job in group if job.loop is loop]
        try:
            loop.call_soon_threadsafe(_settle, mine)
        except RuntimeError:
            # That loop is closed: its callers are gone, and what they asked for is done.
            log.debug("%d callers left before their answer", len(mine))


def _settle(group: Iterable[_Job]) -> None:
    for job in group:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)

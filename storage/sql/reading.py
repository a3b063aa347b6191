"""What a view needs of a database: a connection that a plain function runs on. A pool has it, and so has one file."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from storage.sql.writer import trouble

P = ParamSpec("P")
T = TypeVar("T")


class ReadConnection(Protocol):
    async def run_sync(
        self, fn: Callable[Concatenate[Connection, P], T], *arg: P.args, **kw: P.kwargs
    ) -> T: ...


class CanRead(Protocol):
    def open(self) -> AbstractAsyncContextManager[ReadConnection]:
        """One picture of the database, as of now, for as long as this is open: keep it short."""
        ...


class DirectReader:
    """For a command that only looks: it runs where it is called, since nobody else is there to be kept waiting.

    Without a pool, threads and what awaits them a command starts in a fraction of the time.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ReadConnection]:
        try:
            with self._engine.connect() as connection:
                yield _Direct(connection)
        except DBAPIError as error:
            raise trouble(error) from error

    def close(self) -> None:
        self._engine.dispose()


class ThreadReader:
    """For the daemon on a SQLite file: a view goes to a thread once, and runs there with all its statements.

    Awaited one by one, each of its statements would go there and back four times. Each `run_sync` is one picture.
    """

    def __init__(self, engine: Engine, *, threads: int) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="deskd-reader")

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ReadConnection]:
        try:
            yield _Threaded(self._engine, self._threads)
        except DBAPIError as error:
            raise trouble(error) from error

    async def close(self) -> None:
        # What was asked for is answered, and gives its connection back, before the file is let go.
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()


class _Threaded:
    def __init__(self, engine: Engine, threads: ThreadPoolExecutor) -> None:
        self._engine = engine
        self._threads = threads

    async def run_sync(
        self, fn: Callable[Concatenate[Connection, P], T], *arg: P.args, **kw: P.kwargs
    ) -> T:
        def work() -> T:
            with self._engine.connect() as connection:
                return fn(connection, *arg, **kw)

        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


class _Direct:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def run_sync(
        self, fn: Callable[Concatenate[Connection, P], T], *arg: P.args, **kw: P.kwargs
    ) -> T:
        return fn(self._connection, *arg, **kw)

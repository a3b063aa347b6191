"""What a view needs of a database: a connection that a plain function runs on. A pool has it, and so has one file."""

from collections.abc import AsyncIterator, Callable
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


class _Direct:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def run_sync(
        self, fn: Callable[Concatenate[Connection, P], T], *arg: P.args, **kw: P.kwargs
    ) -> T:
        return fn(self._connection, *arg, **kw)

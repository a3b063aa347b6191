"""PostgreSQL's writers: a small pool at READ COMMITTED; a work that lost a race or its connection runs again.

Running again is safe: a use case asks first whether its spool row is done, and every row it writes has a key.
So a commit whose answer was lost needs no other cure.
"""

from collections.abc import Callable
from hashlib import md5
from typing import Final, TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.ext.asyncio import AsyncEngine

from engine.tickets.errors import Stale, TooMuchAtOnce
from engine.tickets.people import WorkspaceId
from storage.sql.errors import StorageTrouble
from storage.sql.writer import sqlstate, trouble
from storage.tickets.transaction import BoundTransaction

T = TypeVar("T")

# Somebody wins every race, so a work that lost this often is not racing: its own reading is wrong.
RUNS_MAX: Final = 5
# What a repetition cures: serialization failure, deadlock, and a row that came between our look and our write.
_RACES: Final = frozenset({"40001", "40P01", "23505"})


class PostgresWriter:
    """`before_commit` is called before each commit, for tests."""

    def __init__(
        self, engine: AsyncEngine, *, before_commit: Callable[[int], None] = lambda size: None
    ) -> None:
        self._engine = engine
        self._before_commit = before_commit

    async def run(self, work: Callable[[Connection], T]) -> T:
        for _ in range(RUNS_MAX - 1):
            try:
                return await self._once(work)
            except Stale:
                continue
            except DBAPIError as error:
                if not _may_run_again(error):
                    raise trouble(error) from error
        return await self._last(work)

    async def close(self) -> None:
        await self._engine.dispose()

    async def _last(self, work: Callable[[Connection], T]) -> T:
        try:
            return await self._once(work)
        except DBAPIError as error:
            raise trouble(error) from error

    async def _once(self, work: Callable[[Connection], T]) -> T:
        try:
            async with self._engine.begin() as connection:
                result = await connection.run_sync(work)
                self._before_commit(1)
        except NoneFree as error:
            # Every connection was busy for as long as one may wait: nothing was done.
            raise TooMuchAtOnce from error
        except OSError as error:
            # Not reached at all: nothing was done.
            raise StorageTrouble(f"{type(error).__name__}: {error}", temporary=True) from error
        return result


def _may_run_again(error: DBAPIError) -> bool:
    return error.connection_invalidated or sqlstate(error) in _RACES


class PostgresTransaction(BoundTransaction):
    """Ticket numbers come from a sequence per workspace: a counter row would make opening tickets queue."""

    def next_number(self) -> int:
        self._found()
        name = number_sequence(self._workspace)
        number: int = self._connection.execute(text(f"SELECT nextval('{name}')")).scalar_one()
        return number

    def _found(self) -> bool:
        if fresh := super()._found():
            name = number_sequence(self._workspace)
            self._connection.execute(
                text(f"CREATE SEQUENCE IF NOT EXISTS {name} OWNED BY workspaces.id")
            )
        return fresh


def number_sequence(workspace: WorkspaceId) -> str:
    """A hash, since a workspace may be called anything and an identifier may not."""
    return f"number_{md5(workspace.encode(), usedforsecurity=False).hexdigest()}"

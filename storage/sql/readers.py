"""Where lists, cards and due rows are read: a few connections that can not write."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.sql.errors import StorageTrouble
from storage.sql.writer import trouble


class Readers:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncConnection]:
        """One picture of the database, as of now, for as long as this is open: keep it short."""
        try:
            async with self._engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            raise trouble(error) from error
        except (OSError, NoneFree) as error:
            raise StorageTrouble(f"{type(error).__name__}: {error}", temporary=True) from error

    async def close(self) -> None:
        await self._engine.dispose()

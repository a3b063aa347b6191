"""What may write: one port, two keepers (one thread on SQLite, a small pool on PostgreSQL)."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from storage.errors import StorageTrouble

T = TypeVar("T")


class Writer(Protocol):
    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction and commit; durable when this returns."""
        ...

    async def close(self) -> None: ...


def trouble(error: DBAPIError) -> StorageTrouble:
    """The driver's error as storage's own: statements and values (people's words) stay out of it."""
    temporary = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
    return StorageTrouble(f"{type(error.orig).__name__}: {error.orig}", temporary=temporary)

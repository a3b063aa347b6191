"""What may write: one port, two keepers (one thread on SQLite, a small pool on PostgreSQL)."""

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from storage.sql.errors import StorageTrouble

T = TypeVar("T")
E = TypeVar("E", bound=BaseException)

# Classes of SQLSTATE after which the same may work later: connection lost, rolled back, no room or memory,
# locked, shut down by an operator, trouble of the system below.
_PASSING: Final = frozenset({"08", "25", "40", "53", "55", "57", "58"})


class Writer(Protocol):
    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction and commit; durable when this returns.

        It gets in line however long the line is: a mark of what is done already (sent, settled, put off, renewed)
        that is sent away makes it be done again. Marks are bounded by what was leased.
        """
        ...

    async def run_if_room(self, work: Callable[[Connection], T]) -> T:
        """For what comes in new: TooMuchAtOnce when too many works wait already, and nothing of it is done."""
        ...

    async def close(self) -> None: ...


def sqlstate(error: DBAPIError) -> str:
    """PostgreSQL's code of the error, or nothing."""
    return getattr(error.orig, "sqlstate", None) or ""


def trouble(error: DBAPIError) -> StorageTrouble:
    """The driver's error as storage's own: statements and values (people's words) stay out of it."""
    temporary = (
        isinstance(error, OperationalError | InterfaceError)
        or error.connection_invalidated
        or sqlstate(error)[:2] in _PASSING
    )
    reason = str(error.orig).partition("\n")[0]
    return StorageTrouble(f"{type(error.orig).__name__}: {reason}", temporary=temporary)


def own(error: E) -> E | StorageTrouble:
    """What a caller sees: nobody outside storage knows the driver's errors."""
    if not isinstance(error, DBAPIError):
        return error
    answer = trouble(error)
    answer.__cause__ = error
    return answer

"""How SQLite is opened: the file, its pragmas and transaction modes, the guard of the daemon's file; and what every
engine shares.

What several await at a time, PostgreSQL above all, is in engines.py.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import NullPool, QueuePool, StaticPool
from sqlalchemy.util import LRUCache

from storage.sql.errors import Busy

# Long enough for a command to wait out a big group or a backup step, short enough to answer 451 in time.
BUSY_TIMEOUT_MS: Final = 10_000
# Pages (4 kB) of write-ahead log before they are written back into the file: 16 MB. The same index pages change with
# every ticket, so the default of 1000 writes them back four times as often, inside somebody's commit (measured:
# intake 0.61 to 0.77 of the floor). Bounds the log's size and the time a start after a crash needs to read it.
WAL_PAGES: Final = 4_000


class CompiledStatements(LRUCache[Any, Any]):
    """One copy for a process: SQLAlchemy keeps them by engine, and a second engine would compile all of them anew.

    Kept by what the dialect is, not by which. That fits, since engines of one driver are all opened alike.
    """

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_of_any_engine(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_of_any_engine(key), value)


def _of_any_engine(key: Any) -> Any:
    dialect, *rest = key
    return (dialect.name, dialect.driver, dialect.server_version_info, *rest)


# More than there are: those of lists and searches are put together by what is asked.
COMPILED: Final = {"compiled_cache": CompiledStatements(1_000)}
"""The `execution_options` of every engine but that of upgrades, which sees one table in many shapes."""


def is_sqlite(url: str) -> bool:
    return make_url(url).get_backend_name() == "sqlite"


def sqlite_path(url: str) -> Path:
    database = make_url(url).database
    if not database or database == ":memory:":
        raise ValueError("the database must be a file: sqlite+aiosqlite:///path")
    return Path(database)


def open_sqlite_writer(url: str) -> Engine:
    """Sync, for the one writer thread: every transaction begins IMMEDIATE, or a read-then-update loses writes."""
    sync = make_url(url).set(drivername="sqlite+pysqlite")
    engine = create_engine(
        sync,
        poolclass=StaticPool,
        hide_parameters=True,
        execution_options=COMPILED,
        connect_args={"check_same_thread": False, "isolation_level": None},
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def open_sqlite_reader(url: str) -> Engine:
    """Sync, for a command that only looks: it cannot write."""
    sync = make_url(url).set(drivername="sqlite+pysqlite")
    engine = create_engine(
        sync,
        poolclass=NullPool,
        hide_parameters=True,
        execution_options=COMPILED,
        connect_args={"isolation_level": None},
    )
    only_reads(engine)
    return engine


def open_sqlite_view_readers(url: str, *, size: int) -> Engine:
    """Sync, for views that run in threads: as many connections as threads."""
    sync = make_url(url).set(drivername="sqlite+pysqlite")
    engine = create_engine(
        sync,
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        hide_parameters=True,
        execution_options=COMPILED,
        connect_args={"isolation_level": None, "check_same_thread": False},
    )
    only_reads(engine)
    return engine


def open_sqlite_once(url: str) -> Engine:
    """For upgrade: a connection of its own, gone when closed; the caller begins what it wants."""
    sync = make_url(url).set(drivername="sqlite+pysqlite")
    engine = create_engine(
        sync, poolclass=NullPool, hide_parameters=True, connect_args={"isolation_level": None}
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _set_up_sqlite(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "foreign_keys=ON",
        f"wal_autocheckpoint={WAL_PAGES}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def only_reads(engine: Engine) -> None:
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "connect", _read_only)
    event.listen(engine, "begin", _begin_deferred)


def _read_only(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA query_only=ON")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_deferred(connection: Connection) -> None:
    """One picture for all statements of a view."""
    connection.exec_driver_sql("BEGIN")


def raw_statement(connection: Connection, statement: str) -> None:
    """Straight to SQLite: SQLAlchemy would begin a transaction first, where some pragmas do nothing."""
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(statement).close()


class FileLock:
    """An flock on a file beside the database; the system lets go of it when the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("a+")

    def take(self, *, wait: bool) -> None:
        """Busy when somebody holds it and we do not wait."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            self._file.close()
            raise Busy(str(self._path)) from None

    def release(self) -> None:
        self._file.close()


class DaemonLock:
    """Held by the running daemon, so that a second one on the same file is refused. Commands do not take it."""

    def __init__(self, database: Path) -> None:
        self._lock = FileLock(database.with_name(database.name + ".lock"))
        self._lock.take(wait=False)

    def release(self) -> None:
        self._lock.release()

    def __enter__(self) -> "DaemonLock":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def private(path: Path) -> None:
    """The database holds people's mail: readable by its owner alone."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))

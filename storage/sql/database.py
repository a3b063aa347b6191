"""How the two databases are opened: URLs, pragmas, transaction modes, and the guard of the daemon's SQLite file."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool, StaticPool

from storage.sql.errors import Busy

# Long enough for a command to wait out a big group or a backup step, short enough to answer 451 in time.
BUSY_TIMEOUT_MS: Final = 10_000
# Pages (4 kB) of write-ahead log before they are written back into the file: 16 MB. The same index pages change with
# every ticket, so the default of 1000 writes them back four times as often, inside somebody's commit (measured:
# intake 0.61 to 0.77 of the floor). Bounds the log's size and the time a start after a crash needs to read it.
WAL_PAGES: Final = 4_000
# Lists and cards read beside each other; more readers than this only fight for two cores.
READERS: Final = 5
# Eight connections were the peak of the measured commit rate (reference/performance.md §2.4).
PG_WRITERS: Final = 8
PG_TIMEOUTS: Final = {
    "application_name": "deskd",
    # A ticket's row is held for milliseconds: who waits longer waits for something broken.
    "lock_timeout": "10000",
    "idle_in_transaction_session_timeout": "60000",
}

# What a daemon holds that stopped in the middle (a suspended machine) is free again after this; if it goes on, the
# writer finds its connection lost and begins anew.
PG_WRITER_TIMEOUTS: Final = PG_TIMEOUTS | {"idle_in_transaction_session_timeout": "10000"}


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
        connect_args={"check_same_thread": False, "isolation_level": None},
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def open_sqlite_readers(url: str) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=READERS,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"isolation_level": None},
    )
    event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    event.listen(engine.sync_engine, "connect", _read_only)
    event.listen(engine.sync_engine, "begin", _begin_deferred)
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


def open_postgres_writers(url: str, *, size: int = PG_WRITERS) -> AsyncEngine:
    return create_async_engine(
        _asyncpg(url),
        pool_size=size,
        max_overflow=0,
        # No ping: it costs four round trips, and the writer repeats a work whose connection was lost.
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        connect_args={"server_settings": PG_WRITER_TIMEOUTS},
    )


def open_postgres_readers(url: str) -> AsyncEngine:
    """REPEATABLE READ gives a view one picture for all its statements, as SQLite's readers have."""
    settings = PG_TIMEOUTS | {"default_transaction_read_only": "on"}
    return create_async_engine(
        _asyncpg(url),
        pool_size=READERS,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,
        isolation_level="REPEATABLE READ",
        connect_args={"server_settings": settings},
    )


def _asyncpg(url: str) -> URL:
    return make_url(url).set(drivername="postgresql+asyncpg")


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

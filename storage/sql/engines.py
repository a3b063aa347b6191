"""Pools of connections that are awaited: readers of SQLite, readers and writers of PostgreSQL."""

from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage.sql.database import COMPILED, only_reads

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


def open_sqlite_readers(url: str) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=READERS,
        max_overflow=0,
        hide_parameters=True,
        execution_options=COMPILED,
        connect_args={"isolation_level": None},
    )
    only_reads(engine.sync_engine)
    return engine


def open_postgres_writers(url: str, *, size: int = PG_WRITERS) -> AsyncEngine:
    return create_async_engine(
        _asyncpg(url),
        pool_size=size,
        max_overflow=0,
        # No ping: it costs four round trips, and the writer repeats a work whose connection was lost.
        hide_parameters=True,
        execution_options=COMPILED,
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
        execution_options=COMPILED,
        isolation_level="REPEATABLE READ",
        connect_args={"server_settings": settings},
    )


def _asyncpg(url: str) -> URL:
    return make_url(url).set(drivername="postgresql+asyncpg")

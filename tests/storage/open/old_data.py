"""A database as a daemon of commit 82fe099 left it: 400 tickets of every kind, what waits to go out, shifts, timers.

`82fe099.sql.xz` is its SQLite file, written out (`sqlite3 desk.db .dump | xz -9e`); it has no files of attachments.
"""

import lzma
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
from alembic import command
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from storage.open.upgrade import _config
from tests.storage import postgres

DUMP: Final = Path(__file__).with_name("82fe099.sql.xz")
SCHEMA: Final = "0008"


def write(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(lzma.decompress(DUMP.read_bytes()).decode())
    connection.close()


async def copy_to_postgres(path: Path, url: str) -> None:
    """The same rows in a PostgreSQL database that has the schema of then."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(_make_tables)
    await engine.dispose()
    source = sqlite3.connect(path)

    async def all_tables(target: postgres.Connection) -> None:
        await target.execute("SET session_replication_role = replica")
        await target.execute("DELETE FROM workspaces")
        for (table,) in source.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall():
            if not table.startswith(("sqlite_", "alembic_")):
                await _copy(source, target, table)

    await postgres.connected(url, all_tables)
    source.close()


def _make_tables(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, SCHEMA)


async def _copy(source: sqlite3.Connection, target: asyncpg.Connection, table: str) -> None:
    types = {
        row["column_name"]: row["data_type"]
        for row in await target.fetch(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $1",
            table,
        )
    }
    names = ", ".join(f'"{name}"' for name in types)
    places = ", ".join(f"${number}" for number in range(1, len(types) + 1))
    rows = source.execute(f"SELECT {names} FROM {table}")
    await target.executemany(
        f"INSERT INTO {table} ({names}) VALUES ({places})",
        [tuple(map(_as, types.values(), row)) for row in rows],
    )


def _as(type: str, value: Any) -> Any:
    if value is None:
        return None
    if type == "boolean":
        return bool(value)
    if type == "timestamp with time zone":
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)
    return value


def told(path: Path, queries: Iterable[str]) -> list[list[tuple[Any, ...]]]:
    connection = sqlite3.connect(path)
    try:
        return [connection.execute(query).fetchall() for query in queries]
    finally:
        connection.close()

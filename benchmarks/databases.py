"""A fresh database for a measurement, and what is counted in it while the daemon works."""

import asyncio
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, Protocol
from uuid import uuid4

import asyncpg

from benchmarks.processes import NotMeasuredError

SERVER: Final = os.environ.get(
    "DESKD_TEST_POSTGRES", "postgresql+asyncpg://postgres@127.0.0.1:5432/postgres"
)


class Database(Protocol):
    @property
    def url(self) -> str: ...

    def count(self, table: str) -> int: ...


class Sqlite:
    """The daemon's file, read beside it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "deskd.db"
        self.url = f"sqlite+aiosqlite:///{self._path}"

    def count(self, table: str) -> int:
        with closing(sqlite3.connect(self._path)) as database:
            return int(database.execute(f"select count(*) from {table}").fetchone()[0])


class Postgres:
    """A database of its own on the server, gone afterwards."""

    def __init__(self) -> None:
        self.name = f"deskd_bench_{uuid4().hex[:12]}"
        self.url = f"{SERVER.rpartition('/')[0]}/{self.name}"

    def count(self, table: str) -> int:
        return asyncio.run(_fetch(self.url, f"select count(*) from {table}"))


async def _fetch(url: str, statement: str) -> int:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return int(await connection.fetchval(statement) or 0)
    finally:
        await connection.close()


@contextmanager
def postgres() -> Iterator[Postgres]:
    made = Postgres()
    try:
        asyncio.run(_fetch(SERVER, f'create database "{made.name}"'))
    except (OSError, asyncpg.PostgresError) as error:
        raise NotMeasuredError(f"no PostgreSQL at {SERVER.rpartition('@')[2]}: {error}") from error
    try:
        yield made
    finally:
        asyncio.run(_fetch(SERVER, f'drop database "{made.name}" with (force)'))

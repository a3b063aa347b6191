"""A PostgreSQL database for a test session, emptied for each test: quicker than a new one each time."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import uuid4

import asyncpg

from storage.open.revisions import HEAD
from storage.open.upgrade import upgrade
from storage.sql.schema_later import EVERYTHING

T = TypeVar("T")
Connection = asyncpg.Connection

SERVER = os.environ.get(
    "DESKD_TEST_POSTGRES", "postgresql+asyncpg://postgres@127.0.0.1:5432/postgres"
)


def unreachable() -> str | None:
    """Why the server can not be used, or None."""
    try:
        on_server("SELECT 1")
    except (OSError, asyncpg.PostgresError) as error:
        return f"no PostgreSQL at {SERVER.rpartition('@')[2]}: {error}"
    return None


def create() -> str:
    """A new database with the schema in it; its URL."""
    url = create_bare()
    asyncio.run(upgrade(url))
    return url


def create_bare() -> str:
    name = f"deskd_test_{uuid4().hex[:12]}"
    on_server(f"CREATE DATABASE {name} TEMPLATE template0")
    return f"{SERVER.rpartition('/')[0]}/{name}"


def drop(url: str) -> None:
    on_server(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")


def empty(url: str) -> None:
    execute(url, *_emptying())


def on_server(statement: str) -> None:
    execute(SERVER, statement)


def execute(url: str, *statements: str) -> None:
    async def all_of_them(connection: asyncpg.Connection) -> None:
        for statement in statements:
            await connection.execute(statement)

    asyncio.run(connected(url, all_of_them))


async def connected(url: str, use: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return await use(connection)
    finally:
        await connection.close()


def _emptying() -> list[str]:
    tables = [table.name for table in reversed(EVERYTHING.sorted_tables)]
    return [
        "; ".join(f"DELETE FROM {name}" for name in tables if name != "workspaces"),
        "DELETE FROM workspaces WHERE id <> 'default'",
        "UPDATE workspaces SET settings = '{}'",
        f"UPDATE alembic_version SET version_num = '{HEAD}'",
        # Ids and ticket numbers start anew; sequences of other workspaces go.
        """DO $$ DECLARE each record; BEGIN
             FOR each IN SELECT relname FROM pg_class WHERE relkind = 'S' LOOP
               IF each.relname LIKE 'number\\_%' AND each.relname <> 'number_' || md5('default')
               THEN EXECUTE format('DROP SEQUENCE %I', each.relname);
               ELSE EXECUTE format('ALTER SEQUENCE %I RESTART', each.relname);
               END IF;
             END LOOP; END $$""",
    ]

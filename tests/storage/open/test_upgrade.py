"""The schema comes up to date by itself, once, with a way back, and never goes on with what it does not know."""

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from storage.open import revisions
from storage.open.open_storage import open_storage
from storage.open.revisions import HEAD
from storage.open.upgrade import _config, history, upgrade
from storage.sql.database import open_sqlite_once, raw_statement
from storage.sql.errors import SchemaMismatch
from storage.sql.schema_later import EVERYTHING
from tests.clock import ManualClock
from tests.storage import postgres
from tests.storage.conftest import Database, sqlite_url
from tests.storage.make import furnish, message, open_with, show, tell, tell_apart

REVISIONS = [*revisions.REVISIONS]


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database nobody has set up yet."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "new" / "desk.db")
        return
    request.getfixturevalue("postgres_url")
    url = postgres.create_bare()
    yield url
    postgres.drop(url)


async def test_a_new_database_is_set_up_once(bare: str) -> None:
    assert [revision.applied for revision in await history(bare)] == [False] * len(REVISIONS)
    assert await upgrade(bare) == REVISIONS
    assert await upgrade(bare) == []
    told = await history(bare)
    assert [(each.id, each.applied) for each in told] == [(id, True) for id in REVISIONS]
    assert all(each.description for each in told)
    assert REVISIONS[-1] == HEAD


async def test_two_who_start_at_once_set_it_up_once(bare: str) -> None:
    done = await asyncio.gather(*(upgrade(bare) for _ in range(4)))
    assert sorted(done, key=len) == [[], [], [], REVISIONS]


async def test_a_database_nobody_set_up_is_not_opened(bare: str, tmp_path: Path) -> None:
    with pytest.raises(SchemaMismatch) as mismatch:
        await open_storage(bare, tmp_path, ManualClock())
    assert _files_in(tmp_path) == [], "a mistyped path leaves no empty database behind"
    assert (mismatch.value.found, mismatch.value.known) == (None, HEAD)
    assert not mismatch.value.newer


async def test_a_newer_schema_is_refused_and_named(database: Database) -> None:
    engine = create_async_engine(database.url)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9001'"))
    await engine.dispose()
    for attempt in (upgrade(database.url), database.open(ManualClock())):
        with pytest.raises(SchemaMismatch, match=f"9001 is newer than this program's {HEAD}"):
            await attempt


async def test_the_migrated_tables_are_those_of_the_metadata(database: Database) -> None:
    engine = create_async_engine(database.url)
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await engine.dispose()


def _is_ours(thing: object, name: str | None, kind: str, *_: object) -> bool:
    """The index of words is no table of SQLAlchemy's; that it is the same is looked at below."""
    return not (kind == "table" and (name or "").startswith("search"))


def _differences(connection: Connection) -> list[object]:
    options = {"compare_type": True, "compare_server_default": True, "include_object": _is_ours}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), EVERYTHING))


def test_on_sqlite_every_word_of_the_schema_is_the_same(template: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.db"
    engine = create_engine(f"sqlite:///{made}")
    EVERYTHING.create_all(engine)
    engine.dispose()
    migrated = _sqlite_schema(template)
    assert _sqlite_schema(made) == {
        name: words for name, words in migrated.items() if "alembic_version" not in name
    }
    assert any(part.startswith("WHERE state") for part in migrated["ix_outbox_due"])


def _sqlite_schema(path: Path) -> dict[str, list[str]]:
    connection = sqlite3.connect(path)
    try:
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        # Columns and constraints of a table may stand in another order; what they say may not differ. A table
        # that was rebuilt has its name in quotes.
        return {name: sorted(_parts(sql.replace(f'"{name}"', name))) for name, sql in found}
    finally:
        connection.close()


def _parts(sql: str) -> Iterator[str]:
    """The statement, taken apart at its outer parentheses and the commas directly in them."""
    depth, part = 0, ""
    for letter in " ".join(sql.split()):
        outer = depth == (1 if letter in ",)" else 0)
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter in "(,)" and outer:
            yield part.strip()
            part = ""
        else:
            part += letter
    yield part.strip()


@pytest.mark.parametrize("bare", ["postgresql"], indirect=True)
async def test_on_postgresql_indexes_and_constraints_are_the_same(bare: str) -> None:
    engine = create_async_engine(bare)
    async with engine.begin() as connection:
        await connection.run_sync(EVERYTHING.create_all)
        made = await connection.run_sync(_postgres_schema)
        await connection.run_sync(EVERYTHING.drop_all)
    await upgrade(bare)
    async with engine.connect() as connection:
        migrated = await connection.run_sync(_postgres_schema)
    await engine.dispose()
    assert made
    assert migrated - made == {row for row in migrated if "alembic_version" in row[0]}
    assert made - migrated == set()


def _postgres_schema(connection: Connection) -> set[tuple[str, str]]:
    indexes = connection.execute(
        text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
    )
    constraints = connection.execute(
        text(
            "SELECT conrelid::regclass::text || '.' || conname, pg_get_constraintdef(oid)"
            " FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
        )
    )
    return {(name, words) for name, words in (*indexes, *constraints)}


async def test_every_step_can_be_taken_back(bare: str) -> None:
    await upgrade(bare)
    engine = create_async_engine(bare)

    def back(connection: Connection) -> list[str]:
        config = _config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        names = EVERYTHING.tables.keys()
        return [name for name in names if connection.dialect.has_table(connection, name)]

    async with engine.begin() as connection:
        assert await connection.run_sync(back) == []
    await engine.dispose()
    assert await upgrade(bare) == REVISIONS


async def test_an_older_sqlite_file_is_backed_up_before_it_is_changed(
    template: Path, tmp_path: Path
) -> None:
    path = tmp_path / "desk.db"
    shutil.copy(template, path)
    storage = await open_storage(sqlite_url(path), None, ManualClock())
    await storage.spool.keep(message("precious"))
    await storage.close()
    _take_back(path, to=REVISIONS[-2])
    assert await upgrade(sqlite_url(path)) == [HEAD]
    copy = path.with_name(f"desk.db.before-{HEAD}")
    assert _one(copy, "SELECT key FROM spool") == "precious"
    assert _one(copy, "SELECT version_num FROM alembic_version") == REVISIONS[-2]
    assert _one(path, "SELECT version_num FROM alembic_version") == HEAD
    assert copy.stat().st_mode & 0o077 == 0


def _take_back(path: Path, *, to: str) -> None:
    engine = open_sqlite_once(sqlite_url(path))
    with engine.connect() as connection:
        raw_statement(connection, "PRAGMA foreign_keys=OFF")
        with connection.begin():
            config = _config()
            config.attributes["connection"] = connection
            command.downgrade(config, to)
    engine.dispose()


def _one(path: Path, query: str) -> object:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchone()[0]
    finally:
        connection.close()


async def test_a_migration_that_fails_leaves_the_old_schema(template: Path, tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    shutil.copy(template, path)
    _take_back(path, to="0003")
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE notices (in_the_way TEXT)")
    connection.commit()
    connection.close()
    with pytest.raises(Exception, match="notices already exists"):
        await upgrade(sqlite_url(path))
    assert _one(path, "SELECT version_num FROM alembic_version") == "0003"
    assert _one(path, "SELECT count(*) FROM sqlite_master WHERE name = 'calendars'") == 0


async def test_a_new_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    await upgrade(sqlite_url(path))
    assert path.stat().st_mode & 0o077 == 0


def _files_in(folder: Path) -> list[Path]:
    return list(folder.rglob("*"))


async def test_messages_waiting_to_go_out_survive_the_step_that_lets_some_have_no_ticket(
    template: Path, tmp_path: Path
) -> None:
    path = tmp_path / "desk.db"
    shutil.copy(template, path)
    storage = await open_storage(sqlite_url(path), None, ManualClock())
    await furnish(storage)
    await open_with(storage, 1, tell("a"), show())
    await tell_apart(storage, tell("digest"))
    await storage.close()
    _take_back(path, to="0004")
    assert _one(path, "SELECT group_concat(coalesce(key, kind)) FROM outbox") == "show,a"
    await upgrade(sqlite_url(path))
    storage = await open_storage(sqlite_url(path), None, ManualClock())
    assert [line.ticket for line in await storage.views.outbox()] == [1, 1]
    await tell_apart(storage, tell("digest"))
    assert [line.ticket for line in await storage.views.outbox()] == [1, 1, None]
    await storage.close()

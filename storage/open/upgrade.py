"""The schema brought up to date when the daemon starts: one at a time, after a backup, never backwards."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from storage.migrations.rebuild import Progress
from storage.sql.database import (
    FileLock,
    is_sqlite,
    open_sqlite_once,
    private,
    raw_statement,
    sqlite_path,
)
from storage.sql.engines import open_postgres_writers
from storage.sql.errors import SchemaMismatch
from storage.sql.writer import trouble

T = TypeVar("T")

CACHE_KIB: Final = 256 * 1024
"""Of a migration alone: the indexes of a table that is written anew stay in memory, or each row costs a read."""

# Any number will do, as long as nothing else on the server uses it: "deskd" in ASCII.
_PG_LOCK: Final = 0x6465736B64


@dataclass(frozen=True, slots=True)
class Revision:
    id: str
    description: str
    applied: bool


async def upgrade(url: str, progress: Progress | None = None) -> Sequence[str]:
    """Revisions applied, oldest first; empty when there was nothing to do. `progress` says how far it is."""
    told = progress or Progress()
    if is_sqlite(url):
        return await asyncio.to_thread(_upgrade_sqlite, url, told)
    return await _on_postgres(url, partial(_upgrade_locked, progress=told))


async def history(url: str) -> Sequence[Revision]:
    """Every revision this program knows, oldest first."""
    if is_sqlite(url):
        return await asyncio.to_thread(_history_sqlite, url)
    return await _on_postgres(url, _history)


def _upgrade_sqlite(url: str, progress: Progress) -> Sequence[str]:
    path = sqlite_path(url)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_name(path.name + ".upgrade"))
    lock.take(wait=True)
    try:
        return _upgrade_file(url, path, progress)
    finally:
        lock.release()


def _upgrade_file(url: str, path: Path, progress: Progress) -> Sequence[str]:
    private(path)
    engine = open_sqlite_once(url)
    try:
        with engine.connect() as connection:
            current, waiting = _waiting(connection)
        if waiting and current is not None:
            _back_up(path, path.with_name(f"{path.name}.before-{waiting[-1]}"))
        if waiting:
            # Off while tables are rebuilt: SQLite alters a table by copying it.
            with engine.connect() as connection:
                raw_statement(connection, "PRAGMA foreign_keys=OFF")
                raw_statement(connection, f"PRAGMA cache_size=-{CACHE_KIB}")
                with connection.begin():
                    _apply(connection, progress)
        return waiting
    finally:
        engine.dispose()


def _back_up(source: Path, target: Path) -> None:
    private(target)
    with sqlite3.connect(source) as old, sqlite3.connect(target) as new:
        old.backup(new)
    old.close()
    new.close()


def _history_sqlite(url: str) -> Sequence[Revision]:
    if not sqlite_path(url).exists():
        return _told(None)
    engine = open_sqlite_once(url)
    try:
        with engine.connect() as connection:
            return _history(connection)
    finally:
        engine.dispose()


async def _on_postgres(url: str, work: Callable[[Connection], T]) -> T:
    engine = open_postgres_writers(url, size=1)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    except DBAPIError as error:
        raise trouble(error) from error
    finally:
        await engine.dispose()


def _upgrade_locked(connection: Connection, progress: Progress) -> Sequence[str]:
    # Whoever comes second waits, then finds nothing to do; how long a migration takes is nobody's fault.
    connection.execute(text("SET LOCAL lock_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _PG_LOCK})
    _, waiting = _waiting(connection)
    if waiting:
        _apply(connection, progress)
    return waiting


def _waiting(connection: Connection) -> tuple[str | None, Sequence[str]]:
    """The revision the database has, and those it lacks, oldest first."""
    current = MigrationContext.configure(connection).get_current_revision()
    known = [revision.id for revision in _told(current)]
    if current is not None and current not in known:
        raise SchemaMismatch(found=current, known=known[-1], newer=True)
    return current, known if current is None else known[known.index(current) + 1 :]


def _apply(connection: Connection, progress: Progress) -> None:
    config = _config()
    config.attributes["connection"] = connection
    config.attributes["progress"] = progress
    command.upgrade(config, "head")


def _history(connection: Connection) -> Sequence[Revision]:
    return _told(MigrationContext.configure(connection).get_current_revision())


def _told(current: str | None) -> Sequence[Revision]:
    known = list(ScriptDirectory.from_config(_config()).walk_revisions())[::-1]
    ids = [script.revision for script in known]
    done = ids.index(current) + 1 if current in ids else 0
    return [
        Revision(id=script.revision, description=script.doc, applied=position < done)
        for position, script in enumerate(known)
    ]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))
    config.set_main_option("path_separator", "os")
    return config

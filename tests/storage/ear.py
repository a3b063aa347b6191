"""Hears every statement that reaches a database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from storage.open.open_storage import Storage
from storage.open.writer_postgres import PostgresWriter
from storage.open.writer_sqlite import SqliteWriter
from storage.sql.readers import Readers
from storage.sql.reading import ThreadReader


@contextmanager
def heard(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """Every statement meanwhile, with its values."""
    statements: list[tuple[str, Any]] = []

    def hear(*given: Any) -> None:
        statements.append((given[2], given[3]))

    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", hear)


def writing(storage: Storage) -> Engine:
    match storage.writer:
        case SqliteWriter():
            return storage.writer._engine
        case PostgresWriter():
            return storage.writer._engine.sync_engine
    raise TypeError(storage.writer)


def looking(storage: Storage) -> Engine:
    """Where views are read."""
    match storage.looking:
        case ThreadReader():
            return storage.looking._engine
        case Readers():
            return storage.looking._engine.sync_engine
    raise TypeError(storage.looking)


def reading(storage: Storage) -> Engine:
    return storage.readers._engine.sync_engine

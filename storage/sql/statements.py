"""INSERT … ON CONFLICT, which both databases speak but SQLAlchemy keeps per dialect. Built once each."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Rows = Sequence[dict[str, Any]]


@cache
def _insert_new(table: Table, dialect: str) -> sqlite.Insert | postgresql.Insert:
    if dialect == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


@cache
def _insert_or_update(
    table: Table, columns: tuple[str, ...], dialect: str
) -> sqlite.Insert | postgresql.Insert:
    insert = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    key = [column.name for column in table.primary_key]
    changed = {name: insert.excluded[name] for name in columns if name not in key}
    return insert.on_conflict_do_update(index_elements=key, set_=changed)


@cache
def _insert_or_advance(
    table: Table, columns: tuple[str, ...], dialect: str
) -> sqlite.Insert | postgresql.Insert:
    insert = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    key = [column.name for column in table.primary_key]
    changed: dict[str, Any] = {name: insert.excluded[name] for name in columns if name not in key}
    changed["version"] = table.c.version + 1
    return insert.on_conflict_do_update(index_elements=key, set_=changed)


def insert_new(connection: Connection, table: Table, rows: Rows) -> None:
    """Rows whose key exists already are left as they are."""
    if rows:
        connection.execute(_insert_new(table, connection.dialect.name), rows)


def insert_new_returning(
    connection: Connection, table: Table, rows: Rows, *columns: str
) -> Sequence[Any]:
    """As insert_new; gives `columns` of the rows that were new."""
    statement = _insert_new(table, connection.dialect.name)
    return connection.execute(statement.returning(*(table.c[name] for name in columns)), rows).all()


def insert_or_update(connection: Connection, table: Table, rows: Rows) -> None:
    """All rows have the same columns; on a row whose primary key exists the others are overwritten."""
    if rows:
        statement = _insert_or_update(table, tuple(rows[0]), connection.dialect.name)
        connection.execute(statement, rows)


def insert_or_advance(connection: Connection, table: Table, rows: Rows) -> None:
    """As insert_or_update, of a table whose rows count how often they were written."""
    if rows:
        statement = _insert_or_advance(table, tuple(rows[0]), connection.dialect.name)
        connection.execute(statement, rows)

"""What migrations of large tables need: a table written once, in pieces, with its progress reported.

SQLite can not change a key or a constraint: a new table is made beside the old one, filled, and renamed.
PostgreSQL rewrites a table when the type of a column changes: give it all of it in one ALTER TABLE.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from alembic import op
from sqlalchemy import Connection, text

PIECE: Final = 20_000
"""Rows written between two looks at how far it is: some 0.1 s."""


@dataclass
class Progress:
    """How far a migration is. One thread writes it, others look."""

    table: str = ""
    """What is worked on now; empty before the first and after the last."""
    done: int = 0
    of: int = 0
    """Rows; 0: not known, or done in one statement."""

    def at(self, table: str, *, done: int = 0, of: int = 0) -> None:
        self.table, self.done, self.of = table, done, of


def progress() -> Progress:
    """Of the migration that runs."""
    config = op.get_context().config
    found = config.attributes.get("progress") if config else None
    return found if isinstance(found, Progress) else Progress()


def is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


@dataclass(frozen=True, slots=True)
class Anew:
    """How a SQLite table changes."""

    table: str
    words: Mapping[str, str]
    """In what SQLite keeps of the table and of its indexes: what stands there, and what shall. One that stands in
    neither is an error: then the table is not the one this migration was written for."""
    values: Mapping[str, str]
    """What a new column holds, as SQL over the old row; all others keep what they have."""
    indexes: Sequence[str] = ()
    """Made besides those that it had."""
    without: Sequence[str] = ()
    """Indexes that it had and has no more."""


def write_anew(how: Anew) -> None:
    connection = op.get_bind()
    made, indexes = _changed(connection, how)
    fresh = f"new_{how.table}"
    connection.execute(
        text(re.sub(rf'^CREATE TABLE "?{how.table}"?', f"CREATE TABLE {fresh}", made))
    )
    _copy(connection, how, fresh)
    _keep_counting(connection, how.table, fresh)
    connection.execute(text(f"DROP TABLE {how.table}"))
    connection.execute(text(f"ALTER TABLE {fresh} RENAME TO {how.table}"))
    for index in (*indexes, *how.indexes):
        connection.execute(text(index))


def in_pieces(table: str, statement: str) -> None:
    """On SQLite: `statement` over the rows with :first < rowid <= :last, until all were had."""
    connection = op.get_bind()
    last = connection.execute(text(f"SELECT coalesce(max(rowid), 0) FROM {table}")).scalar_one()
    told = progress()
    for first in range(0, last, PIECE):
        told.at(table, done=first, of=last)
        connection.execute(text(statement), {"first": first, "last": first + PIECE})


def _changed(connection: Connection, how: Anew) -> tuple[str, list[str]]:
    kept = "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = :table AND sql IS NOT NULL"
    all_kept = connection.execute(text(kept), {"table": how.table}).all()
    found = [row for row in all_kept if row.name not in how.without]
    words = [(row.type, " ".join(row.sql.split())) for row in found]
    for old, new in how.words.items():
        if not any(old in each for _, each in words):
            raise ValueError(f"{how.table} is not as it should be: {old!r} is missing")
        words = [(type, each.replace(old, new)) for type, each in words]
    (made,) = (each for type, each in words if type == "table")
    return made, [each for type, each in words if type == "index"]


def _copy(connection: Connection, how: Anew, fresh: str) -> None:
    columns = [row.name for row in connection.execute(text(f"PRAGMA table_info({fresh})"))]
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(how.values.get(name, f'"{name}"') for name in columns)
    piece = f"SELECT {values} FROM {how.table} WHERE rowid > :first AND rowid <= :last"
    in_pieces(how.table, f"INSERT INTO {fresh} ({names}) {piece}")


def _keep_counting(connection: Connection, table: str, fresh: str) -> None:
    """A number that was given out is not given out again, though its row is gone."""
    if "AUTOINCREMENT" not in _sql_of(connection, fresh):
        return
    last = connection.execute(
        text("SELECT seq FROM sqlite_sequence WHERE name = :table"), {"table": table}
    ).scalar()
    connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :fresh"), {"fresh": fresh})
    if last is not None:
        connection.execute(
            text("INSERT INTO sqlite_sequence (name, seq) VALUES (:fresh, :last)"),
            {"fresh": fresh, "last": last},
        )


def _sql_of(connection: Connection, table: str) -> str:
    wanted = text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table")
    found: str = connection.execute(wanted, {"table": table}).scalar_one()
    return found

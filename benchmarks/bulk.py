"""The fast way into a database: many rows of many tables, without its indexes, which are made again at the end.

Nothing else may use the database meanwhile: what a crash leaves behind is worth nothing.
"""

import asyncio
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Protocol

import asyncpg

Row = Sequence[Any]
ROWS_AT_ONCE: Final = 20_000
_MEMORY_KB: Final = 1_500_000


class Bulk(Protocol):
    @property
    def is_sqlite(self) -> bool: ...

    def columns(self, table: str) -> list[str]:
        """Empty: there is no such table."""
        ...

    def rows(self, statement: str) -> list[Row]: ...

    def run(self, statement: str) -> None: ...

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None: ...


class SqliteBulk:
    is_sqlite = True

    def __init__(self, path: str) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        for pragma in (
            "journal_mode=OFF",
            "synchronous=OFF",
            "locking_mode=EXCLUSIVE",
            "foreign_keys=OFF",
            f"cache_size=-{_MEMORY_KB}",
            "temp_store=MEMORY",
        ):
            self.connection.execute(f"PRAGMA {pragma}").close()

    def columns(self, table: str) -> list[str]:
        return [row[1] for row in self.connection.execute(f"PRAGMA table_info({table})")]

    def rows(self, statement: str) -> list[Row]:
        return self.connection.execute(statement).fetchall()

    def run(self, statement: str) -> None:
        self.connection.execute(statement).close()

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        marks = ", ".join("?" for _ in columns)
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        self.connection.executemany(statement, rows)

    @contextmanager
    def without_indexes(self) -> Iterator[None]:
        found = self.rows(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        )
        for name, _ in found:
            self.run(f"DROP INDEX {name}")
        self.run("BEGIN")
        yield
        self.run("COMMIT")
        for _, sql in found:
            self.run(sql)
        self.run("PRAGMA analysis_limit=1000")
        self.run("ANALYZE")
        # As the daemon opens it.
        self.run("PRAGMA journal_mode=WAL")
        self.connection.close()


class PostgresBulk:
    is_sqlite = False

    def __init__(self, url: str) -> None:
        self.loop = asyncio.new_event_loop()
        plain = url.replace("+asyncpg", "")
        self.connection = self._wait(asyncpg.connect(plain))
        # Keys of other tables are not looked at row by row: the patterns keep them.
        self.run("SET session_replication_role = replica")
        self.run("SET maintenance_work_mem = '512MB'")
        self.run("SET synchronous_commit = off")

    def _wait(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def columns(self, table: str) -> list[str]:
        found = self.rows(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
            f" AND table_name = '{table}' ORDER BY ordinal_position"
        )
        return [row[0] for row in found]

    def rows(self, statement: str) -> list[Row]:
        return [tuple(row) for row in self._wait(self.connection.fetch(statement))]

    def run(self, statement: str) -> None:
        self._wait(self.connection.execute(statement))

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        self._wait(self.connection.copy_records_to_table(table, records=rows, columns=columns))

    @contextmanager
    def without_indexes(self) -> Iterator[None]:
        found = self.rows(
            "SELECT i.indexname, i.indexdef FROM pg_indexes i WHERE i.schemaname = 'public' AND NOT EXISTS"
            " (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)"
        )
        for name, _ in found:
            self.run(f'DROP INDEX "{name}"')
        yield
        for _, definition in found:
            self.run(definition)
        self.run("VACUUM ANALYZE")
        self._wait(self.connection.close())
        self.loop.close()


def bulk(url: str) -> SqliteBulk | PostgresBulk:
    found = re.fullmatch(r"sqlite\+aiosqlite:///(.+)", url)
    return SqliteBulk(found[1]) if found else PostgresBulk(url)

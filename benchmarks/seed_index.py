"""The index of words for a seeded database, written beside the tickets as its own part would have written it."""

from collections.abc import Sequence
from typing import Any, Final

from benchmarks.bulk import ROWS_AT_ONCE, Bulk
from benchmarks.seed_words import Sentence

_HEAD: Final = "INSERT INTO feed_heads (workspace, position) VALUES ('default', 0)"
_READER: Final = (
    "INSERT INTO feed_readers (workspace, reader, position) VALUES ('default', 'search', 0)"
)
_COLUMNS: Final = ("rowid", "subject", "words", "files", "people", "notes", "scope")


class Indexer:
    def __init__(self, base: Bulk) -> None:
        self.base = base
        self.rows: list[tuple[Any, ...]] = []
        base.run(_HEAD)
        base.run(_READER)
        [(id,)] = base.rows("SELECT id FROM feed_heads WHERE workspace = 'default'")
        self.above = int(id) << 32
        if not base.is_sqlite:
            base.run("CREATE UNLOGGED TABLE seeding (ticket INTEGER, document TEXT)")

    def add(
        self,
        number: int,
        words: Sequence[Sentence],
        notes: Sequence[Sentence],
        scope: Sequence[str],
    ) -> None:
        if self.base.is_sqlite:
            subject, *said = (each.folded for each in words)
            noted = " ".join(each.folded for each in notes)
            row = (subject, " ".join(said), "", "", noted, " ".join(scope))
            self.rows.append((self.above + number, *row))
        else:
            public = [each.public for each in words] + [f"'{word}':1A" for word in scope]
            self.rows.append((number, " ".join([*public, *(each.inside for each in notes)])))
        if len(self.rows) >= ROWS_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        if self.base.is_sqlite:
            self.base.insert("search", _COLUMNS, self.rows)
        else:
            self.base.insert("seeding", ("ticket", "document"), self.rows)
        self.rows = []

    def finish(self) -> None:
        self._flush()
        if not self.base.is_sqlite:
            self.base.run(
                "INSERT INTO search (workspace, ticket, document)"
                " SELECT 'default', ticket, document::tsvector FROM seeding"
            )
            self.base.run("DROP TABLE seeding")

"""The index itself, kept twice: FTS5 on SQLite, a tsvector with GIN on PostgreSQL. One row per ticket on both.

Words and notes are told apart by column there and by weight here (A: everybody's, D: agents'), and the reader is part
of what is matched. Newest first, always: by rank is 50 times as slow, and a rank must not tell of what one may not
read.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, text

from engine.lists.words import Term
from engine.tickets.people import WorkspaceId
from storage.search.documents import Document

# FTS5 knows rows by one number: the workspace's in the high half, the ticket's in the low one.
_NUMBER_BITS: Final = 32

_WORKSPACE_ID: Final = text("SELECT id FROM feed_heads WHERE workspace = :workspace")
_FTS_DELETE: Final = text("DELETE FROM search WHERE rowid = :row")
_FTS_DROP: Final = text("DELETE FROM search WHERE rowid >= :low AND rowid < :high")
_FTS_INSERT: Final = text(
    "INSERT INTO search (rowid, subject, words, files, people, notes, scope)"
    " VALUES (:row, :subject, :words, :files, :people, :notes, :scope)"
)
_FTS_FIND: Final = text(
    "SELECT rowid FROM search WHERE search MATCH :query AND rowid > :low AND rowid < :high"
    " ORDER BY rowid DESC LIMIT :rows"
)
_GIN_DELETE: Final = text("DELETE FROM search WHERE workspace = :workspace AND ticket = :number")
_GIN_DROP: Final = text(
    "DELETE FROM search WHERE workspace = :workspace AND ticket >= :first AND ticket < :before"
)
_GIN_INSERT: Final = text(
    "INSERT INTO search (workspace, ticket, document)"
    " VALUES (:workspace, :number, CAST(:document AS tsvector))"
    " ON CONFLICT (workspace, ticket) DO UPDATE SET document = excluded.document"
)
_GIN_FIND: Final = text(
    "SELECT ticket FROM search WHERE workspace = :workspace AND ticket < :before"
    " AND document @@ CAST(:query AS tsquery) ORDER BY ticket DESC LIMIT :rows"
)
_COLUMNS: Final = ("subject", "words", "files", "people", "notes", "scope")


def keep(
    connection: Connection,
    workspace: WorkspaceId,
    numbers: Iterable[int],
    documents: Sequence[Document],
) -> None:
    """These tickets are as their documents say; those without one are gone."""
    if connection.dialect.name == "sqlite":
        _keep_rows(connection, _base(connection, workspace), numbers, documents)
        return
    there = {each.number for each in documents}
    gone = [{"workspace": workspace, "number": number} for number in numbers if number not in there]
    if gone:
        connection.execute(_GIN_DELETE, gone)
    rows = [
        {"workspace": workspace, "number": each.number, "document": vector(each)}
        for each in documents
    ]
    if rows:
        connection.execute(_GIN_INSERT, rows)


def _keep_rows(
    connection: Connection, base: int, numbers: Iterable[int], documents: Sequence[Document]
) -> None:
    old = [{"row": base + number} for number in numbers]
    if old:
        connection.execute(_FTS_DELETE, old)
    new = [
        {"row": base + each.number, **{name: " ".join(getattr(each, name)) for name in _COLUMNS}}
        for each in documents
    ]
    if new:
        connection.execute(_FTS_INSERT, new)


def drop(connection: Connection, workspace: WorkspaceId, first: int, before: int) -> None:
    """What the index holds of tickets with `first` <= number < `before`."""
    if connection.dialect.name == "sqlite":
        base = _base(connection, workspace)
        connection.execute(_FTS_DROP, {"low": base + first, "high": base + before})
    else:
        given = {"workspace": workspace, "first": first, "before": before}
        connection.execute(_GIN_DROP, given)


def tidy(connection: Connection) -> None:
    """Words that are in no document any more leave the index's blocks too; the whole index is rewritten."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("INSERT INTO search (search) VALUES ('optimize')")


def _base(connection: Connection, workspace: WorkspaceId) -> int:
    id: int | None = connection.execute(_WORKSPACE_ID, {"workspace": workspace}).scalar()
    return (id or 0) << _NUMBER_BITS


def vector(document: Document) -> str:
    """As PostgreSQL writes a tsvector, so that its own parser has no say in what a word is."""
    public = (document.subject, document.words, document.files, document.people, document.scope)
    weights: dict[str, str] = {word: "1A" for words in public for word in words}
    for word in document.notes:
        weights[word] = "1A,2D" if word in weights else "1D"
    return " ".join(f"'{word}':{weight}" for word, weight in weights.items())


@dataclass(frozen=True, slots=True)
class Scope:
    """Who looks, in words of scope."""

    inside: Sequence[str] = ()
    """With one of these, agents' words count too."""
    outside: Sequence[str] = ()
    """With one of these, only everybody's do."""
    everything: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.everything or self.inside or self.outside)


@dataclass(frozen=True, slots=True)
class Sought:
    """Words, and who looks for them."""

    terms: Sequence[Term]
    scope: Scope


def find(
    connection: Connection, workspace: WorkspaceId, sought: Sought, *, before: int, rows: int
) -> Sequence[int]:
    """Numbers below `before`, newest first."""
    if sought.scope.is_empty:
        return ()
    if connection.dialect.name == "sqlite":
        base = _base(connection, workspace)
        given: dict[str, Any] = {"query": match(sought), "low": base, "high": base + before}
        found = connection.execute(_FTS_FIND, given | {"rows": rows}).scalars()
        return [row - base for row in found]
    given = {"workspace": workspace, "query": tsquery(sought), "before": before}
    return connection.execute(_GIN_FIND, given | {"rows": rows}).scalars().all()


def match(sought: Sought) -> str:
    """The question in FTS5's language; the letters of a word are never part of that language."""
    terms, scope = sought.terms, sought.scope
    said = " AND ".join(f'"{term.word}"{" *" if term.is_prefix else ""}' for term in terms)
    everybodys = f"{{subject words files people}} : ({said})"
    agents = f"{{subject words files people notes}} : ({said})"
    if scope.everything:
        return agents
    parts = [(scope.inside, agents), (scope.outside, everybodys)]
    return " OR ".join(f"(scope : ({_either(who)}) AND {what})" for who, what in parts if who)


def _either(words: Sequence[str]) -> str:
    return " OR ".join(f'"{word}"' for word in words)


def tsquery(sought: Sought) -> str:
    terms, scope = sought.terms, sought.scope
    agents = " & ".join(_lexemes(terms, "AD"))
    everybodys = " & ".join(_lexemes(terms, "A"))
    if scope.everything:
        return agents
    parts = [(scope.inside, agents), (scope.outside, everybodys)]
    return " | ".join(f"(({_any(who)}) & {what})" for who, what in parts if who)


def _any(words: Sequence[str]) -> str:
    return " | ".join(f"'{word}'" for word in words)


def _lexemes(terms: Sequence[Term], weights: str) -> Iterator[str]:
    """Both weights are all there are: then none is said, and the index need not be doubted."""
    weight = "" if weights == "AD" else weights
    for term in terms:
        marks = ("*" if term.is_prefix else "") + weight
        yield f"'{term.word}'" + (f":{marks}" if marks else "")

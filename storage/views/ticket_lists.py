"""Lists of tickets as their reader may see them: read in runs, from one place to the next, or by words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, TextClause

from engine.lists.asking import LOOKED_AT_MAX, Asked, Cursor, cursor_of
from engine.lists.words import terms_of
from engine.ports.views import Page
from engine.tickets.people import Person, WorkspaceId
from storage.search.index import Sought, find
from storage.sql.columns import instant, micros
from storage.views import list_statements
from storage.views.list_conditions import Question, question
from storage.views.list_lines import lines_by_key
from storage.views.list_readers import Reader, named, reader_of
from storage.views.list_statements import ListRun, Shape, runs_of

# Found by words and tried by the other conditions: so many at a time, once the first few did not do.
WORDS_CHUNK: Final = 500
_ABOVE_ALL: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ticket stands: in which run, and there by (key, number)."""

    run: int
    key: int
    number: int


@dataclass(frozen=True, slots=True)
class Found:
    places: Sequence[Place]
    """One more than asked for, when there are more."""
    cut_at: Place | None = None
    """The last that was looked at, when it ended there."""


@dataclass(frozen=True, slots=True)
class _Looking:
    connection: Connection
    reader: Reader
    asked: Asked
    as_of: datetime
    asks: Question

    @property
    def values(self) -> dict[str, object]:
        return self.asks.values | {"workspace": self.reader.workspace, "as_of": self.as_of}


def tickets_page(
    connection: Connection, workspace: WorkspaceId, who: Person, asked: Asked, now: datetime
) -> Page:
    """Raises Refused for a cursor of another list, and for words that can not be looked up."""
    return page_for(connection, reader_of(connection, workspace, who), asked, now)


def page_for(connection: Connection, reader: Reader, asked: Asked, now: datetime) -> Page:
    after = cursor_of(asked)
    as_of = instant(after.as_of) if after else now
    asks = question(reader.rights, asked.filter, named(connection, reader, asked.filter))
    looking = _Looking(connection, reader, asked, as_of, asks)
    begin = Place(after.run, after.key, after.number) if after else None
    found = by_words(looking, begin) if asked.filter.words else by_runs(looking, begin)
    return _page(looking, found)


def _page(looking: _Looking, found: Found) -> Page:
    shown = found.places[: looking.asked.limit]
    more = len(found.places) > len(shown)
    last = shown[-1] if more else found.cut_at
    cursor = last and Cursor(micros(looking.as_of), last.run, last.key, last.number)
    return Page(
        lines_by_key(looking.connection, looking.reader, [place.number for place in shown]),
        cursor.written(looking.asked) if cursor else None,
        cut=found.cut_at is not None and not more,
        as_of=looking.as_of,
    )


def by_runs(looking: _Looking, begin: Place | None) -> Found:
    places: list[Place] = []
    if not looking.asks.branches:
        return Found(places)
    for index, run in enumerate(runs_of(looking.asked)):
        if begin is not None and index < begin.run:
            continue
        start = begin if begin is not None and index == begin.run else None
        found = _of_run(looking, index, run, start, looking.asked.limit + 1 - len(places))
        places += found.places
        if found.cut_at is not None or len(places) > looking.asked.limit:
            return Found(places, found.cut_at)
    return Found(places)


def _of_run(looking: _Looking, index: int, run: ListRun, start: Place | None, wanted: int) -> Found:
    asks = looking.asks
    shape = Shape(
        run,
        tuple(asks.inside),
        tuple(asks.outside),
        tuple((branch.column, branch.only) for branch in asks.branches),
        goes_on=start is not None,
        is_sqlite=looking.connection.dialect.name == "sqlite",
    )
    values = looking.values
    for n, branch in enumerate(asks.branches):
        values[f"branch_{n}"] = branch.value
    if start is not None:
        values |= {"number": start.number, "key": instant(start.key)}

    def read(statement: Callable[[Shape], TextClause]) -> list[Place]:
        found = looking.connection.execute(statement(shape), values | {"rows": wanted})
        return [Place(index, _key(row.k), row.number) for row in found]

    places = read(list_statements.page)
    if len(places) >= wanted or not shape.tries:
        return Found(places)
    cut_at = next(iter(read(list_statements.horizon)), None)
    return Found([each for each in places if _is_before(run, each, cut_at)], cut_at)


def _key(value: int | datetime) -> int:
    """A statement of text knows no column types: SQLite gives an instant as it is kept."""
    return micros(value) if isinstance(value, datetime) else value


def _is_before(run: ListRun, place: Place, cut_at: Place | None) -> bool:
    if cut_at is None:
        return True
    ours, last = (place.key, place.number), (cut_at.key, cut_at.number)
    return ours >= last if run.falling else ours <= last


def by_words(looking: _Looking, begin: Place | None) -> Found:
    """The index proposes, newest first; the rows say what fits, and once more who may read it."""
    sought = Sought(terms_of(looking.asked.filter.words), looking.reader.scope)
    places: list[Place] = []
    before = begin.number if begin is not None else _ABOVE_ALL
    chunk, looked_at = looking.asked.limit + 1, 0
    while looked_at < LOOKED_AT_MAX:
        workspace = looking.reader.workspace
        numbers = find(looking.connection, workspace, sought, before=before, rows=chunk)
        places += [Place(0, number, number) for number in _fitting(looking, numbers)]
        if len(places) > looking.asked.limit or len(numbers) < chunk:
            return Found(places)
        before, looked_at, chunk = numbers[-1], looked_at + len(numbers), WORDS_CHUNK
    return Found(places, Place(0, before, before))


def _fitting(looking: _Looking, numbers: Sequence[int]) -> Sequence[int]:
    if not numbers:
        return ()
    statement = list_statements.fitting((*looking.asks.inside, *looking.asks.outside))
    found = looking.connection.execute(statement, looking.values | {"numbers": numbers})
    there = set(found.scalars())
    return [number for number in numbers if number in there]

"""Rows made into patterns: what a copy changes (numbers, ids, instants, words) is left open, all else is kept.

A pattern knows no schema: it reads the columns' names, so that it copies a database of any revision. Each is compiled
into one Python expression that makes all rows of a table at once; that is what makes a million tickets a matter of
minutes.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

# Tables that hold what belongs to tickets, in the order of their keys.
TABLES: Final = (
    *("streams", "tickets", "clocks", "timers", "events", "subjects", "comments", "notes"),
    *("attachments", "participants", "outside_references", "links", "escalations", "outbox"),
)
NUMBERS: Final = {"ticket", "other", "merged_into"}
IDS: Final = {"id", "comment", "note", "message", "subject_id", "parent", "key"}
"""Ids that must differ from copy to copy: the number of the copy is put behind them."""
SERIALS: Final = {
    ("events", "cursor"),
    ("attachments", "id"),
    ("outside_references", "id"),
    ("outbox", "id"),
}
"""Given by the database itself."""
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00")
_LINKED: Final = re.compile(r'("(?:other|into|out_of)": )(\d+)')
_MICROS: Final = re.compile(r"\d{15,}")
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_MICROSECOND: Final = timedelta(microseconds=1)

Make = Callable[
    [int, Any, int, str, Mapping[str, str], Callable[[int], str]], Sequence[tuple[Any, ...]]
]
"""(number added, instants moved by, the same in microseconds, suffix of ids, words, an instant as text) -> rows."""


def written(micros: int) -> str:
    return (_EPOCH + timedelta(microseconds=micros)).isoformat()


Rows = Mapping[str, tuple[Sequence[str], Sequence[Sequence[Any]]]]
"""By table: columns and rows, as the driver gives them."""


def rows_of(
    columns_of: Callable[[str], list[str]],
    read: Callable[[str], list[Any]],
    numbers: Sequence[int],
) -> Rows:
    """Of these tickets, in a schema that nobody here needs to know; a table without rows is left out."""
    found: dict[str, tuple[list[str], list[Any]]] = {}
    for table in TABLES:
        columns = columns_of(table)
        kept = [each for each in columns if (table, each) not in SERIALS]
        if not kept:
            continue
        where = _condition(table, columns, numbers)
        rows = read(f"SELECT {', '.join(kept)} FROM {table} WHERE {where}")
        if rows:
            found[table] = kept, rows
    return found


def _condition(table: str, columns: Sequence[str], numbers: Sequence[int]) -> str:
    plain = ", ".join(map(str, numbers))
    texts = ", ".join(f"'{number}'" for number in numbers)
    if table == "tickets":
        return f"number IN ({plain})"
    if table == "streams":
        return f"kind = 'ticket' AND id IN ({texts})"
    if "stream_id" in columns:
        return f"stream_kind = 'ticket' AND stream_id IN ({texts})"
    return f"ticket IN ({plain})"


@dataclass
class Pattern:
    """Rows of one table."""

    table: str
    columns: Sequence[str]
    open_words: Sequence[str]
    """Words that stand for others in each copy: people, teams, texts."""
    ids: frozenset[str] = frozenset()
    """Of comments and notes, as they stand in events' facts."""
    constants: list[Any] = field(default_factory=list)

    def of(self, rows: Iterable[Sequence[Any]]) -> Make:
        made = ", ".join(f"({', '.join(map(self._cell, self.columns, row))},)" for row in rows)
        # What is compiled is ours, from rows that the benchmark wrote itself; strangers' words are constants.
        names = {"C": self.constants}
        make: Make = eval(f"lambda n, d, u, s, m, iso: ({made},)", names)
        return make

    def _cell(self, column: str, value: Any) -> str:
        if value is None:
            return "None"
        if column in NUMBERS or (self.table == "tickets" and column == "number"):
            return f"n+{value}"
        if column == "stream_id" or (self.table == "streams" and column == "id"):
            return f"str(n+{value})" if str(value).isdecimal() else repr(value)
        if _is_instant(column):
            return f"{self._constant(value)}+d"
        text = self._text(value) if isinstance(value, str) else self._constant(value)
        return f"{value!r}+s" if column in IDS else text

    def _constant(self, value: Any) -> str:
        if isinstance(value, bool | int):
            return repr(value)
        self.constants.append(value)
        return f"C[{len(self.constants) - 1}]"

    def _text(self, value: str) -> str:
        """Pieces that stay, and between them those that a copy replaces."""
        parts = [each for each in self._splitter.split(value) if each]
        if not parts or (len(parts) == 1 and not self._splitter.fullmatch(value)):
            return repr(value)
        return "+".join(map(self._piece, parts))

    def _piece(self, piece: str) -> str:
        if piece in self.open_words:
            return f"m[{piece!r}]"
        if _INSTANT.fullmatch(piece):
            return f"iso({(datetime.fromisoformat(piece) - _EPOCH) // _MICROSECOND}+u)"
        if _MICROS.fullmatch(piece):
            return f"str({piece}+u)"
        if linked := _LINKED.fullmatch(piece):
            return f"{linked[1]!r}+str(n+{linked[2]})"
        return f"{piece!r}+s" if piece in self.ids else repr(piece)

    @cached_property
    def _splitter(self) -> re.Pattern[str]:
        literal = "|".join(map(re.escape, sorted(self.open_words, key=len, reverse=True))) or "(?!)"
        found = (literal, _INSTANT.pattern, _LINKED_WHOLE, _MESSAGE_ID, _MICROS.pattern)
        return re.compile(f"({'|'.join(found)})")


# Anything that may be one: which it is, a set knows faster than a pattern of thousands.
_MESSAGE_ID: Final = "[0-9a-f]{8}-[0-9a-f-]{27}"
_LINKED_WHOLE: Final = r'"(?:other|into|out_of)": \d+'


def _is_instant(column: str) -> bool:
    return column in {"at", "running_since"} or column.endswith("_at")

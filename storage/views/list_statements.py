"""The SQL of a list: one run, over the branches that a reader's rights are.

Each branch is one right with an index of its own, its keyset, its order and its LIMIT; their UNION is ordered once
more and cut. What an index serves stands inside; any other condition is tried on what comes out, and no more than
LOOKED_AT_MAX rows of a branch come out. The text of a statement is made once per shape; every value in it is bound.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final, assert_never

from sqlalchemy import TextClause, bindparam, text

from engine.lists.asking import LOOKED_AT_MAX, Asked, Sort
from engine.tickets.ticket import Priority
from storage.sql.columns import Instant
from storage.sql.schema import OPEN, UNASSIGNED


@dataclass(frozen=True, slots=True)
class ListRun:
    """Tickets in one order; a place in it is (key, number)."""

    key: str = "number"
    """The column. By "number" the newest come first."""
    falling: bool = True
    inside: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """Where tickets come from: one value of one column, or ("") the whole workspace."""

    column: str = ""
    value: str = ""
    only: tuple[str, ...] = ()
    """What of it the reader may read."""


@dataclass(frozen=True, slots=True)
class Shape:
    """All that decides the text of a statement."""

    run: ListRun
    inside: tuple[str, ...]
    outside: tuple[str, ...]
    branches: tuple[tuple[str, tuple[str, ...]], ...]
    """Their columns and their own conditions."""
    goes_on: bool
    """Behind a place, not from the start."""
    is_sqlite: bool

    @property
    def tries(self) -> bool:
        """Some of what is looked at may not fit."""
        own = any(only for _, only in self.branches)
        return bool(self.outside or self.run.outside or own)


_LATE: Final = "due_at < :as_of"
_NOT_LATE: Final = "(due_at IS NULL OR due_at >= :as_of)"
_BY_LATENESS: Final = ListRun("due_at", falling=False, inside=(_LATE,))
LATE: Final = _LATE


def runs_of(asked: Asked) -> tuple[ListRun, ...]:
    runs = _plain_runs(asked)
    if not asked.late_first or runs[0].key == "due_at":
        return runs
    rest = (ListRun(r.key, r.falling, r.inside, (*r.outside, _NOT_LATE)) for r in runs)
    return (_BY_LATENESS, *rest)


def _plain_runs(asked: Asked) -> tuple[ListRun, ...]:
    match asked.sort:
        case Sort.CREATED:
            return (_BY_LATENESS,) if asked.filter.late else (ListRun(),)
        case Sort.UPDATED:
            return (ListRun("updated_at"),)
        case Sort.DUE:
            due = ListRun("due_at", falling=False, inside=("due_at IS NOT NULL",))
            return (due, ListRun(inside=("due_at IS NULL",)))
        case Sort.PRIORITY:
            wanted = sorted(asked.filter.priorities or Priority)
            return tuple(ListRun(inside=(f"priority = '{one.value}'",)) for one in wanted)
        case _ as never:
            assert_never(never)


# What conditions outside ask about.
_COLUMNS: Final = (
    "number, state, priority, category, team, requester, assignee, private, escalation_level,"
    " acknowledged, snoozed_until, created_at, updated_at, due_at"
)


@cache
def page(shape: Shape) -> TextClause:
    """(number, k) in order: those behind the place, :rows at most."""
    parts = (_branch(shape, index, "LIMIT :rows") for index in range(len(shape.branches)))
    order = _order(shape.run)
    # All that is put together is ours: names of columns, and conditions whose values are bound.
    found = " UNION ".join(
        f"SELECT number, k FROM ({part}) AS b{n}"  # noqa: S608 - as below
        for n, part in enumerate(parts)
    )
    return _bound(f"SELECT number, k FROM ({found}) AS found {order} LIMIT :rows")  # noqa: S608 - ours alone


@cache
def horizon(shape: Shape) -> TextClause:
    """(number, k) of the last row that was looked at in the branch that came least far; none: all was looked at."""
    last = f"LIMIT 1 OFFSET {LOOKED_AT_MAX - 1}"
    parts = (_looked_at(shape, index, last) for index in range(len(shape.branches)))
    found = " UNION ".join(
        f"SELECT number, k FROM ({part}) AS b{n}"  # noqa: S608 - as above
        for n, part in enumerate(parts)
    )
    return _bound(f"SELECT number, k FROM ({found}) AS found {_order(shape.run)} LIMIT 1")  # noqa: S608 - as above


def _branch(shape: Shape, index: int, limit: str) -> str:
    outside = (*shape.outside, *shape.run.outside, *shape.branches[index][1])
    if not outside:
        return f"SELECT number, k FROM ({_looked_at(shape, index, limit)}) AS inner{index}"  # noqa: S608 - as above
    looked_at = _looked_at(shape, index, f"LIMIT {LOOKED_AT_MAX}")
    # Rows come out in the order of the inner statement; SQLite would sort them all for saying it again.
    return f"SELECT number, k FROM ({looked_at}) AS inner{index} WHERE {_all(outside)} {limit}"  # noqa: S608 - as above


def _looked_at(shape: Shape, index: int, limit: str) -> str:
    run, (column, _) = shape.run, shape.branches[index]
    source = f"tickets{_hint(shape, column)}"
    where = [
        *_mine(column, index),
        *shape.inside,
        *run.inside,
        *([_behind(run)] if shape.goes_on else ()),
    ]
    return (
        f"SELECT {_COLUMNS}, {run.key} AS k FROM {source} WHERE {_all(where)} {_order(run)} {limit}"  # noqa: S608 - as above
    )


def _hint(shape: Shape, column: str) -> str:
    """SQLite keeps no figures of its own to choose by, and every index of the team looks as good to it."""
    index = _index(shape, column)
    return f" INDEXED BY {index}" if shape.is_sqlite and index else ""


def _index(shape: Shape, column: str) -> str:
    kind = "open" if OPEN in shape.inside else "all"
    if kind == "open" and any("priority" in each for each in shape.run.inside):
        kind = "priority"
    if column == "team" and UNASSIGNED in shape.inside and shape.run.key == "number":
        return "ix_tickets_unassigned"
    return _INDEXES.get((column, shape.run.key, kind)) or _INDEXES.get((column, "", kind), "")


_INDEXES: Final = {
    ("", "number", "open"): "ix_tickets_open",
    ("", "number", "priority"): "ix_tickets_open",
    **{("", "updated_at", kind): "ix_tickets_updated" for kind in ("open", "all")},
    **{("", "due_at", kind): "ix_tickets_due" for kind in ("open", "all")},
    ("team", "number", "open"): "ix_tickets_open_team",
    ("team", "number", "priority"): "ix_tickets_open_priority",
    ("team", "number", "all"): "ix_tickets_team",
    ("team", "updated_at", "open"): "ix_tickets_open_updated",
    ("team", "updated_at", "all"): "ix_tickets_team_updated",
    **{("team", "due_at", kind): "ix_tickets_team_due" for kind in ("open", "all")},
    # What a person has or asked for is not much: in any other order it is sorted.
    **{("requester", "", kind): "ix_tickets_open_requester" for kind in ("open", "priority")},
    ("requester", "", "all"): "ix_tickets_requester_number",
    **{("assignee", "", kind): "ix_tickets_open_assignee" for kind in ("open", "priority")},
    ("assignee", "", "all"): "ix_tickets_assignee",
}
"""By column, key and kind: what is open, all, or of one priority among what is open."""


def _mine(column: str, index: int) -> list[str]:
    return ["workspace = :workspace", *([f"{column} = :branch_{index}"] if column else ())]


def _behind(run: ListRun) -> str:
    than = "<" if run.falling else ">"
    if run.key == "number":
        return f"number {than} :number"
    return f"({run.key}, number) {than} (:key, :number)"


def _order(run: ListRun) -> str:
    way = "DESC" if run.falling else "ASC"
    return f"ORDER BY k {way}" if run.key == "number" else f"ORDER BY k {way}, number {way}"


def _all(conditions: Iterable[str]) -> str:
    return " AND ".join(conditions)


@cache
def fitting(conditions: tuple[str, ...]) -> TextClause:
    """Which of :numbers fit."""
    where = _all(("workspace = :workspace", "number IN :numbers", *conditions))
    made = _bound(f"SELECT number FROM tickets WHERE {where}")  # noqa: S608 - as above
    return made.bindparams(bindparam("numbers", expanding=True))


_INSTANTS: Final = (
    "as_of",
    "key",
    *(f"{c}_{e}" for c in ("created", "updated", "due") for e in ("since", "until")),
)


def _bound(statement: str) -> TextClause:
    names = [name for name in _INSTANTS if f":{name}" in statement]
    return text(statement).bindparams(*(bindparam(name, type_=Instant) for name in names))

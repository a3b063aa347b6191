"""Timer rows of all workspaces: rung when due, several in one transaction. They are set by their tickets' steps."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.exc import DBAPIError

from engine.ports.store import Transaction
from engine.ports.timers import Due, Round, Rung
from engine.tickets.people import WorkspaceId
from engine.tickets.promise_clock import StreamKind, Timer
from storage.sql.readers import Readers
from storage.sql.schema import people, tickets
from storage.sql.schema_streams import number_in, of_tickets, timers
from storage.sql.writer import Writer, own, sqlstate, trouble
from storage.tickets import rows
from storage.tickets.transaction import BoundTransaction

Bind = Callable[[Connection, WorkspaceId], BoundTransaction]
Work = Callable[[Transaction, Timer], bool]
RingOne = Callable[[Connection, Transaction, Timer], Rung]

# SQLSTATE: somebody held a row for too long. That is the trouble of one ticket, unlike a lost connection.
_LOCK_NOT_AVAILABLE: Final = "55P03"

_ROW: Final = tuple_(
    *(timers.c[name] for name in ("workspace", "stream_kind", "stream_id")),
    *(timers.c[name] for name in ("kind", "cycle", "due_at")),
)
_NOT_ASIDE: Final = _ROW.not_in(bindparam("aside", expanding=True))
_STANDING: Final = (
    select(timers)
    .where(timers.c.workspace == bindparam("workspace"))
    .order_by(timers.c.due_at, timers.c.stream_id, timers.c.kind)
)
_OF_PEOPLE: Final = _STANDING.where(timers.c.stream_kind == StreamKind.PERSON)


@cache
def _of_range(*, bounded: bool) -> Select[Any]:
    """By number, which the rows themselves are not in the order of."""
    numbers = select(cast(tickets.c.number, Text)).where(
        tickets.c.workspace == bindparam("workspace"), tickets.c.number >= bindparam("first")
    )
    if bounded:
        numbers = numbers.where(tickets.c.number < bindparam("before"))
    return _STANDING.where(of_tickets(timers), timers.c.stream_id.in_(numbers))


_DROP: Final = delete(timers).where(
    timers.c.workspace == bindparam("of_workspace"),
    timers.c.stream_kind == bindparam("of_stream_kind"),
    timers.c.stream_id == bindparam("of_stream_id"),
    timers.c.kind == bindparam("of_kind"),
    timers.c.cycle == bindparam("of_cycle"),
    # A timer set anew since it was read is another promise.
    timers.c.due_at == bindparam("of_due_at"),
)


@cache
def _statements(limit: int, *, some_aside: bool) -> tuple[Select[Any], Select[Any], Select[Any]]:
    """What claims due rows of tickets, what claims those of people, and what says when the next is due.

    A claim locks the rows and their tickets (their people), and passes over what somebody holds: whoever waited
    for a ticket here, while its holder waits for the timer, would wait for ever. The ticket comes first, since
    PostgreSQL keeps what it has locked of a row that it then passes over. The limit is a literal, since a plan that
    has to guess it sorts the whole table.
    """
    due = timers.c.due_at <= bindparam("now")
    most: ColumnElement[int] = literal_column(str(limit))
    about_people = (
        select(timers)
        .join(
            people,
            and_(
                people.c.workspace == timers.c.workspace,
                people.c.id == timers.c.stream_id,
                timers.c.stream_kind == StreamKind.PERSON,
            ),
        )
        .where(due)
        .order_by(timers.c.due_at)
        .limit(most)
        .with_for_update(skip_locked=True, key_share=True, of=[people, timers])
    )
    about_tickets = (
        select(timers, *(column for column in tickets.c if column.name not in timers.c))
        .join(
            tickets,
            and_(
                tickets.c.workspace == timers.c.workspace,
                tickets.c.number == number_in(timers),
            ),
        )
        .where(due)
        .order_by(timers.c.due_at)
        .limit(most)
        .with_for_update(skip_locked=True, key_share=True, of=[tickets, timers])
    )
    next_at = select(timers.c.due_at).order_by(timers.c.due_at).limit(literal_column("1"))
    if not some_aside:
        return about_tickets, about_people, next_at
    return (
        about_tickets.where(_NOT_ASIDE),
        about_people.where(_NOT_ASIDE),
        next_at.where(_NOT_ASIDE),
    )


class SqlTimers:
    def __init__(self, readers: Readers, writer: Writer, bind: Bind) -> None:
        self._readers = readers
        self._writer = writer
        self._bind = bind

    async def ring_due(
        self, *, now: datetime, limit: int, work: Work, aside: Collection[Due] = ()
    ) -> Round:
        values = {"now": now} | _given(aside)
        ring = partial(self._ring_due, limit=limit, values=values)
        try:
            return await self._writer.run(partial(ring, ring_one=_hopeful(work)))
        except _Failed:
            return await self._writer.run(partial(ring, ring_one=_careful(work)))

    async def standing(
        self, workspace: WorkspaceId, *, first: int = 0, before: int | None = None
    ) -> Sequence[Timer]:
        given = {"workspace": workspace, "first": first}
        given |= {} if before is None else {"before": before}
        async with self._readers.open() as read:
            found = await read.execute(_of_range(bounded=before is not None), given)
            return [rows.timer(row) for row in found]

    async def standing_of_people(self, workspace: WorkspaceId) -> Sequence[Timer]:
        async with self._readers.open() as read:
            found = await read.execute(_OF_PEOPLE, {"workspace": workspace})
            return [rows.timer(row) for row in found]

    async def drop(self, workspace: WorkspaceId, timer: Timer) -> bool:
        row = _key(workspace, timer)
        return await self._writer.run(
            lambda connection: connection.execute(_DROP, row).rowcount == 1
        )

    def _ring_due(
        self, connection: Connection, *, limit: int, values: dict[str, Any], ring_one: RingOne
    ) -> Round:
        ticket_claim, people_claim, next_at = _statements(limit, some_aside="aside" in values)
        about_tickets = connection.execute(ticket_claim, values).all()
        about_people = connection.execute(people_claim, values).all()
        claimed = sorted((*about_tickets, *about_people), key=lambda row: row.due_at)
        bound: dict[str, BoundTransaction] = {}
        for id in {row.workspace for row in claimed}:
            bound[id] = self._bind(connection, id)
            mine = [row for row in about_tickets if row.workspace == id]
            if mine:
                bound[id].read_ahead(mine, size=limit)
        rung = [ring_one(connection, bound[row.workspace], rows.timer(row)) for row in claimed]
        left = [
            _key(each.workspace, each.timer)
            for each in rung
            if each.error is None and each.timer not in bound[each.workspace].dropped
        ]
        if left:
            connection.execute(_DROP, left)
        return Round(rung, connection.execute(next_at, values).scalar())


class _Failed(Exception):
    """One of the works did, and what was done of the others is undone with it."""


def _hopeful(work: Work) -> RingOne:
    """As if nothing could fail, which is quicker by two statements for each."""

    def ring(connection: Connection, transaction: Transaction, timer: Timer) -> Rung:
        try:
            return Rung(transaction.workspace, timer, happened=work(transaction, timer))
        except Exception as error:
            if _concerns_all(error):
                raise
            raise _Failed from error

    return ring


def _careful(work: Work) -> RingOne:
    """Each in a savepoint: one that fails undoes itself alone."""

    def ring(connection: Connection, transaction: Transaction, timer: Timer) -> Rung:
        try:
            with connection.begin_nested():
                return Rung(transaction.workspace, timer, happened=work(transaction, timer))
        except (
            Exception
        ) as error:  # the boundary: one ticket's trouble must not silence the others' timers
            if _concerns_all(error):
                raise
            return Rung(transaction.workspace, timer, error=own(error))

    return ring


def _concerns_all(error: Exception) -> bool:
    if not isinstance(error, DBAPIError):
        return False
    return trouble(error).temporary and sqlstate(error) != _LOCK_NOT_AVAILABLE


def _given(aside: Iterable[Due]) -> dict[str, Any]:
    each = [
        (
            *(workspace, timer.stream.kind.value, timer.stream.id),
            *(timer.kind.value, timer.cycle, timer.due_at),
        )
        for workspace, timer in aside
    ]
    return {"aside": each} if each else {}


def _key(workspace: WorkspaceId, timer: Timer) -> rows.Values:
    return {
        "of_workspace": workspace,
        "of_stream_kind": timer.stream.kind.value,
        "of_stream_id": timer.stream.id,
        "of_kind": timer.kind.value,
        "of_cycle": timer.cycle,
        "of_due_at": timer.due_at,
    }

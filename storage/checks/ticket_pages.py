"""Tickets page by page with what hangs on them, read beside every transaction: for fsck and for `sla verify`."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, literal, select, tuple_

from engine.tickets.events import Entry
from engine.tickets.people import WorkspaceId
from engine.tickets.ticket import Ticket
from storage.checks.findings import PAGE, TOLD_MAX, Finding, Page
from storage.sql.readers import Readers
from storage.sql.schema import tickets
from storage.sql.schema_rules import escalations
from storage.sql.schema_streams import (
    clocks,
    events,
    of_tickets,
    timers,
)
from storage.sql.schema_traffic import outbox
from storage.tickets import rows
from storage.tickets.rows import WITH_WORDS, AnyRow

After = Callable[[AnyRow | None], Select[*tuple[object, ...]]]
"""Chooses the rows behind a row, in an order of their own."""


@dataclass(frozen=True, slots=True)
class StoredTicket:
    """A ticket as it is stored, and its rows."""

    ticket: Ticket
    due_at: datetime | None
    """As its own row says, by which lists are sorted."""
    history: Sequence[AnyRow]
    timers: Sequence[AnyRow]
    pages: Sequence[AnyRow]
    parcels: Sequence[AnyRow]

    @property
    def entries(self) -> list[Entry]:
        return [rows.entry(row) for row in self.history]


def after(last: AnyRow | None) -> Select[*tuple[object, ...]]:
    chosen = select(tickets).order_by(tickets.c.workspace, tickets.c.number)
    if last is None:
        return chosen
    key = tuple_(tickets.c.workspace, tickets.c.number)
    return chosen.where(key > tuple_(literal(last.workspace), literal(last.number)))


def alone(workspace: WorkspaceId, number: int) -> After:
    """One ticket, if it is there."""
    mine = (tickets.c.workspace == workspace, tickets.c.number == number)
    return lambda last: after(last).where(*mine)


def kept(connection: Connection, page: Page) -> Iterator[StoredTicket]:
    for workspace in sorted({row.workspace for row in page}):
        mine = [row for row in page if row.workspace == workspace]
        yield from _kept(connection, WorkspaceId(workspace), mine)


def _kept(connection: Connection, workspace: WorkspaceId, page: Page) -> Iterator[StoredTicket]:
    numbers = [row.number for row in page]
    running = _streamed(connection, clocks, workspace, numbers, by=clocks.c.position)
    waiting = _streamed(connection, timers, workspace, numbers, by=timers.c.due_at)
    pages = _grouped(connection, _of(escalations, workspace, numbers).order_by(escalations.c.seq))
    parcels = _grouped(connection, _of(outbox, workspace, numbers).order_by(outbox.c.id))
    histories = _histories(connection, workspace, numbers)
    for row in page:
        yield StoredTicket(
            rows.ticket(row, map(rows.clock, running[row.number])),
            row.due_at,
            histories[row.number],
            waiting[row.number],
            pages[row.number],
            parcels[row.number],
        )


def _streamed(
    connection: Connection,
    table: Table,
    workspace: WorkspaceId,
    numbers: Sequence[int],
    *,
    by: ColumnElement[Any],
) -> Mapping[int, list[AnyRow]]:
    named = table.c.stream_id.in_([str(number) for number in numbers])
    chosen = select(table).where(table.c.workspace == workspace, of_tickets(table), named)
    return rows.by_number(connection.execute(chosen.order_by(by)))


def _of(
    table: Table, workspace: WorkspaceId, numbers: Sequence[int]
) -> Select[*tuple[object, ...]]:
    return select(table).where(table.c.workspace == workspace, table.c.ticket.in_(numbers))


def _grouped(
    connection: Connection, chosen: Select[*tuple[object, ...]]
) -> Mapping[int, list[AnyRow]]:
    grouped: defaultdict[int, list[AnyRow]] = defaultdict(list)
    for row in connection.execute(chosen):
        grouped[row.ticket].append(row)
    return grouped


def _histories(
    connection: Connection, workspace: WorkspaceId, numbers: Sequence[int]
) -> Mapping[int, list[AnyRow]]:
    chosen = WITH_WORDS.where(
        events.c.workspace == workspace,
        of_tickets(events),
        events.c.stream_id.in_([str(number) for number in numbers]),
    )
    return rows.by_number(connection.execute(chosen.order_by(events.c.seq)))


def opened_since(workspace: WorkspaceId, since: datetime) -> After:
    mine = (tickets.c.workspace == workspace, tickets.c.created_at >= since)
    return lambda last: after(last).where(*mine)


async def all_kept(readers: Readers, after: After) -> AsyncIterator[Sequence[StoredTicket]]:
    """Page by page, each one picture of the database: no more of it is held at a time."""

    def one(
        connection: Connection, last: AnyRow | None
    ) -> tuple[AnyRow | None, Sequence[StoredTicket]]:
        page = connection.execute(after(last).limit(PAGE)).all()
        return (page[-1] if page else None), tuple(kept(connection, page))

    last: AnyRow | None = None
    while True:
        async with readers.open() as read:
            last, found = await read.run_sync(one, last)
        if last is None:
            return
        yield found


async def in_pages(
    readers: Readers, after: After, check: Callable[[Connection, Page], list[Finding]]
) -> list[Finding]:
    """What `check` finds, one picture of the database per page; at most TOLD_MAX."""
    findings: list[Finding] = []

    def one(connection: Connection, last: AnyRow | None) -> AnyRow | None:
        page = connection.execute(after(last).limit(PAGE)).all()
        findings.extend(check(connection, page))
        return page[-1] if page else None

    last: AnyRow | None = None
    while len(findings) < TOLD_MAX:
        async with readers.open() as read:
            last = await read.run_sync(one, last)
        if last is None:
            break
    return findings[:TOLD_MAX]

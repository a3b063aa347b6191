"""Promises of single tickets: history replays to the stored state, timers are there, parcels went in order."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Select, Table, literal, select, tuple_

from engine import evolve, sla
from engine.model import Ticket, WorkspaceId
from engine.promises import Timer
from storage import rows
from storage.files import FolderFiles
from storage.findings import Finding, Page
from storage.rows import AnyRow
from storage.schema import attachments, clocks, events, tickets, timers
from storage.schema_traffic import outbox

# Several daemons mark what they sent by their own clocks, and machines' clocks differ by a little.
SKEW_MAX: Final = {"sqlite": timedelta(), "postgresql": timedelta(seconds=1)}


def after(last: AnyRow | None) -> Select[*tuple[object, ...]]:
    chosen = select(tickets).order_by(tickets.c.workspace, tickets.c.number)
    if last is None:
        return chosen
    key = tuple_(tickets.c.workspace, tickets.c.number)
    return chosen.where(key > tuple_(literal(last.workspace), literal(last.number)))


def check(connection: Connection, page: Page) -> list[Finding]:
    findings: list[Finding] = []
    for workspace in sorted({row.workspace for row in page}):
        mine = [row for row in page if row.workspace == workspace]
        findings += _check_workspace(connection, WorkspaceId(workspace), mine)
    return findings


def _check_workspace(connection: Connection, workspace: WorkspaceId, page: Page) -> list[Finding]:
    numbers = [row.number for row in page]
    running = _grouped(connection, _of(clocks, workspace, numbers).order_by(clocks.c.position))
    waiting = _grouped(connection, _of(timers, workspace, numbers))
    parcels = _grouped(connection, _of(outbox, workspace, numbers).order_by(outbox.c.id))
    histories = _histories(connection, workspace, numbers)
    skew = SKEW_MAX[connection.dialect.name]
    findings: list[Finding] = []
    for row in page:
        ticket = rows.ticket(row, map(rows.clock, running[row.number]))
        findings += _check_history(ticket, histories[row.number])
        findings += _check_timers(ticket, waiting[row.number])
        findings += _check_order(ticket, parcels[row.number], skew=skew)
    return findings


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
    chosen = select(events).where(
        events.c.workspace == workspace,
        events.c.stream_kind == rows.TICKET_STREAM,
        events.c.stream_id.in_([str(number) for number in numbers]),
    )
    grouped: defaultdict[int, list[AnyRow]] = defaultdict(list)
    for row in connection.execute(chosen.order_by(events.c.seq)):
        grouped[int(row.stream_id)].append(row)
    return grouped


def _found(ticket: Ticket, code: str, text: str) -> Finding:
    return Finding(code, f"{ticket.id} of workspace {ticket.workspace}: {text}")


def _check_history(ticket: Ticket, history: Sequence[AnyRow]) -> list[Finding]:
    if [row.seq for row in history] != list(range(1, ticket.version + 1)):
        return [_found(ticket, "history", "its events are not numbered 1 to its version")]
    try:
        told = evolve.replay(ticket.workspace, ticket.number, map(rows.entry, history))
    except (AssertionError, TypeError, ValueError, LookupError) as error:
        return [_found(ticket, "history", f"its events do not replay: {error!r}")]
    differing = [
        name for name in Ticket.__dataclass_fields__ if getattr(told, name) != getattr(ticket, name)
    ]
    if not differing:
        return []
    return [_found(ticket, "state", f"its history tells another {', '.join(differing)}")]


def _check_timers(ticket: Ticket, waiting: Iterable[AnyRow]) -> list[Finding]:
    there = frozenset(map(rows.timer, waiting))
    wanted = sla.timers(ticket)
    missing = [f"{each.kind} is missing" for each in sorted(wanted - there, key=_by_due)]
    beyond = [f"{each.kind} is too many" for each in sorted(there - wanted, key=_by_due)]
    return [_found(ticket, "timer", text) for text in (*missing, *beyond)]


def _by_due(timer: Timer) -> datetime:
    return timer.due_at


def _check_order(ticket: Ticket, parcels: Iterable[AnyRow], *, skew: timedelta) -> list[Finding]:
    """Sent in the order of their rows, per address; what an operator revived goes when it goes."""
    findings = []
    newest: dict[tuple[str, str], datetime] = {}
    for row in parcels:
        # A sent row with a reason was told in a digest.
        if row.state != "sent" or row.last_error or row.aged_from != row.created_at:
            continue
        line = (row.channel, row.place)
        if row.final_at + skew < newest.get(line, row.final_at):
            findings.append(
                _found(ticket, "order", f"outbox row {row.id} was sent before an older one")
            )
        newest[line] = max(row.final_at, newest.get(line, row.final_at))
    return findings


def files_after(last: AnyRow | None) -> Select[*tuple[object, ...]]:
    kept = select(attachments).where(attachments.c.sha256.is_not(None))
    return kept.where(attachments.c.id > (last.id if last else 0)).order_by(attachments.c.id)


def check_files(files: FolderFiles, connection: Connection, page: Page) -> list[Finding]:
    findings = []
    for row in page:
        path = files.path(row.sha256)
        if not path.exists():
            findings.append(Finding("file", f"attachment {row.id}: {row.sha256} is missing"))
        elif path.stat().st_size != row.size:
            findings.append(Finding("file", f"attachment {row.id}: {row.sha256} has another size"))
    return findings

"""Promises of single tickets: history replays to the stored state, timers are there, parcels went in order."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Select, select

from engine.promises import sla
from engine.tickets import evolve
from engine.tickets.events import Acknowledged, Entry, Paged
from engine.tickets.promise_clock import Timer
from engine.tickets.ticket import Ticket
from storage.checks.findings import Finding, Page
from storage.checks.ticket_pages import StoredTicket, kept
from storage.sql.files import FolderFiles
from storage.sql.schema_streams import attachments
from storage.tickets import rows
from storage.tickets.rows import AnyRow

# Several daemons mark what they sent by their own clocks, and machines' clocks differ by a little.
SKEW_MAX: Final = {"sqlite": timedelta(), "postgresql": timedelta(seconds=1)}


def check(connection: Connection, page: Page) -> list[Finding]:
    skew = SKEW_MAX[connection.dialect.name]
    findings: list[Finding] = []
    for each in kept(connection, page):
        findings += promises(each)
        findings += _check_order(each.ticket, each.parcels, skew=skew)
    return findings


def promises(each: StoredTicket) -> list[Finding]:
    """Whether its history, its timers and its pages agree with it."""
    told = _check_history(each.ticket, each.history)
    told += _check_due(each)
    told += _check_timers(each.ticket, each.timers)
    if is_readable(told):
        told += _check_pages(each.ticket, each.history, each.pages)
    return told


def is_readable(told: Iterable[Finding]) -> bool:
    """By a history that does not replay, nothing else can be judged."""
    return not any(finding.code == "history" for finding in told)


def found(ticket: Ticket, code: str, text: str) -> Finding:
    return Finding(code, f"{ticket.id} of workspace {ticket.workspace}: {text}")


def _check_history(ticket: Ticket, history: Sequence[AnyRow]) -> list[Finding]:
    if [row.seq for row in history] != list(range(1, ticket.version + 1)):
        return [found(ticket, "history", "its events are not numbered 1 to its version")]
    try:
        told = evolve.replay(ticket.workspace, ticket.number, map(rows.entry, history))
    except (AssertionError, TypeError, ValueError, LookupError) as error:
        return [found(ticket, "history", f"its events do not replay: {error!r}")]
    differing = [
        name for name in Ticket.__dataclass_fields__ if getattr(told, name) != getattr(ticket, name)
    ]
    if not differing:
        return []
    return [found(ticket, "state", f"its history tells another {', '.join(differing)}")]


def _check_due(each: StoredTicket) -> list[Finding]:
    """What lists are sorted by is what its clocks say."""
    due = each.ticket.due_at
    if each.due_at == due:
        return []
    return [found(each.ticket, "due", f"its row is due at {each.due_at}, its clocks at {due}")]


def _check_timers(ticket: Ticket, waiting: Iterable[AnyRow]) -> list[Finding]:
    there = frozenset(map(rows.timer, waiting))
    wanted = sla.timers(ticket)
    missing = [f"{each.kind} is missing" for each in sorted(wanted - there, key=_by_due)]
    beyond = [f"{each.kind} is too many" for each in sorted(there - wanted, key=_by_due)]
    return [found(ticket, "timer", text) for text in (*missing, *beyond)]


def _check_pages(
    ticket: Ticket, history: Sequence[AnyRow], pages: Sequence[AnyRow]
) -> list[Finding]:
    """A row for each page, and who acknowledged it first."""
    stored = {row.seq: tuple(getattr(row, name) for name in _PAGE) for row in pages}
    told = _told_pages(map(rows.entry, history))
    return [
        found(ticket, "page", f"its page {seq} is another than its history tells")
        for seq in sorted(stored.keys() | told.keys())
        if stored.get(seq) != told.get(seq)
    ]


_PAGE: Final = ("level", "cause", "at", "people", "groups", "acknowledged_at", "acknowledged_by")


def _told_pages(entries: Iterable[Entry]) -> dict[int, tuple[object, ...]]:
    told: dict[int, tuple[object, ...]] = {}
    waiting: list[int] = []
    for entry in entries:
        event = entry.event
        if isinstance(event, Paged):
            reached = [*event.people], [*event.groups]
            told[entry.seq] = (event.level, event.cause, entry.at, *reached, None, None)
            waiting.append(entry.seq)
        elif isinstance(event, Acknowledged):
            for seq in waiting:
                told[seq] = (*told[seq][:-2], entry.at, entry.actor)
            waiting.clear()
    return told


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
                found(ticket, "order", f"outbox row {row.id} was sent before an older one")
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

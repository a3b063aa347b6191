"""Does the data keep the desk's promises? Looks at everything, changes nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from deskd.sweep import Sweep, open_tickets
from engine import lifecycle
from engine.model import DEFAULT, Ticket, ticket_id
from engine.ports import Files
from engine.views import OutboxLine, SpoolLine, TicketFile
from storage.opening import Storage

ROWS_MAX: Final = 10_000_000
"""Of spool and outbox: everything there is, with a bound."""
SHOWN_MAX: Final = 20
"""Findings named per promise; the rest is counted."""

OK: Final = "ok"


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise, and where the data breaks it."""

    name: str
    looked_at: int
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    promises: tuple[Promise, ...]

    @property
    def broken(self) -> int:
        return sum(len(promise.broken) for promise in self.promises)

    def as_json(self) -> dict[str, object]:
        return {
            "checks": [
                {"name": p.name, "looked_at": p.looked_at, "broken": list(p.broken)}
                for p in self.promises
            ]
        }

    def lines(self) -> Iterator[str]:
        for promise in self.promises:
            verdict = f"BROKEN {len(promise.broken)} times" if promise.broken else OK
            yield f"{promise.name}: {verdict} ({promise.looked_at} looked at)"
            yield from (f"    {finding}" for finding in promise.broken[:SHOWN_MAX])
            if len(promise.broken) > SHOWN_MAX:
                yield f"    and {len(promise.broken) - SHOWN_MAX} more"


async def look(storage: Storage, *, now: datetime) -> Findings:
    spool = await storage.views.spool(limit=ROWS_MAX)
    outbox = await storage.views.outbox(limit=ROWS_MAX)
    histories, numbers = await _histories(storage)
    files = await _files(storage, numbers)
    sweep = Sweep(storage.store, storage.timers, storage.views)
    drift = await sweep.look(now=now)
    timers = [f"T-{t.ticket} lacks its {t.kind} timer at {t.due_at}" for t in drift.missing]
    return Findings(
        (
            _accepted(spool, numbers),
            _once(outbox),
            _in_order(outbox),
            histories,
            Promise("every running promise has its timer", len(numbers), tuple(timers)),
            files,
        )
    )


def _accepted(spool: Sequence[SpoolLine], numbers: set[int]) -> Promise:
    """Each message that was read became a ticket, a comment, or nothing for a reason."""
    broken = []
    for row in spool:
        if row.ticket is not None and row.ticket not in numbers:
            broken.append(f"spool row {row.id} led to {ticket_id(row.ticket)}, which is not there")
        elif row.state in ("done", "dead") and row.ticket is None and not row.reason:
            broken.append(f"spool row {row.id} is {row.state} with neither a ticket nor a reason")
    return Promise("every accepted message has an effect", len(spool), tuple(broken))


def _once(outbox: Sequence[OutboxLine]) -> Promise:
    keys = Counter(row.key for row in outbox if row.kind != "show")
    broken = [f"outbox key {key} stands {n} times" for key, n in keys.items() if n > 1]
    return Promise("nothing is told twice", len(outbox), tuple(broken))


def _in_order(outbox: Sequence[OutboxLine]) -> Promise:
    """Per ticket and address no row was sent while an older one still waits untried."""
    lines: dict[tuple[int, str, str], list[OutboxLine]] = defaultdict(list)
    for row in outbox:
        lines[(row.ticket, row.channel, row.place)].append(row)
    broken = []
    for line in lines.values():
        line.sort(key=lambda row: row.id)
        waiting: OutboxLine | None = None
        for row in line:
            if row.state == "sent" and waiting is not None:
                broken.append(f"outbox row {row.id} was sent before row {waiting.id}")
            # A row that was tried may have been dead and revived by an operator: then later ones went on.
            if (
                row.state in ("waiting", "sending")
                and row.last_error is None
                and row.kind != "show"
            ):
                waiting = waiting or row
    return Promise("effects go out in order", len(outbox), tuple(broken))


async def _histories(storage: Storage) -> tuple[Promise, set[int]]:
    broken: list[str] = []
    numbers: set[int] = set()
    async for ticket in open_tickets(storage.views, everything=True):
        numbers.add(ticket.number)
        file = await storage.views.ticket_file(DEFAULT, ticket.number)
        if file is None:
            broken.append(f"{ticket.id} is listed and cannot be shown")
            continue
        broken += [f"{ticket.id} {what}" for what in _replayed(file)]
    return Promise("history replays to the state", len(numbers), tuple(broken)), numbers


def _replayed(file: TicketFile) -> Iterator[str]:
    stored = file.line.ticket
    if [entry.seq for entry in file.history] != list(range(1, stored.version + 1)):
        yield f"has gaps in its history of {stored.version} entries"
        return
    replayed = lifecycle.replay(stored.workspace, stored.number, file.history)
    for name in _differences(stored, replayed):
        yield f"has another {name} than its history tells"


def _differences(stored: Ticket, replayed: Ticket) -> list[str]:
    return [
        name
        for name in Ticket.__dataclass_fields__
        if getattr(stored, name) != getattr(replayed, name)
    ]


async def _files(storage: Storage, numbers: set[int]) -> Promise:
    broken: list[str] = []
    count = 0
    for number in sorted(numbers):
        line = await storage.views.ticket(DEFAULT, number)
        kept = [a for a in line.attachments if a.sha256] if line else []
        count += len(kept)
        gone = [a.name for a in kept if not await _is_there(storage.files, a.sha256 or "")]
        broken += [f"T-{number}: the file {name} is gone" for name in gone]
    return Promise("every attachment is kept", count, tuple(broken))


async def _is_there(files: Files, sha256: str) -> bool:
    try:
        await files.read(sha256)
    except OSError:
        return False
    return True

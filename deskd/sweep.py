"""Are the timer rows what the tickets' state says? Missing ones are set again, left-over ones dropped, both counted.

Rows and state are written in one transaction, so this finds nothing unless something is broken: a bug, a row
deleted by hand, a restored backup.
"""

import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from engine import sla
from engine.model import DEFAULT, Ticket, Timer, ticket_id
from engine.ports import Change, Store, Timers, Transaction, Views
from engine.views import TicketFilter

log = logging.getLogger("deskd.deskd.sweep")

PAGE: Final = 200
"""Tickets looked at between two turns of the loop: a few milliseconds."""
TIMERS_MAX: Final = 100_000
"""Rows compared at once, some 30,000 open tickets; beyond that the sweep says so and compares what it has."""
FAR: Final = datetime(9999, 1, 1, tzinfo=UTC)
SETTLED_AFTER: Final = timedelta(seconds=30)
"""A ticket that changed since then may differ because its rows were read a moment earlier."""


@dataclass(frozen=True, slots=True)
class Drift:
    missing: tuple[Timer, ...] = ()
    left_over: tuple[Timer, ...] = ()

    @property
    def count(self) -> int:
        return len(self.missing) + len(self.left_over)


@dataclass(frozen=True, slots=True)
class Sweep:
    store: Store
    timers: Timers
    views: Views

    async def look(self, *, now: datetime) -> Drift:
        rows = await self.timers.due(now=FAR, limit=TIMERS_MAX)
        if len(rows) == TIMERS_MAX:
            log.warning("more timers than one sweep compares", extra={"compared": TIMERS_MAX})
        have = {timer for workspace, timer in rows if workspace == DEFAULT}
        wanted: set[Timer] = set()
        young: set[int] = set()
        async for ticket in open_tickets(self.views):
            wanted |= sla.timers(ticket)
            if now - ticket.updated_at < SETTLED_AFTER:
                young.add(ticket.number)
        missing = [timer for timer in wanted - have if timer.ticket not in young]
        left_over = [timer for timer in have - wanted if timer.ticket not in young]
        if len(rows) == TIMERS_MAX:
            # What was not read is not known to be missing.
            last = rows[-1][1].due_at
            missing = [timer for timer in missing if timer.due_at < last]
        return Drift(tuple(_in_order(missing)), tuple(_in_order(left_over)))

    async def mend(self, drift: Drift) -> Drift:
        """Each ticket looked at again in its own transaction; what was really wrong."""
        missing = [t for t in drift.missing if await self.store.run(DEFAULT, _set_again(t))]
        left_over = [t for t in drift.left_over if await self.store.run(DEFAULT, _unwanted(t))]
        for timer in left_over:
            await self.timers.drop(DEFAULT, timer)
        for timer in missing:
            log.error("a timer was missing; it is set again", extra=_facts(timer))
        for timer in left_over:
            log.warning("a timer was left over; it is dropped", extra=_facts(timer))
        return Drift(tuple(missing), tuple(left_over))


async def open_tickets(views: Views) -> AsyncIterator[Ticket]:
    """Newest first, page by page."""
    before = None
    while True:
        wanted = TicketFilter(limit=PAGE, before=before)
        page = await views.tickets(DEFAULT, wanted)
        for line in page:
            yield line.ticket
        if len(page) < PAGE:
            return
        before = page[-1].ticket.number


def _set_again(timer: Timer) -> Callable[[Transaction], bool]:
    def work(transaction: Transaction) -> bool:
        ticket = transaction.ticket(timer.ticket)
        if ticket is None or timer not in sla.timers(ticket):
            return False
        transaction.record(Change(ticket, ticket, (), timers_set=(timer,)))
        return True

    return work


def _unwanted(timer: Timer) -> Callable[[Transaction], bool]:
    def work(transaction: Transaction) -> bool:
        ticket = transaction.ticket(timer.ticket)
        return ticket is None or timer not in sla.timers(ticket)

    return work


def _in_order(timers: list[Timer]) -> list[Timer]:
    return sorted(timers, key=lambda timer: (timer.due_at, timer.ticket, timer.kind))


def _facts(timer: Timer) -> dict[str, str]:
    return {
        "ticket": ticket_id(timer.ticket),
        "timer": timer.kind.value,
        "due_at": timer.due_at.isoformat(),
    }

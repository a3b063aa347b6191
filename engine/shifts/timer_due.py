"""A timer is due: what it means for its ticket or presence is decided and recorded."""

from datetime import datetime
from typing import assert_never

from engine.desk import rule_changes, step
from engine.desk.step import Step
from engine.ports.store import Transaction
from engine.promises import sla
from engine.promises.timer_rings import rung
from engine.shifts import shifts
from engine.tickets.promise_clock import StreamKind, Timer


def ring(transaction: Transaction, timer: Timer, at: datetime) -> bool:
    """False: it is not wanted any more, or there is nothing left to do for it."""
    match timer.stream.kind:
        case StreamKind.TICKET:
            return _ring_ticket(transaction, timer, at)
        case StreamKind.PERSON:
            return shifts.lapse(transaction, timer, at)
        case _ as never:
            assert_never(never)


def _ring_ticket(transaction: Transaction, timer: Timer, at: datetime) -> bool:
    ticket = transaction.ticket(timer.stream.number)
    if ticket is None or timer not in sla.timers(ticket) or timer.due_at > at:
        return False
    # A calendar edited a moment ago may have moved it: nothing breaks by hours that hold no more.
    now = rule_changes.reckoned(transaction, ticket, at)
    if timer not in sla.timers(now):
        return True
    here = step.context(transaction, now, at, "timer")
    events = rung(timer, here)
    if events:
        step.record(transaction, here, Step(events))
    return bool(events)

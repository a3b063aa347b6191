"""A timer is due: what it means for its ticket is recorded."""

from datetime import datetime

from engine.desk import rule_changes, step
from engine.desk.step import Step
from engine.ports.store import Transaction
from engine.promises import sla
from engine.promises.due import rung
from engine.tickets.promise_clock import Timer


def ring(transaction: Transaction, timer: Timer, at: datetime) -> bool:
    """False: the ticket no longer wants this timer, or has nothing left to do for it."""
    ticket = transaction.ticket(timer.ticket)
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

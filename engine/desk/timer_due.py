"""A timer is due: what it means for its ticket is recorded."""

from datetime import datetime

from engine.desk import rule_changes, step
from engine.desk.step import DoneBy, Step
from engine.ports.store import Transaction
from engine.promises import sla
from engine.promises.due import rung
from engine.promises.follow_up import StepContext
from engine.tickets.promise_clock import Timer


def ring(transaction: Transaction, timer: Timer, at: datetime) -> bool:
    """False: the ticket no longer wants this timer, or has nothing left to do for it."""
    ticket = transaction.ticket(timer.ticket)
    if ticket is None or timer not in sla.timers(ticket) or timer.due_at > at:
        return False
    # A calendar edited a moment ago may have moved it: nothing breaks by hours that are no longer in force.
    now = rule_changes.reckoned(transaction, ticket, at)
    if timer not in sla.timers(now):
        return True
    hand = DoneBy(None, "timer", at)

    def around() -> StepContext:
        return step.around(transaction, now, step.team_of(transaction, now), hand)

    events = rung(now, timer, around)
    if events:
        step.record(transaction, now, Step(events), hand)
    return bool(events)

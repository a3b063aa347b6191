"""A timer is due: what it means for its ticket as the ticket is now."""

from datetime import datetime

from engine import escalation, lifecycle, sla, step
from engine.consequences import situation
from engine.events import Event, Reminded
from engine.model import Ticket
from engine.ports import Transaction
from engine.promises import Timer, TimerKind
from engine.step import Hand, Step


def ring(transaction: Transaction, timer: Timer, at: datetime) -> bool:
    """False: the ticket no longer wants this timer, or has nothing left to do for it."""
    ticket = transaction.ticket(timer.ticket)
    if ticket is None or timer not in sla.timers(ticket) or timer.due_at > at:
        return False
    hand = Hand(None, "timer", at)
    events = _events(transaction, ticket, timer, hand)
    if events:
        step.record(transaction, ticket, Step(events), hand)
    return bool(events)


def _events(transaction: Transaction, ticket: Ticket, timer: Timer, hand: Hand) -> list[Event]:
    match timer.kind:
        case TimerKind.AUTO_CLOSE:
            return lifecycle.expire(ticket)
        case TimerKind.PENDING_REMIND:
            return [Reminded()]
        case TimerKind.PENDING_RESOLVE:
            return lifecycle.give_up(ticket)
        case _:
            around = step.around(transaction, ticket, step.team_of(transaction, ticket), hand)
            now = situation(ticket, around)
            if timer.kind is TimerKind.ACK_BREACH:
                return escalation.ring(ticket, timer, now, around.climb)
            return sla.ring(ticket, timer, now)

"""What people above the agents do, and what a change of rules does to open tickets. Functions of a Transaction."""

from collections.abc import Callable
from datetime import datetime

from engine import access, directory, escalation, sla, step
from engine.access import Right
from engine.consequences import situation
from engine.errors import Refused
from engine.events import Noted, PolicyApplied
from engine.model import Note, Request, Ticket
from engine.ports import Transaction
from engine.step import Acting, Given, Hand, Step


def escalate(transaction: Transaction, acting: Acting, note: Callable[[Acting], Note]) -> Step:
    words = note(acting)
    hand = Hand(acting.person, words.via, acting.at)
    around = step.around(transaction, acting.ticket, acting.team, hand)
    now = situation(acting.ticket, around)
    level = acting.ticket.escalation_level + 1
    paged = escalation.page(level, "manual", now, around.climb, words.id)
    return Step([Noted(words.id), *paged], words)


def recount(transaction: Transaction, limit: int, at: datetime) -> int:
    """Up to `limit` tickets with clocks that were reckoned by an older edition of their calendar."""
    counted = 0
    for id, (version, _) in transaction.rules().calendars.items():
        for number in transaction.tickets_by_calendar(id, not_version=version, limit=limit):
            _recount(transaction, number, at)
            counted += 1
    return counted


def _recount(transaction: Transaction, number: int, at: datetime) -> None:
    ticket = transaction.ticket(number)
    if ticket is None:
        return
    hand = Hand(None, "calendar", at)
    around = step.around(transaction, ticket, step.team_of(transaction, ticket), hand)
    events = sla.recount(ticket.clocks, situation(ticket, around), why="calendar")
    if events:
        step.record(transaction, ticket, Step(events), hand)


def apply_policies(transaction: Transaction, request: Request, given: Given) -> Ticket:
    person = directory.identify(transaction, request.by, given.ids, given.at)
    ticket = transaction.ticket(request.ticket)
    if ticket is None:
        raise Refused("absent", ticket=f"T-{request.ticket}")
    access.authorize(person, Right.CONFIGURE, ticket, step.team_of(transaction, ticket))
    hand = Hand(person, request.by.via, given.at)
    return step.record(transaction, ticket, Step([PolicyApplied(given.at)]), hand)

"""Escalate by hand, acknowledge, end an escalation. Functions of a Transaction."""

from collections.abc import Callable

from engine.desk import step
from engine.desk.step import Authorised, Step
from engine.ports.store import Transaction
from engine.promises import escalation
from engine.tickets import lifecycle
from engine.tickets.actions import Action
from engine.tickets.errors import Refused
from engine.tickets.events import Acknowledged, Entry, Noted
from engine.tickets.message import Note
from engine.tickets.ticket import Ticket


def escalate(
    transaction: Transaction, acting: Authorised, note: Callable[[Authorised], Note]
) -> Step:
    lifecycle.destination(acting.ticket, Action.ESCALATE)
    words = note(acting)
    here = step.context(transaction, acting.ticket, acting.at, words.via).by(acting.person)
    level = acting.ticket.escalation_level + 1
    paged = escalation.page(level, "manual", here, words.id)
    return Step([Noted(words.id), *paged], words)


def acknowledge(transaction: Transaction, acting: Authorised) -> Step:
    """A second click changes nothing; somebody else's is told who has it."""
    ticket = acting.ticket
    events = lifecycle.acknowledge(ticket)
    if not events:
        had = last_acknowledgement(transaction, ticket)
        if had is not None and had.actor != acting.person.id:
            raise has_it(transaction, ticket, had)
    return Step(events)


def last_acknowledgement(transaction: Transaction, ticket: Ticket) -> Entry | None:
    history = reversed(transaction.history(ticket.number))
    return next((entry for entry in history if isinstance(entry.event, Acknowledged)), None)


def has_it(transaction: Transaction, ticket: Ticket, had: Entry) -> Refused:
    person = transaction.person(had.actor) if had.actor else None
    return Refused("has_it", ticket=ticket.id, by=person.name if person else "")

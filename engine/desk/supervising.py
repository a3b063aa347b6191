"""Escalate by hand, acknowledge, end an escalation, put aside. Functions of a Transaction."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from engine.calendars import instants
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

SNOOZE_MAX: Final = timedelta(days=366)
"""What is to be looked at in more than a year is not put aside, it is forgotten."""
_OFF: Final = frozenset({"off", "end", "stop"})


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


def snooze(transaction: Transaction, acting: Authorised, until: str) -> Step:
    """In the agent's zone, else the workspace's; business days on the team's calendar."""
    ticket = acting.ticket
    if until.strip().casefold() in _OFF:
        return Step(lifecycle.unsnooze(ticket))
    zone = acting.person.timezone or transaction.settings().timezone
    calendar = transaction.rules().calendar(acting.team.calendar)[1]
    try:
        at = instants.read(until, acting.at, zone, calendar)
    except ValueError:
        raise Refused("bad_instant", text=until) from None
    if at <= acting.at:
        raise Refused("past_instant", text=until)
    if at > acting.at + SNOOZE_MAX:
        raise Refused("far_instant", text=until, days=SNOOZE_MAX.days)
    return Step(lifecycle.snooze(ticket, until=at))

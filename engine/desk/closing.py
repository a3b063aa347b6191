"""Closing an unresolved ticket, with a reason; closing what is not a request, in silence; and undoing it."""

from collections.abc import Callable

from engine.desk.step import Authorised, Step
from engine.ports.store import Transaction
from engine.tickets import join_or_open, lifecycle
from engine.tickets.actions import Action
from engine.tickets.errors import Refused
from engine.tickets.events import Moved
from engine.tickets.message import Comment, Note
from engine.tickets.people import PersonId
from engine.tickets.ticket import Phase, State, Ticket


def close(acting: Authorised, note: Callable[[], Note] | None) -> Step:
    """Whoever asked for it withdraws it, or says that it is solved; anybody else says why it stays unsolved."""
    ticket = acting.ticket
    explains = acting.person.id != ticket.requester and ticket.state.phase is not Phase.DONE
    lifecycle.destination(ticket, Action.CLOSE)
    if note is None and explains:
        raise Refused("empty_text", action=Action.CLOSE.value)
    words = note() if note else None
    return Step(lifecycle.close(ticket, message=words.id if words else None), words)


def reopen(transaction: Transaction, acting: Authorised, words: Comment | None) -> Step:
    """Also the way back from "not a request", for as long as a requester has."""
    ticket = acting.ticket
    own = acting.person.id == ticket.requester
    undone = was_no_request(transaction, ticket)
    if (own or undone) and join_or_open.is_too_late(ticket, acting.at):
        raise Refused("too_late", ticket=ticket.id, days=join_or_open.REOPEN_WITHIN.days)
    message = words.id if words else None
    events = lifecycle.reopen(ticket, message=message, by_agent=not own, undone=undone)
    return Step(events, words)


def was_no_request(transaction: Transaction, ticket: Ticket) -> bool:
    """Whether it was closed as "not a request", and still is."""
    if ticket.state is not State.CLOSED:
        return False
    history = reversed(transaction.history(ticket.number))
    moved = (entry.event for entry in history if isinstance(entry.event, Moved))
    return next(moved).why == Action.NOT_A_REQUEST


def wakes_nobody(transaction: Transaction, ticket: Ticket, who: PersonId) -> bool:
    """Words of whoever sent what was no request; others, whose tickets were merged into it, asked for something."""
    return who == ticket.requester and was_no_request(transaction, ticket)

"""May this person, asked inside a transaction: it knows who was paged, and whose names a refusal can give."""

from dataclasses import dataclass
from datetime import datetime

from engine.desk import directory
from engine.ports.clock import Ids
from engine.ports.store import Transaction
from engine.tickets import access, actions, lifecycle
from engine.tickets.access import About, Right
from engine.tickets.actions import Action
from engine.tickets.errors import Refused
from engine.tickets.message import Request
from engine.tickets.people import Person, Team
from engine.tickets.ticket import Ticket, ticket_id


def about(
    transaction: Transaction, person: Person, ticket: Ticket, team: Team, at: datetime
) -> About:
    """What a right over a ticket depends on, besides who it is."""
    plain = access.about_ticket(ticket, team)
    if access.may(person, Right.READ, plain) or not access.is_called(ticket, at):
        return plain
    called = transaction.was_paged(ticket.number, person.id)
    return access.about_ticket(ticket, team, called=called)


def authorize(
    transaction: Transaction, person: Person, right: Right, ticket: Ticket, at: datetime
) -> About:
    """Raises Refused: "absent" to those who may not know of it, else who can."""
    found = about(transaction, person, ticket, _team(transaction, ticket), at)
    check(transaction, person, right, found)
    return found


def check(transaction: Transaction, person: Person, right: Right, about: About) -> None:
    """As authorize, for a ticket, a team or the workspace."""
    if not access.may(person, right, about):
        access.authorize(person, right, about, transaction.agents())


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a face may offer to whom."""

    person: Person
    actions: frozenset[Action]
    reads_notes: bool


def allowed(transaction: Transaction, request: Request, ids: Ids, at: datetime) -> Allowed:
    """Raises Refused("absent") to those who may not know of the ticket."""
    person, ticket = look_up(transaction, request, ids, at)
    team = _team(transaction, ticket)
    found = about(transaction, person, ticket, team, at)
    if not access.sees(person, found):
        raise Refused("absent", ticket=ticket.id)
    reads = access.may(person, Right.READ, found)
    return Allowed(person, actions.allowed(person, found), reads)


def could(
    transaction: Transaction, request: Request, action: Action, ids: Ids, at: datetime
) -> None:
    """Raises what doing it would raise, before anything was filled in."""
    person, ticket = look_up(transaction, request, ids, at)
    authorize(transaction, person, actions.right_for(action, person, ticket), ticket, at)
    lifecycle.destination(ticket, action)


def look_up(
    transaction: Transaction, request: Request, ids: Ids, at: datetime
) -> tuple[Person, Ticket]:
    """Who asks, and the ticket, which they may not know of yet. Raises Refused("absent") when there is none."""
    person = directory.identify(transaction, request.by, ids, at)
    ticket = transaction.ticket(request.ticket)
    if ticket is None:
        raise Refused("absent", ticket=ticket_id(request.ticket))
    return person, ticket


def _team(transaction: Transaction, ticket: Ticket) -> Team:
    team = transaction.team(ticket.team)
    assert team is not None, ticket.team  # a foreign key holds it
    return team

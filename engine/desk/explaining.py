"""Why a ticket was late: the full story for people who work on it, the short form for the requester."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from engine.desk import permission, step
from engine.desk.step import Now
from engine.explain.explain import explain
from engine.explain.told import ExplainReader, ToldExplanation
from engine.explain.told import told as as_told
from engine.ports.store import Transaction
from engine.tickets import access
from engine.tickets.access import Right
from engine.tickets.errors import Refused
from engine.tickets.events import Assigned, Entry, Paged
from engine.tickets.message import Request
from engine.tickets.people import PersonId
from engine.tickets.ticket import Ticket, ticket_id


def asked(transaction: Transaction, request: Request, given: Now) -> ToldExplanation:
    """By a person, in their time zone. Raises Refused."""
    person, ticket = permission.look_up(transaction, request, given.ids, given.at)
    team = step.team_of(transaction, ticket)
    about = permission.about(transaction, person, ticket, team, given.at)
    short = not access.may(person, Right.READ, about)
    if short:
        permission.check(transaction, person, Right.READ_OWN, about)
    return _told(transaction, ticket, given.at, ExplainReader(person.timezone or "", short=short))


def told(
    transaction: Transaction, number: int, *, at: datetime, timezone: str = ""
) -> ToldExplanation:
    """To whoever may run commands on this machine; "": in the workspace's time zone. Raises Refused."""
    return _told(transaction, _found(transaction, number), at, ExplainReader(timezone))


def _found(transaction: Transaction, number: int) -> Ticket:
    ticket = transaction.ticket(number)
    if ticket is None:
        raise Refused("absent", ticket=ticket_id(number))
    return ticket


def _told(
    transaction: Transaction, ticket: Ticket, at: datetime, reader: ExplainReader
) -> ToldExplanation:
    entries = transaction.history(ticket.number)
    rules, team = transaction.rules(), step.team_of(transaction, ticket)
    knowing = replace(
        reader,
        timezone=reader.timezone or rules.workspace.timezone,
        people={} if reader.short else dict(_names(transaction, entries)),
        levels=[level.called for level in rules.ladder(team, ticket.rules).levels],
        team=team.name,
    )
    return as_told(explain(ticket, entries, transaction.almanac(), at), knowing)


def _names(transaction: Transaction, entries: Iterable[Entry]) -> Iterator[tuple[str, str]]:
    """Of everybody the explanation may name."""
    for id in sorted({id for entry in entries for id in _named(entry)}):
        person = transaction.person(PersonId(id))
        if person is not None:
            yield id, person.name


def _named(entry: Entry) -> Iterator[str]:
    if entry.actor is not None:
        yield entry.actor
    if isinstance(entry.event, Assigned):
        yield entry.event.to
    elif isinstance(entry.event, Paged):
        yield from entry.event.people

"""The rows of a list: what one line of it says, and no more. Cards, which say more, are read by ticket_views."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, select

from engine.ports.views import TicketLine
from engine.tickets.people import Person
from storage.sql.schema import people, tickets
from storage.sql.schema_streams import clocks, of_tickets
from storage.tickets import directory, rows
from storage.tickets.rows import AnyRow
from storage.views.list_readers import Reader

_TICKETS: Final[Select[Any]] = select(tickets).where(
    tickets.c.workspace == bindparam("workspace"),
    tickets.c.number.in_(bindparam("numbers", expanding=True)),
)
_RUNNING: Final[Select[Any]] = (
    select(clocks)
    .where(
        clocks.c.workspace == bindparam("workspace"),
        of_tickets(clocks),
        clocks.c.stream_id.in_(bindparam("streams", expanding=True)),
        clocks.c.running_since.is_not(None),
    )
    .order_by(clocks.c.position)
)
_PEOPLE: Final[Select[Any]] = directory.WHOLE_PERSON.where(
    people.c.workspace == bindparam("workspace"),
    people.c.id.in_(bindparam("people", expanding=True)),
)


def lines_by_key(
    connection: Connection, reader: Reader, numbers: Sequence[int]
) -> Sequence[TicketLine]:
    """In that order. Of clocks only those that run: a line says when its ticket is due."""
    if not numbers:
        return ()
    mine = {"workspace": reader.workspace}
    found = connection.execute(_TICKETS, mine | {"numbers": numbers}).all()
    running = _running(connection, mine, found)
    known = _people(connection, mine, found)
    teams = {team.id: team for team in reader.teams}
    by_number = {row.number: row for row in found}

    def line(row: AnyRow) -> TicketLine:
        ticket = rows.ticket(row, map(rows.clock, running.get(row.number, ())))
        assignee = known[ticket.assignee] if ticket.assignee else None
        return TicketLine(ticket, known[ticket.requester], assignee, teams[ticket.team])

    return [line(by_number[number]) for number in numbers]


def _running(
    connection: Connection, mine: rows.Values, found: Iterable[AnyRow]
) -> Mapping[int, Sequence[AnyRow]]:
    due = [str(row.number) for row in found if row.due_at is not None]
    return rows.by_number(connection.execute(_RUNNING, mine | {"streams": due})) if due else {}


def _people(
    connection: Connection, mine: rows.Values, found: Iterable[AnyRow]
) -> Mapping[str, Person]:
    ids = {id for row in found for id in (row.requester, row.assignee) if id is not None}
    named = connection.execute(_PEOPLE, mine | {"people": sorted(ids)})
    return {person.id: person for person in directory.people_of(named)}

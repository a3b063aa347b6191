"""What the works of a batch will ask about their tickets, read together: one statement for each kind of thing.

The statements have room for `size` tickets each, so that every batch sends the same text; room that is not needed
is filled with repetitions.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import cycle, islice
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, bindparam, select

from engine.tickets.message import Audience
from engine.tickets.people import Address, Person, PersonId, WorkspaceId
from engine.tickets.ticket import Ticket
from storage.sql.schema import (
    participants,
    people,
)
from storage.sql.schema_streams import clocks, of_tickets
from storage.tickets import directory, rows
from storage.tickets.rows import AnyRow


@dataclass(frozen=True, slots=True)
class ReadAhead:
    tickets: dict[int, Ticket] = field(default_factory=dict)
    audiences: dict[int, Audience] = field(default_factory=dict)
    people: dict[PersonId, Person] = field(default_factory=dict)
    """Requesters and assignees."""

    def forget(self, number: int) -> None:
        """It was changed since."""
        self.tickets.pop(number, None)
        self.audiences.pop(number, None)


def read(
    connection: Connection, workspace: WorkspaceId, found: Sequence[AnyRow], *, size: int
) -> ReadAhead:
    """`found`: rows of at most `size` tickets that are locked already."""
    wanted = {"workspace": workspace} | _given("n", [row.number for row in found], size)
    streams = _given("s", [str(row.number) for row in found], size)
    running = rows.by_number(connection.execute(_clocks(size), {"workspace": workspace} | streams))
    following = _by_ticket(connection.execute(_participants(size), wanted))
    named = [id for row in found for id in (row.requester, row.assignee) if id is not None]
    asked = {"workspace": workspace} | _given("p", named, 2 * size)
    named_people = directory.people_of(connection.execute(_people(size), asked))
    return ReadAhead(
        {row.number: rows.ticket(row, map(rows.clock, running[row.number])) for row in found},
        {row.number: audience_of(following[row.number]) for row in found},
        {person.id: person for person in named_people},
    )


def audience_of(participants: Iterable[AnyRow]) -> Audience:
    """Of rows in their positions."""
    by_role: dict[str, list[Address]] = {}
    for row in participants:
        by_role.setdefault(row.role, []).append(Address(row.channel, row.place))
    return Audience(
        requester=next(iter(by_role.get("requester", ())), None),
        copied=tuple(by_role.get("copied", ())),
        team=next(iter(by_role.get("team", ())), None),
    )


def _by_ticket(found: Iterable[AnyRow]) -> Mapping[int, Sequence[AnyRow]]:
    grouped: defaultdict[int, list[AnyRow]] = defaultdict(list)
    for row in found:
        grouped[row.ticket].append(row)
    return grouped


@cache
def _clocks(size: int) -> Select[Any]:
    mine = clocks.c.workspace == bindparam("workspace"), clocks.c.stream_id.in_(_room("s", size))
    return select(clocks).where(*mine, of_tickets(clocks)).order_by(clocks.c.position)


@cache
def _participants(size: int) -> Select[Any]:
    mine = (
        participants.c.workspace == bindparam("workspace"),
        participants.c.ticket.in_(_room("n", size)),
    )
    return select(participants).where(*mine).order_by(participants.c.position)


@cache
def _people(size: int) -> Select[Any]:
    mine = people.c.workspace == bindparam("workspace"), people.c.id.in_(_room("p", 2 * size))
    return directory.WHOLE_PERSON.where(*mine)


def _room(name: str, size: int) -> list[BindParameter[Any]]:
    return [bindparam(f"{name}{index}") for index in range(size)]


def _given(name: str, values: Sequence[object], size: int) -> dict[str, Any]:
    return {f"{name}{index}": value for index, value in enumerate(islice(cycle(values), size))}

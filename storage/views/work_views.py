"""engine.ports.duty_store.WorkViews: what one person has to do, and which teams have tickets to assign."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    TextClause,
    and_,
    false,
    func,
    or_,
    select,
    text,
    true,
)

from engine.lists.asking import NOBODY, Asked, Sort, Span, TicketFilter, Whose
from engine.ports.views import OwnWork, TicketLine
from engine.tickets.message import Reference
from engine.tickets.people import Address, Person, TeamId, WorkspaceId
from storage.sql.readers import Readers
from storage.sql.schema import (
    OPEN,
    UNASSIGNED,
    memberships,
    teams,
    tickets,
)
from storage.sql.schema_rules import presences, rotations
from storage.sql.schema_streams import of_tickets, outside_references
from storage.tickets.duty_rows import HELD_STATES
from storage.tickets.rows import by_number, reference
from storage.views.list_conditions import WAITING_STATES
from storage.views.list_readers import Reader, reader_of
from storage.views.ticket_lists import page_for

# Rows of each kind on a tab of at most 100 blocks, most of which nobody scrolls to.
MINE_MAX: Final = 15
WAITING_MAX: Final = 5
DUE_MAX: Final = 5
ASKED_MAX: Final = 10

_HELD: Final = tuple(state.value for state in HELD_STATES)
# Nothing below asks what is late, only in which order it is due.
_ANY_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DUE_EVER: Final = Span(since=_ANY_TIME)

Condition = ColumnElement[bool] | TextClause

_PRESENT: Final = (
    select(presences.c.person)
    .join(
        memberships,
        (memberships.c.workspace == presences.c.workspace)
        & (memberships.c.person == presences.c.person),
    )
    .where(
        presences.c.workspace == teams.c.workspace,
        memberships.c.team == teams.c.id,
        presences.c.started_at.is_not(None),
    )
    .exists()
)
_PLANNED: Final = (
    select(rotations.c.id)
    .where(rotations.c.workspace == teams.c.workspace, rotations.c.retired_at.is_(None))
    .exists()
)
_STAFFED: Final = (
    select(teams.c.workspace, teams.c.id)
    .where(teams.c.strategy != "manual", or_(teams.c.on_shift != "shifts", _PRESENT, _PLANNED))
    .order_by(teams.c.workspace, teams.c.id)
)
_WAITING: Final = (
    select(tickets.c.number)
    .where(
        tickets.c.workspace == teams.c.workspace,
        tickets.c.team == teams.c.id,
        tickets.c.snoozed_until.is_(None),
        text(UNASSIGNED),
    )
    .exists()
)
_STAFFED_AND_WAITING: Final = _STAFFED.where(_WAITING)


class SqlWorkViews:
    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    async def own_work(self, workspace: WorkspaceId, person: Person) -> OwnWork:
        async with self._readers.open() as read:
            return await read.run_sync(_own_work, workspace, person)

    async def staffed_teams(self, *, waiting: bool) -> Sequence[tuple[WorkspaceId, TeamId]]:
        wanted = _STAFFED_AND_WAITING if waiting else _STAFFED
        async with self._readers.open() as read:
            found = await read.execute(wanted)
            return [(WorkspaceId(row.workspace), TeamId(row.id)) for row in found]


def _own_work(connection: Connection, workspace: WorkspaceId, person: Person) -> OwnWork:
    reader = reader_of(connection, workspace, person)

    def lines(most: int, wanted: TicketFilter, sort: Sort = Sort.DUE) -> Sequence[TicketLine]:
        return page_for(connection, reader, Asked(wanted, sort, limit=most), _ANY_TIME).lines

    def count(*those: Condition) -> int:
        chosen = select(func.count()).select_from(tickets)
        return connection.execute(
            chosen.where(tickets.c.workspace == workspace, text(OPEN), *those)
        ).scalar_one()

    mine = (tickets.c.assignee == person.id, tickets.c.state.in_(HELD_STATES))
    teams_of = tuple(sorted(person.teams))
    of_teams = TicketFilter(teams=teams_of, statuses=_HELD) if teams_of else None
    held = TicketFilter(whose=Whose.HELD, statuses=_HELD, snoozed=False)
    own = [*lines(MINE_MAX, held)]
    if len(own) < MINE_MAX:  # what is put aside comes after what is not
        own += lines(MINE_MAX - len(own), replace(held, snoozed=True))
    work = OwnWork(
        mine=tuple(own),
        mine_count=count(*mine, _may_read(reader)),
        asked=tuple(lines(ASKED_MAX, TicketFilter(whose=Whose.ASKED), Sort.CREATED)),
    )
    if of_teams is not None:
        waits = replace(of_teams, statuses=WAITING_STATES, assignees=(NOBODY,), snoozed=False)
        others = replace(of_teams, whose=Whose.OTHERS, due=_DUE_EVER)
        work = replace(
            work,
            waiting=tuple(lines(WAITING_MAX, waits)),
            waiting_count=count(
                _may_read(reader),
                tickets.c.team.in_(teams_of),
                tickets.c.snoozed_until.is_(None),
                text(UNASSIGNED),
            ),
            due_next=tuple(lines(DUE_MAX, others)),
        )
    shown = (*work.mine, *work.waiting, *work.due_next)
    return replace(work, cards=_cards(connection, workspace, shown))


def _cards(
    connection: Connection, workspace: WorkspaceId, shown: Sequence[TicketLine]
) -> Mapping[int, Reference]:
    """Each in its team's channel: one that moved has others elsewhere."""
    chosen = select(outside_references).where(
        outside_references.c.workspace == workspace,
        of_tickets(outside_references),
        outside_references.c.stream_id.in_([line.ticket.stream.id for line in shown]),
        outside_references.c.channel == "slack",
        outside_references.c.kind == "card",
    )
    channels = {line.ticket.number: line.team.place for line in shown}
    found = by_number(connection.execute(chosen.order_by(outside_references.c.id)))
    return {
        number: reference(row)
        for number, cards in found.items()
        for row in cards
        if Address(row.channel, row.place) == channels[number]
    }


def _may_read(reader: Reader) -> ColumnElement[bool]:
    """A count holds what its list does: as engine.lists.reading.may_read."""
    rights = reader.rights
    if rights.everything or rights.nothing:
        return true() if rights.everything else false()
    theirs = or_(
        ~tickets.c.private,
        tickets.c.assignee == rights.person,
        tickets.c.team.in_(sorted(rights.private)),
    )
    return or_(
        tickets.c.requester == rights.person,
        and_(tickets.c.team.in_(sorted(rights.teams)), theirs),
    )

"""Tickets as a report counts them: whatever is not closed, and what was closed since an instant. Page by page."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import Connection, Select, and_, literal, select, text, tuple_

from engine.reports.facts import PageFacts, TicketFacts
from engine.tickets.actions import Action
from engine.tickets.people import PersonId, TeamId, WorkspaceId
from engine.tickets.promise_clock import PromiseClock
from engine.tickets.ticket import Priority, State
from storage.sql.columns import Instant
from storage.sql.schema import OPEN, people, teams, tickets
from storage.sql.schema_rules import escalations
from storage.sql.schema_streams import clocks, events, of_tickets
from storage.tickets import rows
from storage.tickets.rows import AnyRow

PAGE: Final = 250
"""Tickets read at once: three statements, and some 30 ms in which nothing else is done."""
FACTS_MAX: Final = 200_000
"""More do not fit one report; LookupError says so, since figures of a part would be wrong."""

_OPEN: Final = text(f"tickets.{OPEN}")
_ORDER: Final = (tickets.c.closed_at, tickets.c.number)


class PageOf(Protocol):
    def __call__(
        self, connection: Connection, workspace: WorkspaceId, after: TicketFacts | None, /
    ) -> Sequence[TicketFacts]:
        """Those beyond `after`, the last of the page before; empty at the end."""
        ...


def check(count: int) -> None:
    if count > FACTS_MAX:
        raise LookupError(f"more than {FACTS_MAX} tickets: a shorter period has fewer")


def open_page(
    connection: Connection, workspace: WorkspaceId, after: TicketFacts | None
) -> Sequence[TicketFacts]:
    """Not closed, by number."""
    chosen = _tickets(workspace).where(_OPEN, tickets.c.number > (after.number if after else 0))
    return _facts(connection, workspace, chosen.order_by(tickets.c.number).limit(PAGE))


def closed_page(
    connection: Connection,
    workspace: WorkspaceId,
    after: TicketFacts | None,
    *,
    since: datetime,
) -> Sequence[TicketFacts]:
    """Closed at `since` or later, in the order in which they were closed."""
    chosen = _tickets(workspace).where(tickets.c.closed_at >= since)
    if after is not None:
        place = literal(after.closed_at, Instant), literal(after.number)
        chosen = chosen.where(tuple_(*_ORDER) > tuple_(*place))
    return _facts(connection, workspace, chosen.order_by(*_ORDER).limit(PAGE))


def _tickets(workspace: WorkspaceId) -> Select[*tuple[Any, ...]]:
    answers = and_(teams.c.workspace == tickets.c.workspace, teams.c.id == tickets.c.team)
    has_it = and_(people.c.workspace == tickets.c.workspace, people.c.id == tickets.c.assignee)
    names = teams.c.name.label("team_name"), teams.c.department, people.c.name.label("agent")
    return (
        select(tickets, *names)
        .join(teams, answers)
        .outerjoin(people, has_it)
        .where(tickets.c.workspace == workspace, tickets.c.deleted_at.is_(None))
    )


def _facts(
    connection: Connection, workspace: WorkspaceId, chosen: Select[*tuple[Any, ...]]
) -> Sequence[TicketFacts]:
    found = connection.execute(chosen).all()
    numbers = [row.number for row in found]
    if not numbers:
        return ()
    clocks_of = _clocks(connection, workspace, numbers)
    pages_of = _pages(connection, workspace, numbers)
    closed = [row.number for row in found if row.state == State.CLOSED]
    set_aside = _set_aside(connection, workspace, closed) if closed else {}
    return [
        _ticket(row, clocks_of[row.number], pages_of[row.number], set_aside.get(row.number, ""))
        for row in found
    ]


def _clocks(
    connection: Connection, workspace: WorkspaceId, numbers: Sequence[int]
) -> Mapping[int, list[PromiseClock]]:
    named = clocks.c.stream_id.in_([str(number) for number in numbers])
    chosen = select(clocks).where(clocks.c.workspace == workspace, of_tickets(clocks), named)
    found: defaultdict[int, list[PromiseClock]] = defaultdict(list)
    for row in connection.execute(chosen.order_by(clocks.c.position)):
        found[int(row.stream_id)].append(rows.clock(row))
    return found


def _pages(
    connection: Connection, workspace: WorkspaceId, numbers: Sequence[int]
) -> Mapping[int, list[PageFacts]]:
    mine = escalations.c.workspace == workspace, escalations.c.ticket.in_(numbers)
    chosen = select(escalations).where(*mine).order_by(escalations.c.seq)
    found: defaultdict[int, list[PageFacts]] = defaultdict(list)
    for row in connection.execute(chosen):
        by = PersonId(row.acknowledged_by) if row.acknowledged_by else None
        page = PageFacts(row.level, row.cause, row.at, row.acknowledged_at, by)
        found[row.ticket].append(page)
    return found


def _set_aside(
    connection: Connection, workspace: WorkspaceId, numbers: Sequence[int]
) -> Mapping[int, str]:
    """Who closed which as "not a request": the last move of a closed ticket says why it is closed."""
    did = and_(people.c.workspace == events.c.workspace, people.c.id == events.c.actor)
    chosen = (
        select(events.c.stream_id, events.c.facts, people.c.name)
        .outerjoin(people, did)
        .where(
            events.c.workspace == workspace,
            of_tickets(events),
            events.c.stream_id.in_([str(number) for number in numbers]),
            events.c.type == "moved",
        )
        .order_by(events.c.seq)
    )
    last = {int(row.stream_id): row for row in connection.execute(chosen)}
    return {
        number: row.name or ""
        for number, row in last.items()
        if row.facts["why"] == Action.NOT_A_REQUEST
    }


def _ticket(
    row: AnyRow, clocks: Sequence[PromiseClock], pages: Sequence[PageFacts], no_request_by: str
) -> TicketFacts:
    return TicketFacts(
        number=row.number,
        subject=row.subject,
        priority=Priority(row.priority),
        category=row.category,
        team=TeamId(row.team),
        team_name=row.team_name,
        department=row.department,
        state=State(row.state),
        created_at=row.created_at,
        assignee=PersonId(row.assignee) if row.assignee else None,
        assignee_name=row.agent or "",
        resolved_at=row.resolved_at,
        closed_at=row.closed_at,
        reopened=row.reopened,
        clocks=tuple(clocks),
        pages=tuple(pages),
        no_request_by=no_request_by,
    )

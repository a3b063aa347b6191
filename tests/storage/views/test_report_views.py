"""What a report counts: open tickets and those closed since, with their clocks and pages, page by page."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from engine.reports.facts import PageFacts, TicketFacts
from engine.tickets.actions import Action
from engine.tickets.events import Acknowledged, Entry, Event, Moved, Paged
from engine.tickets.people import DEFAULT, WorkspaceId
from engine.tickets.promise_clock import ClockKind, PromiseClock
from engine.tickets.ticket import State, Ticket
from storage.open.open_storage import Storage
from storage.views import report_views
from tests.clock import MORNING
from tests.storage.conftest import Database
from tests.storage.ear import heard, looking
from tests.storage.make import ANA, TEAM, after, furnish, opening, record, ticket

CLOCKS = tuple(
    PromiseClock(
        kind, 1, after(hours=2) - MORNING, MORNING, running_since=MORNING, due_at=after(hours=2)
    )
    for kind in (ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION)
)
TICKETS = (
    ticket(1, assignee=ANA.id, clocks=CLOCKS),
    ticket(2, state=State.RESOLVED, resolved_at=after(hours=1), reopened=1),
    ticket(3, state=State.CLOSED, resolved_at=after(hours=1), closed_at=after(hours=4)),
    ticket(4, state=State.CLOSED, closed_at=after(hours=2)),
    ticket(5, state=State.MERGED, closed_at=after(hours=3)),
)


async def facts(storage: Storage, hours: float = 0) -> Sequence[TicketFacts]:
    return await storage.views.ticket_facts(DEFAULT, since=after(hours=hours))


async def fill(storage: Storage) -> None:
    await furnish(storage)
    await record(storage, *(opening(each.number, after=each) for each in TICKETS))


async def test_what_is_open_and_what_was_closed_since_is_there(storage: Storage) -> None:
    await fill(storage)
    assert [each.number for each in await facts(storage)] == [1, 2, 4, 5, 3]
    assert [each.number for each in await facts(storage, hours=3)] == [1, 2, 5, 3]
    assert [each.number for each in await facts(storage, hours=5)] == [1, 2]


async def test_a_ticket_comes_with_its_names_and_clocks(storage: Storage) -> None:
    await fill(storage)
    first, second, *_ = await facts(storage)
    assert (first.team_name, first.department, first.assignee, first.assignee_name) == (
        TEAM.name,
        TEAM.department,
        ANA.id,
        ANA.name,
    )
    assert first.clocks == CLOCKS
    assert (second.assignee, second.assignee_name, second.reopened) == (None, "", 1)
    assert second.resolved_at == after(hours=1)


async def test_its_pages_come_with_who_acknowledged_and_when(storage: Storage) -> None:
    await fill(storage)
    before = TICKETS[0]
    for minutes, event in ((5, Paged(0, "p1", (ANA.id,))), (9, Acknowledged(0))):
        before = await happens(storage, before, event, minutes)
    assert (await facts(storage))[0].pages == (
        PageFacts(0, "p1", after(minutes=5), after(minutes=9), ANA.id),
    )


async def happens(storage: Storage, before: Ticket, event: Event, minutes: int) -> Ticket:
    later = replace(before, version=before.version + 1)
    entry = Entry(later.version, after(minutes=minutes), ANA.id, "slack", event)
    change = replace(opening(before.number), before=before, after=later, entries=(entry,))
    await record(storage, replace(change, comments=(), audience=None))
    return later


async def test_pages_join_without_a_gap_or_a_repeat(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where several were closed at the same instant."""
    monkeypatch.setattr(report_views, "PAGE", 2)
    await furnish(storage)
    opened = [ticket(number) for number in range(1, 6)]
    closed = [
        ticket(number, state=State.CLOSED, closed_at=after(hours=number // 3))
        for number in range(6, 14)
    ]
    await record(storage, *(opening(each.number, after=each) for each in (*opened, *closed)))
    assert sorted(each.number for each in await facts(storage)) == list(range(1, 14))


async def test_who_closed_a_ticket_as_not_a_request_comes_with_it_while_it_is_closed(
    storage: Storage,
) -> None:
    await furnish(storage)
    before = ticket(1)
    await record(storage, opening(1, after=before))
    closed = replace(before, state=State.CLOSED, closed_at=after(hours=1))
    moved = Moved(State.NEW, State.CLOSED, Action.NOT_A_REQUEST.value)
    closed = await happens(storage, closed, moved, 60)
    assert [each.no_request_by for each in await facts(storage)] == [ANA.name]
    again = replace(closed, state=State.REOPENED, closed_at=None)
    await happens(storage, again, Moved(State.CLOSED, State.REOPENED, "undone"), 90)
    assert [each.no_request_by for each in await facts(storage)] == [""]


async def test_a_page_takes_three_statements(storage: Storage) -> None:
    await fill(storage)
    with heard(looking(storage)) as statements:
        await facts(storage)
    asked = [each for each, _ in statements if each.startswith("SELECT")]
    assert len(asked) == 2 * 3 + 1 + 2, "two pages, why tickets closed, and the two found empty"


async def test_another_workspace_has_no_part_in_it(storage: Storage) -> None:
    other = WorkspaceId("other")
    await fill(storage)
    await furnish(storage, other)
    await record(storage, opening(9, workspace=other))
    assert [e.number for e in await storage.views.ticket_facts(other, since=MORNING)] == [9]
    assert 9 not in {each.number for each in await facts(storage)}


async def test_more_than_a_report_can_hold_is_said_and_not_cut(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_views, "FACTS_MAX", 3)
    await fill(storage)
    with pytest.raises(LookupError, match="shorter period"):
        await facts(storage)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_neither_page_reads_or_sorts_a_whole_table(
    storage: Storage, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(storage)
    with heard(looking(storage)) as statements:
        await facts(storage)
    connection = sqlite3.connect(Path(database.url.partition("///")[2]))
    plans = [
        "".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {asked}", values))
        for asked, values in statements
        if "FROM tickets" in asked
    ]
    connection.close()
    assert ["SCAN" in plan or "TEMP B-TREE" in plan for plan in plans] == [False] * 4
    assert all("ix_tickets_open" in plan for plan in plans[:2])
    assert all("ix_tickets_closed" in plan for plan in plans[2:]), plans

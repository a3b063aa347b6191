"""Lists show what was asked for, newest first, with the names of everybody on them."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from engine.lists.asking import Asked, TicketFilter
from engine.lists.reading import OPERATOR
from engine.tickets.events import Assigned, Moved, Noted
from engine.tickets.message import MessageId, Note
from engine.tickets.people import DEFAULT, TeamId
from engine.tickets.promise_clock import ClockKind, PromiseClock
from engine.tickets.ticket import Priority, State, Ticket
from storage.open.open_storage import Storage
from tests.clock import MORNING
from tests.storage.ear import heard, looking
from tests.storage.make import ANA, BEN, BOB, TEAM, after, furnish, opening, record, step, ticket

NETWORK = replace(TEAM, id=TeamId("network"), name="Network", addresses=())
CLOCK = PromiseClock(
    ClockKind.RESOLUTION,
    0,
    after(hours=1) - MORNING,
    MORNING,
    running_since=MORNING,
    due_at=after(hours=1),
)
TICKETS = (
    ticket(1, state=State.CLOSED),
    ticket(2, clocks=(CLOCK,), assignee=ANA.id, state=State.IN_PROGRESS),
    ticket(3, priority=Priority.P1, requester=BEN.id),
    ticket(4, state=State.MERGED),
    ticket(5, team=NETWORK.id, escalation_level=1),
    ticket(6, escalation_level=2, acknowledged=True),
)


async def fill(storage: Storage) -> None:
    await furnish(storage)
    await storage.store.run(DEFAULT, lambda t: t.keep_team(NETWORK))
    await record(storage, *(opening(each.number, after=each) for each in TICKETS))


async def listed(
    storage: Storage, wanted: TicketFilter, *, limit: int = 1000, after: str | None = None
) -> Sequence[int]:
    asked = Asked(wanted, limit=limit, after=after)
    page = await storage.views.tickets(DEFAULT, OPERATOR, asked, now=MORNING)
    return [line.ticket.number for line in page.lines]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (TicketFilter(), [6, 5, 3, 2]),
        (TicketFilter(everything=True), [6, 5, 4, 3, 2, 1]),
        (TicketFilter(statuses=("CLOSED",)), [1]),
        (TicketFilter(statuses=("ESCALATED",)), [5]),
        (TicketFilter(priorities=(Priority.P1,)), [3]),
        (TicketFilter(teams=("NETWORK",)), [5]),
        (TicketFilter(teams=("network",)), [5]),
        (TicketFilter(assignees=("ana",)), [2]),
        (TicketFilter(assignees=("U_ANA",)), [2]),
        (TicketFilter(requesters=("bob@example.com",)), [6, 5, 2]),
        (TicketFilter(requesters=("Ben",), priorities=(Priority.P1,)), [3]),
        (TicketFilter(requesters=("nobody",)), []),
    ],
)
async def test_a_list_holds_what_was_asked_for(
    storage: Storage, wanted: TicketFilter, numbers: list[int]
) -> None:
    await fill(storage)
    assert await listed(storage, wanted) == numbers


@pytest.mark.parametrize(
    ("limit", "before", "numbers"), [(2, None, [6, 5]), (2, 5, [3, 2]), (1000, 2, [])]
)
async def test_parts_go_through_what_is_open_whoever_may_read_it(
    storage: Storage, limit: int, before: int | None, numbers: list[int]
) -> None:
    await fill(storage)
    found = await storage.views.open_tickets(DEFAULT, limit=limit, before=before)
    assert [line.ticket.number for line in found] == numbers


async def test_a_line_names_its_people_and_its_next_due_time(storage: Storage) -> None:
    await fill(storage)
    line = await storage.views.ticket(DEFAULT, 2)
    assert line is not None
    assert line.ticket == TICKETS[1]
    assert (line.requester, line.assignee, line.team) == (BOB, ANA, TEAM)
    assert line.ticket.due_at == after(hours=1)
    assert line.opening == "help me, 2"
    assert await storage.views.ticket(DEFAULT, 99) is None
    assert await storage.views.ticket_file(DEFAULT, 99) is None


async def test_a_file_tells_the_history_and_names_everybody_in_it(storage: Storage) -> None:
    await fill(storage)
    before: Ticket = TICKETS[2]
    note = Note(MessageId("n1"), ANA.id, "slack", "look", MORNING)
    events = (Assigned(None, ANA.id), Moved(State.NEW, State.IN_PROGRESS, "claim"), Noted(note.id))
    await record(storage, step(before, *events, notes=(note,)))
    file = await storage.views.ticket_file(DEFAULT, 3)
    assert file is not None
    assert [entry.seq for entry in file.history] == [1, 2, 3, 4, 5]
    assert tuple(entry.event for entry in file.history[2:]) == events
    assert [(said.message, said.author) for said in file.notes] == [(note, ANA)]
    assert file.people == (ANA, BEN, BOB)


async def test_a_list_costs_as_many_statements_for_fifty_tickets_as_for_two(
    storage: Storage,
) -> None:
    await furnish(storage)
    await record(storage, *(opening(number) for number in range(1, 51)))
    with heard(looking(storage)) as few:
        assert len(await listed(storage, TicketFilter(), limit=2)) == 2
    with heard(looking(storage)) as many:
        assert len(await listed(storage, TicketFilter())) == 50
    assert len(few) == len(many) < 14

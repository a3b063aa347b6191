"""Presences, loads and waiting tickets on both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from deskd.base.ids import TimeSortedIds
from engine.duty.presence import (
    CameBack,
    Out,
    Presence,
    PresenceReason,
    ShiftEnded,
    ShiftStarted,
    WentOut,
)
from engine.duty.workload import Load
from engine.ports.duty_store import GivenBack
from engine.ports.store import Transaction
from engine.shifts.duty_desk import DutyDesk
from engine.tickets.events import Assigned, Released
from engine.tickets.message import MessageId, Note
from engine.tickets.people import DEFAULT, PersonId, WorkspaceId
from engine.tickets.promise_clock import ClockKind, PromiseClock
from engine.tickets.ticket import Priority, State, Ticket
from storage.open.open_storage import Storage
from tests.clock import MORNING, ManualClock
from tests.storage import postgres
from tests.storage.conftest import Database
from tests.storage.make import (
    ANA,
    BEN,
    BOB,
    TEAM,
    after,
    furnish,
    open_with,
    opening,
    presence,
    record,
    step,
    ticket,
)

OTHER = WorkspaceId("other")


async def run(storage: Storage, work: object, workspace: WorkspaceId = DEFAULT) -> object:
    return await storage.store.run(workspace, work)


def due(**when: float) -> PromiseClock:
    return PromiseClock(
        ClockKind.RESOLUTION,
        1,
        timedelta(hours=8),
        MORNING,
        running_since=MORNING,
        due_at=after(**when),
    )


async def opened(storage: Storage, number: int, **given: object) -> Ticket:
    new = ticket(number, **given)
    await record(storage, opening(number, after=new))
    return new


async def test_a_presence_comes_back_as_it_was_kept(storage: Storage) -> None:
    await furnish(storage)
    said = presence(
        ANA,
        Presence(after(hours=1), after(hours=9), after(hours=0), Out.BREAK, after(hours=2)),
        ShiftStarted(after(hours=9)),
    )

    def keep(transaction: Transaction) -> None:
        assert transaction.staff.presence(ANA.id) == Presence(person=ANA.id)
        transaction.record(said)

    await run(storage, keep)
    assert await run(storage, lambda t: t.staff.presence(ANA.id)) == said.after
    assert await run(storage, lambda t: t.staff.presences()) == {ANA.id: said.after}


async def test_what_was_said_is_numbered_and_told_newest_first(storage: Storage) -> None:
    await furnish(storage)
    said = [
        ShiftStarted(None),
        WentOut(Out.AWAY, after(hours=1)),
        CameBack(after(hours=1), PresenceReason.PLANNED),
        ShiftEnded(after(hours=2), PresenceReason.SAID),
    ]
    before = None
    for one in said:
        change = presence(ANA, Presence(), one, before=before)
        await record(storage, change)
        before = change.after
    told = await run(storage, lambda t: t.staff.history(ANA.id, limit=3))
    assert [(entry.seq, entry.event) for entry in told] == list(enumerate(said, 1))[:0:-1]


async def test_no_workspace_sees_anothers_presences(storage: Storage) -> None:
    await furnish(storage, DEFAULT, OTHER)
    said = presence(ANA, Presence(MORNING), ShiftStarted(None))
    await run(storage, lambda t: t.record(said), OTHER)
    assert await run(storage, lambda t: t.staff.presences()) == {}
    assert await run(storage, lambda t: t.staff.history(ANA.id, limit=9)) == []


async def test_being_given_something_is_no_word_of_theirs(storage: Storage) -> None:
    await furnish(storage)
    await run(storage, lambda t: t.staff.was_assigned(BEN.id, after(hours=1)))
    assert await run(storage, lambda t: t.staff.last_assigned([ANA.id, BEN.id])) == {
        BEN.id: after(hours=1)
    }
    assert await run(storage, lambda t: t.staff.presence(BEN.id)) == Presence(person=BEN.id)


async def test_loads_count_what_runs_and_what_waits_for_its_requester(storage: Storage) -> None:
    await furnish(storage)
    states = [State.IN_PROGRESS, State.OPEN, State.PENDING_INFO, State.RESOLVED, State.CLOSED]
    for number, state in enumerate(states, start=1):
        await opened(storage, number, state=state, assignee=ANA.id, priority=Priority.P2)
    await opened(storage, 9, state=State.NEW)
    loads = await run(storage, lambda t: t.staff.loads([ANA.id, BEN.id]))
    assert loads == {ANA.id: Load(points=4.5, running=2, waiting=1)}


async def test_what_nobody_has_is_listed_critical_first_and_then_by_due_time(
    storage: Storage,
) -> None:
    await furnish(storage)
    await opened(storage, 1, clocks=(due(hours=5),))
    await opened(storage, 2, clocks=())
    await opened(storage, 3, clocks=(due(hours=1),), state=State.REOPENED)
    await opened(storage, 4, clocks=(due(hours=9),), priority=Priority.P1)
    await opened(storage, 5, clocks=(due(hours=1),), assignee=ANA.id, state=State.OPEN)
    await opened(storage, 6, clocks=(due(hours=1),), state=State.PENDING_INFO)

    def waiting(transaction: Transaction, limit: int = 9, critical: bool = False) -> list[int]:
        briefs = transaction.staff.unassigned(TEAM.id, limit=limit, critical_only=critical)
        return [brief.number for brief in briefs]

    assert await run(storage, waiting) == [4, 3, 1, 2]
    assert await run(storage, lambda t: waiting(t, limit=2)) == [4, 3]
    assert await run(storage, lambda t: waiting(t, critical=True)) == [4]


async def test_a_paused_promise_and_a_page_are_not_what_is_due(storage: Storage) -> None:
    await furnish(storage)
    paused = replace(due(hours=1), running_since=None, due_at=None)
    page = replace(due(hours=1), kind=ClockKind.ACK)
    later = replace(due(hours=7), kind=ClockKind.FIRST_RESPONSE)
    await opened(storage, 1, clocks=(paused, page, later))
    (brief,) = await run(
        storage, lambda t: t.staff.unassigned(TEAM.id, limit=9, critical_only=False)
    )
    assert brief.due_at == after(hours=7)
    assert (
        await run(storage, lambda t: len(t.staff.due_until(TEAM.id, after(hours=6), limit=9))) == 0
    )
    assert (
        await run(storage, lambda t: len(t.staff.due_until(TEAM.id, after(hours=7), limit=9))) == 1
    )


async def test_touched_is_what_was_accepted_begun_or_spoken_on(storage: Storage) -> None:
    await furnish(storage)
    mine = {"assignee": ANA.id, "state": State.OPEN}
    await opened(storage, 1, **mine)
    await opened(storage, 2, **mine, offered=True, acknowledged=False)
    await opened(storage, 3, **mine, acknowledged=True)
    await opened(storage, 4, assignee=ANA.id, state=State.IN_PROGRESS)
    spoken = await opened(storage, 5, **mine)
    note = Note(MessageId("n5"), ANA.id, "slack", "odd", MORNING)
    await record(storage, step(spoken, notes=(note,)))
    await opened(storage, 6, assignee=ANA.id, state=State.REOPENED)
    others = Note(MessageId("n7"), BEN.id, "slack", "hm", MORNING)
    await record(storage, step(await opened(storage, 7, **mine), notes=(others,)))
    held = await run(storage, lambda t: t.staff.held(people=[ANA.id], limit=20))
    assert {brief.number for brief in held if brief.touched} == {3, 4, 5}
    in_team = await run(storage, lambda t: t.staff.held(team=TEAM.id, limit=20))
    assert in_team == held


async def test_who_gave_a_ticket_back_is_known_and_whether_they_wanted_to(storage: Storage) -> None:
    await furnish(storage)
    new = await open_with(storage, 1)

    async def released(before: Ticket, who: PersonId, by: PersonId | None, via: str) -> Ticket:
        change = step(before, Assigned(None, who), Released(who))
        entries = tuple(replace(entry, actor=by, via=via) for entry in change.entries)
        await record(storage, replace(change, entries=entries))
        return change.after

    new = await released(new, ANA.id, ANA.id, "slack")
    new = await released(new, BEN.id, None, "timer")
    new = await released(new, ANA.id, None, "shift")
    await released(new, BEN.id, ANA.id, "slack")
    assert await run(storage, lambda t: t.staff.given_back([1, 2])) == {
        1: [
            GivenBack(ANA.id, passed=True),
            GivenBack(BEN.id, passed=True),
            GivenBack(ANA.id, passed=False),
            GivenBack(BEN.id, passed=False),
        ]
    }


async def test_only_teams_with_somebody_there_and_something_waiting_are_looked_at(
    storage: Storage,
) -> None:
    await furnish(storage)
    assert await storage.work.staffed_teams(waiting=False) == []
    await record(storage, presence(ANA, Presence(MORNING), ShiftStarted(None)))
    assert await storage.work.staffed_teams(waiting=False) == [(DEFAULT, TEAM.id)]
    assert await storage.work.staffed_teams(waiting=True) == []
    await open_with(storage, 1)
    assert await storage.work.staffed_teams(waiting=True) == [(DEFAULT, TEAM.id)]
    await run(storage, lambda t: t.keep_team(replace(TEAM, strategy="manual")))
    assert await storage.work.staffed_teams(waiting=True) == []


async def test_what_is_snoozed_waits_for_nobody_and_stands_last_on_the_tab(
    storage: Storage,
) -> None:
    await furnish(storage)
    aside = after(days=1)
    await opened(storage, 1, state=State.OPEN, assignee=ANA.id, clocks=(due(hours=1),))
    await opened(
        storage,
        2,
        state=State.OPEN,
        assignee=ANA.id,
        clocks=(due(minutes=5),),
        snoozed_until=aside,
    )
    await opened(storage, 3, snoozed_until=aside)
    await opened(storage, 4)
    waiting = await run(
        storage, lambda t: t.staff.unassigned(TEAM.id, limit=9, critical_only=False)
    )
    assert [brief.number for brief in waiting] == [4]
    held = await run(storage, lambda t: t.staff.held(people=[ANA.id], limit=9))
    assert {brief.number: brief.touched for brief in held} == {1: False, 2: True}
    work = await storage.work.own_work(DEFAULT, ANA)
    assert [line.ticket.number for line in work.mine] == [1, 2]
    assert [line.ticket.number for line in work.waiting] == [4]
    assert (work.mine_count, work.waiting_count) == (2, 1)


async def test_own_work_is_what_is_mine_what_waits_and_what_is_due_next(storage: Storage) -> None:
    await furnish(storage)
    await opened(storage, 1, assignee=ANA.id, state=State.OPEN, clocks=(due(hours=5),))
    await opened(storage, 2, assignee=ANA.id, state=State.IN_PROGRESS, clocks=(due(hours=1),))
    await opened(storage, 3, clocks=(due(hours=3),))
    await opened(storage, 4, assignee=BEN.id, state=State.OPEN, clocks=(due(hours=2),))
    await opened(storage, 5, assignee=ANA.id, state=State.RESOLVED)
    work = await storage.work.own_work(DEFAULT, ANA)
    assert [line.ticket.number for line in work.mine] == [2, 1]
    assert (work.mine_count, work.waiting_count) == (2, 1)
    assert [line.ticket.number for line in work.waiting] == [3]
    assert [line.ticket.number for line in work.due_next] == [4]
    assert work.asked == ()
    asked = (await storage.work.own_work(DEFAULT, BOB)).asked
    assert [line.ticket.number for line in asked] == [5, 4, 3, 2, 1]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("table", ["teams", "people"])
async def test_who_gives_out_waits_for_who_gives_out_and_nobody_else_does(
    storage: Storage, database: Database, clock: ManualClock, table: str
) -> None:
    """Another daemon holds the team, or its people: tickets can be opened meanwhile, and none is given."""
    await furnish(storage)
    await record(storage, presence(ANA, Presence(MORNING), ShiftStarted(None)))
    floor = DutyDesk(storage.store, clock, TimeSortedIds(clock), nudge=lambda: None)

    async def hold(other: asyncpg.Connection) -> None:
        async with asyncio.TaskGroup() as group, other.transaction():
            await other.fetch(f"SELECT id FROM {table} FOR NO KEY UPDATE")
            await open_with(storage, 1)
            giving = group.create_task(floor.dispatch(DEFAULT, TEAM.id))
            done, _ = await asyncio.wait({giving}, timeout=0.3)
            assert not done
        assert giving.result() == 1

    await postgres.connected(database.url, hold)

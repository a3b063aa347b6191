"""The sweep finds what should not be, mends it, and is silent otherwise; one look costs the same at any size."""

import pytest

from deskd.parts import sweep
from deskd.parts.sweep import Sweep
from engine.desk.directory import DeclaredWorkspace
from engine.ports.store import Change, Transaction
from engine.promises import sla
from engine.tickets.message import Draft, Request
from engine.tickets.people import DEFAULT, WorkspaceId
from engine.tickets.promise_clock import Timer, TimerKind, of_ticket
from engine.tickets.ticket import Ticket
from engine.tickets.workspace import Workspace
from tests.clock import MORNING
from tests.deskd.room import ANN, SUPPORT, Room

OTHER = WorkspaceId("other")


def sweeping(room: Room) -> Sweep:
    return Sweep(room.storage.store, room.storage.timers, room.storage.views)


async def lose(room: Room, ticket: Ticket) -> Timer:
    lost = min(sla.timers(ticket), key=lambda timer: timer.due_at)
    assert await room.storage.timers.drop(ticket.workspace, lost)
    return lost


async def add(room: Room, ticket: Ticket, timer: Timer) -> None:
    def work(transaction: Transaction) -> None:
        now = transaction.ticket(ticket.number)
        assert now is not None
        transaction.record(Change(now, now, (), timers_set=(timer,)))

    await room.storage.store.run(ticket.workspace, work)


async def elsewhere(room: Room) -> Ticket:
    """A ticket of another workspace."""
    await room.desk.declare(OTHER, DeclaredWorkspace(Workspace(OTHER), (SUPPORT,)))
    return await room.desk.open(OTHER, Draft("VPN", "It drops."), by=ANN)


async def test_a_healthy_desk_has_no_drift(room: Room) -> None:
    await room.ticket()
    assert (await sweeping(room).look()).count == 0


async def test_a_lost_timer_is_set_again_and_a_left_over_one_dropped(room: Room) -> None:
    ticket = await room.ticket()
    before = await room.storage.timers.standing(DEFAULT)
    lost = await lose(room, ticket)
    stray = Timer(of_ticket(ticket.number), TimerKind.AUTO_CLOSE, 7, MORNING)
    await add(room, ticket, stray)
    sweep = sweeping(room)
    mended = await sweep.mend(await sweep.look())
    assert mended.missing == ((DEFAULT, lost),)
    assert mended.left_over == ((DEFAULT, stray),)
    assert await room.storage.timers.standing(DEFAULT) == before


async def test_a_row_of_a_closed_ticket_is_left_over(room: Room) -> None:
    await room.ticket()
    ticket = await room.ticket()
    await room.ticket()
    await room.desk.close(Request(DEFAULT, ticket.number, ANN))
    stray = Timer(of_ticket(ticket.number), TimerKind.RESOLUTION_WARN, 1, MORNING)
    await add(room, ticket, stray)
    assert (await sweeping(room).look()).left_over == ((DEFAULT, stray),)


async def test_every_workspace_is_looked_at(room: Room) -> None:
    here, there = await room.ticket(), await elsewhere(room)
    lost = {(DEFAULT, await lose(room, here)), (OTHER, await lose(room, there))}
    assert set((await sweeping(room).look()).missing) == lost


async def test_what_was_right_again_when_it_was_to_be_mended_is_no_drift(room: Room) -> None:
    """A look reads the tickets first and the rows a moment later."""
    ticket = await room.ticket()
    stray = Timer(of_ticket(ticket.number), TimerKind.AUTO_CLOSE, 7, MORNING)
    await add(room, ticket, stray)
    sweep = sweeping(room)
    drift = await sweep.look()
    await room.storage.timers.drop(DEFAULT, stray)
    assert (await sweep.mend(drift)).count == 0


async def test_one_look_takes_a_slice_and_the_next_ones_go_round(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "PAGE", 2)
    monkeypatch.setattr(sweep, "PAGES_MAX", 2)
    tickets = [await room.ticket() for _ in range(7)]
    tickets.append(await elsewhere(room))
    for ticket in tickets:
        await lose(room, ticket)
    looking = sweeping(room)
    looks = [await looking.look() for _ in range(4)]
    seen = [sorted(timer.stream.number for _, timer in look.missing) for look in looks]
    assert seen == [[4, 5, 6, 7], [1, 2, 3], [1], [4, 5, 6, 7]]

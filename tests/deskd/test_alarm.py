"""Timers ring at their second, once, and none holds up another."""

from datetime import timedelta

from engine.model import DEFAULT, Timer, WorkspaceId
from tests.deskd.room import Room, eventually


async def test_a_broken_promise_rings_at_its_second_and_not_before(room: Room) -> None:
    ticket = await room.ticket(priority="P1")  # answered within five minutes
    async with room.running(room.alarm()):
        await room.clock.forward(minutes=4, seconds=59)

        async def warned() -> bool:
            return "Warned" in await room.events(ticket)

        await eventually(warned)
        await room.clock.forward(seconds=1)
        assert "Breached" not in await room.events(ticket)
        await room.clock.forward(seconds=1)

        async def breached() -> bool:
            return "Breached" in await room.events(ticket)

        await eventually(breached)
    assert (await room.events(ticket)).count("Breached") == 1
    assert room.lateness


async def test_a_timer_set_while_the_alarm_sleeps_is_noticed_by_the_nudge(room: Room) -> None:
    async with room.running(room.alarm()):
        await room.clock.settle()
        ticket = await room.ticket(priority="P1")
        await room.clock.forward(minutes=5, seconds=1)

        async def breached() -> bool:
            return "Breached" in await room.events(ticket)

        await eventually(breached)


async def test_a_timer_that_cannot_be_rung_holds_up_no_other_and_is_tried_again(room: Room) -> None:
    bad = await room.ticket(priority="P1")
    good = await room.ticket(priority="P1")
    tried: list[int] = []
    broken = True

    async def ring(workspace: WorkspaceId, timer: Timer) -> bool:
        tried.append(timer.ticket)
        if broken and timer.ticket == bad.number:
            raise RuntimeError("a bug")
        return await room.desk.ring(workspace, timer)

    alarm = room.alarm()
    alarm.ring = ring
    async with room.running(alarm):
        await room.clock.forward(minutes=6)

        async def both() -> bool:
            return "Breached" in await room.events(good)

        await eventually(both)
        assert "Breached" not in await room.events(bad)
        before = tried.count(bad.number)
        await room.clock.forward(seconds=30)
        room.timer_bell.ring()
        await room.clock.settle()
        assert tried.count(bad.number) == before, "set aside"
        broken = False
        await room.clock.forward(seconds=31)

        async def again() -> bool:
            return "Breached" in await room.events(bad)

        await eventually(again)


async def test_a_row_that_no_ticket_wants_is_dropped_and_not_rung_for_ever(room: Room) -> None:
    ticket = await room.ticket(priority="P1")
    rows = await room.storage.timers.due(now=room.clock.now() + timedelta(days=9), limit=99)
    rung = 0

    async def ring(workspace: WorkspaceId, timer: Timer) -> bool:
        nonlocal rung
        rung += 1
        return False

    alarm = room.alarm()
    alarm.ring = ring
    async with room.running(alarm):
        await room.clock.forward(days=9)

        async def gone() -> bool:
            return not await room.storage.timers.due(now=room.clock.now(), limit=99)

        await eventually(gone)
    assert rung == len(rows) == 4
    assert await room.storage.views.ticket(DEFAULT, ticket.number)

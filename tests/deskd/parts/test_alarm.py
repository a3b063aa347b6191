"""Timers ring at their second, once, in the order in which they were due, and none holds up another."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import pytest

from deskd.base.ids import TimeSortedIds
from deskd.parts.alarm import NO_TIME, PATIENCE, POLL
from engine.desk.desk import Desk
from engine.ports.store import Transaction
from engine.ports.timers import Round, Timers
from engine.promises import sla
from engine.shifts import timer_due
from engine.tickets.events import Breached
from engine.tickets.message import Draft
from engine.tickets.people import DEFAULT
from engine.tickets.promise_clock import PROMISES, Timer
from engine.tickets.ticket import Ticket
from storage.sql.errors import StorageTrouble
from tests.deskd.room import ANN, Room, eventually


def earliest(ticket: Ticket) -> datetime:
    return min(timer.due_at for timer in sla.timers(ticket))


async def happened(room: Room, ticket: Ticket, event: str) -> None:
    async def look() -> bool:
        return event in await room.events(ticket)

    await eventually(look, f"{ticket.id}: {event}")


async def broke_at(room: Room, ticket: Ticket) -> list[datetime]:
    file = await room.storage.views.ticket_file(DEFAULT, ticket.number)
    assert file is not None
    return [
        entry.event.due_at
        for entry in file.history
        if isinstance(entry.event, Breached) and entry.event.kind in PROMISES
    ]


async def test_a_broken_promise_rings_at_its_second_and_not_before(room: Room) -> None:
    ticket = await room.ticket(priority="P1")  # answered within five minutes
    async with room.running(room.alarm()):
        await room.clock.forward(minutes=4, seconds=59)
        await happened(room, ticket, "Warned")
        await room.clock.forward(seconds=1)
        assert "Breached" not in await room.events(ticket)
        await room.clock.forward(seconds=1)
        await happened(room, ticket, "Breached")
    assert (await room.events(ticket)).count("Breached") == 1
    assert room.lateness


async def test_a_timer_set_while_the_alarm_sleeps_is_noticed_by_the_nudge(room: Room) -> None:
    async with room.running(room.alarm()):
        await room.clock.settle()
        ticket = await room.ticket(priority="P1")
        await room.clock.forward(minutes=5, seconds=1)
        await happened(room, ticket, "Breached")


async def test_a_timer_that_another_process_sets_is_noticed_within_a_second(room: Room) -> None:
    command = Desk(room.storage.store, room.clock, TimeSortedIds(room.clock), nudge=lambda: None)
    async with room.running(room.alarm()):
        await room.clock.settle()
        ticket = await command.open(DEFAULT, Draft("VPN", "It drops.", "P1"), by=ANN)
        await room.clock.move_to(room.clock.now() + POLL)
        await room.clock.move_to(earliest(ticket))
        await happened(room, ticket, "Warned")
    assert room.lateness == [0.0]


async def test_what_is_rung_is_delivered_at_once(room: Room) -> None:
    ticket = await room.ticket(priority="P1")
    async with room.running(room.delivery()), room.running(room.alarm()):
        await room.clock.forward(minutes=5, seconds=1)
        await happened(room, ticket, "Breached")
        await eventually(lambda: any("promise_broken" in key for key in room.slack.keys))


async def test_a_timer_that_cannot_be_rung_holds_up_no_other_and_is_tried_again(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    bad = await room.ticket(priority="P1")
    good = await room.ticket(priority="P1")
    tried: list[int] = []
    broken = True

    def ring(transaction: Transaction, timer: Timer, at: datetime) -> bool:
        tried.append(timer.stream.number)
        if broken and timer.stream.number == bad.number:
            raise RuntimeError("a bug")
        return timer_due.ring(transaction, timer, at)

    alarm = room.alarm()
    alarm.ring = ring
    async with room.running(alarm):
        await room.clock.forward(minutes=6)
        await happened(room, good, "Breached")
        await eventually(lambda: len(alarm._aside) == 2, "warning and breach are set aside")
        await room.asleep()
        assert "Breached" not in await room.events(bad)
        assert "RuntimeError: a bug" in caplog.text
        before = tried.count(bad.number)
        await room.clock.forward(seconds=30)
        room.timer_bell.ring()
        await room.asleep()
        assert tried.count(bad.number) == before, "set aside"
        broken = False
        await room.clock.forward(seconds=31)
        await happened(room, bad, "Breached")


async def test_one_set_aside_does_not_make_the_others_late(room: Room) -> None:
    bad = await room.ticket(priority="P1")
    alarm = room.alarm()

    def ring(transaction: Transaction, timer: Timer, at: datetime) -> bool:
        if timer.stream.number == bad.number:
            raise RuntimeError("a bug")
        return timer_due.ring(transaction, timer, at)

    alarm.ring = ring
    async with room.running(alarm):
        await room.clock.forward(minutes=5, seconds=1)
        await eventually(lambda: len(alarm._aside) == 2)
        await room.clock.settle()
        good = await room.ticket(priority="P1")
        await room.clock.move_to(earliest(good))
        await happened(room, good, "Warned")
    assert room.lateness == [0.0]


async def test_a_row_that_no_ticket_wants_is_dropped_and_not_rung_for_ever(room: Room) -> None:
    ticket = await room.ticket(priority="P1")
    rows = await room.storage.timers.standing(DEFAULT)
    rung = 0

    def ring(transaction: Transaction, timer: Timer, at: datetime) -> bool:
        nonlocal rung
        rung += 1
        return False

    alarm = room.alarm()
    alarm.ring = ring
    async with room.running(alarm):
        await room.clock.forward(days=9)

        async def gone() -> bool:
            return not await room.storage.timers.standing(DEFAULT)

        await eventually(gone)
    assert rung == len(rows) == 5
    assert await room.storage.views.ticket(DEFAULT, ticket.number)


async def test_after_three_hours_of_downtime_all_ring_in_due_order_with_their_true_times(
    room: Room,
) -> None:
    tickets = []
    for priority in ("P2", "P1", "P2", "P1"):
        tickets.append(await room.ticket(priority=priority))
        await room.clock.forward(seconds=7)
    due = {ticket.number: ticket.clocks[0].due_at for ticket in tickets}
    rung: list[Timer] = []

    def ring(transaction: Transaction, timer: Timer, at: datetime) -> bool:
        rung.append(timer)
        return timer_due.ring(transaction, timer, at)

    await room.clock.forward(hours=3)
    alarm = room.alarm()
    alarm.ring = ring
    async with room.running(alarm):
        for ticket in tickets:
            await happened(room, ticket, "Breached")
    assert rung == sorted(rung, key=lambda timer: timer.due_at)
    for ticket in tickets:
        assert await broke_at(room, ticket) == [due[ticket.number]]
        assert "Warned" not in await room.events(ticket), "too late for a warning"


async def test_a_clock_that_jumps_ahead_rings_what_is_due_by_it_and_once(room: Room) -> None:
    ticket = await room.ticket(priority="P1")
    due = ticket.clocks[0].due_at
    async with room.running(room.alarm()):
        await room.clock.settle()
        await room.clock.forward(hours=2)
        await happened(room, ticket, "Breached")
        await room.clock.move_to(room.clock.now() - timedelta(hours=2))
        await room.clock.forward(hours=2)
        await room.clock.settle()
    assert await broke_at(room, ticket) == [due]


async def test_a_clock_set_back_a_day_stops_no_alarm(room: Room) -> None:
    """Nobody nudges: the alarm itself must not sleep on for that day."""
    async with room.running(room.alarm()):
        await room.clock.settle()
        await room.clock.move_to(room.clock.now() - timedelta(days=1))
        ticket = await room.ticket(priority="P1")
        room.timer_bell._rung.clear()
        await room.clock.forward(seconds=2)
        await room.clock.move_to(ticket.clocks[0].due_at + timedelta(microseconds=1))
        await happened(room, ticket, "Breached")


@dataclass
class InOtherHands:
    """Timers of which one is always due, and another daemon at it."""

    looks: int = 0

    async def ring_due(self, *, now: datetime, **_: object) -> Round:
        self.looks += 1
        return Round((), now)


async def test_whoever_finds_what_is_due_in_other_hands_looks_seldom(room: Room) -> None:
    alarm, others = room.alarm(), InOtherHands()
    alarm.timers = cast("Timers", others)
    async with room.running(alarm):
        await room.clock.settle()
        for _ in range(200):
            await room.clock.forward(seconds=0.005)
    assert 30 <= others.looks <= 42


async def test_who_left_timers_to_others_rings_what_nobody_rang_and_is_exact_again(
    room: Room,
) -> None:
    tickets = []
    for _ in range(2):
        tickets.append(await room.ticket(priority="P1"))
        await room.clock.forward(seconds=10)
    alarm = room.alarm()
    timers, alarm.timers = alarm.timers, cast("Timers", InOtherHands())
    async with room.running(alarm):
        await eventually(lambda: alarm._patience == PATIENCE, "it found one in other hands")
        alarm.timers = timers
        await room.clock.forward(seconds=1)
        for ticket, late in zip(tickets, (PATIENCE, NO_TIME), strict=True):
            await room.clock.move_to(earliest(ticket))
            await room.clock.move_to(earliest(ticket) + late)
            await happened(room, ticket, "Warned")
    assert room.lateness == [PATIENCE.total_seconds(), 0.0]


async def test_trouble_of_the_database_is_said_and_over_when_it_is_over(room: Room) -> None:
    ticket = await room.ticket(priority="P1")
    away = True

    alarm = room.alarm()
    timers = alarm.timers

    class Away:
        """The timers of a database that does not answer."""

        def __getattr__(self, name: str) -> object:
            if away:
                raise StorageTrouble("away", temporary=True)
            return getattr(timers, name)

    alarm.timers = cast("Timers", Away())
    async with room.running(alarm):
        await room.clock.forward(minutes=6)
        await eventually(lambda: alarm.trouble)
        away = False
        await room.clock.forward(seconds=2)
        await happened(room, ticket, "Breached")
        assert alarm.trouble is None

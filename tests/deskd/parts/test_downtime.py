"""Three hours nobody ran the daemon: what is overdue is rung in order, and people get one digest, not sixty posts."""

from datetime import timedelta

from engine.messages.digests import OverdueDigest
from engine.messages.effects import Show, Tell
from engine.ports.flood import Gathered
from engine.tickets.events import Breached
from engine.tickets.people import DEFAULT
from engine.tickets.promise_clock import ClockKind
from tests.deskd.room import Room, eventually


async def test_sixty_breaches_after_three_hours_of_downtime_are_one_digest(room: Room) -> None:
    tickets = []
    for number in range(60):
        tickets.append(await room.ticket(f"help {number}"))
        await room.clock.forward(seconds=1)
    async with room.running(room.delivery()):
        await eventually(lambda: nothing_waits(room), "the cards are drawn")
    drawn = len(room.slack.seen)
    await room.clock.forward(hours=3)
    due = {ticket.id: str(ticket.clocks[0].due_at) for ticket in tickets}
    async with room.running(room.alarm()), room.running(room.delivery()):
        await eventually(lambda: all_rung(room), "all is rung")
        await eventually(lambda: told_by_and_by(room), "all is told")
    later = [parcel.effect for parcel in room.slack.seen[drawn:]]
    assert sum(isinstance(effect, Show) for effect in later) == 60, (
        "each card shows that it is late"
    )
    [digest] = [effect for effect in later if isinstance(effect, Tell)]
    said = digest.message
    assert isinstance(said, OverdueDigest)
    assert said.count == 60
    told = [str(line.ticket) for line in said.lines]
    assert told == [ticket.id for ticket in tickets], "in the order in which they were due"
    assert [str(line.due_at) for line in said.lines] == list(due.values())
    for ticket in tickets:
        [breach] = await breaches(room, ticket.number)
        assert str(breach.due_at) == due[ticket.id], "the instant it broke, not when we noticed"


async def test_one_breach_after_downtime_is_told_as_ever(room: Room) -> None:
    await room.ticket()
    await room.clock.forward(hours=3)
    async with room.running(room.alarm()), room.running(room.delivery()):
        await eventually(lambda: all_rung(room), "it is rung")
        await eventually(lambda: told_by_and_by(room), "it is told")
    assert [tell.kind for tell in gathered(room)] == ["promise_broken"]


async def nothing_waits(room: Room) -> bool:
    return not [row for row in await room.rows() if row.state in ("waiting", "sending")]


async def told_by_and_by(room: Room) -> bool:
    await room.clock.forward(seconds=1)
    return await nothing_waits(room)


async def all_rung(room: Room) -> bool:
    depth = await room.storage.views.overdue_timers(now=room.clock.now(), grace=timedelta())
    return depth.waiting == 0


def gathered(room: Room) -> list[Tell]:
    effects = [parcel.effect for parcel in room.slack.seen]
    return [e for e in effects if isinstance(e, Tell) and isinstance(e.message, Gathered)]


async def breaches(room: Room, number: int) -> list[Breached]:
    file = await room.storage.views.ticket_file(DEFAULT, number)
    assert file is not None
    events = [entry.event for entry in file.history]
    return [
        event
        for event in events
        if isinstance(event, Breached) and event.kind is ClockKind.FIRST_RESPONSE
    ]

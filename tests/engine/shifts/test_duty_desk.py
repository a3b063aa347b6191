"""The floor over real SQLite: the next ticket, who carries what, and a lead who evens out."""

import pytest

from engine.shifts.shifts import Standing
from engine.tickets.errors import Refused
from engine.tickets.events import Assigned, AssignReason, Released
from engine.tickets.message import Request
from engine.tickets.people import DEFAULT
from tests.engine.floor import ANA, BEN, BOB, LEA, World, world

__all__ = ["world"]


# What next


async def test_the_next_ticket_is_the_one_due_first(world: World) -> None:
    for priority in ("P4", "P2", "P3"):
        await world.open(priority=priority)
    taken = [(await world.floor.next_ticket(DEFAULT, by)).number for by in (ANA, BEN, ANA)]
    assert taken == [2, 3, 1]
    with pytest.raises(Refused, match="nothing_waits"):
        await world.floor.next_ticket(DEFAULT, BEN)


async def test_what_is_snoozed_is_given_to_nobody(world: World) -> None:
    await world.open()
    await world.desk.snooze(Request(DEFAULT, 1, LEA), "2h")
    await world.start(ANA, BEN)
    assert await world.dispatch() == 0
    with pytest.raises(Refused, match="nothing_waits"):
        await world.floor.next_ticket(DEFAULT, BEN)
    await world.desk.unsnooze(Request(DEFAULT, 1, LEA))
    assert await world.dispatch() == 1


async def test_what_somebody_put_aside_stays_theirs_when_they_go(world: World) -> None:
    await world.start(ANA)
    for number in (1, 2):
        await world.open()
        await world.desk.assign(Request(DEFAULT, number, LEA), "ana@example.com")
    await world.desk.snooze(Request(DEFAULT, 1, ANA), "1d")
    await world.floor.end_shift(DEFAULT, ANA)
    assert [await world.holder(number) for number in (1, 2)] == ["Ana", None]
    assert (await world.ticket(1)).snoozed_until is not None


# Evening out


async def heaped(world: World) -> None:
    """Four tickets wait in Ana's hands, none in Ben's."""
    await world.start(ANA, BEN)
    for number in range(1, 5):
        await world.open()
        await world.desk.assign(Request(DEFAULT, number, LEA), "ana@example.com")


async def test_a_lead_sees_the_proposal_and_applies_what_was_seen(world: World) -> None:
    await heaped(world)
    load = await world.floor.workload(DEFAULT, LEA)
    names = {id: person.name for id, person in load.people.items()}
    assert {(names[move.before], names[move.to]) for move in load.moves} == {("Ana", "Ben")}
    done = await world.floor.even_out(DEFAULT, LEA, load.team.id, seen=load.seen)
    assert done.applied
    moved = [await world.ticket(move.ticket) for move in load.moves]
    assert all(ticket.offered for ticket in moved)
    assert {await world.holder(ticket.number) for ticket in moved} == {"Ben"}
    history = await world.storage.store.run(DEFAULT, lambda t: t.history(moved[0].number))
    last = [entry for entry in history if isinstance(entry.event, Assigned)][-1]
    assert last.actor == load.reader.id
    assert isinstance(last.event, Assigned)
    assert last.event.why == AssignReason("rebalance", giver="overloaded")


async def test_a_proposal_that_is_another_by_now_is_shown_again_and_not_applied(
    world: World,
) -> None:
    await heaped(world)
    load = await world.floor.workload(DEFAULT, LEA)
    await world.desk.claim(Request(DEFAULT, load.moves[0].ticket, ANA))
    again = await world.floor.even_out(DEFAULT, LEA, load.team.id, seen=load.seen)
    assert not again.applied
    assert again.seen != load.seen
    history = await world.storage.store.run(DEFAULT, lambda t: t.history(load.moves[0].ticket))
    assert not any(isinstance(entry.event, Released) for entry in history)


async def test_agents_see_their_own_figures_and_no_proposal(world: World) -> None:
    await heaped(world)
    load = await world.floor.workload(DEFAULT, ANA)
    assert [load.people[member.person].name for member in load.members] == ["Ana"]
    assert load.moves == ()
    with pytest.raises(Refused, match="forbidden"):
        await world.floor.even_out(DEFAULT, ANA, load.team.id, seen=load.seen)


async def test_strangers_see_nothing_of_a_team(world: World) -> None:
    with pytest.raises(Refused, match="forbidden"):
        await world.floor.workload(DEFAULT, BOB)


async def test_colleagues_on_duty_are_named(world: World) -> None:
    await world.start(ANA, BEN)
    standing: Standing = await world.floor.standing(DEFAULT, ANA)
    assert [person.name for person in standing.there] == ["Ana", "Ben"]

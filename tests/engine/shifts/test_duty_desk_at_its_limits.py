"""Giving out work when there is more of it than is looked at in one go: over real SQLite."""

from engine.shifts import giving_out
from engine.tickets.message import Request
from engine.tickets.people import DEFAULT
from tests.engine.floor import ANA, BEN, LEA, World, world

__all__ = ["world"]


async def test_tickets_that_nobody_there_can_take_hold_up_no_others(world: World) -> None:
    """Fifty wait for Ana's skill, and Ana is at her limit; Ben, who has no skill, has nothing to do."""
    await world.start(ANA)
    for _ in range(giving_out.WAITING_MAX + 3):
        await world.open(category="Network")
    assert await world.dispatch() == 3
    last = await world.open()
    await world.start(BEN)
    assert await world.dispatch() == 1
    assert await world.holder(last.number) == "Ben"


async def test_whoever_goes_home_leaves_nothing_unbegun_behind_however_much_it_is(
    world: World,
) -> None:
    await world.start(ANA)
    many = 150
    for number in range(1, many + 1):
        await world.open()
        await world.desk.assign(Request(DEFAULT, number, LEA), "ana@example.com")
    ended = await world.floor.end_shift(DEFAULT, ANA)
    assert ended.handed_over is not None
    assert len(ended.handed_over.given_back) == many
    assert ended.load.running == 0

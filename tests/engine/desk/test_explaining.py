"""Who may hear why a ticket was late, and how much of it."""

from datetime import timedelta

import pytest

from engine.tickets.errors import Refused
from engine.tickets.message import Request
from engine.tickets.people import DEFAULT, Caller, Identity
from tests.engine.world import ANA, EVE, World, asks

BOB = Caller(Identity("mail", "", "bob@example.com"), "Bob", "mail")


async def test_an_agent_hears_who_had_it_and_the_requester_only_that_the_desk_did(
    world: World,
) -> None:
    ticket = await world.mail()
    await world.desk.claim(asks(ticket))
    await world.clock.forward(hours=3)
    inside = await world.desk.why(asks(ticket, ANA))
    [first, _] = inside.clocks
    assert (first.clock, first.outcome) == ("first_response", "late")
    assert first.late == timedelta(hours=1)
    assert [share.who for share in first.shares] == ["Ana"]
    outside = await world.desk.why(asks(ticket, BOB))
    assert outside.short
    assert "Ana" not in str(outside)


async def test_whoever_may_not_read_it_hears_nothing(world: World) -> None:
    ticket = await world.mail()
    with pytest.raises(Refused) as refused:
        await world.desk.why(asks(ticket, EVE))
    assert refused.value.code == "absent"
    with pytest.raises(Refused):
        await world.desk.why(Request(DEFAULT, 99, ANA))

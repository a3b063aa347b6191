"""What a page says to whom."""

from datetime import timedelta

from engine.messages.effects import Tell
from engine.messages.page_messages import PersonPaged
from engine.ports.outbox import Sent
from engine.promises import sla
from engine.tickets.message import Draft
from engine.tickets.people import DEFAULT
from tests.engine.world import ANA, BEN, World, asks


async def pages(world: World, number: int) -> dict[str, str]:
    """The reason in each page, by the place it goes to."""
    told = await told_in_pages(world, number)
    return {place: one.reason.text if one.reason else "" for place, one in told.items()}


async def told_in_pages(world: World, number: int) -> dict[str, PersonPaged]:
    now, outbox = world.clock.now(), world.storage.outbox
    found: dict[str, PersonPaged] = {}
    while parcels := await outbox.lease(now=now, until=now + timedelta(minutes=1), limit=100):
        for parcel in parcels:
            tell = parcel.effect
            message = tell.message if isinstance(tell, Tell) else None
            if parcel.ticket == number and isinstance(message, PersonPaged):
                found[tell.to.place] = message
            await outbox.sent(parcel, Sent(), at=now)
    return found


async def test_a_page_tells_why_somebody_escalated(world: World) -> None:
    ticket = await world.mail()
    await world.desk.escalate(asks(ticket, ANA), "Customers cannot pay")
    assert set((await pages(world, ticket.number)).values()) == {"Customers cannot pay"}


async def test_a_page_about_a_late_solution_tells_of_the_solution(world: World) -> None:
    """The first answer was due before it; it is not what they are called for."""
    ticket = await world.mail()
    breach = next(t for t in sla.timers(ticket) if t.kind == "resolution.breach")
    await world.clock.move_to(breach.due_at)
    await world.ring(breach)
    paged = await told_in_pages(world, ticket.number)
    assert {(one.clock, one.is_late) for one in paged.values()} == {("resolution", True)}


async def test_the_reason_is_a_note_and_no_note_reaches_who_asked_though_they_are_paged(
    world: World,
) -> None:
    """Ben manages, and it is his own request that Ana escalates."""
    opened = await world.desk.open(DEFAULT, Draft("My VPN", "It drops."), by=BEN)
    await world.desk.escalate(asks(opened, ANA), "He never restarts his laptop")
    found = await pages(world, opened.number)
    assert found
    assert "He never restarts his laptop" not in found.values()

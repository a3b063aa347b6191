"""Two tickets that are one, and one that is two: over real SQLite, through the desk."""

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.ports.store import Transaction
from engine.tickets.errors import Refused
from engine.tickets.message import Draft, Proof
from engine.tickets.people import DEFAULT, Address, Role
from engine.tickets.promise_clock import ClockKind
from engine.tickets.ticket import State, Ticket
from tests.engine.world import ANA, BEN, EVE, ROSTER, World, asks

CARLA = "carla@example.com"
LEADS = replace(
    ROSTER,
    people=(
        replace(ROSTER.people[0], role=Role.SENIOR),
        replace(ROSTER.people[1], role=Role.LEAD),
    ),
)


@pytest.fixture
async def desk(world: World) -> World:
    """Ana may merge, Ben may take apart again."""
    await world.desk.declare(DEFAULT, LEADS)
    return world


async def two(desk: World) -> tuple[Ticket, Ticket]:
    """The first is Bob's, the second came half an hour later from Carla."""
    first = await desk.mail()
    desk.clock._now += timedelta(minutes=30)
    return first, await desk.mail(CARLA)


async def audience(desk: World, number: int) -> tuple[Address, ...]:
    def look(transaction: Transaction) -> tuple[Address, ...]:
        return transaction.audience(number).copied

    return await desk.storage.store.run(DEFAULT, look)


async def test_the_one_that_joins_rests_and_owes_nothing(desk: World) -> None:
    first, second = await two(desk)
    goes_on = await desk.desk.merge(asks(second), into=first.number)
    assert goes_on.number == first.number
    rests = await desk.ticket(second.number)
    assert (rests.state, rests.merged_into) == (State.MERGED, first.number)
    assert all(clock.cancelled_at for clock in rests.clocks)
    assert await audience(desk, first.number) == (Address("mail", CARLA),)


async def test_a_merge_buys_no_time(desk: World) -> None:
    """The younger ticket goes on, and is due when the older one was."""
    first, second = await two(desk)
    goes_on = await desk.desk.merge(asks(first), into=second.number)
    for kind in (ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION):
        mine, theirs = goes_on.clock(kind), first.clock(kind)
        assert mine is not None
        assert theirs is not None
        assert mine.due_at == theirs.due_at
    longer = await desk.desk.merge(asks(await desk.mail()), into=second.number)
    assert longer.clock(ClockKind.RESOLUTION) == goes_on.clock(ClockKind.RESOLUTION)


async def test_a_reply_to_the_merged_one_reaches_the_other(desk: World) -> None:
    first, second = await two(desk)
    await desk.desk.merge(asks(second), into=first.number)
    proof = (Proof(second.number, "token"),)
    received = await desk.desk.receive(DEFAULT, desk.inbound(CARLA, proofs=proof))
    assert (received.ticket, received.outcome) == (first.number, "joined")


async def test_merging_is_refused_with_itself_into_a_merged_one_and_to_who_may_not(
    desk: World,
) -> None:
    first, second = await two(desk)
    third = await desk.mail()
    await desk.desk.merge(asks(second), into=first.number)
    for source, into, by, code in (
        (first, first.number, ANA, "bad_merge"),
        (third, second.number, ANA, "bad_merge"),
        (third, 99, ANA, "absent"),
        (third, first.number, EVE, "absent"),
    ):
        with pytest.raises(Refused) as refused:
            await desk.desk.merge(asks(source, by), into=into)
        assert refused.value.code == code


async def test_taken_apart_again_it_goes_on_where_it_was(desk: World) -> None:
    first, second = await two(desk)
    await desk.desk.claim(asks(second, BEN))
    before = await desk.ticket(second.number)
    await desk.desk.merge(asks(second), into=first.number)
    desk.clock._now += timedelta(hours=3)
    back = await desk.desk.unmerge(asks(second, BEN))
    assert (back.state, back.merged_into, back.closed_at) == (State.IN_PROGRESS, None, None)
    was, now = before.clock(ClockKind.RESOLUTION), back.clock(ClockKind.RESOLUTION)
    assert was is not None
    assert now is not None
    assert was.due_at is not None
    assert now.due_at == was.due_at + timedelta(hours=3), "the time in between was nobody's"


async def test_only_a_lead_takes_apart_and_only_for_a_day(desk: World) -> None:
    first, second = await two(desk)
    await desk.desk.merge(asks(second), into=first.number)
    with pytest.raises(Refused) as refused:
        await desk.desk.unmerge(asks(second, ANA))
    assert refused.value.code == "forbidden"
    desk.clock._now += timedelta(hours=24, seconds=1)
    with pytest.raises(Refused) as refused:
        await desk.desk.unmerge(asks(second, BEN))
    assert refused.value.code == "too_late_to_unmerge"


async def test_part_of_a_ticket_becomes_one_of_its_own_that_starts_now(desk: World) -> None:
    first, _ = await two(desk)
    split = await desk.desk.split(asks(first), Draft("And the printer", "It smokes."))
    assert (split.requester, split.state) == (first.requester, State.NEW)
    response = split.clock(ClockKind.FIRST_RESPONSE)
    assert response is not None
    assert response.started_at == desk.clock.now()
    file = await desk.storage.views.ticket_file(DEFAULT, split.number)
    assert file is not None
    assert [(link.other, link.how) for link in file.links] == [(first.number, "split")]


async def test_whoever_was_paged_may_read_acknowledge_and_claim_wherever_they_belong(
    desk: World,
) -> None:
    """Ben leads; the ladder reached him, then he moved to another team."""
    ticket = await desk.mail()
    await desk.desk.escalate(asks(ticket, ANA), "Customers cannot pay")
    await desk.desk.escalate(asks(ticket, ANA), "Still")
    paged = await desk.ticket(ticket.number)
    assert paged.escalation_level == 2, "nobody is senior but Ana herself"
    elsewhere = replace(LEADS.people[1], teams=frozenset(), department="hr")
    await desk.desk.declare(DEFAULT, replace(LEADS, people=(LEADS.people[0], elsewhere)))
    assert await desk.desk.see(asks(ticket, BEN)) == paged
    with pytest.raises(Refused) as refused:
        await desk.desk.resolve(asks(ticket, BEN), "It works")
    assert refused.value.facts["holders"] == ["Ana"]
    acknowledged = await desk.desk.acknowledge(asks(ticket, BEN))
    assert acknowledged.acknowledged
    claimed = await desk.desk.claim(asks(ticket, BEN))
    resolved = await desk.desk.resolve(asks(ticket, BEN), "It works")
    assert (claimed.state, resolved.state) == (State.IN_PROGRESS, State.RESOLVED)
    desk.clock._now += timedelta(days=7, seconds=1)
    with pytest.raises(Refused) as gone:
        await desk.desk.see(asks(ticket, BEN))
    assert gone.value.code == "absent", "a week later it is none of Ben's business"

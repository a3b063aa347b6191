"""Whoever asked is owed an answer and heard, also when their ticket goes on as another's: over real SQLite."""

from datetime import timedelta

import pytest

from engine.tickets.errors import Refused
from engine.tickets.message import Proof
from engine.tickets.people import DEFAULT, Address
from engine.tickets.promise_clock import ClockKind
from engine.tickets.ticket import State
from tests.engine.desk.test_merging import CARLA, audience, desk, two
from tests.engine.world import BEN, World, asks

__all__ = ["desk"]

DORA = "dora@example.com"


async def test_an_answer_that_was_owed_is_owed_by_the_one_that_goes_on(desk: World) -> None:
    """Bob had his answer; Carla, whose ticket joins Bob's, had none."""
    first, second = await two(desk)
    await desk.desk.reply(asks(first), "We look at it")
    owed = second.clock(ClockKind.FIRST_RESPONSE)
    goes_on = await desk.desk.merge(asks(second), into=first.number)
    answer = goes_on.clock(ClockKind.NEXT_RESPONSE)
    assert answer is not None
    assert answer.running
    assert owed is not None
    assert answer.due_at == owed.due_at


async def test_a_merger_into_one_that_waits_for_its_first_answer_keeps_the_earlier_due_time(
    desk: World,
) -> None:
    """Carla's second question is older than Bob's ticket."""
    first = await desk.mail(CARLA)
    await desk.desk.reply(asks(first), "Which one?")
    proof = (Proof(first.number, "token"),)
    await desk.desk.receive(DEFAULT, desk.inbound(CARLA, proofs=proof))
    asked = (await desk.ticket(first.number)).clock(ClockKind.NEXT_RESPONSE)
    desk.clock._now += timedelta(minutes=30)
    second = await desk.mail()
    goes_on = await desk.desk.merge(asks(first), into=second.number)
    answer = goes_on.clock(ClockKind.FIRST_RESPONSE)
    assert asked is not None
    assert answer is not None
    assert answer.due_at == asked.due_at


async def test_the_answer_of_whoever_joined_ends_the_waiting(desk: World) -> None:
    first, second = await two(desk)
    await desk.desk.merge(asks(second), into=first.number)
    await desk.desk.ask(asks(first), "Does it work for either of you?")
    proof = (Proof(first.number, "token"),)
    await desk.desk.receive(DEFAULT, desk.inbound(CARLA, proofs=proof))
    assert (await desk.ticket(first.number)).state is State.OPEN


async def test_whoever_joined_may_say_that_it_is_not_solved(desk: World) -> None:
    first, second = await two(desk)
    await desk.desk.merge(asks(second), into=first.number)
    await desk.desk.resolve(asks(first), "Done")
    for proven in (second, first):
        proof = (Proof(proven.number, "token"),)
        await desk.desk.receive(DEFAULT, desk.inbound(CARLA, proofs=proof, text="Still broken"))
        assert (await desk.ticket(first.number)).state is State.REOPENED
        await desk.desk.resolve(asks(first), "Done")
    await desk.desk.unmerge(asks(second, BEN))
    await desk.desk.receive(DEFAULT, desk.inbound(CARLA, proofs=(Proof(first.number, "token"),)))
    assert (await desk.ticket(first.number)).state is State.RESOLVED, "no longer theirs"


async def test_what_is_open_does_not_vanish_in_one_that_is_done(desk: World) -> None:
    first, second = await two(desk)
    await desk.desk.resolve(asks(first), "Done")
    with pytest.raises(Refused, match="merge_into_done"):
        await desk.desk.merge(asks(second), into=first.number)
    await desk.desk.reopen(asks(first))
    await desk.desk.merge(asks(second), into=first.number)


async def test_what_is_refused_beforehand_is_what_the_merger_would_meet(desk: World) -> None:
    solved, done = await two(desk)
    opened = await desk.mail(DORA)
    await desk.desk.resolve(asks(solved), "Done")
    await desk.desk.close(asks(done), "Asked twice")
    with pytest.raises(Refused, match="merge_into_done"):
        await desk.desk.check_merge(asks(opened), into=done.number)
    await desk.desk.check_merge(asks(solved), into=done.number)
    assert (await desk.ticket(solved.number)).state is State.RESOLVED, "asking changes nothing"
    assert (await desk.desk.merge(asks(solved), into=done.number)).state is State.CLOSED


async def test_taken_out_of_a_ticket_that_was_merged_on_they_follow_neither(desk: World) -> None:
    first, second = await two(desk)
    third = await desk.mail(DORA)
    await desk.desk.merge(asks(second), into=first.number)
    await desk.desk.merge(asks(first), into=third.number)
    assert Address("mail", CARLA) in await audience(desk, third.number)
    await desk.desk.unmerge(asks(second, BEN))
    assert await audience(desk, third.number) == (Address("mail", "bob@example.com"),)


async def test_who_asked_twice_follows_on_when_one_of_the_two_is_taken_out(desk: World) -> None:
    first, second = await two(desk)
    again = await desk.mail(CARLA)
    for one in (second, again):
        await desk.desk.merge(asks(one), into=first.number)
    await desk.desk.unmerge(asks(second, BEN))
    assert await audience(desk, first.number) == (Address("mail", CARLA),)


async def test_what_a_merge_made_due_earlier_stays_so_when_the_category_changes(
    desk: World,
) -> None:
    first, second = await two(desk)
    await desk.desk.merge(asks(first), into=second.number)
    await desk.desk.set_category(asks(second), "Network")
    goes_on, was = await desk.ticket(second.number), first.clock(ClockKind.RESOLUTION)
    now = goes_on.clock(ClockKind.RESOLUTION)
    assert was is not None
    assert now is not None
    assert now.due_at == was.due_at


async def test_a_merger_into_one_that_waits_for_its_requester_buys_no_time_either(
    desk: World,
) -> None:
    first, second = await two(desk)
    await desk.desk.ask(asks(second), "Which one?")
    await desk.desk.merge(asks(first), into=second.number)
    proof = (Proof(second.number, "token"),)
    await desk.desk.receive(DEFAULT, desk.inbound(CARLA, proofs=proof))
    was = first.clock(ClockKind.RESOLUTION)
    now = (await desk.ticket(second.number)).clock(ClockKind.RESOLUTION)
    assert was is not None
    assert now is not None
    assert now.due_at == was.due_at

"""Closed unsolved: with a reason, or in silence as "not a request"; and what asks for the right beforehand."""

from dataclasses import replace
from functools import partial

import pytest

from engine.reports.facts import TicketFacts
from engine.tickets.actions import Action
from engine.tickets.errors import Refused
from engine.tickets.message import Draft, Proof
from engine.tickets.people import DEFAULT, Caller, Identity, Role
from engine.tickets.promise_clock import ClockKind
from engine.tickets.ticket import Priority, State, Ticket
from tests.engine.world import ANA, BEN, EVE, ROSTER, World, asks

BOB = Caller(Identity("mail", "", "bob@example.com"), "Bob", "api")
SENIOR = replace(
    ROSTER,
    people=(
        replace(ROSTER.people[0], role=Role.SENIOR),
        replace(ROSTER.people[1], role=Role.AGENT),
    ),
)


@pytest.fixture
async def desk(world: World) -> World:
    """Ana is a senior, Ben an agent of the same teams."""
    await world.desk.declare(DEFAULT, SENIOR)
    return world


async def facts(world: World) -> list[TicketFacts]:
    return list(await world.storage.views.ticket_facts(DEFAULT, since=world.clock.now()))


def broken(ticket: TicketFacts) -> list[ClockKind]:
    return [clock.kind for clock in ticket.promises if clock.breached]


async def test_closing_unsolved_takes_a_senior_and_a_reason(desk: World) -> None:
    ticket = await desk.mail()
    with pytest.raises(Refused) as forbidden:
        await desk.desk.close(asks(ticket, BEN), "We do not do phones")
    assert forbidden.value.facts["holders"] == ["Ana"]
    with pytest.raises(Refused) as silent:
        await desk.desk.close(asks(ticket))
    assert silent.value.code == "empty_text"
    assert (await desk.desk.close(asks(ticket), "We do not do phones")).state is State.CLOSED
    file = await desk.storage.views.ticket_file(DEFAULT, ticket.number)
    assert file is not None
    assert [said.message.text for said in file.notes] == ["We do not do phones"]


async def test_whoever_asked_withdraws_without_a_reason_and_a_solved_one_needs_none(
    desk: World,
) -> None:
    ticket = await desk.mail()
    assert (await desk.desk.close(asks(ticket, BOB))).state is State.CLOSED
    other = await desk.mail("carla@example.com")
    await desk.desk.resolve(asks(other), "Done")
    assert (await desk.desk.close(asks(other))).state is State.CLOSED


async def test_no_request_keeps_what_was_broken_in_the_figures(desk: World) -> None:
    late, early = await desk.mail(), await desk.mail("carla@example.com")
    closed_early = await desk.desk.not_a_request(asks(early, BEN))
    await desk.clock.forward(hours=3)  # a first answer is promised within two
    closed_late = await desk.desk.not_a_request(asks(late, BEN))
    assert (closed_early.state, closed_late.state) == (State.CLOSED, State.CLOSED)
    counted = {each.number: each for each in await facts(desk)}
    assert broken(counted[late.number]) == [ClockKind.FIRST_RESPONSE]
    assert (counted[late.number].no_request_by, late.number) == ("Ben", 1)
    await desk.desk.reopen(asks(early))
    assert broken(next(each for each in await facts(desk) if each.number == early.number)) == []


async def test_a_withdrawn_ticket_still_counts_nothing(desk: World) -> None:
    ticket = await desk.mail()
    await desk.clock.forward(hours=3)
    await desk.desk.close(asks(ticket), "Asked twice")
    assert broken((await facts(desk))[0]) == []


async def test_no_request_buys_no_time(desk: World) -> None:
    """Closed and reopened at once, the first answer is due when it was."""
    ticket = await desk.mail()
    before = ticket.clock(ClockKind.FIRST_RESPONSE)
    await desk.clock.forward(minutes=50)
    await desk.desk.not_a_request(asks(ticket))
    again = await desk.desk.reopen(asks(ticket))
    after = again.clock(ClockKind.FIRST_RESPONSE)
    assert before is not None
    assert after is not None
    assert after.running
    assert after.due_at == before.due_at


async def test_its_senders_words_are_kept_and_wake_nobody(desk: World) -> None:
    ticket = await desk.mail()
    await desk.desk.not_a_request(asks(ticket))
    proof = (Proof(ticket.number, "token"),)
    received = await desk.desk.receive(
        DEFAULT, replace(desk.inbound(text="Hello? Anybody?", proofs=proof), key="k2")
    )
    assert (received.ticket, received.outcome) == (ticket.number, "joined")
    assert (await desk.desk.reply(asks(ticket, BOB), "Hello?")).state is State.CLOSED
    await desk.desk.reopen(asks(ticket))
    await desk.desk.resolve(asks(ticket))
    woken = await desk.desk.reply(asks(ticket, BOB), "It is still down")
    assert woken.state is State.REOPENED, "once it was a request, words count again"


async def test_whoever_was_merged_into_it_asked_for_something_and_wakes_it(desk: World) -> None:
    """Bob's was no request; Carla's, which had been merged into it, was one."""
    spam, genuine = await desk.mail(), await desk.mail("carla@example.com")
    await desk.desk.merge(asks(genuine), into=spam.number)
    await desk.desk.not_a_request(asks(spam))
    proof = (Proof(genuine.number, "token"),)
    still = partial(desk.inbound, text="Still broken", proofs=proof)
    await desk.desk.receive(DEFAULT, still("bob@example.com"))
    assert (await desk.ticket(spam.number)).state is State.CLOSED
    received = await desk.desk.receive(DEFAULT, still("carla@example.com"))
    assert (received.ticket, received.outcome) == (spam.number, "joined")
    assert (await desk.ticket(spam.number)).state is State.REOPENED


async def test_it_is_undone_for_two_weeks_by_whoever_may_reopen(desk: World) -> None:
    ticket, other = await desk.mail(), await desk.mail("carla@example.com")
    for each in (ticket, other):
        await desk.desk.not_a_request(asks(each))
    with pytest.raises(Refused) as stranger:
        await desk.desk.reopen(asks(ticket, EVE))
    assert stranger.value.code == "absent"
    await desk.clock.forward(days=14)
    assert (await desk.desk.reopen(asks(ticket, BEN))).state is State.REOPENED
    await desk.clock.forward(seconds=1)
    with pytest.raises(Refused) as late:
        await desk.desk.reopen(asks(other, BEN))
    assert late.value.code == "too_late"


async def test_nobody_hears_of_it_outside(desk: World) -> None:
    ticket = await desk.mail()
    before = len(await desk.storage.views.outbox())
    await desk.desk.not_a_request(asks(ticket))
    told = (await desk.storage.views.outbox())[before:]
    assert {line.channel for line in told} <= {"slack"}


# Asked before it is offered


async def test_a_face_knows_what_it_may_offer_whom(desk: World) -> None:
    ticket = await desk.mail()
    senior = await desk.desk.allowed(asks(ticket, ANA))
    agent = await desk.desk.allowed(asks(ticket, BEN))
    bob = await desk.desk.allowed(asks(ticket, BOB))
    assert senior.actions - agent.actions == {Action.CLOSE}
    assert (agent.reads_notes, bob.reads_notes) == (True, False)
    assert bob.actions == {Action.REPLY, Action.CLOSE}
    with pytest.raises(Refused) as absent:
        await desk.desk.allowed(asks(ticket, EVE))
    assert absent.value.code == "absent"


async def test_checking_refuses_what_doing_would(desk: World) -> None:
    ticket = await desk.mail()
    await desk.desk.check(asks(ticket, BEN), Action.MERGE)
    for who, action, code in (
        (BEN, Action.CLOSE, "forbidden"),
        (BEN, Action.REOPEN, "illegal_move"),
        (EVE, Action.CLAIM, "absent"),
    ):
        with pytest.raises(Refused) as refused:
            await desk.desk.check(asks(ticket, who), action)
        assert refused.value.code == code


async def test_moving_to_another_department_takes_a_senior(desk: World) -> None:
    ticket = await desk.mail()
    with pytest.raises(Refused) as refused:
        await desk.desk.set_team(asks(ticket, BEN), "hr")
    assert (refused.value.facts["right"], refused.value.facts["holders"]) == ("department", ["Ana"])
    assert (await desk.desk.set_team(asks(ticket, ANA), "hr")).team == "hr"


# What a requester may ask for


async def opened(world: World, by: Caller, priority: str) -> Ticket:
    return await world.desk.open(DEFAULT, Draft("VPN is down", "", priority), by=by)


async def test_a_requester_gets_what_the_desk_lets_them_ask_for(desk: World) -> None:
    """Who asked for more gets the default and is told; agents and the command line choose."""
    assert (await opened(desk, EVE, "P1")).priority is Priority.P1, (
        "nothing is held back by default"
    )
    few = replace(SENIOR.settings, requester_priorities=(Priority.P2, Priority.P4))
    await desk.desk.declare(DEFAULT, replace(SENIOR, settings=few))
    capped = await opened(desk, EVE, "critical")
    assert (capped.priority, (await opened(desk, EVE, "p2")).priority) == (Priority.P3, Priority.P2)
    for by in (BEN, Caller(BOB.identity, "Bob", "cli")):
        assert (await opened(desk, by, "P1")).priority is Priority.P1
    file = await desk.storage.views.ticket_file(DEFAULT, capped.number)
    assert file is not None
    assert getattr(file.history[0].event, "asked", None) is Priority.P1

"""The desk over real SQLite: what is recorded is what the history tells, and use cases may run twice."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from engine.desk.desk import Desk
from engine.desk.directory import DeclaredWorkspace
from engine.ports.spool import Incoming
from engine.ports.store import Change, Transaction
from engine.promises import sla
from engine.tickets import evolve
from engine.tickets.errors import Refused
from engine.tickets.events import Entry, Linked
from engine.tickets.message import Draft, Proof, Request
from engine.tickets.people import DEFAULT, Caller, Identity
from engine.tickets.ticket import State, Ticket
from tests.engine.world import ANA, BEN, EVE, ROSTER, World, asks
from tests.examples import examples

DOINGS: list[Callable[[Desk, Request], Awaitable[object]]] = [
    lambda desk, request: desk.claim(request),
    lambda desk, request: desk.assign(request, "ben@example.com"),
    lambda desk, request: desk.release(request),
    lambda desk, request: desk.reply(request, "Try again"),
    lambda desk, request: desk.note(request, "Odd"),
    lambda desk, request: desk.ask(request, "Which floor?"),
    lambda desk, request: desk.resolve(request),
    lambda desk, request: desk.resolve(request, "Done"),
    lambda desk, request: desk.reopen(request),
    lambda desk, request: desk.close(request, "Asked twice"),
    lambda desk, request: desk.not_a_request(request),
    lambda desk, request: desk.set_priority(request, "critical"),
    lambda desk, request: desk.set_priority(request, "P4"),
    lambda desk, request: desk.set_category(request, "vm"),
    lambda desk, request: desk.set_team(request, "People"),
    lambda desk, request: desk.set_team(request, "support"),
    lambda desk, request: desk.snooze(request, "2h"),
    lambda desk, request: desk.snooze(request, "1bd"),
    lambda desk, request: desk.unsnooze(request),
    lambda desk, request: desk.speak(request, "! for the requester"),
]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(DOINGS),
        st.sampled_from([ANA, BEN]),
        st.timedeltas(timedelta(), timedelta(hours=10)),
    ),
    max_size=15,
)


@examples(25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
async def test_a_stored_ticket_is_what_its_history_tells(
    world: World,
    steps: list[tuple[Callable[[Desk, Request], Awaitable[object]], Caller, timedelta]],
) -> None:
    ticket = await world.mail()
    for do, by, later in steps:
        world.clock._now += later
        try:
            await do(world.desk, asks(ticket, by))
        except Refused:
            continue

    def replayed(transaction: Transaction) -> tuple[Ticket | None, Ticket]:
        history = transaction.history(ticket.number)
        return transaction.ticket(ticket.number), evolve.replay(DEFAULT, ticket.number, history)

    stored, told = await world.storage.store.run(DEFAULT, replayed)
    assert stored == told


async def test_timers_in_the_database_are_those_the_ticket_wants(world: World) -> None:
    ticket = await world.mail()
    await world.desk.ask(asks(ticket), "Which floor?")
    rows = await world.storage.timers.standing(DEFAULT)
    assert set(rows) == sla.timers(await world.ticket(ticket.number))


async def test_of_two_agents_claiming_at_once_one_wins_and_the_other_hears_who(
    world: World,
) -> None:
    ticket = await world.mail()
    both = await asyncio.gather(
        world.desk.claim(asks(ticket, ANA, seen=ticket.version)),
        world.desk.claim(asks(ticket, BEN, seen=ticket.version)),
        return_exceptions=True,
    )
    winners = [one for one in both if isinstance(one, Ticket)]
    losers = [one for one in both if isinstance(one, Refused)]
    assert (len(winners), len(losers)) == (1, 1)
    assert losers[0].code == "taken"
    assert losers[0].facts["by"] in {"Ana", "Ben"}


async def test_a_click_on_an_old_card_undoes_nothing(world: World) -> None:
    drawn = await world.mail()
    await world.desk.resolve(asks(drawn, BEN))
    reopened = await world.desk.reopen(asks(drawn, BEN))
    with pytest.raises(Refused) as refused:
        await world.desk.resolve(asks(drawn, ANA, seen=drawn.version))
    assert refused.value.code == "stale"
    assert await world.ticket(drawn.number) == reopened


async def test_words_said_meanwhile_do_not_make_a_click_stale(world: World) -> None:
    drawn = await world.mail()
    await world.desk.note(asks(drawn, BEN), "Seen before")
    claimed = await world.desk.claim(asks(drawn, ANA, seen=drawn.version))
    assert claimed.state is State.IN_PROGRESS


async def test_a_request_that_was_recorded_is_not_recorded_twice(world: World) -> None:
    ticket = await world.mail()
    kept = await world.storage.spool.keep(
        Incoming(DEFAULT, "slack", "event", "Ev1", b"{}", {}, world.clock.now())
    )
    request = Request(DEFAULT, ticket.number, ANA, settles=kept.id)
    once = await world.desk.note(request, "Odd")
    again = await world.desk.note(request, "Odd")
    assert again == once
    file = await world.storage.views.ticket_file(DEFAULT, ticket.number)
    assert file is not None
    assert [said.message.text for said in file.notes] == ["Odd"]


async def test_a_form_that_was_recorded_opens_no_second_ticket(world: World) -> None:
    kept = await world.storage.spool.keep(
        Incoming(DEFAULT, "slack", "view", "V1", b"{}", {}, world.clock.now())
    )
    draft = Draft("New laptop", "Mine is old")
    once = await world.desk.open(DEFAULT, draft, by=EVE, settles=kept.id)
    again = await world.desk.open(DEFAULT, draft, by=EVE, settles=kept.id)
    assert again == once


@pytest.mark.parametrize(
    ("text", "public", "words"),
    [
        ("! Try again", True, "Try again"),
        ("  !Try again", True, "Try again"),
        ("!!! urgent", False, "!!! urgent"),
        ("!! urgent", False, "!! urgent"),
        ("Wait! No!", False, "Wait! No!"),
    ],
)
async def test_only_a_single_mark_sends_words_to_the_requester(
    world: World, text: str, public: bool, words: str
) -> None:
    ticket = await world.mail()
    spoken = await world.desk.speak(asks(ticket), text)
    assert spoken.public is public
    file = await world.storage.views.ticket_file(DEFAULT, ticket.number)
    assert file is not None
    said = file.comments[1:] if public else file.notes
    assert [one.message.text for one in said] == [words]


async def test_an_outsider_hears_that_there_is_no_such_ticket(world: World) -> None:
    ticket = await world.mail()
    for number in (ticket.number, 999):
        with pytest.raises(Refused) as refused:
            await world.desk.see(Request(DEFAULT, number, EVE))
        assert refused.value.code == "absent"


async def test_a_confirmed_address_makes_slack_and_mail_one_person(world: World) -> None:
    ticket = await world.mail("carla@example.com")
    address = Identity("mail", "", "carla@example.com")
    carla = Caller(Identity("slack", "T1", "U_CARLA"), "Carla", "slack", confirmed=(address,))
    assert await world.desk.see(Request(DEFAULT, ticket.number, carla)) == ticket


async def test_an_unconfirmed_address_does_not(world: World) -> None:
    ticket = await world.mail("carla@example.com")
    pretender = Caller(Identity("slack", "T1", "U_X"), "carla@example.com", "slack")
    with pytest.raises(Refused):
        await world.desk.see(Request(DEFAULT, ticket.number, pretender))


async def test_leaving_the_private_channel_takes_the_rights_away(world: World) -> None:
    ticket = await world.mail()
    inside = Caller(Identity("slack", "T1", "U_NEW"), "New", "slack", member_of=frozenset({"C1"}))
    await world.desk.note(asks(ticket, inside), "Hello")
    outside = replace(inside, member_of=frozenset())
    with pytest.raises(Refused):
        await world.desk.note(asks(ticket, outside), "Hello again")


async def test_an_agent_taken_off_the_list_is_a_requester_again(world: World) -> None:
    ticket = await world.mail()
    await world.desk.declare(
        DEFAULT, DeclaredWorkspace(ROSTER.settings, ROSTER.teams, ROSTER.people[:1])
    )
    with pytest.raises(Refused):
        await world.desk.close(asks(ticket, BEN))
    await world.desk.claim(asks(ticket, ANA))


async def test_an_agent_assigns_to_an_agent_of_the_team(world: World) -> None:
    ticket = await world.mail()
    with pytest.raises(Refused) as unfit:
        await world.desk.assign(asks(ticket, BEN), "bob@example.com")
    assert unfit.value.code == "not_an_agent"
    assigned = await world.desk.assign(asks(ticket, ANA), "ben@example.com")
    assert assigned.state is State.OPEN


async def test_a_proof_is_worth_nothing_in_a_strangers_hand(world: World) -> None:
    ticket = await world.mail()
    proof = (Proof(ticket.number, "token"),)
    other = await world.mail("eve@evil.example", proofs=proof)
    assert other.number != ticket.number
    file = await world.storage.views.ticket_file(DEFAULT, other.number)
    assert file is not None
    assert [(link.other, link.how) for link in file.links] == [(ticket.number, "names")]


async def test_the_sixth_mail_in_an_hour_opens_a_ticket_without_a_receipt(world: World) -> None:
    for _ in range(6):
        await world.mail()
    mails = [line for line in await world.storage.views.outbox() if line.channel == "mail"]
    assert len(mails) == 5


async def test_a_draft_names_what_is_known_when_it_is_wrong(world: World) -> None:
    for draft, code in [
        (Draft("", "x"), "empty_text"),
        (Draft("x", "", priority="urgent!"), "unknown_priority"),
        (Draft("x", "", category="Nope"), "unknown_category"),
        (Draft("x", "", team="Nope"), "unknown_team"),
    ]:
        with pytest.raises(Refused) as refused:
            await world.desk.open(DEFAULT, draft, by=EVE)
        assert refused.value.code == code


async def test_a_timer_that_nobody_wants_any_more_rings_nothing(world: World) -> None:
    ticket = await world.mail()
    breach = next(t for t in sla.timers(ticket) if t.kind == "first_response.breach")
    await world.desk.reply(asks(ticket), "On it")
    await world.clock.forward(hours=3)
    assert not await world.ring(breach)
    assert (await world.ticket(ticket.number)).clocks[0].breached_at is None


async def test_rung_twice_a_timer_fires_once(world: World) -> None:
    ticket = await world.mail()
    breach = next(t for t in sla.timers(ticket) if t.kind == "first_response.breach")
    await world.clock.move_to(breach.due_at)
    both = await asyncio.gather(world.ring(breach), world.ring(breach))
    assert sorted(both) == [False, True]


async def test_a_lead_gives_a_private_ticket_to_an_agent_who_then_works_on_it(
    world: World,
) -> None:
    await world.desk.declare(DEFAULT, ROSTER)
    ticket = await world.mail()

    def hide(transaction: Transaction) -> None:
        before = transaction.ticket(ticket.number)
        assert before is not None
        after = replace(before, private=True, version=before.version + 1)
        entry = Entry(after.version, world.clock.now(), None, "cli", Linked(ticket.number, "names"))
        transaction.record(Change(before=before, after=after, entries=(entry,)))

    await world.storage.store.run(DEFAULT, hide)
    with pytest.raises(Refused, match="absent"):
        await world.desk.claim(asks(ticket, ANA))
    given = await world.desk.assign(asks(ticket, BEN), "ana@example.com")
    assert given.assignee is not None
    assert (await world.desk.note(asks(ticket, ANA), "On it")).assignee == given.assignee

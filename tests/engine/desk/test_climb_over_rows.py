"""The climb over real SQLite: who may stop it, and what edited rules make of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.ports.store import Transaction
from engine.promises import sla
from engine.promises.rules import BY_ROLE, Declared, Ladder, Level, Mute, Target
from engine.tickets.errors import Refused
from engine.tickets.events import Paged
from engine.tickets.message import Draft, Request
from engine.tickets.people import DEFAULT, Role
from engine.tickets.promise_clock import ClockKind, TimerKind
from engine.tickets.ticket import Ticket
from tests.engine.desk.test_merging import LEADS
from tests.engine.world import ANA, BEN, ROSTER, World, asks


async def pages(desk: World, ticket: Ticket) -> list[Paged]:
    history = await desk.storage.store.run(DEFAULT, lambda t: t.history(ticket.number))
    return [entry.event for entry in history if isinstance(entry.event, Paged)]


async def become(desk: World, by: str, **other: object) -> None:
    def change(transaction: Transaction) -> None:
        [person] = transaction.people_named(by)
        transaction.keep_person(replace(person, **other))

    await desk.storage.store.run(DEFAULT, change)


async def escalated(desk: World) -> Ticket:
    await desk.desk.declare(DEFAULT, LEADS)
    ticket = await desk.mail()
    await desk.desk.escalate(asks(ticket, ANA), "Customers cannot pay")
    return await desk.desk.escalate(asks(ticket, ANA), "Still")


async def test_whoever_was_paged_and_is_suspended_stops_no_climb(world: World) -> None:
    ticket = await escalated(world)
    await become(world, "Ben", status="suspended")
    with pytest.raises(Refused, match="absent"):
        await world.desk.acknowledge(asks(ticket, BEN))


async def test_whoever_was_paged_and_is_no_agent_any_more_stops_no_climb(world: World) -> None:
    ticket = await escalated(world)
    await become(world, "Ben", role=Role.REQUESTER, teams=frozenset())
    with pytest.raises(Refused, match="absent"):
        await world.desk.acknowledge(asks(ticket, BEN))


async def test_applied_rules_page_by_the_ladder_that_holds_from_then_on(world: World) -> None:
    """Its ladder had five levels, the new one has one, and its resolution is late by now."""

    def declared(ladder: Ladder) -> object:
        team = replace(ROSTER.teams[0], ladder="own")
        return replace(ROSTER, teams=(team, ROSTER.teams[1]), rules=Declared(ladders=(ladder,)))

    await world.desk.declare(DEFAULT, declared(replace(BY_ROLE, id="own")))
    ticket = await world.mail()
    for _ in range(3):
        await world.desk.escalate(asks(ticket, ANA), "Please")
    world.clock._now += timedelta(hours=25)
    short = Ladder("own", (Level((Target("role", "agent"),)),))
    await world.desk.declare(DEFAULT, declared(short))
    await become(world, "Ana", role=Role.ADMIN)
    await world.desk.apply_policies(Request(DEFAULT, ticket.number, ANA))
    assert [page.level for page in await pages(world, ticket)][-1] == 0


async def test_a_person_who_can_be_told_nowhere_is_nobody_to_page(world: World) -> None:
    ana, ben = ROSTER.people
    await world.desk.declare(DEFAULT, replace(ROSTER, people=(replace(ana, identities=()), ben)))
    ticket = await world.mail()
    await world.desk.set_priority(asks(ticket, BEN), "P1")
    assert [page.level for page in await pages(world, ticket)] == [3], "Ben, a manager"


async def test_a_mute_window_that_is_taken_back_holds_no_page_any_longer(world: World) -> None:
    now = world.clock.now()
    quiet = Mute(now, now + timedelta(hours=8))
    await world.desk.declare(DEFAULT, replace(ROSTER, rules=Declared(mutes=(quiet,))))
    ticket = await world.mail()
    await world.desk.set_priority(asks(ticket), "P1")
    assert await pages(world, ticket) == []
    world.clock._now += timedelta(minutes=30)
    await world.desk.declare(DEFAULT, ROSTER)
    assert [page.cause for page in await pages(world, ticket)] == ["mute_over"]
    [timer] = [t for t in sla.timers(await world.ticket(1)) if t.kind is TimerKind.ACK_BREACH]
    assert timer.due_at < now + timedelta(hours=1)


async def test_an_agent_who_asks_on_their_own_ticket_answers_nobody(world: World) -> None:
    ticket = await world.desk.open(DEFAULT, Draft("My VPN is down", "Since ten"), by=ANA)
    await world.desk.ask(asks(ticket, ANA), "Does anybody know?")
    answer = (await world.ticket(ticket.number)).clock(ClockKind.FIRST_RESPONSE)
    assert answer is not None
    assert answer.running

"""Snoozing over real SQLite: what people write, who is told when it ends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.messages.effects import Tell
from engine.messages.work import SnoozeEnded
from engine.ports.outbox import Sent
from engine.promises import sla
from engine.tickets.errors import Refused
from engine.tickets.people import DEFAULT, Caller, Identity
from engine.tickets.promise_clock import TimerKind
from engine.tickets.ticket import Ticket
from tests.engine.world import ANA, BEN, World, asks

BERLIN = replace(ANA, timezone="Europe/Berlin")


async def told(world: World) -> list[SnoozeEnded]:
    """Since they were last asked for."""
    now, outbox = world.clock.now(), world.storage.outbox
    said: list[object] = []
    while parcels := await outbox.lease(now=now, until=now + timedelta(minutes=1), limit=100):
        for parcel in parcels:
            said += [parcel.effect.message] if isinstance(parcel.effect, Tell) else []
            await outbox.sent(parcel, Sent(), at=now)
    return [one for one in said if isinstance(one, SnoozeEnded)]


async def rings(world: World, ticket: Ticket) -> Ticket:
    [timer] = [one for one in sla.timers(ticket) if one.kind is TimerKind.SNOOZE_ENDS]
    await world.clock.move_to(timer.due_at)
    assert await world.ring(timer)
    assert not await world.ring(timer), "once"
    return await world.ticket(ticket.number)


async def test_it_is_read_in_the_zone_of_who_writes(world: World) -> None:
    ticket = await world.desk.snooze(asks(await world.mail(), BERLIN), "tomorrow 9:00")
    assert ticket.snoozed_until == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)


async def test_off_ends_it(world: World) -> None:
    ticket = await world.mail()
    await world.desk.snooze(asks(ticket), "2h")
    assert (await world.desk.snooze(asks(ticket), "off")).snoozed_until is None
    await world.desk.snooze(asks(ticket), "2h")
    assert (await world.desk.unsnooze(asks(ticket))).snoozed_until is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty_text"),
        ("when it rains", "bad_instant"),
        ("2026-02-01", "past_instant"),
        ("2035-01-01", "far_instant"),
    ],
)
async def test_what_is_no_time_to_come_is_refused(world: World, text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        await world.desk.snooze(asks(await world.mail()), text)
    assert refused.value.code == code


async def test_what_is_resolved_can_not_be_put_aside(world: World) -> None:
    ticket = await world.mail()
    await world.desk.resolve(asks(ticket))
    with pytest.raises(Refused, match="illegal_move"):
        await world.desk.snooze(asks(ticket), "2h")


async def test_when_the_time_is_up_whoever_has_it_is_told_once(world: World) -> None:
    ticket = await world.mail()
    await world.desk.claim(asks(ticket))
    awake = await rings(world, await world.desk.snooze(asks(ticket), "2h"))
    assert awake.snoozed_until is None
    [ended] = await told(world)
    assert (ended.why.word, ended.by) == ("due", None)
    assert ended.assignee is not None
    assert ended.assignee.name.text == "Ana"


async def test_of_what_nobody_has_the_team_is_told(world: World) -> None:
    await rings(world, await world.desk.snooze(asks(await world.mail()), "2h"))
    [ended] = await told(world)
    assert ended.assignee is None


async def test_who_ends_it_themselves_is_not_told_so(world: World) -> None:
    ticket = await world.mail()
    await world.desk.claim(asks(ticket))
    for end in (world.desk.unsnooze(asks(ticket)), world.desk.reply(asks(ticket), "Done soon")):
        await world.desk.snooze(asks(ticket), "2h")
        await end
    assert await told(world) == []
    await world.desk.snooze(asks(ticket), "2h")
    await world.desk.unsnooze(asks(ticket, BEN))
    [ended] = await told(world)
    assert (ended.why.word, ended.by and ended.by.text) == ("asked", "Ben")


async def test_a_click_on_a_card_from_before_the_requester_wrote_puts_nothing_aside(
    world: World,
) -> None:
    ticket = await world.mail()
    first = await world.desk.snooze(asks(ticket), "2h")
    await world.desk.unsnooze(asks(ticket, BEN))
    with pytest.raises(Refused, match="stale"):
        await world.desk.snooze(asks(ticket, seen=first.version), "3h")


async def test_the_requesters_words_wake_it_from_however_old_a_card(world: World) -> None:
    ticket = await world.mail()
    await world.desk.claim(asks(ticket))
    await world.desk.snooze(asks(ticket), "2h")
    bob = Caller(Identity("mail", "", "bob@example.com"), "Bob", "slack")
    await world.desk.reply(asks(ticket, bob, seen=ticket.version), "Any news?")
    [ended] = await told(world)
    assert (ended.why.word, ended.by and ended.by.text) == ("answer", "Bob")


async def test_the_stored_ticket_is_what_its_history_tells(world: World) -> None:
    ticket = await world.mail()
    asleep = await world.desk.snooze(asks(ticket), "2h")
    stored = await world.storage.store.run(DEFAULT, lambda t: t.ticket(ticket.number))
    assert stored == asleep

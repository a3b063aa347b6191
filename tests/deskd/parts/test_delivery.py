"""Due outbox rows reach their couriers: at once, in order, again when that can help, and never for ever."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from deskd.parts.delivery import CHANNEL_PAUSE_MAX, CROWD_PAUSE, IN_HAND_MAX, LEASE
from engine.messages.effects import Show, Tell
from engine.ports.outbox import Later, Never, Outbox, Parcel, Sent
from engine.tickets.people import Address, Caller, Identity
from storage.queues.outbox import SqlOutbox
from tests.deskd.room import ANN_MAIL, CHANNEL, Room, eventually
from tests.engine.messages.made import made

HOME = Address("slack", CHANNEL)


class SlowAnswer(SqlOutbox):
    """An outbox whose lease is committed a while before its caller hears of it."""

    def __init__(self, real: Outbox) -> None:
        self._real = real
        self.leased = asyncio.Event()
        self.gate = asyncio.Event()

    async def lease(
        self,
        *,
        now: datetime,
        until: datetime,
        limit: int,
        skip_channels: frozenset[str] = frozenset(),
    ) -> Sequence[Parcel]:
        parcels = await self._real.lease(
            now=now, until=until, limit=limit, skip_channels=skip_channels
        )
        self.leased.set()
        await self.gate.wait()
        return parcels

    async def sent(self, parcel: Parcel, sent: Sent, *, at: datetime) -> None:
        await self._real.sent(parcel, sent, at=at)

    async def next_at(self, *, now: datetime) -> datetime | None:
        return await self._real.next_at(now=now)


async def test_a_commit_reaches_its_courier_without_the_clock_moving(room: Room) -> None:
    async with room.running(room.delivery()):
        await room.clock.settle()
        await room.ticket()
        await eventually(lambda: room.mail.seen, "the receipt went out")
        await eventually(lambda: room.slack.seen, "the card went out")
    assert isinstance(room.slack.seen[0].effect, Show)


async def test_rows_of_another_process_are_found_within_a_second(room: Room) -> None:
    ticket = await room.quiet_ticket()
    async with room.running(room.delivery()):
        await room.clock.settle()
        await eventually(lambda: room.clock._sleepers, "it sleeps")
        await room.tell(ticket, "a")  # nobody nudges
        await room.clock.forward(seconds=1)
        await room.is_state("a", "sent")


async def test_while_senders_queue_at_the_door_batches_wait_a_little_and_never_for_ever(
    room: Room,
) -> None:
    ticket = await room.quiet_ticket()
    for key in ("a", "b"):
        await room.tell(ticket, key)
    delivery = room.delivery()
    delivery.crowded = lambda: True
    async with room.running(delivery):
        await room.is_state("a", "sent")
        await eventually(lambda: room.clock._sleepers, "it pauses")
        assert room.mail.keys == ["a"]
        await room.clock.forward(seconds=CROWD_PAUSE.total_seconds())
        await room.is_state("b", "sent")


async def test_parcels_of_one_ticket_and_address_go_in_order_though_one_fails(room: Room) -> None:
    ticket = await room.quiet_ticket()
    for key in ("a", "b", "c"):
        await room.tell(ticket, key)
    room.mail.verdicts = [None, Later("busy"), None, None]
    async with room.running(room.delivery()):
        await eventually(lambda: len(room.mail.seen) == 2, "b was tried")
        await room.tried("mail", 1)
        await room.clock.forward(seconds=5)
        await room.is_state("c", "sent")
    assert room.mail.keys == ["a", "b", "b", "c"]


async def test_a_parcel_waits_its_back_off_before_it_is_tried_again(room: Room) -> None:
    ticket = await room.quiet_ticket()
    await room.tell(ticket, "a")
    room.mail.verdicts = [Later("busy", after=timedelta(seconds=40))]
    async with room.running(room.delivery()):
        await room.tried("mail", 1)
        await room.clock.forward(seconds=39)
        await room.tell(ticket, "other", to=Address("mail", "bob@example.com"))
        room.outbox_bell.ring()
        await room.is_state("other", "sent")
        assert room.mail.keys == ["a", "other"]
        await room.clock.forward(seconds=1)
        await room.is_state("a", "sent")


async def test_a_dead_letter_to_a_requester_is_told_to_the_team(room: Room) -> None:
    ticket = await room.quiet_ticket()
    await room.tell(ticket, "a")
    room.mail.verdicts = [Never("550 no such mailbox")]
    async with room.running(room.delivery()):
        await room.is_state("a", "dead")
        await eventually(lambda: "undelivered.a" in room.slack.keys, "the team was told")
    [row] = [row for row in await room.rows() if row.key == "a"]
    assert row.last_error == "550 no such mailbox"
    assert room.counted[("mail", "never")] == 1


async def test_dead_words_of_a_channel_that_is_new_are_somebodys_news(room: Room) -> None:
    ticket = await room.quiet_ticket()
    await room.tell(ticket, "a", to=Address("sms", "+4930123456"))
    room.sms.verdicts = [Never("no such number")]
    async with room.running(room.delivery()):
        await room.is_state("a", "dead")
        await eventually(lambda: "undelivered.a" in room.slack.keys, "the team was told")
    assert room.slack.seen[-1].effect.to == HOME


async def test_a_dead_digest_is_told_to_the_team_that_takes_in_the_rest(room: Room) -> None:
    await room.tell_apart(Tell(ANN_MAIL, made("ticket_closed"), "monday"))
    room.mail.verdicts = [Never("550 no such mailbox")]
    async with room.running(room.delivery()):
        await room.is_state("monday", "dead")
        await eventually(lambda: "undelivered.monday" in room.slack.keys, "the team was told")
    told = room.slack.seen[-1]
    assert (told.ticket, told.effect.to) == (None, HOME)


async def test_a_dead_word_to_the_team_is_told_to_nobody(room: Room) -> None:
    ticket = await room.quiet_ticket()
    await room.tell(ticket, "a", to=HOME)
    room.slack.verdicts = [Never("is_archived")]
    async with room.running(room.delivery()):
        await room.is_state("a", "dead")
    assert list(await room.states()).count("undelivered.a") == 0
    assert not room.mail.seen


async def test_a_channel_that_is_down_is_paused_and_delays_nothing_else(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "deskd.deskd.delivery")
    tickets = [await room.quiet_ticket() for _ in range(20)]
    for number, ticket in enumerate(tickets):
        await room.tell(ticket, f"m{number}")
        await room.tell(ticket, f"s{number}", to=HOME)
    room.mail.always = lambda parcel: Later("refused", whole_channel=True)
    async with room.running(room.delivery()):
        await room.is_state("s19", "sent")
        await eventually(lambda: room.counted[("mail", "later")] >= 1)
        tried = len(room.mail.seen)
        assert tried < 2 * IN_HAND_MAX, "the rest waits without being tried"
        paused = [record for record in caplog.records if "paused" in record.message]
        assert len(paused) == 1
        room.mail.always = lambda parcel: None
        await room.clock.forward(seconds=CHANNEL_PAUSE_MAX.total_seconds() + 1)
        await room.is_state("m19", "sent")
        await room.is_state("m0", "sent")


async def test_a_pause_does_not_outlive_the_hour_that_it_was_told_by(room: Room) -> None:
    """The clock was six hours ahead when the relay failed, and is set right again."""
    right = room.clock.now()
    await room.clock.move_to(right + timedelta(hours=6))
    await room.tell(await room.quiet_ticket(), "ahead")
    room.mail.always = lambda parcel: Later("down", whole_channel=True)
    async with room.running(room.delivery()):
        await eventually(lambda: room.counted[("mail", "later")] >= 1)
        room.mail.always = lambda parcel: None
        await room.clock.move_to(right)
        await room.tell(await room.quiet_ticket(), "after")
        await room.clock.forward(seconds=2)
        await room.is_state("after", "sent")


async def test_after_a_pause_one_parcel_goes_first_to_see_whether_it_helps(room: Room) -> None:
    for number in range(10):
        await room.tell(await room.quiet_ticket(), f"m{number}")
    room.mail.always = lambda parcel: Later("down", whole_channel=True)
    async with room.running(room.delivery()):
        await eventually(lambda: room.counted[("mail", "later")] >= IN_HAND_MAX)
        before = len(room.mail.seen)
        await room.clock.forward(seconds=60)
        await eventually(lambda: len(room.mail.seen) > before, "it was probed")
        await eventually(lambda: room.counted[("mail", "later")] == len(room.mail.seen))
        assert len(room.mail.seen) == before + 1


async def test_a_courier_with_a_bug_parks_its_parcel_and_nothing_else(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = await room.quiet_ticket(), await room.quiet_ticket()
    await room.tell(first, "a")
    await room.tell(second, "b")
    room.mail.always = lambda parcel: KeyError("x") if parcel.ticket == first.number else None
    async with room.running(room.delivery()):
        await room.is_state("b", "sent")
        await room.tried("mail", 1)
    assert any(record.exc_info for record in caplog.records), "with its trace"


async def test_a_lease_is_renewed_while_a_courier_works(room: Room) -> None:
    ticket = await room.quiet_ticket()
    await room.tell(ticket, "a")
    room.mail.gate.clear()
    async with room.running(room.delivery()):
        await eventually(lambda: room.mail.seen)
        for _ in range(9):
            await room.clock.forward(seconds=10)
            until = room.clock.now() + LEASE / 2

            async def renewed(until: datetime = until) -> bool:
                ends = await room.storage.outbox.next_at(now=room.clock.now())
                return ends is not None and ends > until

            await eventually(renewed, "the lease runs on")
        room.mail.gate.set()
        await room.is_state("a", "sent")
    assert len(room.mail.seen) == 1


async def test_what_is_in_hand_is_finished_before_the_end(room: Room) -> None:
    ticket = await room.quiet_ticket()
    await room.tell(ticket, "a")
    room.mail.gate.clear()
    async with room.running(room.delivery()) as task:
        await eventually(lambda: room.mail.seen)
        task.cancel()
        await room.clock.settle()
        assert not task.done()
        room.mail.gate.set()
        await asyncio.wait({task}, timeout=30)
        assert task.done()
    assert (await room.states())["a"] == "sent"


async def test_nothing_is_leased_by_a_call_that_was_cut_short(room: Room) -> None:
    """A daemon that stops in the very moment of leasing leaves no row to wait out a lease."""
    await room.tell(await room.quiet_ticket(), "a")
    slow = SlowAnswer(room.storage.outbox)
    delivery = room.delivery()
    delivery.outbox = slow
    async with room.running(delivery) as task:
        await eventually(slow.leased.is_set)
        task.cancel()
        await room.clock.settle()
        slow.gate.set()
        await asyncio.wait({task}, timeout=30)
    assert (await room.states())["a"] == "sent"


async def test_mail_is_given_up_after_three_days_and_the_team_hears_of_it(room: Room) -> None:
    ticket = await room.quiet_ticket()
    await room.tell(ticket, "a")
    room.mail.always = lambda parcel: Later("greylisted")
    async with room.running(room.delivery()):
        await room.tried("mail", 1)
        await room.clock.forward(hours=71)
        await room.tried("mail", 2)
        await room.clock.forward(hours=1)
        await room.is_state("a", "dead")
        await eventually(lambda: "undelivered.a" in room.slack.keys)


async def test_a_channel_nobody_serves_keeps_its_parcels(room: Room) -> None:
    ticket = await room.quiet_ticket()
    await room.tell(ticket, "a", to=Address("pigeon", "loft"))
    async with room.running(room.delivery()):
        await room.is_state("a", "waiting")

        async def tried() -> bool:
            return any(row.last_error == "pigeon is not configured" for row in await room.rows())

        await eventually(tried)


async def test_an_operators_own_ticket_mails_nobody(room: Room) -> None:
    operator = Caller(Identity("operator", "", "root"), "root", via="cli")
    async with room.running(room.delivery()):
        await room.ticket(by=operator)
        await eventually(lambda: room.slack.seen, "the team sees it")
    assert not room.mail.seen

"""What goes out: in order per ticket and address, one at a time, told twice only when nobody can know."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from engine.messages.effects import Show
from engine.ports.outbox import Parcel, Sent
from engine.ports.views import OutboxLine
from engine.tickets.message import MessageId, Reference
from engine.tickets.people import DEFAULT, Address, WorkspaceId
from storage.open.open_storage import Storage
from storage.queues.outbox import DROPPED
from tests.clock import MORNING, ManualClock
from tests.engine.messages.made import made
from tests.storage.conftest import Database
from tests.storage.make import (
    CARD,
    TO_BOB,
    after,
    announce,
    furnish,
    noting,
    open_with,
    opening,
    record,
    show,
    tell,
    tell_apart,
    ticket,
    words,
)

CC = Address("mail", "cc@example.com")
LEASE = timedelta(minutes=1)


async def lease(
    storage: Storage, *, now: datetime = MORNING, limit: int = 10, skip: Sequence[str] = ()
) -> list[Parcel]:
    leased = await storage.outbox.lease(
        now=now, until=now + LEASE, limit=limit, skip_channels=frozenset(skip)
    )
    return list(leased)


async def only(storage: Storage, *, now: datetime = MORNING) -> Parcel:
    (parcel,) = await lease(storage, now=now)
    return parcel


async def send(storage: Storage, *parcels: Parcel, at: datetime = MORNING) -> None:
    for parcel in parcels:
        await storage.outbox.sent(parcel, Sent(), at=at)


async def line(storage: Storage) -> OutboxLine:
    (only_line,) = await storage.views.outbox()
    return only_line


async def states(storage: Storage) -> list[str]:
    return [each.state for each in await storage.views.outbox()]


async def test_a_parcel_comes_out_as_it_was_recorded(storage: Storage, clock: ManualClock) -> None:
    await furnish(storage)
    told = tell("r1", message=made("receipt", "a|b", follows=None), comment=words(1).id)
    await open_with(storage, 1, told)
    receipt = await only(storage)
    assert receipt.effect == told
    assert (receipt.workspace, receipt.ticket, receipt.key) == (DEFAULT, 1, "r1")
    assert (receipt.attempts, receipt.created_at, receipt.uncertain) == (1, clock.now(), False)


async def test_a_note_travels_as_a_note(storage: Storage) -> None:
    await furnish(storage)
    await open_with(storage, 1)
    change = noting(ticket(1))
    said = tell("n", CARD, message=made("note_written"), note=change.notes[0].id)
    await record(storage, replace(change, effects=(said,)))
    assert (await only(storage)).effect == said


async def test_the_card_goes_before_what_is_told_in_its_thread(storage: Storage) -> None:
    await furnish(storage)
    await open_with(storage, 1, tell("said", CARD), show())
    card = await only(storage)
    assert card.effect == Show(CARD)
    await send(storage, card)
    assert (await only(storage)).key == "said"


async def test_one_at_a_time_per_ticket_and_address_in_order(storage: Storage) -> None:
    await furnish(storage)
    await open_with(storage, 1, tell("a1"), tell("a2"), tell("copy", CC))
    await open_with(storage, 2, tell("b1"), tell("b2"))
    first = await lease(storage)
    assert [parcel.key for parcel in first] == ["a1", "copy", "b1"]
    assert await lease(storage) == []
    await send(storage, first[0])
    assert (await only(storage)).key == "a2"
    await storage.outbox.later(first[2], reason="away", at=after(minutes=5))
    assert await lease(storage) == [], "b2 waits behind b1"


async def test_a_dead_row_does_not_hold_up_the_line(storage: Storage) -> None:
    await furnish(storage)
    await open_with(storage, 1, tell("a1"), tell("a2"))
    await storage.outbox.never(await only(storage), reason="no such address", at=MORNING)
    assert (await only(storage)).key == "a2"


async def test_a_told_thing_is_one_row_however_often_it_is_recorded(storage: Storage) -> None:
    await furnish(storage)
    before = await open_with(storage, 1, tell("same"))
    await announce(storage, before, tell("same"), tell("other"))
    assert [each.key for each in await storage.views.outbox()] == ["same", "other"]


async def test_waiting_shows_of_one_card_are_one(storage: Storage) -> None:
    await furnish(storage)
    before = await open_with(storage, 1, show(), show(Address("slack", "C2")))
    before = await announce(storage, before, show())
    assert await states(storage) == ["waiting", "waiting"]
    await lease(storage)
    before = await announce(storage, before, show())
    await announce(storage, before, show())
    assert await states(storage) == ["sending", "sending", "waiting"], "what is drawn is past"


async def test_a_show_that_waits_again_takes_in_the_next_one(storage: Storage) -> None:
    await furnish(storage)
    before = await open_with(storage, 1, show())
    card = await only(storage)
    before = await announce(storage, before, tell("said", CARD))
    await announce(storage, before, show())
    await storage.outbox.later(card, reason="away", at=after(seconds=1))
    assert [(each.id, each.kind) for each in await storage.views.outbox()] == [
        (card.id, "show"),
        (card.id + 1, "receipt"),
    ]
    assert (await only(storage, now=after(seconds=1))).id == card.id


async def test_a_late_word_about_a_lost_lease_changes_nothing(storage: Storage) -> None:
    await furnish(storage)
    before = await open_with(storage, 1, show())
    lost = await only(storage)
    again = await only(storage, now=after(minutes=2))
    await announce(storage, before, show())
    await storage.outbox.later(lost, reason="late", at=after(hours=1))
    await storage.outbox.never(lost, reason="late", at=MORNING)
    assert await states(storage) == ["sending", "waiting"]
    await send(storage, again)
    await storage.outbox.later(again, reason="late", at=after(hours=1))
    assert await states(storage) == ["sent", "waiting"]


async def test_an_unanswered_lease_comes_again_as_uncertain(storage: Storage) -> None:
    await furnish(storage)
    await open_with(storage, 1, tell("a"))
    await only(storage)
    assert await lease(storage, now=after(seconds=59)) == []
    again = await only(storage, now=after(seconds=60))
    assert (again.attempts, again.uncertain) == (2, True)
    await storage.outbox.later(again, reason="away", at=after(minutes=5))
    third = await only(storage, now=after(minutes=5))
    assert third.uncertain, "once in doubt, always in doubt"
    await storage.outbox.sent(third, Sent(repeated=False), at=MORNING)
    assert not (await line(storage)).possible_duplicate, "the courier looked and found none"


async def test_an_answer_that_leaves_doubt_is_kept_for_the_next_attempt(storage: Storage) -> None:
    await furnish(storage)
    await open_with(storage, 1, tell("a"))
    parcel = await only(storage)
    assert not parcel.uncertain
    await storage.outbox.later(parcel, reason="reset", at=after(seconds=1), uncertain=True)
    again = await only(storage, now=after(seconds=1))
    assert again.uncertain
    await storage.outbox.sent(again, Sent(repeated=True), at=MORNING)
    assert (await line(storage)).possible_duplicate


async def test_two_who_sent_the_same_are_shown_as_a_possible_duplicate(storage: Storage) -> None:
    await furnish(storage)
    await open_with(storage, 1, tell("a"))
    slow = await only(storage)
    quick = await only(storage, now=after(minutes=2))
    await send(storage, slow)
    assert not (await line(storage)).possible_duplicate
    await send(storage, quick)
    assert (await line(storage)).possible_duplicate
    assert (await line(storage)).state == "sent"


async def test_a_renewed_lease_holds(storage: Storage) -> None:
    await furnish(storage)
    await open_with(storage, 1, tell("a"))
    parcel = await only(storage)
    await storage.outbox.renew([parcel.id], until=after(minutes=9))
    assert await lease(storage, now=after(minutes=8)) == []
    assert (await only(storage, now=after(minutes=9))).uncertain


async def test_a_channel_that_is_down_is_skipped_and_holds_up_nothing_else(
    storage: Storage,
) -> None:
    await furnish(storage)
    await open_with(storage, 1, show(), tell("a"))
    assert [parcel.key for parcel in await lease(storage, skip=["slack"])] == ["a"]
    assert [parcel.effect for parcel in await lease(storage)] == [Show(CARD)]


async def test_learnt_references_are_recorded_with_the_mark(storage: Storage) -> None:
    await furnish(storage)
    await open_with(storage, 1, tell("a", comment=words(1).id))
    learnt = Reference("mail", "", "message", "<t.1@example.com>")
    await storage.outbox.sent(await only(storage), Sent((learnt,)), at=MORNING)
    assert await storage.views.references(DEFAULT, 1, channel="mail") == [learnt]
    assert await storage.views.ticket_by_reference(DEFAULT, "mail", "", learnt.ref) == 1


async def test_what_an_operator_sees_and_does(storage: Storage) -> None:
    await furnish(storage)
    await open_with(storage, 1, tell("a"), tell("b"))
    parcel = await only(storage)
    await storage.outbox.never(parcel, reason="550 no such user", at=MORNING)
    dead, waiting = await storage.views.outbox()
    assert dead == OutboxLine(
        id=parcel.id,
        key="a",
        ticket=1,
        channel="mail",
        place=TO_BOB.place,
        kind="receipt",
        state="dead",
        attempts=1,
        next_at=None,
        last_error="550 no such user",
        possible_duplicate=False,
    )
    assert (waiting.state, waiting.next_at) == ("waiting", MORNING)
    depth = await storage.views.outbox_depth()
    assert (depth.waiting, depth.dead, depth.oldest) == (1, 1, MORNING)
    assert await storage.outbox.revive(parcel.id, at=after(days=9))
    assert not await storage.outbox.revive(waiting.id, at=MORNING)
    revived = (await lease(storage, now=after(days=9)))[0]
    assert (revived.key, revived.attempts) == ("a", 1)
    assert revived.created_at == after(days=9), "its age starts anew, or it would die at once"
    assert await storage.outbox.drop(waiting.id)
    assert (await storage.views.outbox(state="dead"))[0].last_error == DROPPED
    await send(storage, revived)
    assert not await storage.outbox.drop(revived.id)
    assert not await storage.outbox.drop(999)


async def test_a_revived_show_takes_in_a_waiting_one(storage: Storage) -> None:
    await furnish(storage)
    before = await open_with(storage, 1, show())
    card = await only(storage)
    await storage.outbox.never(card, reason="channel_not_found", at=MORNING)
    await announce(storage, before, show())
    assert await storage.outbox.revive(card.id, at=MORNING)
    assert [(each.id, each.state) for each in await storage.views.outbox()] == [
        (card.id, "waiting")
    ]


async def test_the_next_due_time_is_that_of_a_parcel_that_could_go(storage: Storage) -> None:
    await furnish(storage)
    assert await storage.outbox.next_at(now=MORNING) is None
    await open_with(storage, 1, tell("a"), tell("b"))
    assert await storage.outbox.next_at(now=MORNING) == MORNING
    parcel = await only(storage)
    assert await storage.outbox.next_at(now=MORNING) == MORNING + LEASE, "b waits behind a"
    await storage.outbox.later(parcel, reason="away", at=after(hours=1))
    assert await storage.outbox.next_at(now=MORNING) == after(hours=1)


async def test_four_workers_never_share_a_parcel_and_keep_the_order(
    storage: Storage, database: Database, clock: ManualClock
) -> None:
    await furnish(storage)
    changes = [
        opening(n, effects=tuple(tell(f"{n}.{step}") for step in range(4))) for n in range(1, 26)
    ]
    await record(storage, *changes)
    others = [await database.open(clock) for _ in range(3)]
    sent: list[str] = []

    async def worker(mine: Storage) -> None:
        while parcels := await lease(mine, limit=5):
            for parcel in parcels:
                sent.append(parcel.key)
                await send(mine, parcel)

    while len(sent) < 100:
        before = len(sent)
        await asyncio.gather(*(worker(each) for each in (storage, *others)))
        assert len(sent) > before
    for other in others:
        await other.close()
    assert len(sent) == len(set(sent)) == 100
    for number in range(1, 26):
        mine = [key for key in sent if key.startswith(f"{number}.")]
        assert mine == sorted(mine)


async def test_delivery_of_a_comment_is_that_to_the_requester(storage: Storage) -> None:
    await furnish(storage)
    said = words(1).id
    await open_with(
        storage, 1, tell("a", comment=said), tell("team", CARD, comment=said), tell("b")
    )

    async def delivery() -> str | None:
        file = await storage.views.ticket_file(DEFAULT, 1)
        assert file is not None
        return file.comments[0].delivery

    assert await delivery() == "waiting"
    to_team = await storage.outbox.lease(
        now=MORNING, until=after(hours=1), limit=9, skip_channels=frozenset({"mail"})
    )
    await send(storage, *to_team)
    assert await delivery() == "waiting", "that the team's channel knows is no delivery"
    parcel = await only(storage)
    assert await delivery() == "sending"
    await storage.outbox.never(parcel, reason="bounced", at=MORNING)
    assert await delivery() == "dead"


async def test_what_belongs_to_no_ticket_comes_out_as_it_was_told(storage: Storage) -> None:
    """Also in a workspace nobody has set up."""
    digest = tell("digest", message=made("overdue_digest"))
    other = WorkspaceId("other")
    await tell_apart(storage, digest, workspace=other)
    parcel = await only(storage)
    assert (parcel.workspace, parcel.ticket, parcel.effect) == (other, None, digest)
    learnt = Reference("mail", "", "message", "<n.1@example.com>")
    await storage.outbox.sent(parcel, Sent((learnt,)), at=MORNING)
    sent = await line(storage)
    assert (sent.ticket, sent.state) == (None, "sent")


async def test_what_belongs_to_no_ticket_is_told_once_however_often_it_is_recorded(
    storage: Storage,
) -> None:
    await tell_apart(storage, tell("monday"))
    await tell_apart(storage, tell("monday"), tell("tuesday"))
    assert [each.key for each in await storage.views.outbox()] == ["monday", "tuesday"]


async def test_what_belongs_to_no_ticket_goes_in_order_per_address_and_holds_up_no_ticket(
    storage: Storage,
) -> None:
    await furnish(storage)
    await tell_apart(storage, tell("d1"), tell("d2"), tell("copy", CC))
    await open_with(storage, 1, tell("a1"), tell("a2"))
    first = await lease(storage)
    assert [parcel.key for parcel in first] == ["d1", "copy", "a1"]
    await storage.outbox.later(first[0], reason="away", at=after(minutes=5))
    await send(storage, *first[1:])
    second = await only(storage)
    assert second.key == "a2", "d2 waits behind d1, a2 behind nothing"
    await send(storage, second)
    assert await storage.outbox.next_at(now=MORNING) == after(minutes=5)
    await storage.outbox.never(await only(storage, now=after(minutes=5)), reason="no", at=MORNING)
    assert (await only(storage, now=after(minutes=5))).key == "d2"


async def test_what_belongs_to_no_ticket_is_retried_and_dropped_like_the_rest(
    storage: Storage,
) -> None:
    await tell_apart(storage, tell("d"))
    parcel = await only(storage)
    await storage.outbox.never(parcel, reason="550 no such user", at=MORNING)
    assert (await storage.views.outbox_depth()).dead == 1
    assert await storage.outbox.revive(parcel.id, at=MORNING)
    assert (await only(storage)).key == "d"
    assert await storage.outbox.drop(parcel.id)
    assert (await line(storage)).last_error == DROPPED


async def test_words_of_a_person_are_never_told_without_their_ticket(storage: Storage) -> None:
    for astray in (tell("a", comment=MessageId("m1")), tell("a", note=MessageId("n1"))):
        with pytest.raises(ValueError, match="their ticket"):
            await tell_apart(storage, astray)

"""The courier against a Slack that limits, fails, forgets and loses answers."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from engine.messages.effects import Show, Tell
from engine.ports.outbox import Later, Never, Parcel
from engine.tickets.message import MessageId
from engine.tickets.people import DEFAULT, Address
from sandbox.base.workspace import Message
from tests.bot.office import Office
from tests.engine.messages.made import made


def parcel(
    office: Office,
    effect: Show | Tell,
    *,
    uncertain: bool = False,
    key: str = "k1",
) -> Parcel:
    return Parcel(1, DEFAULT, 1, key, effect, 1, office.clock.now(), uncertain)


def tell(office: Office, place: str, *, note: str | None = None) -> Tell:
    id = MessageId(note) if note else None
    return Tell(Address("slack", place), made("note_written", "Ana"), "k1", note=id)


def desk_channel(office: Office) -> str:
    return office.slack.channel("it-desk").id


def cards(office: Office) -> list[Message]:
    return [one for one in office.slack.messages("it-desk") if not one.is_reply]


@pytest.fixture
async def carded(office: Office) -> Message:
    """A ticket whose card is drawn; the postman rests from here on."""
    office.trouble_expected = True
    await office.mail()
    card = await office.card()
    await office.delivered()
    office.postman.stopped = True
    return card


async def test_too_many_requests_wait_as_long_as_slack_says(
    office: Office, carded: Message
) -> None:
    office.slack.faults.rate_limit("chat.postMessage", retry_after=17)
    with pytest.raises(Later) as later:
        await office.face.courier.deliver(parcel(office, tell(office, desk_channel(office))))
    assert later.value.after == timedelta(seconds=17)
    assert later.value.whole_channel
    assert not later.value.uncertain


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_server_error_may_have_posted_it(
    office: Office, carded: Message, status: int
) -> None:
    office.slack.faults.fail("chat.postMessage", status=status)
    with pytest.raises(Later) as later:
        await office.face.courier.deliver(parcel(office, tell(office, desk_channel(office))))
    assert later.value.uncertain


async def test_html_instead_of_json_is_trouble_that_passes(office: Office, carded: Message) -> None:
    office.slack.faults.answer_html("chat.postMessage")
    with pytest.raises(Later) as later:
        await office.face.courier.deliver(parcel(office, tell(office, desk_channel(office))))
    assert later.value.uncertain


async def test_a_lost_answer_is_looked_for_and_not_said_twice(
    office: Office, carded: Message
) -> None:
    said = tell(office, desk_channel(office))
    office.slack.faults.reset("chat.postMessage", after_commit=True)
    with pytest.raises(Later) as later:
        await office.face.courier.deliver(parcel(office, said))
    assert later.value.uncertain
    sent = await office.face.courier.deliver(parcel(office, said, uncertain=True))
    (told,) = office.slack.thread(carded)
    assert [one.ref for one in sent.references] == [told.ts]
    assert not sent.repeated


async def test_what_never_arrived_is_said_again(office: Office, carded: Message) -> None:
    said = tell(office, desk_channel(office))
    office.slack.faults.reset("chat.postMessage", after_commit=False)
    with pytest.raises(Later):
        await office.face.courier.deliver(parcel(office, said))
    sent = await office.face.courier.deliver(parcel(office, said, uncertain=True))
    assert len(office.slack.thread(carded)) == 1
    assert not sent.repeated


async def test_when_looking_is_refused_it_is_said_and_marked(
    office: Office, carded: Message
) -> None:
    office.slack.faults.refuse("conversations.replies", "missing_scope")
    said = tell(office, desk_channel(office))
    sent = await office.face.courier.deliver(parcel(office, said, uncertain=True))
    assert sent.repeated


async def test_when_looking_is_limited_it_waits_and_stays_unsure(
    office: Office, carded: Message
) -> None:
    office.slack.faults.rate_limit("conversations.replies", retry_after=3)
    said = tell(office, desk_channel(office))
    with pytest.raises(Later) as later:
        await office.face.courier.deliver(parcel(office, said, uncertain=True))
    assert later.value.uncertain


async def test_a_card_whose_answer_was_lost_is_found_not_drawn_twice(office: Office) -> None:
    office.trouble_expected = True
    office.slack.faults.reset("chat.postMessage", after_commit=True)
    await office.mail()
    await office.delivered()
    assert len(cards(office)) == 1
    references = await office.storage.views.references(DEFAULT, 1, channel="slack", kind="card")
    assert [one.ref for one in references] == [cards(office)[0].ts]


async def test_a_deleted_card_is_drawn_anew(office: Office, carded: Message) -> None:
    office.slack.slack.acts.delete(carded)
    sent = await office.face.courier.deliver(
        parcel(office, Show(Address("slack", desk_channel(office))))
    )
    (again,) = cards(office)
    assert (sent.references[0].kind, sent.references[0].ref) == ("card", again.ts)


async def test_words_for_a_deleted_card_find_a_new_one(office: Office, carded: Message) -> None:
    office.slack.slack.acts.delete(carded)
    said = tell(office, desk_channel(office))
    sent = await office.face.courier.deliver(parcel(office, said))
    (again,) = cards(office)
    assert [one.kind for one in sent.references] == ["card", "message"]
    assert len(office.slack.thread(again)) == 1


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        ("channel_not_found", "/invite"),
        ("not_in_channel", "/invite"),
        ("is_archived", "Unarchive"),
        ("restricted_action", "Allow it"),
    ],
)
async def test_a_wrong_place_is_never_and_names_the_fix(
    office: Office, carded: Message, error: str, fix: str
) -> None:
    office.slack.faults.refuse("chat.postMessage", error)
    with pytest.raises(Never) as never:
        await office.face.courier.deliver(parcel(office, tell(office, desk_channel(office))))
    assert fix in never.value.reason
    assert error in never.value.reason


@pytest.mark.parametrize("error", ["invalid_auth", "token_revoked", "account_inactive"])
async def test_a_bad_login_holds_the_whole_channel_and_kills_nothing(
    office: Office, carded: Message, error: str
) -> None:
    office.slack.faults.refuse("chat.postMessage", error)
    with pytest.raises(Later) as later:
        await office.face.courier.deliver(parcel(office, tell(office, desk_channel(office))))
    assert later.value.whole_channel


async def test_an_unknown_no_is_tried_again(office: Office, carded: Message) -> None:
    office.slack.faults.refuse("chat.postMessage", "something_new")
    with pytest.raises(Later) as later:
        await office.face.courier.deliver(parcel(office, tell(office, desk_channel(office))))
    assert not later.value.whole_channel


async def test_refused_blocks_go_as_words(office: Office, carded: Message) -> None:
    office.slack.faults.refuse("chat.postMessage", "invalid_blocks")
    await office.face.courier.deliver(parcel(office, tell(office, desk_channel(office))))
    (told,) = office.slack.thread(carded)
    assert told.blocks == ()
    assert "Ana" in told.text


async def test_a_note_is_never_sent_to_a_person(office: Office, carded: Message) -> None:
    said = tell(office, office.cleo.user_id, note="1")
    with pytest.raises(Never):
        await office.face.courier.deliver(parcel(office, said))
    assert office.cleo.dms == []


def apart(office: Office, place: str) -> Parcel:
    """It belongs to no ticket."""
    said = Tell(Address("slack", place), made("overdue_digest", count=7), "k1")
    return Parcel(1, DEFAULT, None, "k1", said, 1, office.clock.now())


async def test_what_belongs_to_no_ticket_stands_at_the_top_of_the_channel(
    office: Office, carded: Message
) -> None:
    await office.face.courier.deliver(apart(office, desk_channel(office)))
    _, told = cards(office)
    assert "7 messages at once" in told.text
    assert office.slack.thread(carded) == []


async def test_what_belongs_to_no_ticket_is_looked_for_and_not_said_twice(
    office: Office, carded: Message
) -> None:
    parcel = apart(office, desk_channel(office))
    office.slack.faults.reset("chat.postMessage", after_commit=True)
    with pytest.raises(Later):
        await office.face.courier.deliver(parcel)
    await office.face.courier.deliver(replace(parcel, uncertain=True))
    assert len(cards(office)) == 2


async def test_what_belongs_to_no_ticket_begins_no_thread_with_a_person(
    office: Office, carded: Message
) -> None:
    parcel = apart(office, office.cleo.user_id)
    await office.face.courier.deliver(parcel)
    await office.face.courier.deliver(replace(parcel, key="k2"))
    assert [one.is_reply for one in office.cleo.dms] == [False, False]


async def test_a_storm_of_changes_becomes_few_redraws(office: Office, carded: Message) -> None:
    show = Show(Address("slack", desk_channel(office)))
    outcomes = await asyncio.gather(
        *(office.face.courier.deliver(parcel(office, show)) for _ in range(20)),
        return_exceptions=True,
    )
    waits = [one for one in outcomes if isinstance(one, Later)]
    assert 17 <= len(waits) <= 19
    assert all(later.after and later.after <= timedelta(seconds=3) for later in waits)
    assert not any(later.whole_channel for later in waits)


async def test_a_storm_of_words_in_one_channel_does_not_hold_another(
    office: Office, carded: Message
) -> None:
    place = desk_channel(office)
    storm = [parcel(office, tell(office, place), key=f"k{number}") for number in range(20)]
    outcomes = await asyncio.gather(
        *(office.face.courier.deliver(one) for one in storm), return_exceptions=True
    )
    waits = [one for one in outcomes if isinstance(one, Later)]
    assert waits
    assert not any(later.whole_channel for later in waits)
    person = Tell(Address("slack", office.cleo.user_id), made("ticket_closed"), "k")
    await office.face.courier.deliver(parcel(office, person, key="other"))
    assert len(office.cleo.dms) == 1


async def test_slack_down_for_an_hour_delays_and_loses_nothing(office: Office) -> None:
    office.trouble_expected = True
    office.slack.go_down()
    await office.mail()
    await office.until(lambda: office.postman.laters)
    assert all(later.whole_channel for later in office.postman.laters)
    office.slack.come_back()
    office.clock.skip(timedelta(hours=1))
    await office.card()
    await office.delivered()
    assert len(cards(office)) == 1

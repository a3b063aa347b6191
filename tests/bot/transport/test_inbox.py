"""Stored before acked, acked in time, told when not done, done once."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from bot.context.interaction import kind_of, to_raw
from bot.transport.inbox import key_of, matters
from bot.views.button_value import ButtonValue
from engine.ports.spool import Incoming, Kept, Spool
from engine.tickets.errors import TooMuchAtOnce
from engine.tickets.people import DEFAULT
from storage.open.store import SqlStore
from storage.queues.spool import SqlSpool
from storage.sql.errors import Busy
from tests.bot.office import Office, open_office


class FailingSpool(SqlSpool):
    """The real spool, except that keeping fails while told to."""

    broken = False

    async def keep(self, incoming: Incoming) -> Kept:
        if self.broken:
            raise Busy("disk full")
        return await super().keep(incoming)


@pytest.fixture
async def shaky(tmp_path: Path, template: Path) -> AsyncIterator[tuple[Office, FailingSpool]]:
    built: list[FailingSpool] = []

    def between(spool: Spool) -> Spool:
        assert isinstance(spool, SqlSpool)
        built.append(FailingSpool(spool._writer))
        return built[0]

    async with open_office(tmp_path, template, spool=between) as office:
        office.trouble_expected = True
        yield office, built[0]


async def test_an_event_that_cannot_be_stored_is_not_acked_and_comes_again(
    shaky: tuple[Office, FailingSpool],
) -> None:
    office, spool = shaky
    spool.broken = True
    await office.cleo.dm("Is anybody there?")
    await office.until(lambda: office.slack.sockets.sent)
    await asyncio.sleep(0.1)
    assert office.slack.sockets.sent[-1].ack is None
    spool.broken = False
    office.clock.skip(timedelta(seconds=4))
    await office.card("Is anybody there?")


async def test_a_command_that_cannot_be_stored_is_answered_so(
    shaky: tuple[Office, FailingSpool],
) -> None:
    office, spool = shaky
    spool.broken = True
    outcome = await office.cleo.command("/ticket new No coffee", channel="general")
    assert outcome.message is not None
    assert "nothing was done" in outcome.message.text


async def test_a_click_that_cannot_be_stored_is_told(shaky: tuple[Office, FailingSpool]) -> None:
    office, spool = shaky
    await office.mail()
    card = await office.card()
    spool.broken = True
    click = asyncio.ensure_future(office.ana.click(card, "claim"))  # noqa: TID251 - a test's own task
    await office.until(lambda: office.ana.ephemerals)
    assert "nothing was done" in office.ana.ephemerals[-1].visible_text()
    office.clock.skip(timedelta(seconds=4))
    assert (await click).error == "operation_timeout"
    assert await office.state() == "NEW"


async def test_a_form_that_cannot_be_stored_stays_open_with_its_words(
    shaky: tuple[Office, FailingSpool],
) -> None:
    office, spool = shaky
    await office.mail()
    card = await office.card()
    await office.ana.click(card, "reply")
    await office.until(lambda: office.ana.modal)
    spool.broken = True
    outcome = await office.ana.submit(values={"words": "long and precious"})
    assert "nothing was done" in outcome.errors["words"]
    spool.broken = False
    assert (await office.ana.submit(values={"words": "long and precious"})).ok


async def test_a_slow_desk_does_not_make_a_click_time_out(office: Office) -> None:
    office.trouble_expected = True
    await office.mail()
    card = await office.card()
    office.slack.faults.slow("users.info", seconds=60)
    outcome = await office.ana.click(card, "claim")
    assert outcome.ok
    await office.until(lambda: [e for e in office.slack.log.errors if "takes 60" in e.text])
    office.clock.skip(timedelta(seconds=61))
    await office.until(lambda: "In progress" in office.slack.current(card).visible_text())


async def test_a_form_that_takes_long_closes_in_time_and_its_outcome_is_told(
    office: Office,
) -> None:
    office.trouble_expected = True
    await office.mail()
    card = await office.card()
    await office.ana.choose(card, "more", "Assign…")
    await office.until(lambda: office.ana.modal)
    office.slack.faults.slow("users.info", seconds=2.5)
    work = asyncio.ensure_future(office.ana.submit(values={"assignee": office.ben.user_id}))  # noqa: TID251 - a test's own task
    await office.until(lambda: [e for e in office.slack.log.errors if "takes 2.5" in e.text])
    office.clock.skip(timedelta(seconds=2.1))
    outcome = await work
    assert outcome.error is None, "acked within three seconds"
    assert outcome.view is None
    office.clock.skip(timedelta(seconds=1))
    await office.until(lambda: office.ana.ephemerals)
    assert "it is done: Assign" in office.ana.ephemerals[-1].visible_text()


async def test_a_form_too_late_for_its_trigger_is_said_to_be(office: Office) -> None:
    office.trouble_expected = True
    await office.mail()
    card = await office.card()
    office.slack.faults.refuse("views.open", "expired_trigger_id")
    await office.ana.click(card, "reply")
    await office.until(lambda: office.ana.ephemerals)
    assert "press the button again" in office.ana.ephemerals[-1].visible_text()


async def test_when_slack_does_not_say_who_clicks_nothing_is_done(office: Office) -> None:
    office.trouble_expected = True
    await office.mail()
    card = await office.card()
    office.slack.faults.fail("users.info")
    await office.ana.click(card, "claim")
    await office.until(lambda: office.ana.ephemerals)
    assert "who you are" in office.ana.ephemerals[-1].visible_text()
    assert await office.state() == "NEW"


async def test_an_event_that_slack_cannot_explain_now_is_worked_later(office: Office) -> None:
    office.trouble_expected = True
    office.slack.faults.fail("users.info", times=5)
    await office.cleo.dm("Who am I?")
    for _ in range(200):
        office.clock.skip(timedelta(seconds=30))
        await asyncio.sleep(0.01)
        if await office.storage.views.ticket(DEFAULT, 1):
            return
    pytest.fail("never worked")


async def test_nobody_can_be_told_and_nothing_breaks(office: Office) -> None:
    office.trouble_expected = True
    await office.mail()
    card = await office.card()
    await office.ana.click(card, "claim")
    await office.settled()
    for method in ("response_url", "chat.postEphemeral", "chat.postMessage"):
        office.slack.faults.fail(method)
    await office.ben.click(card, "claim", stale=True)
    await office.settled()
    await office.ben.reply(card, "still alive")
    await office.settled()
    assert len((await office.file()).notes) == 1


async def test_an_unexpected_error_is_told_by_number_and_kept(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    beyond_any_database = str(ButtonValue(10**30, 1))
    await office.slack.sockets.ask(
        "interactive",
        {
            "type": "block_actions",
            "team": {"id": office.slack.team_id},
            "user": {"id": office.ana.user_id, "team_id": office.slack.team_id},
            "trigger_id": "1.2.3",
            "container": {"channel_id": office.slack.channel("it-desk").id, "message_ts": "1.2"},
            "actions": [
                {
                    "type": "button",
                    "action_id": "claim",
                    "block_id": "b",
                    "value": beyond_any_database,
                }
            ],
        },
        answerable=False,
    )
    await office.until(lambda: office.ana.ephemerals)
    told = office.ana.ephemerals[-1].visible_text()
    (logged,) = [one.getMessage() for one in caplog.records if "failed" in one.getMessage()]
    number = logged[1:9]
    assert number in told
    assert ("action", "dead", f"unexpected error {number}") in await office.spool_states()


async def test_a_click_that_finds_too_much_to_do_is_to_be_tried_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_self: object, _workspace: object, _work: object) -> None:
        raise TooMuchAtOnce

    await office.mail()
    card = await office.card()
    with monkeypatch.context() as crowded:
        crowded.setattr(SqlStore, "run", full)
        await office.ana.click(card, "claim")
        await office.until(lambda: office.ana.ephemerals)
    assert "try again in a moment" in office.ana.ephemerals[-1].visible_text()
    assert (await office.file()).line.ticket.assignee is None
    await office.ana.click(card, "claim")
    await office.settled()
    assert (await office.file()).line.ticket.assignee is not None
    assert ("action", "done", "refused: too much at once") in await office.spool_states()


# --- what a crash leaves behind


async def left_behind(
    office: Office, change: Callable[[dict[str, object]], None], *, age: timedelta
) -> None:
    """A click as the inbox stored it, and then the daemon died."""
    (raw,) = [
        await office.storage.spool.raw(line.id)
        for line in (await office.storage.views.spool())
        if line.kind == "action"
    ]
    assert raw is not None
    body = json.loads(raw)
    change(body)
    await office.storage.spool.keep(
        Incoming(
            DEFAULT,
            "slack",
            "action",
            "action:left",
            json.dumps(body).encode(),
            {},
            office.clock.now() - age,
        )
    )


@pytest.fixture
async def claimed(office: Office) -> Office:
    await office.mail()
    await office.mail("Second", "Another thing")
    card = await office.card()
    await office.card("Second")
    await office.ana.click(card, "claim")
    await office.until(lambda: "In progress" in office.slack.current(card).visible_text())
    await office.settled()
    return office


def on_ticket(number: int, version: int) -> Callable[[dict[str, object]], None]:
    def change(body: dict[str, object]) -> None:
        actions = body["actions"]
        assert isinstance(actions, Sequence)
        actions[0]["value"] = str(ButtonValue(number, version))

    return change


async def test_a_click_left_undone_is_done_when_it_still_fits(claimed: Office) -> None:
    version = (await claimed.file(2)).line.ticket.version
    await left_behind(claimed, on_ticket(2, version), age=timedelta(seconds=11))
    claimed.clock.skip(timedelta(seconds=10))
    await claimed.becomes(lambda: _state_is(claimed, 2, "IN_PROGRESS"))
    assert claimed.ana.ephemerals == []


async def test_a_click_left_undone_that_no_longer_fits_is_told(claimed: Office) -> None:
    card = await claimed.card()
    await claimed.ana.choose(card, "more", "Release")
    await claimed.until(lambda: "unassigned" in claimed.slack.current(card).visible_text())
    claimed.clock.skip(timedelta(seconds=5))  # the card may be redrawn again
    await claimed.ben.click(card, "claim")
    await claimed.until(lambda: "Ben" in claimed.slack.current(card).visible_text())
    await claimed.settled()
    await left_behind_first_click(claimed)
    claimed.clock.skip(timedelta(seconds=10))
    await claimed.until(lambda: claimed.ana.ephemerals)
    assert "Ben already has T-1" in claimed.ana.ephemerals[-1].visible_text()


async def left_behind_first_click(office: Office) -> None:
    lines = [one for one in await office.storage.views.spool() if one.kind == "action"]
    first = min(one.id for one in lines)
    raw = await office.storage.spool.raw(first)
    assert raw is not None
    at = office.clock.now() - timedelta(seconds=11)
    await office.storage.spool.keep(
        Incoming(DEFAULT, "slack", "action", "action:left", raw, {}, at)
    )


async def test_a_click_left_undone_for_long_is_told_and_not_done(claimed: Office) -> None:
    await left_behind(claimed, on_ticket(2, 1), age=timedelta(minutes=40))
    claimed.clock.skip(timedelta(seconds=10))
    await claimed.until(lambda: claimed.ana.ephemerals or claimed.ana.dms)
    assert await claimed.state(2) == "NEW"
    assert ("action", "done", "ignored: too old when it was found") in await claimed.spool_states()


async def _state_is(office: Office, number: int, state: str) -> bool:
    return await office.state(number) == state


# --- what is kept


def test_the_verification_token_is_not_kept() -> None:
    assert b"sesame" not in to_raw({"token": "sesame", "type": "event_callback"})


@pytest.mark.parametrize(
    ("event", "kept"),
    [
        ({"type": "message", "user": "U1", "channel_type": "im"}, True),
        ({"type": "message", "user": "U1", "channel_type": "group", "thread_ts": "1.0"}, True),
        ({"type": "message", "user": "U1", "channel_type": "channel"}, False),
        ({"type": "message", "user": "U1", "bot_id": "B1", "channel_type": "im"}, False),
        ({"type": "message", "channel_type": "im"}, False),
        ({"type": "message", "user": "U1", "channel_type": "im", "subtype": "file_share"}, True),
        (
            {"type": "message", "user": "U1", "channel_type": "im", "subtype": "message_changed"},
            False,
        ),
        ({"type": "reaction_added", "user": "U1"}, False),
    ],
)
def test_only_peoples_words_that_may_matter_are_kept(event: dict[str, str], kept: bool) -> None:
    assert matters(event) is kept


def test_a_form_sent_twice_is_two_things_and_a_click_repeated_is_one() -> None:
    view = {"id": "V1", "hash": "1.a"}
    first = {"type": "view_submission", "view": view, "trigger_id": "1"}
    assert key_of("view", first) != key_of("view", {**first, "trigger_id": "2"})
    assert key_of("action", {"trigger_id": "1"}) == key_of("action", {"trigger_id": "1"})
    assert kind_of(first) == "view"
    assert kind_of({"type": "shortcut"}) is None

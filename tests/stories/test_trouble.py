"""Far sides that are down delay what is meant for them, and nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stories.town import Town, town, worked

BOB = "bob@example.com"


async def test_slack_down_for_an_hour_delays_cards_and_loses_nothing(desk: Town) -> None:
    desk.slack.go_down()
    for number in range(3):
        await desk.mail(f"person{number}@example.com", f"Trouble {number}", "It is broken.")
        await desk.letter(f"person{number}@example.com", f"[T-{number + 1}]")  # mail goes on
    for _ in range(60):
        await desk.clock.forward(minutes=1)
    assert desk.slack.messages("it-desk") == []
    desk.slack.come_back()
    await desk.connected()
    for number in range(3):
        await desk.card(f"Trouble {number}")
    cards = [m for m in desk.slack.messages("it-desk") if m.thread_ts in (None, m.ts)]
    assert len(cards) == 3
    worked(await desk.person("ana").click(cards[0], "claim"))


async def test_the_relay_down_for_an_hour_delays_answers_in_their_order(desk: Town) -> None:
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    card = await desk.card("T-1")
    await desk.letter(BOB, "[T-1]")
    await desk.mailbox.down()
    ana = desk.person("ana")
    for words in ("first answer", "second answer", "third answer"):
        await ana.reply(card, f"! {words}")
    worked(await ana.click(await desk.card("T-1"), "claim"))  # Slack goes on
    await desk.card("In progress")
    for _ in range(60):
        await desk.clock.forward(minutes=1)
    await desk.mailbox.up()
    await desk.letter(BOB, containing="third answer")
    answers = [one.text.split("\n")[0] for one in desk.mailbox.received(BOB)[1:]]
    assert answers == ["first answer", "second answer", "third answer"]


async def test_an_answer_that_can_not_be_delivered_is_told_to_the_team(desk: Town) -> None:
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    card = await desk.card("T-1")
    await desk.letter(BOB, "[T-1]")
    desk.mailbox.faults.refuse("550 5.1.1 no such person", recipient=BOB)
    await desk.person("ana").reply(card, "! Please restart it")
    await desk.in_thread(card, "Not delivered")
    dead = [line for line in await desk.outbox() if line.state == "dead"]
    assert [(line.channel, line.place) for line in dead] == [("mail", BOB)]


async def test_a_slow_down_from_slack_is_obeyed_and_then_everything_arrives(desk: Town) -> None:
    desk.slack.faults.rate_limit("chat.postMessage", 30)
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    await desk.letter(BOB, "[T-1]")
    await desk.until(lambda: desk.slack.calls("chat.postMessage", ok=False), "a 429")
    refused_at = desk.slack.calls("chat.postMessage", ok=False)[0].at
    await desk.card("VPN is down")
    posted = desk.slack.calls("chat.postMessage", ok=True)[0].at
    assert (posted - refused_at).total_seconds() >= 30


async def test_a_post_whose_answer_was_lost_is_found_and_not_repeated(desk: Town) -> None:
    """Slack posted the card, and the connection died before it could say so."""
    desk.slack.faults.reset("chat.postMessage", after_commit=True)
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    await desk.card("VPN is down")
    await desk.clock.forward(minutes=5)
    await desk.quiet()
    cards = [m for m in desk.slack.messages("it-desk") if "VPN is down" in m.visible_text()]
    assert len(cards) == 1


async def test_a_mail_whose_answer_was_lost_is_repeated_recognisably(desk: Town) -> None:
    desk.mailbox.faults.drop(kept=True)
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    again = await desk.letter(BOB, "[T-1]", count=2)
    assert again.message_id == desk.mailbox.received(BOB)[0].message_id
    await desk.quiet()
    (line,) = [one for one in await desk.outbox() if one.channel == "mail"]
    assert line.possible_duplicate


async def test_a_lost_socket_is_opened_again_and_clicks_work(desk: Town) -> None:
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    card = await desk.card("T-1")
    desk.slack.sockets.reset()
    await desk.until(lambda: not desk.slack.sockets.connections, "loss")
    await desk.connected()
    worked(await desk.person("ana").click(card, "claim"))
    await desk.card("In progress")


@pytest.fixture
async def locked_out(tmp_path: Path, database: str) -> AsyncIterator[Town]:
    async with town(tmp_path, database, bot_token="xoxb-not-the-right-one") as made:
        yield made


async def test_a_bad_slack_token_starts_degraded_while_mail_works(locked_out: Town) -> None:
    desk = locked_out
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    await desk.letter(BOB, "[T-1]")
    built = desk.built
    assert built is not None
    states = await desk.until(
        lambda: [s for s in built.daemon.states().values() if "invalid_auth" in s], "its trouble"
    )
    assert states
    waiting = [line for line in await desk.outbox() if line.channel == "slack"]
    assert waiting
    assert {line.state for line in waiting} <= {"waiting", "sending"}


async def test_what_came_in_before_a_stop_is_answered_after_the_start(desk: Town) -> None:
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    await desk.restart()
    await desk.letter(BOB, "[T-1]")
    await desk.card("VPN is down")
    await desk.quiet()
    assert len(desk.mailbox.received(BOB)) == 1

"""Clocks in the whole daemon: told at the second, by exact timers."""

import pytest

from tests.stories.town import Town, worked

BOB = "bob@example.com"


@pytest.fixture
async def opened(desk: Town) -> Town:
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    await desk.card("T-1")
    await desk.quiet()
    return desk


def late(desk: Town) -> list[str]:
    return [m.text for m in desk.slack.messages("it-desk") if "was missed" in m.text]


async def test_a_broken_first_response_is_told_at_the_second(opened: Town) -> None:
    """P3: two hours. One second before: nothing. One second after: the team knows."""
    due = (await opened.ticket()).line.ticket.clocks[0].due_at
    assert due is not None
    await opened.clock.move_to(due)
    await opened.still()
    assert late(opened) == []
    await opened.clock.forward(seconds=1)
    told = await opened.until(lambda: late(opened), "breach")
    assert len(told) == 1
    breached = [e for e in (await opened.ticket()).history if type(e.event).__name__ == "Breached"]
    assert len(breached) == 1
    assert (await opened.ticket()).line.ticket.clocks[0].breached_at == due


async def test_the_warning_comes_at_four_fifths_and_names_nobody(opened: Town) -> None:
    await opened.clock.forward(minutes=96)
    warning = await opened.in_thread(await opened.card("T-1"), "is due")
    assert "Nobody has it yet" in warning.text


async def test_an_answer_in_time_is_never_told_late(opened: Town) -> None:
    await opened.person("ana").reply(await opened.card("T-1"), "! On it")
    await opened.letter(BOB, containing="On it")
    await opened.clock.forward(hours=3)
    await opened.quiet()
    assert late(opened) == []


async def test_a_claim_or_a_note_does_not_stop_the_first_response(opened: Town) -> None:
    ana = opened.person("ana")
    card = await opened.card("T-1")
    worked(await ana.click(card, "claim"))
    await opened.card("In progress")
    await ana.reply(card, "Looking")
    await opened.quiet()
    await opened.clock.forward(hours=2, seconds=1)
    told = await opened.until(lambda: late(opened), "breach")
    assert ana.mention in told[0]


async def test_a_resolved_ticket_closes_after_three_days_without_a_mail(opened: Town) -> None:
    await opened.resolve(opened.person("ana"), "T-1")
    await opened.letter(BOB, containing="as resolved")
    mails = len(opened.mailbox.received(BOB))
    await opened.clock.forward(hours=72)
    await opened.card("Closed")
    await opened.quiet()
    assert await opened.state() == "CLOSED"
    assert len(opened.mailbox.received(BOB)) == mails


async def test_a_promise_broken_while_the_daemon_was_down_is_told_with_its_true_time(
    opened: Town,
) -> None:
    due = (await opened.ticket()).line.ticket.clocks[0].due_at
    await opened.stop()
    await opened.clock.forward(hours=5)
    await opened.start()
    await opened.until(lambda: late(opened), "breach")
    file = await opened.ticket()
    assert file.line.ticket.clocks[0].breached_at == due
    assert len(late(opened)) == 1

"""A ticket is put aside until there is something to do: the time is up, the requester writes, a target is near."""

import re

import pytest

from sandbox.base.workspace import Message
from sandbox.slack.actor import Actor
from tests.stories.town import Town, worked

BOB = "bob@example.com"


@pytest.fixture
async def claimed(desk: Town) -> Town:
    """Ana has it and has answered: only the resolution is owed, in a day."""
    await desk.mail(BOB, "New monitor", "Mine flickers.")
    worked(await desk.person("ana").click(await desk.card("T-1"), "claim"))
    await desk.person("ana").reply(await desk.card("In progress"), "! It is ordered.")
    await desk.letter(BOB, containing="It is ordered.")
    await desk.quiet()
    return desk


async def snooze(desk: Town, who: Actor, until: str) -> Message:
    """In the ticket's thread, in words."""
    me = f"<@{desk.slack.bot_user_id}>"
    await who.reply(await desk.card("T-1"), f"{me} snooze {until}")
    return await desk.card("snoozed until")


def ended(desk: Town) -> list[str]:
    return [m.text for m in desk.slack.messages("it-desk") if "no longer snoozed" in m.text]


async def awake(desk: Town) -> None:
    card = await desk.card("T-1")
    await desk.until(lambda: "snoozed" not in desk.slack.current(card).visible_text(), "waking")


async def test_until_the_time_is_up_and_then_who_has_it_is_told(claimed: Town) -> None:
    """Ana: "snooze 2h". Two hours later: "@Ana, T-1 is no longer snoozed: the time is up." """
    ana = claimed.person("ana")
    card = await snooze(claimed, ana, "2h")
    await claimed.clock.forward(hours=1, minutes=59)
    await claimed.quiet()
    assert ended(claimed) == []
    await claimed.clock.forward(minutes=2)
    told = await claimed.in_thread(card, "no longer snoozed: the time is up")
    assert told.text.startswith(f"⏰ {ana.mention}, T-1")
    await awake(claimed)
    await claimed.clock.forward(hours=3)
    await claimed.quiet()
    assert len(ended(claimed)) == 1


async def test_until_the_requester_writes(claimed: Town) -> None:
    """Ana: "snooze tomorrow 9:00". Bob, at noon: "Any news?" Ana is told, and reads him."""
    ana = claimed.person("ana")
    card = await snooze(claimed, ana, "tomorrow 9:00")
    ordered = await claimed.letter(BOB, containing="It is ordered.")
    await claimed.clock.forward(hours=3)
    await claimed.writer(BOB).reply(ordered, "Any news?")
    await claimed.in_thread(card, "Any news?")
    told = await claimed.in_thread(card, "no longer snoozed: the requester wrote")
    assert ana.mention in told.text
    await awake(claimed)


async def test_until_a_target_is_near(claimed: Town) -> None:
    """It stops no clock: what is due in a day is warned of, snoozed or not."""
    card = await snooze(claimed, claimed.person("ana"), "5d")
    await claimed.clock.forward(hours=19, minutes=30)
    await claimed.in_thread(card, "no longer snoozed: a target will soon be missed")
    await awake(claimed)
    assert len(ended(claimed)) == 1


async def test_by_its_button_and_back_by_the_other(claimed: Town) -> None:
    ana, ben = claimed.person("ana"), claimed.person("ben")
    worked(await ana.choose(await claimed.card("T-1"), "more", "Snooze…"))
    worked(await ana.submit(await claimed.form(ana), {"words": "fri 14:00"}))
    card = await claimed.card("snoozed until")
    worked(await ben.choose(card, "more", "End snooze"))
    await claimed.in_thread(card, "T-1 is no longer snoozed: *Ben* ended it")
    await awake(claimed)


async def test_a_form_that_names_no_time_says_so_and_stays(claimed: Town) -> None:
    ana = claimed.person("ana")
    worked(await ana.choose(await claimed.card("T-1"), "more", "Snooze…"))
    refused = await ana.submit(await claimed.form(ana), {"words": "when it rains"})
    assert "such as tomorrow 9:00" in str(refused)
    assert (await claimed.ticket()).line.ticket.snoozed_until is None


async def test_by_the_command_and_off_again(claimed: Town) -> None:
    ana = claimed.person("ana")
    worked(await ana.command("/ticket snooze T-1 tomorrow 9:00", channel="general"))
    await claimed.until(
        lambda: [m for m in ana.ephemerals if "T-1* is snoozed until" in m.text], "answer"
    )
    await claimed.card("snoozed until")
    worked(await ana.command("/ticket list", channel="general"))
    await claimed.until(
        lambda: [m for m in ana.ephemerals if "💤 snoozed until" in m.visible_text()], "list"
    )
    worked(await ana.command("/ticket snooze T-1 off", channel="general"))
    await awake(claimed)
    await claimed.quiet()
    assert ended(claimed) == [], "she knows"


async def test_an_answer_of_the_agent_ends_it(claimed: Town) -> None:
    ana = claimed.person("ana")
    card = await snooze(claimed, ana, "1d")
    await ana.reply(card, "! It has come: please fetch it.")
    await claimed.letter(BOB, containing="please fetch it")
    await awake(claimed)


async def test_a_note_does_not(claimed: Town) -> None:
    card = await snooze(claimed, claimed.person("ana"), "1d")
    await claimed.person("ben").reply(card, "The supplier is slow.")
    await claimed.quiet()
    assert (await claimed.ticket()).line.ticket.snoozed_until is not None


async def test_on_the_home_tab_it_stands_last_and_is_marked(claimed: Town) -> None:
    ana = claimed.person("ana")
    await snooze(claimed, ana, "1d")
    await claimed.mail(BOB, "Printer is on fire", "Really.")
    await claimed.card("Printer is on fire")
    worked(await ana.command("/ticket claim T-2", channel="general"))
    await claimed.until(lambda: [m for m in ana.ephemerals if "T-2" in m.text], "claim")
    await ana.open_home()
    shown = await claimed.until(
        lambda: ana.home if ana.home and "T-2" in ana.home.visible_text() else None, "home tab"
    )
    assert shown is not None
    text = shown.visible_text()
    assert re.search(r"T-2.*T-1.*snoozed until", text, re.DOTALL)

"""Somebody is called for, level by level, until somebody says "I have it"."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from deskd.declared.declared_workspace import roster
from engine.promises.rules import Declared, Mute
from engine.tickets.people import DEFAULT
from engine.tickets.ticket import Ticket
from sandbox.base.workspace import Message
from sandbox.slack.actor import Actor
from tests.stories.town import Town, town, worked

BOB = "bob@example.com"
PEOPLE = """
[[people]]
name = "Ana"
slack = "{ana}"
role = "agent"
teams = ["support"]
"""


@pytest.fixture
async def staffed(tmp_path: Path, database: str) -> AsyncIterator[Town]:
    """Ana is an agent, Ben a senior, nobody a team lead, Mia a manager; each knows Slack."""
    async with town(tmp_path, database, start=False) as desk:
        desk.extra = PEOPLE.format(ana=desk.person("ana").user_id)
        await desk.start()
        await desk.clock.forward(seconds=2)
        await desk.still()
        yield desk


async def critical(desk: Town, subject: str = "Nobody can pay") -> Message:
    """Carla fills in the form."""
    carla = desk.person("carla")
    worked(await carla.command("/ticket new", channel="general"))
    form = await desk.form(carla)
    worked(await carla.submit(form, {"subject": subject, "words": "Since ten", "priority": "P1"}))
    return await desk.card(subject)


@pytest.fixture
async def paged(staffed: Town) -> Town:
    await critical(staffed)
    await page_of(staffed, "ana")
    return staffed


def pages(desk: Town, name: str) -> list[Message]:
    return [one for one in desk.person(name).dms if "needs you" in one.visible_text()]


async def page_of(desk: Town, name: str, containing: str = "needs you") -> Message:
    """The latest message about a page in their conversation with us."""

    def look() -> Message | None:
        dms = [one for one in desk.person(name).dms if containing in one.visible_text()]
        return dms[-1] if dms else None

    found = await desk.until(look, f"{containing!r} for {name}")
    assert found is not None
    return found


async def ticket(desk: Town) -> Ticket:
    return (await desk.ticket()).line.ticket


async def test_a_critical_ticket_pages_the_agents_at_once(paged: Town) -> None:
    page = await page_of(paged, "ana")
    assert "T-1 Nobody can pay" in page.visible_text()
    assert "(*agent level*): it is critical" in page.visible_text()
    assert "the seniors are paged next" in page.visible_text()
    assert paged.person("ana").can(page) == ["acknowledge", "claim", "jump"]
    card = await paged.card("Nobody can pay")
    assert "The agents were paged" in card.visible_text()
    assert paged.person("ana").can(card)[0] == "acknowledge"
    assert "*Ana* is paged" in (await paged.in_thread(card, "is paged")).visible_text()
    assert pages(paged, "ben") == []


async def test_unacknowledged_it_climbs_after_a_quarter_of_an_hour(paged: Town) -> None:
    await paged.clock.forward(minutes=14, seconds=50)
    await paged.still()
    assert pages(paged, "ben") == []
    await paged.clock.forward(seconds=15)
    page = await page_of(paged, "ben")
    assert "(*senior level*): nobody acknowledged in time" in page.visible_text()
    assert "🔺 *The seniors were paged*" in (await paged.card("Nobody can pay")).visible_text()
    assert (await ticket(paged)).escalation_level == 1


async def test_an_empty_level_passes_on_and_says_so(paged: Town) -> None:
    for minutes in (15, 15):
        await paged.clock.forward(minutes=minutes, seconds=5)
        await paged.quiet()
    page = await page_of(paged, "mia")
    assert "(*manager level*)" in page.visible_text()
    told = await paged.in_thread(
        await paged.card("Nobody can pay"), "the next level was paged at once"
    )
    assert "Nobody could be reached among the team leads" in told.visible_text()


SHORT = """
[[ladders]]
id = "roles"
[[ladders.levels]]
notify = ["role:agent"]
[[ladders.levels]]
notify = ["role:senior"]
"""


async def test_at_the_top_the_page_repeats_where_it_is_seen(tmp_path: Path, database: str) -> None:
    """In the thread of the first page alone nobody would hear of the second."""
    async with town(tmp_path, database, extra=SHORT) as desk:
        await desk.clock.forward(seconds=2)
        await desk.still()
        await critical(desk)
        await page_of(desk, "ben")
        await desk.clock.forward(minutes=15, seconds=5)
        second = await page_of(desk, "ben", "still nobody acknowledged")
        first = pages(desk, "ben")[0]
        assert "you are paged again" in second.visible_text()
        assert (second.thread_ts, second.subtype) == (first.ts, "thread_broadcast")
        worked(await desk.person("ben").click(second, "acknowledge"))
        for page in (first, second):
            await desk.until(lambda: "by you" in now(desk, page), "redrawn page")  # noqa: B023 - read at once


async def test_acknowledging_by_the_button_stops_the_climb_and_redraws_the_page(
    paged: Town,
) -> None:
    ana = paged.person("ana")
    page = await page_of(paged, "ana")
    worked(await ana.click(page, "acknowledge"))
    await paged.until(lambda: "acknowledged by you" in now(paged, page), "redrawn page")
    assert ana.can(page) == ["claim", "jump"]
    await paged.in_thread(await paged.card("Nobody can pay"), "acknowledged: nobody else is paged")
    await paged.clock.forward(hours=1)
    await paged.quiet()
    assert pages(paged, "ben") == []
    assert (await ticket(paged)).acknowledged


def now(desk: Town, message: Message) -> str:
    return desk.slack.current(message).visible_text()


async def both_paged(desk: Town) -> tuple[Actor, Message]:
    """Ana at the first level and Ben at the second."""
    await desk.clock.forward(minutes=15, seconds=5)
    page = await page_of(desk, "ben")
    return desk.person("ben"), page


async def test_whoever_was_paged_reads_who_has_it_and_a_late_press_is_told_so(
    paged: Town,
) -> None:
    first = await page_of(paged, "ana")
    ben, second = await both_paged(paged)
    worked(await ben.click(second, "acknowledge"))
    await paged.until(lambda: "acknowledged by *Ben*" in now(paged, first), "Ana's page")
    ana = paged.person("ana")
    await ana.click(first, "acknowledge", stale=True)
    told = await paged.until(lambda: ana.ephemerals, "answer")
    assert "Ben has acknowledged T-1 already" in told[-1].visible_text()
    assert "acknowledged by *Ben*" in now(paged, first)


async def test_claiming_stops_the_climb(paged: Town) -> None:
    page = await page_of(paged, "ana")
    worked(await paged.person("ana").click(page, "claim"))
    await paged.until(lambda: "claimed by you" in now(paged, page), "redrawn page")
    await paged.card("In progress")
    await paged.clock.forward(hours=1)
    await paged.quiet()
    assert pages(paged, "ben") == []


async def test_answering_acknowledges(paged: Town) -> None:
    page = await page_of(paged, "ana")
    await paged.person("ana").reply(await paged.card("Nobody can pay"), "! We are on it")
    await paged.until(lambda: "answered by you" in now(paged, page), "redrawn page")
    assert (await ticket(paged)).acknowledged


async def test_a_word_in_answer_to_the_page_acknowledges(paged: Town) -> None:
    page = await page_of(paged, "ana")
    said = await paged.person("ana").reply(page, "Ack")
    await paged.until(lambda: "acknowledged by you" in now(paged, page), "redrawn page")
    await paged.until(lambda: paged.slack.current(said).reactions, "mark")


async def test_words_in_answer_to_a_page_are_a_note_and_no_new_ticket(paged: Town) -> None:
    page = await page_of(paged, "ana")
    await paged.person("ana").reply(page, "Looking at the gateway")
    await paged.in_thread(await paged.card("Nobody can pay"), "Looking at the gateway")
    assert [said.message.text for said in (await paged.ticket()).notes] == [
        "Looking at the gateway"
    ]
    assert len(await paged.tickets()) == 1


async def escalate(desk: Town, who: str, why: str) -> None:
    actor, card = desk.person(who), await desk.card("T-1")
    worked(await actor.choose(card, "more", "Escalate…"))
    worked(await actor.submit(await desk.form(actor), {"words": why}))


async def test_escalating_by_hand_pages_with_the_reason_and_takes_back_the_acknowledgement(
    paged: Town,
) -> None:
    worked(await paged.person("ana").click(await page_of(paged, "ana"), "acknowledge"))
    await paged.in_thread(await paged.card("T-1"), "acknowledged: nobody else is paged")
    await escalate(paged, "ana", "The shop loses money every minute")
    page = await page_of(paged, "ben")
    assert "escalated by Ana" in page.visible_text()
    assert "The shop loses money every minute" in page.visible_text()
    assert not (await ticket(paged)).acknowledged
    note = await paged.in_thread(await paged.card("T-1"), "The shop loses money")
    assert "🔒" in note.visible_text()
    await paged.clock.forward(minutes=15, seconds=5)
    await page_of(paged, "mia")


async def test_an_escalation_can_be_ended(paged: Town) -> None:
    await escalate(paged, "ana", "They cannot pay")
    page = await page_of(paged, "ben")
    ben = paged.person("ben")
    worked(await ben.choose(await paged.card("Escalated"), "more", "End escalation"))
    await paged.until(lambda: "acknowledged by you" in now(paged, page), "redrawn page")
    await paged.in_thread(await paged.card("T-1"), "ended the escalation")
    assert (await ticket(paged)).escalation_level == 0


async def test_a_ticket_that_is_resolved_calls_nobody_any_more(paged: Town) -> None:
    page = await page_of(paged, "ana")
    ben = paged.person("ben")
    worked(await ben.choose(await paged.card("T-1"), "more", "Resolve"))
    worked(await ben.submit(await paged.form(ben), {}))
    await paged.until(lambda: "resolved by *Ben*" in now(paged, page), "redrawn page")
    assert paged.person("ana").can(page) == ["jump"]


async def test_the_second_reopening_escalates(staffed: Town) -> None:
    await staffed.mail(BOB, "VPN is down", "Nothing works.")
    await staffed.card("T-1")
    for count in (1, 2):
        await staffed.resolve(staffed.person("ana"), "T-1")
        resolved = await staffed.letter(BOB, containing="as resolved", count=count)
        await staffed.writer(BOB).reply(resolved, f"No, it is broken again, number {count}.")
        await staffed.card("Reopened")
    page = await page_of(staffed, "ben")
    assert "reopened for the second time" in page.visible_text()


async def test_a_quiet_time_holds_the_page_back_until_it_ends(staffed: Town) -> None:
    assert staffed.built is not None
    until = staffed.clock.now() + timedelta(hours=2)
    declared = roster(staffed.settings(), slack_team=staffed.slack.team_id)
    mute = Mute(staffed.clock.now() - timedelta(minutes=1), until)
    await staffed.built.desk.declare(DEFAULT, replace(declared, rules=Declared(mutes=(mute,))))
    card = await critical(staffed)
    await staffed.in_thread(card, "nobody is paged before")
    assert "🔕 Paging is muted" in (await staffed.card("Nobody can pay")).visible_text()
    await staffed.clock.forward(hours=1, minutes=50)
    await staffed.quiet()
    assert pages(staffed, "ana") == []
    await staffed.clock.move_to(until + timedelta(seconds=1))
    page = await page_of(staffed, "ana")
    assert "paging is no longer muted" in page.visible_text()


async def test_a_manager_waives_a_broken_promise_with_a_reason(staffed: Town) -> None:
    await staffed.mail(BOB, "VPN is down", "Nothing works.")
    card = await staffed.card("T-1")
    await staffed.clock.forward(hours=2, seconds=2)
    await staffed.in_thread(card, "was missed")
    ben, mia = staffed.person("ben"), staffed.person("mia")
    assert "Waive missed target…" not in str((await staffed.card("late")).blocks)
    worked(await ben.command("/ticket waive T-1 It was a drill", channel="general"))
    told = await staffed.until(lambda: ben.ephemerals, "refusal")
    assert "You can't waive missed targets; Mia can." in told[-1].visible_text()
    worked(await mia.command("/ticket show T-1", channel="general"))
    shown = await staffed.until(lambda: mia.ephemerals, "ticket in full")
    worked(await mia.choose(shown[-1], "more", "Waive missed target…"))
    form = await staffed.form(mia)
    assert "first response" in form.visible_text()
    worked(await mia.submit(form, {"words": "It was a drill"}))
    await staffed.in_thread(card, "*Mia* waived the missed first response")
    await staffed.in_thread(card, "It was a drill")
    assert (await ticket(staffed)).clocks[0].waived


# --- the same in words


async def test_everything_can_be_asked_for_in_the_thread(paged: Town) -> None:
    ana, me = paged.person("ana"), f"<@{paged.slack.bot_user_id}>"
    card = await paged.card("Nobody can pay")
    asked = await ana.reply(card, f"{me} escalate customers cannot pay")
    page = await page_of(paged, "ben")
    assert "customers cannot pay" in page.visible_text()
    await paged.until(lambda: paged.slack.current(asked).reactions, "mark")
    assert paged.slack.current(asked).reactions[0][0] == "white_check_mark"
    await ana.reply(card, f"{me}: ack")
    await paged.until(lambda: "acknowledged by *Ana*" in now(paged, page), "Ben's page")
    await ana.reply(card, f"{me} end escalation")
    await paged.in_thread(card, "ended the escalation")
    await ana.reply(card, f"{me} category network")
    await paged.card("Network")
    file = await paged.ticket()
    assert [said.message.text for said in file.notes] == ["customers cannot pay"]


async def test_a_verb_that_is_none_lists_those_there_are(paged: Town) -> None:
    ana = paged.person("ana")
    card = await paged.card("Nobody can pay")
    await ana.reply(card, f"<@{paged.slack.bot_user_id}> esclate it")
    told = await paged.until(lambda: ana.ephemerals, "answer")
    text = told[-1].visible_text()
    assert "I do not know “esclate”. Did you mean *escalate*?" in text
    assert "*merge* T-3" in text
    assert (await paged.ticket()).notes == ()


async def test_what_may_not_be_done_is_refused_to_the_one_who_asked(paged: Town) -> None:
    ana = paged.person("ana")
    await ana.reply(
        await paged.card("Nobody can pay"), f"<@{paged.slack.bot_user_id}> waive please"
    )
    told = await paged.until(lambda: ana.ephemerals, "refusal")
    assert "You can't waive missed targets; Mia can." in told[-1].visible_text()


async def test_everything_can_be_asked_for_by_the_command(paged: Town) -> None:
    ana = paged.person("ana")
    for line, answer in (
        ("/ticket ack T-1", "acknowledged; nobody else is paged"),
        ("/ticket escalate 1 they cannot pay", "the next level is paged"),
        ("/ticket end escalation T-1", "the escalation has ended"),
        ("/ticket priority t-1 p2", "priority changed"),
        ("/ticket claim T-1", "it is yours"),
        (f"/ticket assign T-1 {ana.mention}", "assigned"),
        ("/ticket merge T-1 T-1", "it is the same ticket"),
        ("/ticket unmerge T-1", "You can't undo merges; Mia can."),
        ("/ticket escalate", "For example: `/ticket escalate T-1`"),
        ("/ticket escalate T-9 why", "no ticket T-9"),
        ("/ticket escalate T-1", "Please add a reason, e.g. `/ticket escalate T-6"),
    ):
        before = len(ana.ephemerals)
        worked(await ana.command(line, channel="general"))
        told = await paged.until(lambda: ana.ephemerals[before:], line)  # noqa: B023 - read at once
        assert answer in told[-1].visible_text(), line
    assert (await ticket(paged)).priority.value == "P2"

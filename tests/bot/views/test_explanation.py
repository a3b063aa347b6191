"""`/ticket why T-1`: a bar, a sentence per stretch of time, and only for whoever asks."""

from dataclasses import replace
from datetime import timedelta

from bot.views import limits
from bot.views.explanation import why_message
from engine.explain.explain import explain
from engine.explain.told import ExplainReader, told
from sandbox.blockkit.blocks import check_message
from tests.bot.make import strings
from tests.bot.office import Office
from tests.bot.views.test_cards import HOSTILE, OUR_MARKS
from tests.engine.explain_story import LATER, LEVELS, ended, story
from tests.engine.explain_story import office as a_ticket


def test_slack_takes_it_and_it_says_why() -> None:
    said = why_message(story(ended()))
    assert limits.validate(said.payload(), "message") == []
    check_message(list(said.blocks), [])
    words = "\n".join(strings(list(said.blocks))).replace("\u00a0", " ")
    assert "T-1: why it is late" in words
    assert "*Resolution:* LATE by 2 h." in words
    assert "`███" in words
    assert "Ana had it; 2 h 20 min counted, 3 h in all." in words
    assert "_Why was it late? 10 h counted, but the target was 8 h" in words


def test_the_longest_story_still_fits() -> None:
    life = a_ticket()
    at = life.ticket.created_at
    for _ in range(120):
        at += timedelta(hours=7)
        life.asks(at).claims(at + timedelta(minutes=5)).answers(at + timedelta(hours=5))
    said = why_message(story(life, now=at))
    assert limits.validate(said.payload(), "message") == []


def test_nobody_is_pinged_by_a_subject_a_name_or_a_policy() -> None:
    life = ended()
    explanation = explain(replace(life.ticket, subject=HOSTILE), life.entries, life.almanac, LATER)
    people = dict.fromkeys(("ana", "ben", "bob"), HOSTILE)
    reader = ExplainReader("Europe/Berlin", people, [HOSTILE for _ in LEVELS], HOSTILE)
    said = why_message(told(explanation, reader))
    marked = [block for block in said.blocks if block["type"] == "section"]
    for text in (said.text, *strings(marked)):
        bare = OUR_MARKS.sub("", text)
        assert "<" not in bare, text


async def test_an_agent_asks_why_and_alone_sees_the_answer(office: Office) -> None:
    await office.mail("VPN is down", "It does not connect.", "Dora")
    await office.card()
    await office.ana.command("/ticket why T-1", channel="it-desk")
    await office.until(lambda: office.ana.ephemerals)
    seen = office.ana.ephemerals[-1].visible_text().replace("\u00a0", " ")
    assert "First response: " in seen.replace("*", "")
    assert "It is not late:" in seen
    assert "Nobody had it" in seen
    assert not office.ben.ephemerals


async def test_whoever_may_not_read_it_hears_that_there_is_no_such_ticket(office: Office) -> None:
    await office.mail()
    await office.cleo.command("/ticket why T-1", channel="general")
    await office.until(lambda: office.cleo.ephemerals)
    assert "There is no ticket T-1" in office.cleo.ephemerals[-1].visible_text()


async def test_without_a_number_it_says_how_to_ask(office: Office) -> None:
    await office.ana.command("/ticket why", channel="it-desk")
    await office.until(lambda: office.ana.ephemerals)
    assert "/ticket why T-1" in office.ana.ephemerals[-1].visible_text()


async def test_asked_in_the_thread_it_answers_there_and_notes_nothing(office: Office) -> None:
    await office.mail()
    card = await office.card()
    await office.ana.reply(card, f"<@{office.slack.workspace.app.bot_user_id}> why?")
    await office.until(lambda: office.ana.ephemerals)
    assert "T-1: it is not late" in office.ana.ephemerals[-1].visible_text()
    assert office.ana.ephemerals[-1].thread_ts == card.ts
    assert (await office.file()).notes == ()

"""A page in a direct message: what it says, what it offers, and what becomes of it."""

from typing import Any

import pytest

from bot.views.blocks import SlackMessage
from bot.views.button_value import ButtonValue, read
from bot.views.pages import page, page_over
from engine.tickets.effects import Tell
from engine.tickets.message import Fact
from engine.tickets.people import DEFAULT, Address
from tests.bot.make import strings
from tests.bot.views.test_cards import FACTS, HOSTILE, LONG, accepted

CARD = "https://acme.slack.com/archives/C1/p1772452800000100"
COMMON: dict[str, Fact] = {"ticket": "T-7", "subject": "They cannot pay", "timezone": ""}


def called(**more: Fact) -> SlackMessage:
    facts = {**COMMON, **FACTS["page"], "by": "Ana", "requester": "Bob", "reason": "", **more}
    return page(Tell(Address("slack", "U1"), "page", "k", facts), DEFAULT, CARD)


def answered(**more: Fact) -> SlackMessage:
    facts = {**COMMON, **FACTS["page_over"], "by": "Ana", **more}
    return page_over(Tell(Address("slack", "U1"), "page_over", "k", facts), DEFAULT, CARD)


def buttons(said: SlackMessage) -> list[Any]:
    return [one for block in said.blocks if block["type"] == "actions" for one in block["elements"]]


def test_a_page_names_level_reason_due_time_and_who_is_next() -> None:
    text = "\n".join(strings(called(reason="Customers cannot pay", others=["Ben"]).payload()))
    assert "🔺 *T-7 They cannot pay* needs you as *senior*: escalated by Ana." in text
    assert "🔴 P1 Critical, from Bob · resolution due <!date^" in text
    late = "\n".join(strings(called(is_late=True).payload()))
    assert "resolution *late*, it was due <!date^" in late
    assert "Ben is paged too" in text
    assert "Customers cannot pay" in text
    assert "Unless somebody acknowledges, the team leads are paged next: <!date^" in text
    assert "you are asked again" in "\n".join(strings(called(is_top=True).payload()))


def test_a_page_can_be_acknowledged_claimed_and_leads_to_the_card() -> None:
    acknowledge, claim, jump = buttons(called())
    assert (acknowledge["action_id"], acknowledge["style"]) == ("acknowledge", "primary")
    assert read(acknowledge["value"]) == read(claim["value"]) == ButtonValue(7, 9)
    assert jump["url"] == CARD
    assert len(buttons(page(_bare(), DEFAULT, ""))) == 2, "without a card there is no way to it"


def _bare() -> Tell:
    return Tell(Address("slack", "U1"), "page", "k", {**COMMON, **FACTS["page"]})


def test_an_answered_page_says_who_has_it_and_offers_nothing_to_the_others() -> None:
    said = answered()
    assert "✅ *T-7 They cannot pay*: acknowledged by *Ana* <!date^" in said.text
    assert "You need not do anything" in said.text
    assert [one["action_id"] for one in buttons(said)] == ["jump"]


def test_whoever_acknowledged_may_still_claim() -> None:
    said = answered(yours=True)
    assert "acknowledged by you" in said.text
    assert [one["action_id"] for one in buttons(said)] == ["claim", "jump"]
    claimed = answered(yours=True, how="claimed", claimable=False)
    assert "claimed by you" in claimed.text
    assert [one["action_id"] for one in buttons(claimed)] == ["jump"]


@pytest.mark.parametrize("how", ["RESOLVED", "CLOSED", "MERGED", "answered"])
def test_however_it_ended_there_is_a_sentence(how: str) -> None:
    assert "by *Ana*" in answered(how=how).text
    assert "by" not in answered(how=how, by="").text.partition("<!date")[0]


@pytest.mark.parametrize("words", ["", HOSTILE, LONG])
def test_every_page_is_taken_and_harmless(words: str) -> None:
    accepted(called(reason=words, subject=words, by=words, others=[words] * 30, requester=words))
    accepted(answered(by=words, subject=words))

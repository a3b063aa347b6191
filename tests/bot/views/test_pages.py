"""A page in a direct message: what it says, what it offers, and what becomes of it."""

from dataclasses import replace
from typing import Any

import pytest

from bot.views.blocks import SlackMessage
from bot.views.button_value import ButtonValue, read
from bot.views.pages import page, page_over
from engine.messages.page_messages import PageOver, PersonPaged
from engine.messages.values import Code, Foreign, TicketRef, Words
from engine.tickets.people import DEFAULT
from engine.tickets.promise_clock import ClockKind
from engine.tickets.ticket import Priority
from tests.bot.make import strings
from tests.engine.messages.made import AT

CARD = "https://acme.slack.com/archives/C1/p1772452800000100"
_ABOUT = (TicketRef(7), Foreign("They cannot pay"), None)
PAGED = PersonPaged(
    *_ABOUT,
    role=Foreign("senior"),
    next_role=Foreign("lead"),
    is_top=False,
    cause=Code("manual"),
    by=Foreign("Ana"),
    next_at=AT,
    clock=ClockKind.RESOLUTION,
    due_at=AT,
    groups=(),
    page=9,
    version=9,
    priority=Priority.P1,
    requester=Foreign("Bob"),
    is_late=False,
    others=(),
    reason=None,
)
OVER = PageOver(
    *_ABOUT,
    how=Code("acknowledged"),
    by=Foreign("Ana"),
    yours=False,
    claimable=True,
    version=9,
    answered_at=AT,
    paged_at=AT,
)


def called(**changes: Any) -> SlackMessage:
    return page(replace(PAGED, **changes), DEFAULT, CARD)


def answered(**changes: Any) -> SlackMessage:
    return page_over(replace(OVER, **changes), DEFAULT, CARD)


def buttons(said: SlackMessage) -> list[Any]:
    return [one for block in said.blocks if block["type"] == "actions" for one in block["elements"]]


def test_a_page_names_level_reason_due_time_and_who_is_next() -> None:
    text = "\n".join(
        strings(called(reason=Words("Customers cannot pay"), others=(Foreign("Ben"),)).payload())
    )
    assert "🔺 *T-7 They cannot pay* needs you (*senior level*): escalated by Ana." in text
    assert "🔴 P1 Critical, from Bob · resolution due <!date^" in text
    late = "\n".join(strings(called(is_late=True).payload()))
    assert "resolution *missed*, it was due <!date^" in late
    assert "Ben is paged too" in text
    assert "Customers cannot pay" in text
    assert "Unless somebody acknowledges, the team leads are paged next: <!date^" in text
    assert "you are paged again" in "\n".join(strings(called(is_top=True).payload()))


def test_a_page_can_be_acknowledged_claimed_and_leads_to_the_card() -> None:
    acknowledge, claim, jump = buttons(called())
    assert (acknowledge["action_id"], acknowledge["style"]) == ("acknowledge", "primary")
    assert read(acknowledge["value"]) == read(claim["value"]) == ButtonValue(7, 9)
    assert jump["url"] == CARD
    assert len(buttons(page(PAGED, DEFAULT, ""))) == 2, "without a card there is no way to it"


def test_an_answered_page_says_who_has_it_and_offers_nothing_to_the_others() -> None:
    said = answered()
    assert "✅ *T-7 They cannot pay*: acknowledged by *Ana* <!date^" in said.text
    assert "You do not have to do anything" in said.text
    assert [one["action_id"] for one in buttons(said)] == ["jump"]


def test_whoever_acknowledged_may_still_claim() -> None:
    said = answered(yours=True)
    assert "acknowledged by you" in said.text
    assert [one["action_id"] for one in buttons(said)] == ["claim", "jump"]
    claimed = answered(yours=True, how=Code("claimed"), claimable=False)
    assert "claimed by you" in claimed.text
    assert [one["action_id"] for one in buttons(claimed)] == ["jump"]


@pytest.mark.parametrize("how", ["RESOLVED", "CLOSED", "MERGED", "answered"])
def test_however_it_ended_there_is_a_sentence(how: str) -> None:
    assert "by *Ana*" in answered(how=Code(how)).text
    assert "by" not in answered(how=Code(how), by=None).text.partition("<!date")[0]

"""Every card, list, form and told sentence, against our own limits and the stand-in's, with hostile words."""

import itertools
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views import limits, modals
from bot.views.blocks import SlackMessage
from bot.views.button_value import ButtonValue, read
from bot.views.cards import ticket_card, ticket_in_full, ticket_list
from bot.views.messages import told
from bot.views.words import action_word, label
from engine.messages.page_messages import PromiseBroken
from engine.messages.values import Foreign, Handle, TicketRef, Who
from engine.ports.views import Page, TicketFile, TicketLine
from engine.tickets.actions import ACTIONS, FORMS, Action, Menu, Takes, for_any_agent, legal
from engine.tickets.promise_clock import ClockKind
from engine.tickets.ticket import Priority, State
from sandbox.blockkit.blocks import check_message, check_view
from tests.bot.make import CHOICES, NOW, file, late, line, paged, strings
from tests.engine.messages.made import AT
from tests.examples import examples

HOSTILE = (
    "<!channel> <!here|x> <@U0ANA> <#C1|general> <https://evil.example|your bank> "
    "*bold* _it_ ~no~ `code` ``` > quote\n>>> more\n&lt;!channel&gt; \u202eevil\u202c \x00\x07 |a|"
)
LONG = "<!channel> & <b> " * 4000
TEXTS = ["", "VPN is down", HOSTILE, LONG, "\n" * 500, "é𝄞" * 5000, "\u2028x\r\ny"]
# Marks of Slack's that only we may write: a date, and a mention of the agent by id.
OUR_MARKS = re.compile(r"<!date\^\d+\^[^|<>]*\|[^<>|]*>|<@U0ANA>")


def accepted(said: SlackMessage) -> None:
    """By our own rules, by Slack's as the stand-in has them, and harmless."""
    payload = said.payload()
    assert limits.validate(payload, "message") == []
    check_message(payload.get("blocks", []), [])
    assert len(said.text.encode()) <= limits.FALLBACK_TEXT_BYTES
    harmless(payload)


def harmless(payload: Any) -> None:
    for text in strings(payload):
        rest = OUR_MARKS.sub("", text)
        assert not re.search(r"<[!@#]", rest), rest
        assert not re.search(r"<[^<>\n]*\|", rest), rest
        assert "\u202e" not in rest
        assert "\x00" not in rest


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("assigned", [False, True])
@pytest.mark.parametrize("text", TEXTS)
def test_every_card_is_taken_and_harmless(state: State, assigned: bool, text: str) -> None:
    accepted(
        ticket_card(line(state, text=text, name=text or "Dora", assigned=assigned, files=7), NOW)
    )


LINES = [
    pytest.param(make(line(state, assigned=assigned)), id=f"{state.value}-{assigned}-{name}")
    for name, make in {"": lambda it: it, "paged": paged, "late": late}.items()
    for state in State
    for assigned in (False, True)
]


def offered(card: SlackMessage) -> list[str]:
    """The actions behind its buttons and its menu, in the order in which they stand there."""
    found = []
    for block in card.blocks:
        for element in block.get("elements", []) if block["type"] == "actions" else []:
            groups = element.get("option_groups", [])
            options = [one for group in groups for one in group["options"]]
            for one in options or element.get("options") or [element]:
                pointer = read(one["value"])
                assert pointer is not None
                assert (pointer.ticket, pointer.version) == (7, 3)
                found.append(pointer.action or element["action_id"])
    return found


def actions(card: SlackMessage) -> list[Any]:
    (row,) = [block for block in card.blocks if block["type"] == "actions"]
    return list(row["elements"])


@pytest.mark.parametrize("shown", LINES)
def test_a_card_offers_what_any_agent_may_do_now_and_nothing_else(shown: TicketLine) -> None:
    card = ticket_card(shown, NOW)
    accepted(card)
    found = offered(card)
    assert len(found) == len(set(found))
    assert set(found) == {action.value for action in for_any_agent(shown.ticket)} - {"note"}


@pytest.mark.parametrize("shown", LINES)
def test_a_ticket_in_full_offers_what_its_reader_may(shown: TicketLine) -> None:
    for able in (frozenset[Action](), legal(shown.ticket)):
        card = ticket_in_full(TicketFile(shown), NOW, able, works_on_it=True)
        accepted(card)
        assert set(offered(card)) == {action.value for action in able} - {"note"}


@pytest.mark.parametrize("shown", LINES)
def test_a_card_has_three_buttons_and_one_menu_at_most(shown: TicketLine) -> None:
    rows = [block for block in ticket_card(shown, NOW).blocks if block["type"] == "actions"]
    kinds = [element["type"] for row in rows for element in row["elements"]]
    assert kinds.count("button") <= 3
    assert len(kinds) - kinds.count("button") <= 1


def test_five_verbs_are_an_overflow_and_more_are_a_list_in_groups() -> None:
    assert actions(ticket_card(line(State.CLOSED), NOW))[-1]["type"] == "button"
    assert actions(ticket_card(line(State.RESOLVED), NOW))[-1]["type"] == "overflow"
    menu = actions(ticket_card(line(), NOW))[-1]
    assert menu["placeholder"]["text"] == "More…"
    headings = [group["label"]["text"] for group in menu["option_groups"]]
    assert headings == ["Work on it", "Classify it", "Get help", "Tidy up"]


def test_a_menu_has_a_new_name_each_time_it_is_drawn() -> None:
    """Slack's clients would go on showing what was chosen, and would not let it be chosen again."""
    later = replace(NOW, at=NOW.at + timedelta(seconds=1))
    names = {ticket_card(line(), at).blocks[-1]["block_id"] for at in (NOW, NOW, later)}
    assert len(names) == 2


def test_to_acknowledge_comes_first_while_a_page_waits() -> None:
    first, second, *_ = actions(ticket_card(paged(line()), NOW))
    assert (first["action_id"], first["style"]) == ("acknowledge", "primary")
    assert (second["action_id"], second.get("style")) == ("claim", None)
    nobody_paged = actions(ticket_card(paged(line(), level=0, pages=0), NOW))
    assert nobody_paged[0]["action_id"] == "claim"


@pytest.mark.parametrize("text", TEXTS)
def test_lists_and_tickets_in_full_are_taken_and_harmless(text: str) -> None:
    accepted(ticket_list(Page([line(text=text)] * 20, next="x"), NOW.at))
    accepted(ticket_in_full(file(text or "x"), NOW, legal(line().ticket), works_on_it=True))
    accepted(ticket_in_full(file(text or "x"), NOW, frozenset(), works_on_it=False))


def test_an_empty_list_says_so() -> None:
    assert "No tickets match" in ticket_list(Page([]), NOW.at).text


def test_a_late_ticket_is_never_due_today() -> None:
    afterwards = NOW.at + timedelta(hours=1, minutes=1)
    shown = [str(ticket_list(Page([line()]), at).blocks) for at in (NOW.at, afterwards)]
    assert ["*late* since" in each for each in shown] == [False, True]
    assert ["· due " in each for each in shown] == [True, False]


def test_what_is_snoozed_is_marked_on_its_card_and_in_lists() -> None:
    asleep = line(assigned=True)
    until = NOW.at + timedelta(hours=2)
    asleep = replace(asleep, ticket=replace(asleep.ticket, snoozed_until=until))
    for said in (
        ticket_card(asleep, NOW),
        ticket_list(Page([asleep]), NOW.at),
    ):
        accepted(said)
        assert "💤 snoozed until" in str(said.blocks)
    assert "unsnooze" in offered(ticket_card(asleep, NOW))
    assert "unsnooze" not in offered(ticket_card(line(), NOW))
    assert "snoozed" not in str(ticket_card(line(), NOW).blocks)


def test_a_list_that_was_cut_says_how_to_go_on() -> None:
    assert "Narrow the list" in ticket_list(Page([], next="x", cut=True), NOW.at).text


def test_a_breach_says_which_promise_broke_and_pings_who_has_it() -> None:
    ana = Who(Foreign("Ana"), Handle("U0ANA"))
    broken = PromiseBroken(
        TicketRef(7), Foreign("x"), None, ClockKind.FIRST_RESPONSE, AT, assignee=ana
    )
    said = told(broken, None)
    assert "<@U0ANA>" in said.text
    assert "first response of T-7" in said.text


@pytest.mark.parametrize("action", sorted(FORMS))
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("changed", [False, True])
def test_every_form_is_taken_and_harmless(action: Action, text: str, changed: bool) -> None:
    shown = line(State.IN_PROGRESS, text=text, name=text or "Dora")
    view = modals.form(action, shown, CHOICES, channel="C1", changed=changed)
    assert limits.validate(view, "modal") == []
    check_view(view)
    harmless(view)
    assert modals.first_input(view) in json.dumps(view)


@pytest.mark.parametrize("text", TEXTS)
def test_the_form_of_a_merger_names_the_other_ticket(text: str) -> None:
    other = line(State.IN_PROGRESS, text=text, name=text or "Dora")
    view = modals.merge_form(line(text=text), other, CHOICES, channel="C1")
    assert limits.validate(view, "modal") == []
    check_view(view)
    harmless(view)
    assert read(view["private_metadata"]) == ButtonValue(7, 3, channel="C1", other=7)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_the_form_for_a_new_ticket_is_taken_and_offers_what_its_reader_may_ask_for(
    count: int,
) -> None:
    able = list(Priority)[4 - count :]
    view = modals.new_ticket(channel="C1", priorities=able, default=able[0])
    assert limits.validate(view, "modal") == []
    check_view(view)
    offered = [one["element"]["options"] for one in view["blocks"] if "options" in one["element"]]
    found = [[option["value"] for option in options] for options in offered]
    assert found == ([[one.value for one in able]] if count > 1 else [])


def test_every_word_on_a_card_or_form_exists() -> None:
    for word in itertools.chain(State, Priority, Menu):
        assert label(word.value)
    for row in ACTIONS.values():
        needed = ["button", "may", "do", "help"] if row.right else []
        needed += ["title", "submit"] if row.has_form else []
        words = row.takes in (Takes.WORDS, Takes.PART)
        needed += ["field"] if row.has_form and words else []
        assert all(action_word(row.action, word) for word in needed), row.action


def test_what_slack_refuses_we_refuse() -> None:
    """A validator that accepts everything would pass all tests above."""
    card = ticket_card(line(), NOW).payload()
    for spoil in SPOILED:
        spoiled = json.loads(json.dumps(card))
        spoil(spoiled)
        assert limits.validate(spoiled, "message"), spoil
        with pytest.raises(Exception, match=r"invalid_blocks|msg_blocks_too_long"):
            check_message(spoiled["blocks"], [])


def _twice(card: Any) -> None:
    card["blocks"].append(card["blocks"][-1])


def _field(index: int, *path: Any, value: Any) -> Any:
    def spoil(card: Any) -> None:
        part = card["blocks"][index]
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = value

    return spoil


SPOILED = [
    _twice,
    _field(0, "text", "text", value="x" * 151),
    _field(0, "text", "text", value=""),
    _field(1, "fields", 0, "text", value="x" * 2001),
    _field(-1, "elements", value=[]),
    _field(-1, "elements", 0, "text", "text", value="x" * 76),
    _field(-1, "elements", 0, "value", value="x" * 2001),
    _field(-1, "elements", 1, "action_id", value="claim"),
    _field(-1, "elements", 3, "option_groups", value=[]),
    _field(-1, "elements", 3, "option_groups", 0, "options", value=[]),
    _field(-1, "elements", 3, "option_groups", 0, "label", "text", value="x" * 76),
    _field(-1, "elements", 3, "option_groups", 0, "options", 0, "value", value="x" * 151),
    _field(2, "type", value="input"),
    _field(3, "elements", 0, "elements", 0, "text", value="x" * 13_201),
]


@given(st.integers(0), st.integers(0), st.text(max_size=20), st.text(max_size=20))
def test_a_pointer_survives_the_trip(ticket: int, version: int, channel: str, action: str) -> None:
    pointer = ButtonValue(ticket, version, channel=channel, action=action)
    assert read(str(pointer)) == pointer


@given(st.text())
def test_what_is_no_pointer_of_ours_is_none(text: str) -> None:
    assert read(text) is None or text.strip().startswith("{")


@examples(60)
@given(st.text(max_size=4000), st.text(min_size=1, max_size=200))
def test_no_text_breaks_a_card(text: str, name: str) -> None:
    accepted(ticket_card(line(State.NEW, text=text, name=name, files=1), NOW))

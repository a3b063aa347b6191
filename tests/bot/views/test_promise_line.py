"""What a card says of the ticket's promises and of who is called for."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from bot.views.blocks import SlackMessage
from bot.views.cards import ticket_card, ticket_in_full
from bot.views.promise_line import Moment
from engine.calendars.calendar import WEEKDAYS, Calendar, Hours
from engine.ports.views import TicketFile
from engine.tickets.actions import legal
from engine.tickets.promise_clock import ClockKind, PromiseClock
from engine.tickets.ticket import State
from tests.bot.make import NOON, NOW, RULES, line, paged, strings


def words(card: SlackMessage) -> str:
    return "\n".join(strings(card.payload()))


def test_a_card_says_who_is_paged_since_when_and_who_is_next() -> None:
    text = words(ticket_card(paged(line()), NOW))
    assert "🔺 *The seniors were paged* <!date^1772454600^" in text
    assert "the team leads next, <!date^1772458200^" in text
    assert "unless somebody acknowledges" in text
    assert "🔺 Escalated" in text
    at_once = words(ticket_card(paged(line(), level=0), NOW))
    assert "🔔 *The agents were paged*" in at_once
    on_top = words(ticket_card(paged(line(), level=4), NOW))
    assert "*The admins were paged*" in on_top
    assert "again, <!date^1772458200^" in on_top


def test_a_requester_reads_the_promise_and_not_who_is_called_for() -> None:
    full = TicketFile(paged(line()))
    text = words(ticket_in_full(full, NOW, frozenset(), works_on_it=False))
    assert "first response due" in text
    assert "paged" not in text
    assert "Escalated" not in text
    assert "were paged" in words(ticket_in_full(full, NOW, frozenset(), works_on_it=True))


def test_a_card_says_when_a_quiet_time_holds_the_page_back() -> None:
    text = words(ticket_card(paged(line(), level=0, pages=0, muted=True), NOW))
    assert "🔕 Paging is muted: nobody is paged before <!date^1772458200^" in text


def test_a_card_remembers_an_escalation_that_is_acknowledged() -> None:
    shown = line()
    had = replace(shown, ticket=replace(shown.ticket, escalation_level=2, acknowledged=True))
    text = words(ticket_card(had, NOW))
    assert "Escalated to the team leads · acknowledged" in text
    assert "were paged" not in text


def test_a_merged_card_says_where_it_goes_on_and_a_lead_can_take_it_out_again() -> None:
    shown = line(State.MERGED)
    merged = replace(shown, ticket=replace(shown.ticket, merged_into=3))
    card = ticket_card(merged, NOW)
    assert "Merged into *T-3*" in words(card)
    assert [block for block in card.blocks if block["type"] == "actions"] == []
    for_lead = ticket_in_full(TicketFile(merged), NOW, legal(merged.ticket), works_on_it=True)
    (row,) = [block for block in for_lead.blocks if block["type"] == "actions"]
    assert [one["action_id"] for one in row["elements"]] == ["unmerge"]


@pytest.mark.parametrize(
    ("minutes", "bar"),
    [
        (0, "░░░░░░░░░░ 0%"),
        (12, "▓░░░░░░░░░ 10%"),
        (99, "▓▓▓▓▓▓▓▓░░ 82%"),
        (120, "▓▓▓▓▓▓▓▓▓▓ 100%"),
        (121, "▓▓▓▓▓▓▓▓▓▓ *late*"),
    ],
)
def test_a_bar_says_how_much_of_the_promise_is_used(minutes: int, bar: str) -> None:
    now = replace(NOW, at=NOON + timedelta(minutes=minutes))
    text = words(ticket_card(line(), now))
    assert bar in text
    assert f"first response {'was ' if 'late' in bar else ''}due <!date^" in text


def test_a_paused_promise_says_so_and_a_kept_one_too() -> None:
    spent = PromiseClock(ClockKind.RESOLUTION, 1, timedelta(hours=8), NOON, used=timedelta(hours=6))
    shown = line(State.PENDING_INFO)
    paused = replace(shown, ticket=replace(shown.ticket, clocks=(spent,)))
    assert "▓▓▓▓▓▓▓░░░ 75% · paused" in words(ticket_card(paused, NOW))
    done = replace(paused.ticket, state=State.RESOLVED, clocks=(replace(spent, stopped_at=NOON),))
    assert "75% · done in time" in words(ticket_card(replace(shown, ticket=done), NOW))
    broken = replace(spent, stopped_at=NOON, breached_at=NOON, waived=True)
    waived = replace(done, clocks=(broken,))
    assert "done late · waived" in words(ticket_card(replace(shown, ticket=waived), NOW))


def test_only_working_time_fills_a_bar() -> None:
    """A night between: from noon to five, and one hour from nine the next morning."""
    office = Hours("UTC", dict.fromkeys(WEEKDAYS[:5], ((time(9), time(17)),)))
    rules = replace(RULES, calendars={"office": (1, Calendar(office))})
    clock = PromiseClock(
        *(ClockKind.RESOLUTION, 1, timedelta(hours=8), NOON),
        running_since=NOON,
        due_at=NOON + timedelta(hours=24),
        calendar="office",
    )
    shown = line()
    ticket = replace(shown.ticket, clocks=(clock,))
    morning = Moment(rules, NOON + timedelta(hours=22))
    assert "75%" in words(ticket_card(replace(shown, ticket=ticket), morning))

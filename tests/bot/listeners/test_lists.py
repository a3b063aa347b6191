"""`/ticket list` reads conditions and words as people write them."""

import pytest

from bot.listeners.lists import UnknownWordError, read_list
from engine.lists.asking import Asked, Sort, TicketFilter, Whose
from engine.tickets.people import Person, PersonId, Role, TeamId
from engine.tickets.ticket import Phase, Priority

ANA = Person(PersonId("ana"), "Ana", Role.AGENT, frozenset({TeamId("support")}))
DORA = Person(PersonId("dora"), "Dora")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", TicketFilter()),
        ("mine P1", TicketFilter(whose=Whose.MINE, priorities=(Priority.P1,))),
        ("critical low", TicketFilter(priorities=(Priority.P1, Priority.P4))),
        ("team late", TicketFilter(teams=("support",), late=True)),
        ("all waiting", TicketFilter(everything=True, phases=(Phase.WAITING,))),
        ("in_progress escalated", TicketFilter(statuses=("IN_PROGRESS", "ESCALATED"))),
        ("status:new team:Network", TicketFilter(statuses=("NEW",), teams=("Network",))),
        (
            "assignee:ana from:bob@example.com",
            TicketFilter(assignees=("ana",), requesters=("bob@example.com",)),
        ),
        ("category:VM department:IT", TicketFilter(categories=("VM",), departments=("IT",))),
    ],
)
def test_conditions_are_read(text: str, wanted: TicketFilter) -> None:
    assert read_list(text, ANA).filter == wanted
    assert read_list(text, ANA).late_first


def test_what_is_no_condition_is_a_word_to_look_for() -> None:
    asked = read_list("vpn p2 http://example.com:80 down", ANA)
    assert asked.filter == TicketFilter(
        priorities=(Priority.P2,), words="vpn http://example.com:80 down"
    )
    assert not asked.late_first, "words are found newest first"


def test_an_order_that_is_asked_for_is_the_order() -> None:
    asked = read_list("sort:due", ANA)
    assert (asked.sort, asked.late_first) == (Sort.DUE, False)
    assert isinstance(asked, Asked)


def test_who_is_in_no_team_looks_for_the_word() -> None:
    assert read_list("team", DORA).filter == TicketFilter(words="team")


@pytest.mark.parametrize("text", ["status:banana", "priority:P9", "sort:colour"])
def test_a_value_that_nothing_can_have_is_named(text: str) -> None:
    with pytest.raises(UnknownWordError) as unknown:
        read_list(text, ANA)
    assert str(unknown.value) == text.partition(":")[2]

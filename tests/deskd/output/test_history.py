"""A history on a terminal: from what to what, by whom, and how long, as people say it."""

from datetime import timedelta

import pytest

from deskd.output.history import happening, span
from engine.tickets.events import (
    Assigned,
    ClockPaused,
    Commented,
    Event,
    Moved,
    PriorityChanged,
    Released,
)
from engine.tickets.message import MessageId
from engine.tickets.people import PersonId
from engine.tickets.promise_clock import ClockKind
from engine.tickets.ticket import Priority, State


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Moved(State.NEW, State.IN_PROGRESS, "claim"), "NEW -> IN_PROGRESS (claim)"),
        (Assigned(None, PersonId("p1")), "nobody -> Ann"),
        (Released(PersonId("p1")), "Ann -> nobody"),
        (PriorityChanged(Priority.P3, Priority.P1), "P3 -> P1"),
        (Commented(MessageId("m1"), by_agent=True), "message=m1 by agent"),
        (ClockPaused(ClockKind.RESOLUTION, 1), "kind=resolution cycle=1"),
    ],
)
def test_an_event_says_what_it_led_from_and_to(event: Event, words: str) -> None:
    assert happening(event, {"p1": "Ann"}) == words


@pytest.mark.parametrize(
    ("minutes", "words"), [(120, "2 h"), (90, "1 h 30 min"), (0, "0 s"), (2400, "40 h")]
)
def test_durations_are_written_in_their_own_units(minutes: int, words: str) -> None:
    assert span(timedelta(minutes=minutes)) == words

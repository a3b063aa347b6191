"""Clocks are doubted when what is stored is not what their history counts to."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import time, timedelta

from hypothesis import example, given

from engine.calendars.calendar import Hours
from engine.calendars.calendar_history import CalendarHistory
from engine.explain.verify import Doubt, doubts
from engine.tickets import evolve
from engine.tickets.events import Breached, ClockPaused, ClockStarted, Entry, Event
from engine.tickets.people import DEFAULT
from engine.tickets.promise_clock import ClockKind
from engine.tickets.ticket import Priority
from tests.engine.explain_story import ended, march, office
from tests.engine.life import Life
from tests.engine.lives import live, lives
from tests.engine.promises.test_clock_properties import MANY

MINUTE = timedelta(minutes=1)


MONDAYS = Hours("Pacific/Apia", {"mon": ((time(), None),)})
USED_UP_BEFORE_IT_WAS_JOINED = live(
    MONDAYS,
    1,
    Priority.P2,
    [
        (timedelta(hours=70), "merge"),
        (timedelta(hours=22), "unmerge"),
        (timedelta(), "joined"),
    ],
)


@example(USED_UP_BEFORE_IT_WAS_JOINED)
@MANY
@given(lives)
def test_no_life_is_doubted(life: Life) -> None:
    assert list(doubts(life.ticket, life.entries, life.almanac)) == []


def told(
    life: Life, entries: Sequence[Entry], almanac: CalendarHistory | None = None
) -> list[Doubt]:
    """Of a ticket that agrees with these entries, as replaying alone would have it."""
    ticket = evolve.replay(DEFAULT, 1, entries)
    return list(doubts(ticket, entries, almanac or life.almanac))


def instead(life: Life, of: type[Event], kind: ClockKind, **fields: object) -> list[Entry]:
    """The history with one event told otherwise."""
    entries = list(life.entries)
    for index, entry in enumerate(entries):
        if isinstance(entry.event, of) and entry.event.kind is kind:
            changed = replace(entry.event, **fields)
            entries[index] = replace(entry, event=changed)
            return entries
    raise AssertionError(of)


def test_working_time_that_an_event_made_up_is_found_though_all_agrees_with_it() -> None:
    life = ended()
    forged = instead(life, ClockPaused, ClockKind.RESOLUTION, used=timedelta(hours=4))
    [found] = told(life, forged)
    assert found.what == "recorded"
    assert (found.stored, found.counted) == (timedelta(hours=4), timedelta(hours=5))


def test_a_due_time_that_no_edition_gives_is_found() -> None:
    life = ended()
    clock = life.ticket.clock(ClockKind.FIRST_RESPONSE)
    assert clock is not None
    assert clock.due_at is not None
    forged = instead(life, ClockStarted, clock.kind, due_at=clock.due_at + MINUTE)
    [found] = told(life, forged)
    assert (found.what, found.stored, found.counted) == (
        "due_at",
        clock.due_at + MINUTE,
        clock.due_at,
    )


def test_a_breach_that_was_never_said_is_found() -> None:
    life = ended()
    kept = [one for one in life.entries if not isinstance(one.event, Breached)]
    renumbered = [replace(one, seq=seq) for seq, one in enumerate(kept, start=1)]
    found = told(life, renumbered)
    assert {(doubt.kind, doubt.what) for doubt in found} == {
        (ClockKind.NEXT_RESPONSE, "breached"),
        (ClockKind.RESOLUTION, "breached"),
        (ClockKind.ACK, "breached"),
    }


def test_hours_that_nobody_counted_by_are_found() -> None:
    """The editions of the calendar were lost."""
    life = office().answers(march(3, "10:00")).resolves(march(3, "12:00"))
    found = told(life, life.entries, CalendarHistory())
    assert {doubt.what for doubt in found} == {"recorded", "used", "due_at"}

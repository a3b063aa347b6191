"""What time does to a ticket, in the whole daemon: the very second, the late change, the night it was down."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.promises.sla import JUST_AFTER
from engine.tickets.events import Breached
from engine.tickets.promise_clock import PROMISES, ClockKind, PromiseClock
from engine.tickets.ticket import Ticket
from tests.deskd.room import eventually
from tests.stories.town import Town, town, worked

BOB = "bob@example.com"


@pytest.fixture
async def opened(desk: Town) -> Town:
    return await ask(desk)


async def ask(town: Town) -> Town:
    await town.mail(BOB, "VPN is down", "Nothing works.")
    await town.card("T-1")
    await town.quiet()
    return town


async def ticket(town: Town) -> Ticket:
    return (await town.ticket()).line.ticket


async def clock(town: Town, kind: ClockKind) -> PromiseClock:
    found = (await ticket(town)).clock(kind)
    assert found is not None
    return found


async def broken(town: Town) -> list[tuple[ClockKind, object]]:
    """Each broken promise and when it broke."""
    events = [entry.event for entry in (await town.ticket()).history]
    return [(e.kind, e.due_at) for e in events if isinstance(e, Breached) and e.kind in PROMISES]


def late(town: Town) -> list[str]:
    return [m.text for m in town.slack.messages("it-desk") if "was missed" in m.text]


async def test_an_answer_at_the_exact_due_instant_is_in_time(opened: Town) -> None:
    due = (await clock(opened, ClockKind.FIRST_RESPONSE)).due_at
    assert due is not None
    await opened.clock.move_to(due)
    card = await opened.card("T-1")
    await opened.person("ana").reply(card, "! We are on it")

    async def is_answered() -> bool:
        return not (await clock(opened, ClockKind.FIRST_RESPONSE)).running

    await eventually(is_answered, "it is answered, while the clock stands")
    answered = await clock(opened, ClockKind.FIRST_RESPONSE)
    assert (answered.stopped_at, answered.breached_at) == (due, None)
    await opened.letter(BOB, containing="on it")
    assert not late(opened)


async def test_the_next_question_has_a_clock_of_its_own_that_a_thank_you_does_not_start(
    opened: Town,
) -> None:
    ana = opened.person("ana")
    await ana.reply(await opened.card("T-1"), "! Try the other gateway")
    answer = await opened.letter(BOB, containing="other gateway")
    await opened.clock.forward(minutes=30)
    await opened.writer(BOB).reply(answer, "Thank you")
    await opened.quiet()
    assert (await ticket(opened)).clock(ClockKind.NEXT_RESPONSE) is None
    await opened.writer(BOB).reply(answer, "It still drops every minute.")
    await opened.in_thread(await opened.card("T-1"), "every minute")
    asked = await clock(opened, ClockKind.NEXT_RESPONSE)
    assert asked.running
    assert asked.goal == timedelta(hours=2)
    await opened.clock.forward(hours=2, seconds=5)
    told = await opened.until(lambda: [text for text in late(opened) if "next" in text], "breach")
    assert len(told) == 1
    assert (ClockKind.NEXT_RESPONSE, asked.due_at) in await broken(opened)


async def test_a_priority_raised_late_is_rebased_once_and_breaks_nothing_in_the_past(
    opened: Town,
) -> None:
    await opened.clock.forward(hours=1)
    ana = opened.person("ana")
    worked(await ana.choose(await opened.card("T-1"), "more", "Change priority…"))
    worked(await ana.submit(await opened.form(ana), {"priority": "P2"}))
    await opened.card("P2")
    first = await clock(opened, ClockKind.FIRST_RESPONSE)
    assert first.rebased
    assert first.due_at is not None
    left = first.due_at - opened.clock.now()
    assert timedelta(minutes=29) < left <= timedelta(minutes=30), "half an hour from the change"
    assert await broken(opened) == []
    await opened.clock.move_to(first.due_at + JUST_AFTER)
    await opened.until(lambda: late(opened), "breach")
    assert await broken(opened) == [(ClockKind.FIRST_RESPONSE, first.due_at)]


async def test_three_hours_of_downtime_lose_no_promise_and_invent_none(opened: Town) -> None:
    response = (await clock(opened, ClockKind.FIRST_RESPONSE)).due_at
    await opened.mail("carla@example.com", "No printer", "It is on fire.")
    await opened.card("T-2")
    await opened.quiet()
    await opened.stop()
    await opened.clock.forward(hours=3)
    await opened.start()
    await opened.until(lambda: len(late(opened)) == 2, "both breaches")
    await opened.quiet()
    assert await broken(opened) == [(ClockKind.FIRST_RESPONSE, response)]
    texts = [m.text for m in opened.slack.messages("it-desk")]
    assert not any("is due" in text for text in texts), "too late for a warning"


async def test_a_clock_that_jumps_two_hours_ahead_tells_once(opened: Town) -> None:
    """A suspended machine, or somebody who set the time: what is due by it is told, once."""
    due = (await clock(opened, ClockKind.FIRST_RESPONSE)).due_at
    await opened.clock.forward(hours=2, seconds=1)
    await opened.until(lambda: late(opened), "breach")
    await opened.clock.move_to(opened.clock.now() - timedelta(hours=2))
    await opened.clock.forward(hours=2)
    await opened.quiet()
    assert len(late(opened)) == 1
    assert await broken(opened) == [(ClockKind.FIRST_RESPONSE, due)]


async def test_a_clock_set_back_a_day_breaks_nothing_early_and_nothing_twice(opened: Town) -> None:
    due = (await clock(opened, ClockKind.FIRST_RESPONSE)).due_at
    assert due is not None
    await opened.clock.move_to(opened.clock.now() - timedelta(days=1))
    await opened.still()
    assert late(opened) == []
    await opened.mail("carla@example.com", "No printer", "It is on fire.")
    await opened.card("T-2")
    await opened.clock.move_to(due + JUST_AFTER)
    await opened.until(lambda: len(late(opened)) == 2, "both breaches")
    assert await broken(opened) == [(ClockKind.FIRST_RESPONSE, due)]


async def test_a_question_nobody_answers_is_reminded_of_and_then_taken_as_solved(
    opened: Town,
) -> None:
    ana = opened.person("ana")
    worked(await ana.choose(await opened.card("T-1"), "more", "Ask the requester…"))
    worked(await ana.submit(await opened.form(ana), {"words": "Which gateway?"}))
    await opened.letter(BOB, containing="Which gateway?")
    await opened.clock.forward(days=2, seconds=1)
    reminder = await opened.letter(BOB, containing="still waiting for your answer")
    assert "Which gateway?" in reminder.text
    await opened.clock.forward(days=3)
    await opened.letter(BOB, containing="marked your request T-1 as resolved")
    assert await opened.state() == "RESOLVED"


OFFICE = """
[[calendars]]
id = "office"
timezone = "Europe/Berlin"
hours = {mon-fri = ["09:00-17:00"]}
[[policies]]
id = "devops"
calendar = "office"
[policies.goals.P3]
first_response = "2h"
resolution = "40h"
"""


@pytest.fixture
async def office(tmp_path: Path, database: str) -> AsyncIterator[Town]:
    """Monday, ten in Berlin, and forty hours of the office to solve it: until ten on the Monday after."""
    async with town(tmp_path, database, extra=OFFICE) as made:
        yield await ask(made)


async def test_a_pause_over_a_weekend_costs_only_the_hours_that_were_open(office: Town) -> None:
    """Asked on Friday at 16:00 with two hours left, answered on Monday at 11:00: due on Monday at 13:00."""
    ana = office.person("ana")
    promised = await clock(office, ClockKind.RESOLUTION)
    assert promised.due_at is not None
    assert hours(promised.due_at - datetime(2026, 3, 9, 9, tzinfo=UTC)) == 0
    await office.clock.move_to(datetime(2026, 3, 6, 15, tzinfo=UTC))
    worked(await ana.choose(await office.card("T-1"), "more", "Ask the requester…"))
    worked(await ana.submit(await office.form(ana), {"words": "Which gateway?"}))
    asked = await office.letter(BOB, containing="Which gateway?")
    paused = await clock(office, ClockKind.RESOLUTION)
    assert paused.paused
    assert hours(paused.used) == 38
    await office.clock.move_to(datetime(2026, 3, 9, 10, tzinfo=UTC))
    await office.writer(BOB).reply(asked, "The second one.")
    await office.in_thread(await office.card("T-1"), "second one")
    resumed = await clock(office, ClockKind.RESOLUTION)
    assert resumed.used == paused.used, "no working time went by while we waited"
    assert resumed.due_at is not None
    assert hours(resumed.due_at - datetime(2026, 3, 9, 10, tzinfo=UTC)) == 2


def hours(length: timedelta) -> float:
    """To the minute: the daemon and the mail take seconds of their own."""
    return round(length / timedelta(hours=1), 1)

"""Rules that are edited while the desk lives by them: the file is changed, the daemon started again."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.tickets.message import Request
from engine.tickets.people import DEFAULT, Caller, Identity
from engine.tickets.promise_clock import ClockKind
from sandbox.slack.actor import Actor
from tests.stories.town import Town, town

BOB = "bob@example.com"
OFFICE = """
[[calendars]]
id = "office"
hours = { mon-fri = ["08:00-18:00"] }
holidays = ["2026-12-25"]
[[policies]]
id = "own"
base = "devops"
calendar = "team"
[policies.goals.P3]
ack = "1d"
[[teams]]
id = "support"
policy = "own"
calendar = "office"
ladder = "days"
[[ladders]]
id = "days"
levels = [{ notify = "role:agent", wait = "15m" }, { notify = "rotation:days" }]
[[rotations]]
id = "days"
team = "support"
kind = "daily"
start = "2026-03-02T00:00"
people = ["Ben", "Mia"]
"""


@pytest.fixture
async def office(tmp_path: Path, database: str) -> AsyncIterator[Town]:
    """It is Monday, 2 March 2026, nine o'clock; a ticket has just come in."""
    async with town(tmp_path, database, extra=OFFICE) as made:
        await made.mail(BOB, "VPN is down", "Nothing works.")
        await made.card("T-1")
        await made.quiet()
        yield made


async def due(office: Town, number: int = 1) -> datetime:
    clock = (await office.ticket(number)).line.ticket.clock(ClockKind.FIRST_RESPONSE)
    assert clock is not None
    assert clock.due_at is not None
    return clock.due_at


async def edit(office: Town, before: str, after: str) -> None:
    assert before in office.extra
    office.extra = office.extra.replace(before, after)
    await office.restart()


def drawn(at: datetime) -> str:
    return f"<!date^{int(at.timestamp())}"


async def test_a_holiday_added_this_morning_moves_what_the_card_says(office: Town) -> None:
    before = await due(office)
    await office.card(drawn(before))
    await edit(office, "2026-12-25", "2026-03-02")
    # Nothing of Monday counts any more: two hours after Tuesday's opening.
    tuesday = before.replace(day=3, hour=10, minute=0, second=0, microsecond=0)
    await office.card(drawn(tuesday))
    assert await due(office) == tuesday


async def test_another_policy_is_for_those_who_come_and_for_the_others_when_it_is_applied(
    office: Town,
) -> None:
    before = await due(office)
    await edit(office, 'ack = "1d"', 'first_response = "1h"')
    await office.mail(BOB, "Mail is down", "Nothing works.")
    await office.card("T-2")
    opened = (await office.ticket(2)).line.ticket.created_at
    assert await due(office, 2) == opened + timedelta(hours=1)
    assert await due(office) == before
    assert office.built is not None
    by = Caller(Identity("operator", "", "root"), "root", "cli")
    await office.built.desk.apply_policies(Request(DEFAULT, 1, by))
    earlier = before - timedelta(hours=1)
    await office.card(drawn(earlier))
    assert await due(office) == earlier


def paged(who: Actor) -> bool:
    return any("needs you" in one.visible_text() for one in who.dms)


@pytest.mark.parametrize(("day", "names"), [(2, ("ben", "mia")), (3, ("mia", "ben"))])
async def test_a_page_reaches_whose_day_it_is(
    tmp_path: Path, database: str, day: int, names: tuple[str, str]
) -> None:
    async with town(tmp_path, database, extra=OFFICE) as office:
        await office.clock.move_to(office.clock.now().replace(day=day))
        await office.mail(BOB, "VPN is down", "Nothing works.")
        await office.card("T-1")
        await office.clock.forward(minutes=15, seconds=1)
        on_duty, other = (office.person(name) for name in names)
        await office.until(lambda: paged(on_duty), "page")
        assert not paged(other)

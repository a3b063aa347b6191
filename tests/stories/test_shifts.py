"""Days at work: shifts, what is given to whom, breaks, going home with work in progress, a lead who evens out."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.base.workspace import View
from sandbox.slack.actor import Actor
from tests.stories.town import Town, town, worked

BOB = "bob@example.com"
LEA = '[[people]]\nname = "Lea"\nslack = "{lea}"\nrole = "lead"\nteams = ["support"]\n'


async def told(who: Actor, desk: Town, words: str) -> str:
    """The latest answer that only they see, once it has these words."""
    await desk.until(lambda: who.ephemerals and words in who.ephemerals[-1].visible_text(), words)
    return who.ephemerals[-1].visible_text()


async def home(who: Actor, desk: Town, words: str) -> View:
    """Their home tab, once it has these words."""

    def look() -> View | None:
        shown = who.home
        return shown if shown and words in str(shown.blocks) else None

    found = await desk.until(look, f"home tab with {words!r}")
    assert found is not None
    return found


async def start(who: Actor, desk: Town, how: str = "start 8h") -> None:
    worked(await who.command(f"/shift {how}", channel="general"))
    await told(who, desk, "On shift")


async def holder(desk: Town, number: int = 1) -> str:
    assignee = (await desk.ticket(number)).line.assignee
    return assignee.name.lower() if assignee else ""


async def test_nothing_is_given_out_until_somebody_starts_a_shift(desk: Town) -> None:
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    await desk.card("VPN is down")
    await desk.clock.forward(minutes=2)
    await desk.quiet()
    assert await holder(desk) == ""
    await start(desk.person("ana"), desk)
    card = await desk.card("Ana")
    await desk.in_thread(card, "Offered to")
    assert await holder(desk) == "ana"


async def test_the_reason_is_told_in_the_thread(desk: Town) -> None:
    ana = desk.person("ana")
    await start(ana, desk)
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    card = await desk.card("Ana")
    said = (await desk.in_thread(card, "Offered to")).visible_text()
    assert "nothing else in work" in said


async def test_an_offer_that_nobody_accepts_goes_back_to_the_team(desk: Town) -> None:
    """Four hours for a P3; then the next level is paged as well."""
    await start(desk.person("ana"), desk)
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    await desk.card("Ana")
    await desk.clock.forward(hours=4, seconds=1)
    await desk.card("unassigned")
    await desk.clock.forward(minutes=2)
    await desk.quiet()
    assert await holder(desk) == "", "and it is not offered to the same person again"


async def test_a_break_ends_by_itself_and_what_waited_comes_then(desk: Town) -> None:
    ana = desk.person("ana")
    await start(ana, desk)
    worked(await ana.command("/shift break 20m", channel="general"))
    await told(ana, desk, "On a break")
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    await desk.card("VPN is down")
    await desk.clock.forward(minutes=10)
    assert await holder(desk) == ""
    await desk.clock.forward(minutes=11)
    await desk.card("Ana")


async def test_a_shift_ends_with_work_in_progress(desk: Town) -> None:
    """What she works on stays hers, what she has not begun goes back, and both her channel and she read which."""
    ana = desk.person("ana")
    await start(ana, desk)
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    worked(await ana.click(await desk.card("Ana"), "claim"))
    worked(await ana.choose(await desk.card("In progress"), "more", "Change priority…"))
    worked(await ana.submit(await desk.form(ana), {"priority": "P2"}))
    await desk.card("P2 High")
    await desk.mail(BOB, "Printer is on fire", "Really.")
    await desk.card("T-2")
    await desk.until(lambda: "Ana" in desk_text(desk, "T-2"), "the offer")
    worked(await ana.command("/shift end", channel="general"))
    answer = await told(ana, desk, "Your shift has ended")
    assert "Back with the team: T-2" in answer
    assert "Still yours: T-1" in answer
    digest = await desk.card("has ended their shift")
    assert "Printer is on fire" in digest.visible_text()
    await desk.until(
        lambda: any("Your shift has ended" in one.visible_text() for one in ana.dms), "the digest"
    )
    assert (await holder(desk, 1), await holder(desk, 2)) == ("ana", "")


def desk_text(desk: Town, ticket: str) -> str:
    roots = [m for m in desk.slack.messages("it-desk") if m.thread_ts in (None, m.ts)]
    return next((m.visible_text() for m in roots if ticket in m.visible_text()), "")


async def test_a_shift_whose_planned_end_has_come_ends_within_a_minute(desk: Town) -> None:
    ana = desk.person("ana")
    await start(ana, desk, "start 1h")
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    await desk.card("Ana")
    await desk.clock.forward(minutes=59)
    await desk.clock.forward(minutes=2)
    await desk.card("has ended their shift")
    assert await holder(desk) == ""


async def test_somebody_who_is_no_agent_hears_that_shifts_are_for_agents(desk: Town) -> None:
    carla = desk.person("carla")
    worked(await carla.command("/shift start", channel="general"))
    await told(carla, desk, "Only agents have shifts")


async def test_what_was_mistyped_is_explained(desk: Town) -> None:
    ana = desk.person("ana")
    worked(await ana.command("/shift strat", channel="general"))
    await told(ana, desk, "I do not know")
    worked(await ana.command("/shift start soon", channel="general"))
    await told(ana, desk, "is not a length of time")
    worked(await ana.command("/shift start 3d", channel="general"))
    await told(ana, desk, "too long")


# The home tab


async def test_a_day_on_the_home_tab(desk: Town) -> None:
    """Start, take the next ticket, accept an offer, have a break, go home: all without leaving the tab."""
    ana = desk.person("ana")
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    await desk.card("VPN is down")
    await ana.open_home()
    worked(await ana.click(await home(ana, desk, "No shift yet"), "next_ticket"))
    await home(ana, desk, "In progress")
    assert await holder(desk) == "ana"
    worked(await ana.click(await home(ana, desk, "No shift yet"), "shift_start"))
    await home(ana, desk, "On shift")
    await desk.mail(BOB, "Printer is on fire", "Really.")
    await desk.until(lambda: "Ana" in desk_text(desk, "T-2"), "the offer")
    await ana.open_home()
    worked(await ana.click(await home(ana, desk, "offered to you"), "claim"))
    await home(ana, desk, "2 of 3 tickets in work")
    worked(await ana.choose(await home(ana, desk, "On shift"), "shift_away", "for 2 hours"))
    worked(await ana.click(await home(ana, desk, "*Away*"), "shift_back"))
    worked(await ana.click(await home(ana, desk, "On shift"), "shift_end"))
    await home(ana, desk, "Off shift")


async def test_who_only_asks_sees_their_tickets_and_opens_one(desk: Town) -> None:
    carla = desk.person("carla")
    await carla.open_home()
    worked(await carla.click(await home(carla, desk, "You have no open requests"), "new_ticket"))
    worked(await carla.submit(await desk.form(carla), {"subject": "My chair squeaks"}))
    await home(carla, desk, "My chair squeaks")


async def test_a_stale_tab_is_drawn_anew(desk: Town) -> None:
    ana, ben = desk.person("ana"), desk.person("ben")
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    card = await desk.card("VPN is down")
    await ana.open_home()
    old = await home(ana, desk, "VPN is down")
    worked(await ben.click(card, "claim"))
    await desk.card("In progress")
    await ana.click(old, "claim", stale=True)
    await home(ana, desk, "No tickets are waiting")
    assert await holder(desk) == "ben"


# Evening out


@pytest.fixture
async def led(tmp_path: Path, database: str) -> AsyncIterator[Town]:
    """As `desk`, with Lea who leads the team."""
    async with town(tmp_path, database, start=False) as made:
        lea = made.slack.add_user("lea")
        made.extra = LEA.format(lea=lea.user_id)
        await made.start()
        yield made


async def test_a_lead_reads_the_proposal_and_applies_it(led: Town) -> None:
    ana, ben, lea = (led.person(name) for name in ("ana", "ben", "lea"))
    await start(ana, led)
    await led.mail(BOB, "VPN is down", "Nothing works.")
    await led.until(lambda: "Ana" in desk_text(led, "T-1"), "the first offer")
    for number in (2, 3):
        await led.mail(BOB, f"Printer {number}", "It burns.")
        await led.until(lambda n=number: "Ana" in desk_text(led, f"T-{n}"), "an offer")
    await start(ben, led)
    worked(await lea.command("/ticket workload"))
    assert "3 of 3 in work" in await told(lea, led, "tickets in work")
    worked(await lea.command("/ticket rebalance"))
    await told(lea, led, "would even out the load")
    worked(await lea.click(lea.ephemerals[-1], "even_out"))
    await led.until(lambda: "Ben" in desk_text(led, "T-1"), "the move")

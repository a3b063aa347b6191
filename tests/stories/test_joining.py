"""Two tickets that are one, and one that is two, by the forms behind the card."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stories.town import Town, town, worked

BOB = "bob@example.com"
CARLA = "carla@example.com"
LEA = """
[[people]]
name = "Lea"
slack = "{lea}"
role = "lead"
teams = ["support"]
"""


@pytest.fixture
async def two(tmp_path: Path, database: str) -> AsyncIterator[Town]:
    """Bob and Carla write about the same outage; Ben is a senior, Lea a team lead."""
    async with town(tmp_path, database, start=False) as desk:
        lea = desk.slack.add_user("lea")
        desk.extra = LEA.format(lea=lea.user_id)
        await desk.start()
        desk.mailbox.open(CARLA)
        await desk.mail(BOB, "VPN is down", "Nothing works.")
        await desk.card("T-1")
        await desk.mail(CARLA, "No VPN since ten", "I cannot connect.")
        await desk.card("T-2")
        await desk.quiet()
        yield desk


async def merge(desk: Town, number: str = "T-1") -> None:
    """Carla's into Bob's, by Ben."""
    ben = desk.person("ben")
    worked(await ben.choose(await desk.card("T-2"), "more", "Merge into another…"))
    asked = await ben.submit(await desk.form(ben), {"into": number})
    assert asked.view is not None
    assert "VPN is down" in asked.view.visible_text()
    worked(await ben.submit(asked.view))
    await desk.card("Merged into *T-1*")


async def test_a_merger_names_the_other_ticket_before_it_is_done(two: Town) -> None:
    ben = two.person("ben")
    worked(await ben.choose(await two.card("T-2"), "more", "Merge into another…"))
    form = await two.form(ben)
    assert form.submit is not None
    assert form.submit["text"] == "Find"
    for wrong, why in (
        ("T-9", "There is no ticket T-9"),
        ("the other one", "There is no ticket the other one"),
        ("2", "it is the same ticket"),
    ):
        refused = await ben.submit(form, {"into": wrong})
        assert why in refused.errors["into"]
    asked = await ben.submit(form, {"into": "#1"})
    assert asked.view is not None
    assert "*T-1* VPN is down" in asked.view.visible_text()
    assert await two.state(2) == "NEW"
    again = await ben.submit(asked.view, {"into": "2"})
    assert "it is the same ticket" in again.errors["into"], "another number is looked up anew"


async def test_the_form_merges_what_the_desk_would_merge(two: Town) -> None:
    """What is solved may go on as a closed one; what is open may not, by the form as by the command."""
    ben = two.person("ben")
    worked(await ben.command("/ticket close T-1 Asked twice", channel="it-desk"))
    await two.quiet()
    assert await two.state(1) == "CLOSED"
    worked(await ben.choose(await two.card("T-2"), "more", "Merge into another…"))
    form = await two.form(ben)
    refused = await ben.submit(form, {"into": "1"})
    assert "Reopen T-1 first, or resolve T-2" in refused.errors["into"], refused.errors
    worked(await ben.command("/ticket resolve T-2 Done", channel="it-desk"))
    await two.quiet()
    assert await two.state(2) == "RESOLVED"
    asked = await ben.submit(form, {"into": "1"})
    assert asked.view is not None
    worked(await ben.submit(asked.view))
    await two.card("Merged into *T-1*")


async def test_whoever_asked_in_the_merged_ticket_gets_the_answer(two: Town) -> None:
    await merge(two)
    told = await two.letter(CARLA, containing="T-1")
    assert "the same matter" in told.text
    await two.person("ben").reply(await two.card("VPN is down"), "! The gateway is back.")
    await two.letter(BOB, containing="gateway is back")
    answer = await two.letter(CARLA, containing="gateway is back")
    await two.writer(CARLA).reply(answer, "It works again for me.")
    await two.in_thread(await two.card("VPN is down"), "It works again for me")
    assert (await two.state(2), len(await two.tickets())) == ("MERGED", 2)


async def test_an_agent_merges_within_the_team(two: Town) -> None:
    ana = two.person("ana")
    worked(await ana.command("/ticket merge T-2 T-1", channel="it-desk"))
    await two.card("Merged into *T-1*")


async def test_a_lead_takes_a_merged_ticket_out_again_and_its_requester_with_it(two: Town) -> None:
    await merge(two)
    card = await two.card("Merged into *T-1*")
    lea = two.person("lea")
    two.slack.workspace.change_channel(
        card.channel, members=(*two.slack.channel("it-desk").members, lea.user_id)
    )
    ben = two.person("ben")
    worked(await ben.command("/ticket unmerge T-2", channel="it-desk"))
    told = await two.until(lambda: ben.ephemerals, "refusal")
    assert "You can't undo merges; Lea and Mia can." in told[-1].visible_text()
    worked(await lea.command("/ticket show T-2", channel="it-desk"))
    shown = await two.until(lambda: lea.ephemerals, "ticket in full")
    worked(await lea.click(shown[-1], "unmerge"))
    await two.in_thread(card, "Lea undid the merge into T-1")
    assert await two.state(2) == "NEW"
    await two.in_thread(await two.card("VPN is down"), "no longer follows")
    await two.person("ben").reply(await two.card("VPN is down"), "! Only for Bob.")
    await two.letter(BOB, containing="Only for Bob")
    await two.quiet()
    assert all("Only for Bob" not in one.text for one in two.mailbox.received(CARLA))


async def test_a_part_of_a_ticket_becomes_one_of_its_own_for_the_same_requester(two: Town) -> None:
    ben = two.person("ben")
    worked(await ben.choose(await two.card("VPN is down"), "more", "Split into a new ticket…"))
    words = {"subject": "Printer too", "words": "The printer on floor 3 is offline."}
    worked(await ben.submit(await two.form(ben), words))
    card = await two.card("T-3 · Printer too")
    assert "The printer on floor 3" in card.visible_text()
    assert "From *Bob*" in card.visible_text()
    receipt = await two.letter(BOB, "[T-3]")
    await two.writer(BOB).reply(receipt, "Yes, that one.")
    await two.in_thread(card, "Yes, that one")


async def test_a_new_category_is_chosen_from_the_desks_own(two: Town) -> None:
    ana = two.person("ana")
    worked(await ana.choose(await two.card("VPN is down"), "more", "Change category…"))
    worked(await ana.submit(await two.form(ana), {"category": "Network"}))
    await two.card("Network")
    assert (await two.ticket()).line.ticket.category == "Network"


async def test_the_menu_can_be_used_twice_for_the_same_thing(two: Town) -> None:
    """A list keeps what was chosen until its block has another name."""
    ana = two.person("ana")
    card = await two.card("VPN is down")
    before = card.blocks[-1]["block_id"]
    await two.clock.forward(seconds=1)
    worked(await ana.choose(card, "more", "Change category…"))
    await ana.close(await two.form(ana))
    await two.until(lambda: two.slack.current(card).blocks[-1]["block_id"] != before, "new menu")

"""Whoever is paged by mail says "I have it" by mail, without any login."""

from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from engine.tickets.events import Acknowledged
from sandbox.mailbox.letter import ReceivedMail
from sandbox.mailbox.links import MailAction
from tests.stories.town import Town, town

BOB = "bob@example.com"
LEA = "lea@example.com"
MAX = "max@example.com"
PEOPLE = f"""
[[people]]
name = "Lea"
mail = "{LEA}"
role = "lead"
teams = ["support"]
timezone = "Europe/Berlin"
[[people]]
name = "Max"
mail = "{MAX}"
role = "lead"
teams = ["support"]
"""


@pytest.fixture
async def paged(tmp_path: Path, database: str) -> AsyncIterator[Town]:
    """Bob's ticket was escalated to the seniors, and then to Lea and Max, who are known by mail alone."""
    async with town(tmp_path, database, extra=PEOPLE) as desk:
        for name in (LEA, MAX):
            desk.mailbox.open(name)
        await desk.clock.forward(seconds=2)
        await desk.still()
        await desk.mail(BOB, "Nobody can pay", "Since ten.")
        await desk.card("T-1")
        ana = desk.person("ana")
        for reason in ("The shop is down", "Every minute costs us"):
            await ana.command(f"/ticket escalate T-1 {reason}", channel="general")
            await desk.quiet()
        yield desk


async def page(desk: Town, to: str = LEA) -> tuple[ReceivedMail, MailAction]:
    letter = await desk.letter(to, "needs you")
    (action,) = letter.actions
    return letter, action


async def acknowledgements(desk: Town) -> list[object]:
    people = {person.id: person.name for person in (await desk.ticket()).people}
    history = (await desk.ticket()).history
    return [people[e.actor or ""] for e in history if isinstance(e.event, Acknowledged)]


async def test_a_page_by_mail_has_a_button_and_says_what_is_the_matter(paged: Town) -> None:
    letter, action = await page(paged)
    assert letter.subject == "P3 Medium: Nobody can pay needs you [T-1]"
    assert "T-1 needs you (team lead level): escalated by Ana." in letter.text
    assert "Every minute costs us" in letter.text
    assert "Max is paged too" in letter.text
    assert "(UTC+01:00)" in letter.text
    assert (action.label, action.subject, action.body) == ("Acknowledge", "I have T-1", "")
    assert action.to in letter.text


async def test_pressing_it_acknowledges_and_is_confirmed(paged: Town) -> None:
    _, action = await page(paged)
    await paged.writer(LEA).click(action)
    confirmed = await paged.letter(LEA, "You have T-1")
    assert "Nobody else is paged for it" in confirmed.text
    assert "Nobody can pay" in confirmed.subject
    told = await paged.letter(MAX, "Lea has T-1")
    assert "You do not have to do anything" in told.text
    await paged.in_thread(await paged.card("T-1"), "Lea acknowledged: nobody else is paged")
    await paged.clock.forward(hours=5)
    await paged.quiet()
    assert await acknowledgements(paged) == ["Lea"]
    assert not [m for m in paged.person("mia").dms if "needs you" in m.visible_text()]
    assert [said.message.text for said in (await paged.ticket()).notes] == [
        "The shop is down",
        "Every minute costs us",
    ]


async def test_what_is_written_besides_is_a_note(paged: Town) -> None:
    _, action = await page(paged)
    await paged.writer(LEA).click(action, "On my way, ten minutes.")
    await paged.in_thread(await paged.card("T-1"), "On my way")
    assert (await paged.ticket()).notes[-1].message.text == "On my way, ten minutes."
    assert len((await paged.ticket()).comments) == 1
    assert all("On my way" not in one.text for one in paged.mailbox.received(BOB))


async def test_it_is_good_for_one_acknowledgement(paged: Town) -> None:
    _, action = await page(paged)
    for count in (1, 2):
        await paged.writer(LEA).click(action)
        await paged.letter(LEA, "You have T-1", count=count)
    await paged.quiet()
    assert await acknowledgements(paged) == ["Lea"]
    assert len(await paged.tickets()) == 1


async def test_whoever_is_second_hears_politely_who_has_it(paged: Town) -> None:
    _, of_lea = await page(paged)
    _, of_max = await page(paged, MAX)
    await paged.writer(LEA).click(of_lea)
    await paged.letter(MAX, "Lea has T-1")
    await paged.writer(MAX).click(of_max)
    await paged.letter(MAX, "Lea has T-1", count=2)
    await paged.quiet()
    assert await acknowledgements(paged) == ["Lea"]


async def test_a_ticket_that_is_solved_by_then_says_so(paged: Town) -> None:
    _, action = await page(paged)
    ben = paged.person("ben")
    await ben.command("/ticket resolve T-1 It works again", channel="general")
    await paged.letter(LEA, "T-1 is resolved")
    await paged.writer(LEA).click(action)
    told = await paged.letter(LEA, "T-1 is resolved", count=2)
    assert "by Ben" in told.text
    assert await paged.state() == "RESOLVED"


async def test_the_button_of_somebody_else_acknowledges_nothing(paged: Town) -> None:
    """Forwarded, or stolen: it is an ordinary mail, and a ticket of its own."""
    _, action = await page(paged)
    await paged.writer("eve@example.com").click(action, "I have it, do I?")
    await paged.card("T-2")
    await paged.writer(MAX).click(action, "I have it")
    await paged.card("T-3")
    assert await acknowledgements(paged) == []


async def test_a_changed_address_acknowledges_nothing(paged: Town) -> None:
    _, action = await page(paged)
    first, rest = action.to.split("-", 1)
    other = f"{first}-{'2' if rest[0] != '2' else '3'}{rest[1:]}"
    await paged.writer(LEA).compose(other, "I have T-1", "Have I?")
    await paged.card("T-2")
    assert await acknowledgements(paged) == []


async def test_an_absence_note_acknowledges_nothing(paged: Town) -> None:
    letter, action = await page(paged)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = LEA, action.to, "Out of office"
    message["In-Reply-To"], message["Auto-Submitted"] = letter.message_id, "auto-replied"
    message.set_content("I am away until Monday.")
    await paged.raw_mail(LEA, message, to=[action.to])
    await paged.quiet()
    assert await acknowledgements(paged) == []


async def test_after_an_acknowledgement_a_new_escalation_needs_a_new_one(paged: Town) -> None:
    _, action = await page(paged)
    await paged.writer(LEA).click(action)
    await paged.letter(LEA, "You have T-1")
    await paged.person("ana").command("/ticket escalate T-1 still down", channel="general")
    await paged.quiet()
    await paged.writer(LEA).click(action)
    await paged.letter(LEA, "You have T-1", count=2)
    await paged.quiet()
    assert not (await paged.ticket()).line.ticket.acknowledged, "the old page is spent"

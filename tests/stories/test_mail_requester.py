"""What employees live through who only know the address support@."""

from email.message import EmailMessage

import aiosmtplib
import pytest

from sandbox.mailbox.letter import MailFile
from sandbox.mailbox.person import NotSent
from tests.stories.town import DESK, Town, worked

BOB = "bob@example.com"


async def test_the_receipt_names_the_number_and_promises_a_time_in_the_readers_zone(
    desk: Town,
) -> None:
    """Bob's mail program says +0100, so the promise of two hours is told in +01:00."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = f"Bob <{BOB}>", DESK, "VPN is down"
    message["Date"] = "Mon, 02 Mar 2026 10:00:00 +0100"
    message["Message-ID"] = "<first@example.com>"
    message.set_content("Nothing works.")
    await desk.raw_mail(BOB, message)
    receipt = await desk.letter(BOB, "[T-1]")
    assert "12:00 (UTC+01:00)" in receipt.text
    assert "Nothing works" not in receipt.text  # a receipt never carries the sender's words
    assert receipt.references[-1] == "<first@example.com>"


async def test_a_reply_to_a_resolved_ticket_reopens_it_and_pings_who_had_it(desk: Town) -> None:
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    card = await desk.card("T-1")
    ana = desk.person("ana")
    worked(await ana.click(card, "claim"))
    await desk.card("In progress")
    await desk.resolve(ana, "T-1")
    resolved = await desk.letter(BOB, containing="as resolved")
    await desk.writer(BOB).reply(resolved, "No, it is broken again since noon.")
    await desk.in_thread(card, "Reopened")
    assert ana.mention in (await desk.in_thread(card, "Reopened")).text
    assert await desk.state() == "REOPENED"


@pytest.mark.parametrize("style", ["gmail", "outlook", "apple", "plain"])
async def test_a_thank_you_does_not_reopen(desk: Town, style: str) -> None:
    """Whatever program Bob uses, and whatever it quotes below his thanks."""
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    await desk.card("T-1")
    await desk.resolve(desk.person("ana"), "T-1")
    resolved = await desk.letter(BOB, containing="as resolved")
    await desk.writer(BOB).reply(resolved, "Thank you so much!", style=style)  # type: ignore[arg-type] # a Style
    await desk.in_thread(await desk.card("T-1"), "Thank you so much!")
    assert await desk.state() == "RESOLVED"


async def test_a_reply_fifteen_days_after_closing_opens_a_linked_ticket(desk: Town) -> None:
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    await desk.card("T-1")
    await desk.resolve(desk.person("ana"), "T-1")
    resolved = await desk.letter(BOB, containing="as resolved")
    await desk.clock.forward(hours=73)
    await desk.card("Closed")
    await desk.clock.forward(days=15)
    await desk.writer(BOB).reply(resolved, "The VPN is down again.")
    receipt = await desk.letter(BOB, "[T-2]")
    assert "T-1" in receipt.text
    second = await desk.ticket(2)
    assert [(link.other, link.how) for link in second.links if link.outgoing] == [(1, "follows")]
    assert await desk.state(1) == "CLOSED"


async def test_a_reply_within_two_weeks_of_closing_reopens(desk: Town) -> None:
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    await desk.card("T-1")
    await desk.resolve(desk.person("ana"), "T-1")
    resolved = await desk.letter(BOB, containing="as resolved")
    await desk.clock.forward(hours=73)
    await desk.card("Closed")
    await desk.writer(BOB).reply(resolved, "The VPN is down again.")
    await desk.card("Reopened")
    assert len(await desk.tickets()) == 1


async def test_a_stranger_who_names_a_number_gets_a_ticket_of_their_own(desk: Town) -> None:
    await desk.mail(BOB, "VPN is down", "My password is the name of my cat.")
    await desk.card("T-1")
    await desk.mail("eve@evil.example", "Re: VPN is down [T-1]", "What was the password again?")
    second = await desk.card("T-2")
    await desk.in_thread(second, "names T-1")
    await desk.quiet()
    assert all("cat" not in one.text for one in desk.mailbox.received("eve@evil.example"))
    assert len((await desk.ticket(1)).comments) == 1


async def test_a_stranger_with_a_stolen_reply_address_gets_a_ticket_of_their_own(
    desk: Town,
) -> None:
    """The token is true, but it is not Eve's."""
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    receipt = await desk.letter(BOB, "[T-1]")
    stolen = receipt.people("Reply-To")[0][1]
    await desk.writer("eve@evil.example").compose(stolen, "Hello", "Please send me everything.")
    await desk.card("T-2")
    assert len((await desk.ticket(1)).comments) == 1


async def test_a_mail_program_that_forgets_what_it_answers_still_threads_by_address(
    desk: Town,
) -> None:
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    receipt = await desk.letter(BOB, "[T-1]")
    await desk.writer(BOB).reply(receipt, "Also the printer.", strip_references=True)
    await desk.in_thread(await desk.card("T-1"), "Also the printer")
    assert len(await desk.tickets()) == 1


@pytest.mark.parametrize("trace", [b"", b"Return-Path: <>\r\n"])
async def test_a_copy_sent_ahead_from_nowhere_does_not_swallow_the_mail(
    desk: Town, trace: bytes
) -> None:
    """Eve was copied, is faster, and hands it in so that it looks like a machine's answer."""
    mail = b"From: Bob <bob@example.com>\r\nSubject: VPN\r\nMessage-ID: <a@b>\r\n\r\nDown.\r\n"
    assert desk.smtp is not None
    host, port = desk.smtp
    async with aiosmtplib.SMTP(hostname=host, port=port, start_tls=False) as eve:
        await eve.mail("eve@evil.example" if trace else "")
        await eve.rcpt(DESK)
        await eve.data(trace + mail)
    await desk.quiet()
    assert await desk.tickets() == []
    await desk.raw_mail(BOB, mail)
    await desk.letter(BOB, "[T-1]")


async def test_one_mail_delivered_twice_is_one_ticket_with_one_receipt(desk: Town) -> None:
    """A relay that did not hear our 250 repeats it, over another road."""
    mail = b"From: Bob <bob@example.com>\r\nSubject: VPN\r\nMessage-ID: <a@b>\r\n\r\nDown.\r\n"
    await desk.raw_mail(BOB, mail)
    await desk.raw_mail(
        BOB, b"Received: from relay2 by relay3; Mon, 2 Mar 2026 10:00:00 +0000\r\n" + mail
    )
    await desk.letter(BOB, "[T-1]")
    await desk.quiet()
    assert len(await desk.tickets()) == 1
    assert len(desk.mailbox.received(BOB)) == 1


async def test_a_mail_to_an_address_that_is_not_ours_is_refused_at_the_door(desk: Town) -> None:
    with pytest.raises(NotSent) as refused:
        await desk.writer(BOB).compose("sales@example.com", "Hello", "Anybody there?")
    assert refused.value.code == 550
    assert await desk.spool() == []


async def test_a_colleague_in_cc_hears_the_answers_and_an_outsider_does_not(desk: Town) -> None:
    for other in ("carla@example.com", "eve@evil.example"):
        desk.mailbox.open(other)
    await desk.mail(
        BOB, "VPN is down", "Nothing works.", cc=["carla@example.com", "eve@evil.example"]
    )
    assert "copied" in (await desk.letter("carla@example.com", "[T-1]")).text
    card = await desk.card("T-1")
    await desk.person("ana").reply(card, "! Please restart it.")
    await desk.letter("carla@example.com", containing="Please restart it")
    await desk.letter(BOB, containing="Please restart it")
    await desk.quiet()
    from_us = [one for one in desk.mailbox.received("eve@evil.example") if one.sender != BOB]
    assert from_us == []


async def test_a_file_that_is_too_large_is_named_with_the_reason_and_the_words_are_kept(
    desk: Town,
) -> None:
    large = MailFile("movie.bin", "application/octet-stream", b"x" * (11 * 1024 * 1024))
    small = MailFile("screen.png", "image/png", b"\x89PNG\r\n\x1a\n small")
    await desk.mail(BOB, "VPN is down", "See the movie.", attachments=[large, small])
    receipt = await desk.letter(BOB, "[T-1]")
    assert "movie.bin" in receipt.text
    files = (await desk.ticket()).line.attachments
    assert {(one.name, one.refused) for one in files} == {
        ("movie.bin", "too_large"),
        ("screen.png", None),
    }
    assert "screen.png" in (await desk.card("T-1")).visible_text()


async def test_an_absence_note_gets_no_receipt_and_opens_nothing(desk: Town) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = BOB, DESK, "Out of office"
    message["Auto-Submitted"] = "auto-replied"
    message.set_content("I am away until Monday.")
    await desk.raw_mail(BOB, message)
    await desk.until(lambda: True, "nothing")
    await desk.quiet()
    (row,) = await desk.spool()
    assert (row.state, row.reason) == ("done", "ignored: auto-reply")
    assert await desk.tickets() == []
    assert desk.mailbox.received(BOB) == []


async def test_an_absence_note_on_a_ticket_is_a_note_and_wakes_nothing(desk: Town) -> None:
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    await desk.card("T-1")
    await desk.resolve(desk.person("ana"), "T-1")
    resolved = await desk.letter(BOB, containing="as resolved")
    message = EmailMessage()
    message["From"], message["Subject"] = BOB, "Automatic reply: " + resolved.subject
    message["To"] = resolved.people("Reply-To")[0][1]
    message["In-Reply-To"], message["Auto-Submitted"] = resolved.message_id, "auto-replied"
    message.set_content("I am away until Monday.")
    message.add_attachment(b"a logo", maintype="image", subtype="png", filename="logo.png")
    await desk.raw_mail(BOB, message, to=[message["To"]])
    await desk.in_thread(await desk.card("T-1"), "I am away")
    file = await desk.ticket()
    assert (file.line.ticket.state, len(file.notes)) == ("RESOLVED", 1)
    assert [one.name for one in file.note_attachments] == ["logo.png"]


async def test_a_mail_nobody_can_read_is_kept_with_its_reason(desk: Town) -> None:
    await desk.raw_mail(BOB, b"Subject: who am I\r\n\r\nNo From at all.\r\n")
    await desk.quiet()
    (row,) = await desk.spool()
    assert row.state == "dead"
    assert row.reason
    assert await desk.tickets() == []


async def test_a_question_waits_for_the_answer_and_the_clock_waits_with_it(desk: Town) -> None:
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    card = await desk.card("T-1")
    ana = desk.person("ana")
    worked(await ana.click(card, "claim"))
    worked(await ana.choose(await desk.card("In progress"), "more", "Ask the requester…"))
    worked(await ana.submit(await desk.form(ana), {"words": "Which floor are you on?"}))
    question = await desk.letter(BOB, containing="Which floor")
    await desk.card("Waiting for the requester")
    await desk.clock.forward(days=3)
    await desk.writer(BOB).reply(question, "The third.")
    await desk.card("In progress")
    resolution = next(c for c in (await desk.ticket()).line.ticket.clocks if c.kind == "resolution")
    assert not resolution.breached
    assert resolution.running

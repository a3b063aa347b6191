"""The stand-in mailbox files what real SMTP brings, threads it, and lets people wait and answer."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import get_args

import aiosmtplib
import pytest

from sandbox.mailbox.letter import MailFile
from sandbox.mailbox.links import MailAction
from sandbox.mailbox.mailbox import Mailboxes
from sandbox.mailbox.person import NotSent
from sandbox.mailbox.quote import Style
from sandbox.mailbox.smtp import Stage
from tests.clock import ManualClock

NOON = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
BOB = "bob@example.com"
DESK = "support@desk.test"


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailboxes]:
    box = Mailboxes(ManualClock(NOON))
    await box.start()
    yield box
    await box.close()


@pytest.fixture
async def desk(mailbox: Mailboxes) -> AsyncIterator[Mailboxes]:
    """Whoever answers on the other side: a second sink, reached through `via`."""
    sink = Mailboxes(ManualClock(NOON))
    await sink.start()
    mailbox.via = sink.address
    yield sink
    await sink.close()


def mail(
    subject: str = "[T-1] Printer", text: str = "We are on it.", **headers: str
) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = f"Support <{DESK}>"
    message["To"] = headers.pop("To", BOB)
    message["Subject"] = subject
    message["Date"] = "Mon, 16 Nov 2026 11:00:00 +0000"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


async def deliver(
    mailbox: Mailboxes, message: EmailMessage | bytes, to: str | list[str] = BOB
) -> None:
    host, port = mailbox.address
    raw = message if isinstance(message, bytes) else message.as_bytes()
    await aiosmtplib.send(
        raw, sender=DESK, recipients=to, hostname=host, port=port, start_tls=False
    )


async def test_mail_for_anyone_is_kept_byte_for_byte_and_shown_parsed(mailbox: Mailboxes) -> None:
    message = mail("Größe [T-1]", "Grüße", Message_ID="<a@desk.test>")
    message.add_alternative("<p>Gr&uuml;&szlig;e</p>", subtype="html")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="plan.pdf")
    await deliver(mailbox, message)
    letter = await mailbox.message(to=BOB)
    assert letter.raw == message.as_bytes()
    assert (letter.subject, letter.text.strip()) == ("Größe [T-1]", "Grüße")
    assert "<p>" in letter.html
    assert letter.attachments == (MailFile("plan.pdf", "application/pdf", b"%PDF"),)
    assert letter.from_ == ("Support", DESK)
    assert letter.to == (BOB,)
    assert letter.at == NOON
    assert letter.date == datetime(2026, 11, 16, 11, tzinfo=UTC)


async def test_a_mail_to_two_people_is_in_both_boxes(mailbox: Mailboxes) -> None:
    await deliver(mailbox, mail(), to=[BOB, "Ann@Example.com"])
    assert [one.mailbox for one in mailbox.letters()] == [BOB, "ann@example.com"]
    assert mailbox.addresses() == [BOB, "ann@example.com"]


async def test_a_mail_delivered_twice_is_seen_twice_in_one_thread(mailbox: Mailboxes) -> None:
    for _ in range(2):
        await deliver(mailbox, mail(Message_ID="<same@desk.test>"))
    threads = mailbox.threads(BOB)
    assert [len(thread.letters) for thread in threads] == [2]


async def test_replies_thread_by_references_and_newest_thread_comes_first(
    mailbox: Mailboxes,
) -> None:
    await deliver(mailbox, mail("one", Message_ID="<1@x>"))
    await deliver(mailbox, mail("two", Message_ID="<2@x>"))
    await deliver(mailbox, mail("re one", Message_ID="<3@x>", In_Reply_To="<1@x>"))
    threads = mailbox.threads(BOB)
    assert [[one.subject for one in thread.letters] for thread in threads] == [
        ["one", "re one"],
        ["two"],
    ]


async def test_mails_that_share_an_unseen_ancestor_are_one_thread(mailbox: Mailboxes) -> None:
    for number in (1, 2):
        ids = {"Message_ID": f"<{number}@x>", "References": "<ticket-7@desk.test>"}
        await deliver(mailbox, mail(f"part {number}", **ids))
    assert len(mailbox.threads(BOB)) == 1


async def test_a_late_mail_joins_two_threads_it_names(mailbox: Mailboxes) -> None:
    await deliver(mailbox, mail("one", Message_ID="<1@x>"))
    await deliver(mailbox, mail("two", Message_ID="<2@x>"))
    assert len(mailbox.threads(BOB)) == 2
    await deliver(mailbox, mail("both", Message_ID="<3@x>", References="<1@x> <2@x>"))
    assert [len(thread.letters) for thread in mailbox.threads(BOB)] == [3]


async def test_a_thread_is_unread_until_it_is_opened(mailbox: Mailboxes) -> None:
    await deliver(mailbox, mail())
    (thread,) = mailbox.threads(BOB)
    assert thread.unread
    assert mailbox.unread_count(BOB) == 1
    mailbox.mark_read(thread)
    assert not mailbox.threads(BOB)[0].unread
    assert mailbox.unread_count(BOB) == 0


async def test_waiting_ends_when_the_mail_comes_and_not_for_another(mailbox: Mailboxes) -> None:
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(mailbox.message(to=BOB, subject_contains="[T-2]"))
        await deliver(mailbox, mail("[T-1] Printer"))
        assert not waiting.done()
        await deliver(mailbox, mail("[T-2] Phone"))
    assert waiting.result().subject == "[T-2] Phone"


async def test_waiting_for_a_mail_that_does_not_come_times_out(mailbox: Mailboxes) -> None:
    await deliver(mailbox, mail())
    seen = await mailbox.message(to=BOB)
    with pytest.raises(TimeoutError):
        await mailbox.message(to=BOB, after=seen, timeout=0.02)


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe\x00", b"no header at all", b"Subject: =?x?q?=\r\n"]
)
async def test_a_broken_mail_is_kept_and_shown_as_far_as_it_goes(
    mailbox: Mailboxes, raw: bytes
) -> None:
    await deliver(mailbox, raw)
    (letter,) = mailbox.letters(BOB)
    assert letter.raw.rstrip(b"\r\n") == raw.rstrip(b"\r\n")
    assert letter.from_ == ("", DESK)
    assert isinstance(letter.subject + letter.text + letter.html, str)
    assert mailbox.threads(BOB)[0].last is letter


async def test_long_lines_are_taken(mailbox: Mailboxes) -> None:
    await deliver(mailbox, b"Subject: long\r\n\r\n" + b"x" * 60_000 + b"\r\n")
    assert len((await mailbox.message(to=BOB)).text.strip()) == 60_000


# People


async def test_a_new_mail_reaches_the_desk_and_stays_in_the_senders_box(
    mailbox: Mailboxes, desk: Mailboxes
) -> None:
    bob = mailbox.person(BOB, "Bob Ray")
    plan = MailFile("plan.txt", "text/plain", b"second floor")
    message_id = await bob.compose(DESK, "Printer", "It is on fire.", attachments=[plan])
    letter = await desk.message(to=DESK, subject_contains="Printer")
    assert letter.from_ == ("Bob Ray", BOB)
    assert letter.message_id == message_id
    assert letter.text.strip() == "It is on fire."
    assert letter.attachments[0].content == b"second floor"
    (kept,) = mailbox.letters(BOB)
    assert kept.sent
    assert not mailbox.threads(BOB)[0].unread


async def test_mail_between_colleagues_does_not_pass_the_desk(
    mailbox: Mailboxes, desk: Mailboxes
) -> None:
    mailbox.open("ann@example.com", "Ann")
    await mailbox.person(BOB).compose(DESK, "Printer", "It burns.", cc=["ann@example.com"])
    assert (await mailbox.message(to="ann@example.com")).cc == ("ann@example.com",)
    assert desk.addresses() == [DESK]


@pytest.mark.parametrize("style", ["gmail", "outlook", "apple", "plain"])
async def test_a_reply_names_what_it_answers_and_quotes_it(
    mailbox: Mailboxes, desk: Mailboxes, style: Style
) -> None:
    await deliver(
        mailbox,
        mail(
            "[T-1] Printer",
            "Which floor?",
            Message_ID="<q@desk.test>",
            References="<t1@desk.test>",
            Reply_To="support+t1-abc@desk.test",
        ),
    )
    question = await mailbox.message(to=BOB)
    await mailbox.person(BOB, "Bob").reply(question, "The second.", style=style)
    reply = await desk.message(to="support+t1-abc@desk.test")
    assert reply.references == ("<t1@desk.test>", "<q@desk.test>")
    assert reply.in_reply_to == "<q@desk.test>"
    assert reply.subject.lower() == "re: [t-1] printer"
    assert reply.text.startswith("The second.\n")
    assert "Which floor?" in reply.text
    assert bool(reply.html) == (style != "plain")
    assert len(mailbox.threads(BOB)) == 1


async def test_each_style_marks_the_quote_as_its_program_does(
    mailbox: Mailboxes, desk: Mailboxes
) -> None:
    await deliver(mailbox, mail(text="Which floor?"))
    question = await mailbox.message(to=BOB)
    seen = {}
    for style in get_args(Style):
        await mailbox.person(BOB).reply(question, "Second.", style=style)
        seen[style] = desk.received(DESK)[-1]
    assert "wrote:\n\n> Which floor?" in seen["gmail"].text
    assert "gmail_quote" in seen["gmail"].html
    assert "From: Support <support@desk.test>\nSent: Monday, November 16" in seen["outlook"].text
    assert "> Which" not in seen["outlook"].text
    assert "divRplyFwdMsg" in seen["outlook"].html
    assert "> On 16. Nov 2026, at 11:00" in seen["apple"].text
    assert '<blockquote type="cite">' in seen["apple"].html
    assert "Support <support@desk.test> wrote:\n> Which floor?" in seen["plain"].text


async def test_a_program_that_forgets_references_says_nothing_of_the_original(
    mailbox: Mailboxes, desk: Mailboxes
) -> None:
    await deliver(mailbox, mail(Message_ID="<q@desk.test>"))
    question = await mailbox.message(to=BOB)
    await mailbox.person(BOB).reply(question, "Second.", strip_references=True)
    assert (await desk.message(to=DESK)).references == ()


async def test_a_mailto_link_is_found_in_either_part_and_can_be_clicked(
    mailbox: Mailboxes, desk: Mailboxes
) -> None:
    link = "mailto:support+t1-solved@desk.test?subject=Solved%20%5BT-1%5D&body=Thanks%0D%0Aall"
    message = mail(text=f"Solved? {link}", Message_ID="<1@x>")
    await deliver(mailbox, message)
    message.add_alternative(f'<p><a href="{link}">It is <b>solved</b></a></p>', subtype="html")
    await deliver(mailbox, message)
    plain, rich = mailbox.received(BOB)
    expected = MailAction(
        "It is solved", "support+t1-solved@desk.test", "Solved [T-1]", "Thanks\nall"
    )
    assert plain.actions[0].to == "support+t1-solved@desk.test"
    assert plain.actions[0].label == "Solved [T-1]"
    assert rich.actions == (expected,)
    await mailbox.person(BOB).click(rich.actions[0])
    arrived = await desk.message(to="support+t1-solved@desk.test")
    assert (arrived.subject, arrived.text.strip()) == ("Solved [T-1]", "Thanks\nall")


@pytest.mark.parametrize("to", ["", "nobody", "a@b@", "@x", "a b@c", "x@y\r\nBcc: z@q"])
async def test_what_is_no_address_is_refused_before_anything_is_sent(
    mailbox: Mailboxes, desk: Mailboxes, to: str
) -> None:
    with pytest.raises(NotSent):
        await mailbox.person(BOB).compose(to, "s", "t")
    assert mailbox.letters() == []
    assert desk.letters() == []


# Faults


async def test_refusals_end_after_their_count(mailbox: Mailboxes) -> None:
    mailbox.faults.refuse("451 4.3.0 later", times=2)
    for _ in range(2):
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            await deliver(mailbox, mail())
        assert refused.value.recipients[0].code == 451
    await deliver(mailbox, mail())
    assert len(mailbox.letters()) == 1


async def test_one_recipient_is_refused_and_the_other_gets_the_mail(mailbox: Mailboxes) -> None:
    mailbox.faults.refuse("550 5.1.1 unknown", recipient="ANN@example.com", times=None)
    await deliver(mailbox, mail(), to=[BOB, "ann@example.com"])
    await deliver(mailbox, mail(), to=[BOB, "ann@example.com"])
    assert [one.mailbox for one in mailbox.letters()] == [BOB, BOB]


@pytest.mark.parametrize("stage", ["mail", "data"])
async def test_a_refusal_can_come_at_another_stage(mailbox: Mailboxes, stage: Stage) -> None:
    mailbox.faults.refuse("552 5.3.4 too big", stage=stage)
    with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
        await deliver(mailbox, mail())
    assert refused.value.code == 552
    assert mailbox.letters() == []


@pytest.mark.parametrize("kept", [True, False])
async def test_a_line_dropped_after_the_final_dot_leaves_the_sender_in_doubt(
    mailbox: Mailboxes, kept: bool
) -> None:
    mailbox.faults.drop(kept=kept)
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await deliver(mailbox, mail())
    assert len(mailbox.letters()) == int(kept)
    await deliver(mailbox, mail())
    assert len(mailbox.letters()) == int(kept) + 1


async def test_down_refuses_connections_and_up_listens_at_the_same_place(
    mailbox: Mailboxes,
) -> None:
    place = mailbox.address
    await mailbox.down()
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await deliver(mailbox, mail())
    await mailbox.up()
    assert mailbox.address == place
    await deliver(mailbox, mail())
    assert len(mailbox.letters()) == 1


async def test_down_cuts_the_connections_that_are_open(mailbox: Mailboxes) -> None:
    host, port = mailbox.address
    client = aiosmtplib.SMTP(hostname=host, port=port, start_tls=False)
    await client.connect()
    await mailbox.down()
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await client.noop()


async def test_a_slow_mailbox_answers_when_the_clock_says_so(mailbox: Mailboxes) -> None:
    clock = ManualClock(NOON)
    slow = Mailboxes(clock)
    await slow.start()
    slow.faults.slow(30, times=1)
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(deliver(slow, mail()))
        while not clock.now() > NOON:
            await asyncio.sleep(0)
            if slow.faults.planned == []:
                assert not sending.done()
                await clock.forward(seconds=30)
    assert len(slow.letters()) == 1
    await slow.close()


async def test_a_taken_port_is_an_oserror(mailbox: Mailboxes) -> None:
    second = Mailboxes(ManualClock(NOON))
    with pytest.raises(OSError, match="address already in use"):
        await second.start(*mailbox.address)


async def test_a_person_learns_why_the_desk_refused(mailbox: Mailboxes, desk: Mailboxes) -> None:
    desk.faults.refuse("550 5.1.1 nobody here")
    with pytest.raises(NotSent) as refused:
        await mailbox.person(BOB).compose(DESK, "Printer", "It burns.")
    assert (refused.value.code, "nobody here" in refused.value.reason) == (550, True)
    await desk.down()
    with pytest.raises(NotSent) as lost:
        await mailbox.person(BOB).compose(DESK, "Printer", "It burns.")
    assert lost.value.code == 0
    assert mailbox.letters(BOB) == []

"""What the desk writes: words, headers, threads; and that nobody else can write a header of ours."""

import email
import email.policy
from dataclasses import replace
from email.message import EmailMessage, Message
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.messages.conversation import RefusedFile
from engine.messages.effects import Tell
from engine.messages.message import KINDS, ToPerson
from engine.messages.values import Code, Foreign, TicketRef
from engine.tickets.message import AddressAction
from engine.tickets.people import DEFAULT
from mail.outgoing.compose import AUTOMATIC, Letterhead, Occasion, bare_subject, compose
from mail.outgoing.message import Letter, clean_header, mailbox, to_bytes
from mail.parsing.automatic import Envelope
from mail.parsing.headers import one_line
from mail.parsing.mailbox import Mailbox
from mail.parsing.parse import Parsed, parse
from tests.clock import MORNING
from tests.examples import examples
from tests.mail.letters import MESSAGES, WORDS, apart, letter
from tests.mail.stage import SIGNER, SUPPORT

MAILED = {kind for kind in MESSAGES if KINDS[kind] in AUTOMATIC}


def refused(name: str, why: str) -> tuple[RefusedFile, ...]:
    return (RefusedFile(Foreign(name), Code(why)),)


def reread(written: Letter) -> EmailMessage:
    message = email.message_from_bytes(to_bytes(written), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def parsed(written: Letter) -> Parsed:
    return parse(to_bytes(written), Envelope(SUPPORT), attachment_bytes=1000)


def test_a_receipt_says_number_promise_and_what_to_do() -> None:
    text = letter("receipt").text
    assert "T-1" in text
    assert "Mon 2 Mar 2026, 12:00 (UTC+01:00)" in text
    assert "reply to this message" in text
    assert "VPN" not in text
    assert letter("receipt").subject == "[T-1] VPN is down"


def test_a_receipt_names_what_was_refused_and_why() -> None:
    text = letter(
        "receipt", refused=refused("a.exe", "blocked_type") + refused("b|c.zip", "too_large")
    ).text
    assert "- a.exe: files of this kind can do harm" in text
    assert "- b|c.zip: it is larger than we can take" in text
    many = letter("receipt", refused=refused("n.csv", "too_many") * 30).text
    assert "- and 20 more" in many


def test_a_copied_person_is_told_so_and_not_what_the_sender_sent() -> None:
    text = letter(
        "receipt", copied=True, refused=refused("a.exe", "blocked_type"), follows=TicketRef(3)
    ).text
    assert "You were copied on a message to us" in text
    assert "a.exe" not in text
    assert "T-3" not in text


def test_a_continued_request_is_named() -> None:
    assert "continues your earlier request T-3" in letter("receipt", follows=TicketRef(3)).text


def test_a_receipt_without_a_promise_makes_none() -> None:
    text = letter("receipt", promise_at=None).text
    assert "by " not in text.split("\n\n")[2]


def test_a_reply_is_the_agents_words_and_name() -> None:
    written = letter("reply")
    assert written.text.startswith(WORDS)
    assert "Ana, Support" in written.text
    assert written.from_name == "Ana at Support"
    assert written.subject == "Re: VPN is down [T-1]"


def test_a_resolved_message_says_until_when_a_reply_helps() -> None:
    text = letter("ticket_resolved").text
    assert text.startswith(WORDS)
    assert "Thu 5 Mar 2026, 10:00 (UTC+01:00)" in text
    by_requester = letter("ticket_resolved", agent=None).text
    assert "Your request T-1 is marked as resolved." in by_requester


def test_a_page_names_level_reason_due_time_who_is_next_and_how_to_acknowledge() -> None:
    written = letter("person_paged", by=Foreign("Ana"), cause=Code("manual"))
    assert written.subject == "P1 Critical: VPN is down needs you [T-1]"
    text = written.text
    assert "T-1 needs you (team lead level): escalated by Ana." in text
    assert "Ana wrote:\n\nThey cannot pay." in text
    assert "- The resolution is due Mon 2 Mar 2026, 12:00 (UTC+01:00)" in text
    assert "- Ben, Lea are paged too" in text
    assert "by Mon 2 Mar 2026, 11:00 (UTC+01:00), the managers are paged next" in text
    (address,) = [row for row in text.splitlines() if row.startswith("support+ack-")]
    asked = Parsed(to=(Mailbox("", address),), from_=(Mailbox("", "bob@example.com"),))
    assert SIGNER.asked(asked, Envelope(), DEFAULT) == AddressAction("acknowledge", 1, 9)
    assert f'<a href="mailto:{address}?subject=I%20have%20T-1"' in written.html
    assert ">Acknowledge</a>" in written.html


def test_a_page_about_what_is_late_already_says_so() -> None:
    text = letter("person_paged", is_late=True, cause=Code("resolution")).text
    assert "needs you (team lead level): its resolution target was missed." in text
    assert "- The resolution was missed: it was due Mon 2 Mar 2026, 12:00 (UTC+01:00)" in text


def test_a_provider_that_refuses_plus_addresses_gets_no_button() -> None:
    written = letter("person_paged", house=Letterhead(SIGNER, SUPPORT, plus_addresses=False))
    assert "+ack" not in written.text
    assert "Acknowledge it in Slack" in written.text
    assert "mailto:" not in written.html


@pytest.mark.parametrize(
    ("changes", "subject", "text"),
    [
        ({"yours": True}, "You have T-1: VPN is down", "Nobody else is paged for it."),
        ({}, "Ana has T-1: VPN is down", "Ana has T-1, since Mon 2 Mar 2026, 11:00"),
        (
            {"how": Code("RESOLVED")},
            "T-1 is resolved: VPN is down",
            "T-1 is resolved by Ana, since",
        ),
        (
            {"how": Code("MERGED"), "by": None},
            "T-1 is merged: VPN is down",
            "merged into another ticket",
        ),
    ],
)
def test_whoever_was_paged_reads_who_has_it(
    changes: dict[str, Any], subject: str, text: str
) -> None:
    written = letter("page_over", **changes)
    assert written.subject == subject
    assert text in written.text
    assert ("You do not have to do anything" in written.text) is not bool(changes.get("yours"))


# A report's page draws tables: tests/mail/outgoing/test_reports.py holds its twins together.
@pytest.mark.parametrize("template", sorted(MAILED - {"report_digest"}))
def test_both_twins_say_the_same_words(template: str) -> None:
    written = letter(template)
    message = reread(written)
    plain, html = message.iter_parts()
    assert isinstance(plain, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert plain.get_content().replace("\r\n", "\n").strip() == written.text.strip()
    page = html.get_content()
    assert 'lang="en"' in page
    assert "<img" not in page
    assert "<b>what" not in page
    only_html = b"From: a@b.test\r\nContent-Type: text/html\r\n\r\n" + page.encode(
        "ascii", "xmlcharrefreplace"
    )
    shown = parse(only_html, Envelope(), attachment_bytes=1).text
    said = " ".join(shown.split())
    # The one word that a button adds to the address under it.
    assert said.replace("Acknowledge support+ack", "support+ack") == " ".join(written.text.split())


@pytest.mark.parametrize(("cls", "automatic"), AUTOMATIC.items(), ids=str)
def test_only_mail_of_the_desk_itself_is_marked_automatic(
    cls: type[ToPerson], automatic: str | None
) -> None:
    (kind,) = (name for name, each in KINDS.items() if each is cls)
    message = reread(letter(kind))
    assert message["Auto-Submitted"] == automatic
    assert message["X-Auto-Response-Suppress"] == ("All" if automatic else None)
    assert message["Precedence"] is None
    assert SIGNER.is_own_instance(str(message["X-Deskd-Instance"]))


def test_every_mail_of_a_ticket_shares_an_ancestor_and_answers_the_newest_of_theirs() -> None:
    ours = SIGNER.message_id(SUPPORT, DEFAULT, 1, 40)
    written = letter("reply", references=["<first@x.test>", ours, "<second@x.test>", ours])
    ancestor = SIGNER.ancestor(SUPPORT, DEFAULT, 1)
    assert written.in_reply_to == "<second@x.test>"
    assert written.references == (ancestor, "<first@x.test>", ours, "<second@x.test>")
    again = letter("reply", references=["<first@x.test>", ours, "<second@x.test>", ours])
    assert written.message_id == again.message_id
    assert letter("receipt").in_reply_to == ancestor
    many = letter("reply", references=[f"<{n}@x.test>" for n in range(100)])
    assert len(many.references) <= 7


def test_a_reply_to_our_mail_proves_the_ticket_twice() -> None:
    written = parsed(letter("reply"))
    answer = Parsed(in_reply_to=(str(written.message_id),), to=written.reply_to)
    proofs = SIGNER.proofs(answer, Envelope("bob@example.com"), DEFAULT)
    assert {(proof.ticket, proof.how) for proof in proofs} == {(1, "token"), (1, "message-id")}


def test_without_plus_addresses_replies_go_to_the_desk() -> None:
    written = letter("reply", house=Letterhead(SIGNER, SUPPORT, plus_addresses=False))
    assert written.reply_to == SUPPORT


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        ("VPN is down", "VPN is down"),
        ("Re: AW: VPN is down [T-1]", "VPN is down"),
        ("RE[2]: [T-12] VPN is down", "VPN is down"),
        ("Re\uff1a 打印机", "打印机"),
        ("Regarding: VPN", "Regarding: VPN"),
        ("Re:", ""),
    ],
)
def test_a_subject_does_not_grow_with_every_answer(subject: str, bare: str) -> None:
    assert bare_subject(subject) == bare


EXPECTED = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "X-Deskd-Instance",
    "MIME-Version",
    "Content-Type",
]
NASTY = st.text(max_size=120) | st.text(
    alphabet='\r\n\t \x00\x0b\x1c\x85\u2028\u2029:=?<>"\\,;aB@é中\ud800'
)
BASE = letter("receipt")


@examples(250)
@given(NASTY, NASTY, NASTY, NASTY)
def test_nothing_from_outside_can_add_or_change_a_header(
    name: str, subject: str, id: str, words: str
) -> None:
    written = replace(
        BASE,
        to_name=name,
        from_name=name,
        subject=subject,
        in_reply_to=f"<{id}@x.test>",
        references=(f"<{id}@x.test>", "<b@x.test>"),
        text=words,
        html=words,
    )
    raw = to_bytes(written)
    for message in (email.message_from_bytes(raw), reread(written)):
        assert message.keys() == EXPECTED
        assert [part.get_content_type() for part in parts(message)] == ["text/plain", "text/html"]
    reparsed = parse(raw, Envelope(SUPPORT), attachment_bytes=1)
    assert [box.address for box in reparsed.to] == ["bob@example.com"]
    assert [box.address for box in reparsed.from_] == [SUPPORT]
    assert all(len(row) <= 998 for row in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    if len(clean_header(subject)) < 100 and "=?" not in subject:
        assert reparsed.subject == one_line(clean_header(subject))


def parts(message: Message) -> list[Message]:
    payload = message.get_payload()
    assert isinstance(payload, list)
    return [part for part in payload if isinstance(part, Message)]


@examples(150)
@given(st.text(max_size=400))
def test_words_arrive_as_they_were_written(words: str) -> None:
    arrived = parsed(replace(BASE, text=f"x {words} x", html="")).text
    assert arrived.split() == f"x {words} x".replace("\x00", "").split()


@pytest.mark.parametrize(
    "address", ["a@b\r\nBcc: c@d", "a b@c.test", "a@b,c@d", "<a@b>", "ü@x.test"]
)
def test_what_is_no_plain_address_is_never_put_in_a_header(address: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        mailbox("Bob", address)


def test_what_belongs_to_no_ticket_has_no_thread_and_its_answer_joins_none() -> None:
    sent = apart()
    assert isinstance(sent.effect, Tell)
    house = Letterhead(SIGNER, SUPPORT, name="Support desk")
    written = compose(Occasion(sent, sent.effect, None), house, at=MORNING)
    message = reread(written)
    assert message["Reply-To"].addresses[0].addr_spec == SUPPORT
    assert message["From"].addresses[0].display_name == "Support desk"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["In-Reply-To"] is None
    assert message["References"] is None
    answer = Parsed(in_reply_to=(written.message_id,), to=(Mailbox("", written.reply_to),))
    assert SIGNER.proofs(answer, Envelope(SUPPORT), DEFAULT) == ()

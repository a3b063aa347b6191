"""Which mails a machine wrote, and which kind of machine."""

import pytest

from mail.parsing.automatic import Envelope
from mail.parsing.parse import parse


def reason(
    head: str, *, author: str = "bob@example.com", sender: str = "bob@example.com"
) -> str | None:
    raw = f"From: {author}\r\n{head}\r\n\r\nwords\r\n".encode()
    return parse(raw, Envelope(sender), attachment_bytes=1).automatic


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("Content-Type: multipart/report; report-type=delivery-status; boundary=b", "bounce"),
        ("X-Failed-Recipients: ann@x.test", "bounce"),
        ("Auto-Submitted: auto-replied", "auto-reply"),
        ("Auto-Submitted: auto-replied; owner-email=x", "auto-reply"),
        ("X-Autoreply: yes", "auto-reply"),
        ("Precedence: auto_reply", "auto-reply"),
        ("Subject: Automatic reply: VPN is down", "auto-reply"),
        ("Subject: Abwesenheitsnotiz: VPN", "auto-reply"),
        ("Content-Type: multipart/report; report-type=disposition-notification", "auto-reply"),
        ("Return-Path: <>", "auto-reply"),
        ("Auto-Submitted: auto-generated", "list"),
        ("X-Auto-Response-Suppress: All", "list"),
        ("List-Id: <all.example.com>", "list"),
        ("Precedence: bulk", "list"),
        ("Auto-Submitted: no", None),
        ("X-Auto-Response-Suppress: OOF, AutoReply", None),
        ("Subject: Vacation request for July", None),
        ("Subject: Out of office does not work", None),
        ("Subject: Out of office", "auto-reply"),
        ("Subject: Fwd: Undelivered Mail Returned to Sender", None),
        ("Subject: Delivery failed, what now?", None),
        ("Subject: Re: Automatic reply: VPN", None),
    ],
)
def test_a_mail_is_classed_by_what_it_says_of_itself(head: str, expected: str | None) -> None:
    assert reason(head) == expected


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("MAILER-DAEMON@mx.example.com (Mail Delivery System)", "bounce"),
        ("MAILER-DAEMON (Mail Delivery System)", "bounce"),
        ("postmaster@example.com", "bounce"),
        ("no-reply@example.com", "list"),
        ("Do Not Reply <donotreply@example.com>", "list"),
        ("norepla@example.com", None),
        ("postmasterson@example.com", None),
    ],
)
def test_a_mail_is_classed_by_who_writes(author: str, expected: str | None) -> None:
    assert reason("Subject: hello", author=author) == expected


def test_a_report_from_nowhere_is_a_bounce_and_other_mail_from_nowhere_an_answer() -> None:
    assert reason("Subject: Undelivered Mail Returned to Sender", sender="") == "bounce"
    assert reason("Subject: I am away", sender="") == "auto-reply"

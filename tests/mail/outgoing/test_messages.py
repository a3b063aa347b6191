"""Every kind of message that is mailed: no name and no subject adds a header, a line, a mark or a link."""

import email
import email.policy
import re
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import get_args

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from engine.messages.effects import Tell
from engine.messages.message import KINDS, Message, ToPerson
from engine.messages.values import Code, Foreign, Handle, TicketRef, Words, Zone
from engine.ports.outbox import Parcel
from engine.tickets.people import DEFAULT, Address
from mail.outgoing.compose import Letterhead, Occasion, compose
from mail.outgoing.mail_words import in_mail
from mail.outgoing.message import Letter, to_bytes
from tests.clock import MORNING
from tests.engine.messages.made import HOSTILE, TEXTS, made, messages
from tests.examples import examples
from tests.mail.letters import comment, line
from tests.mail.stage import SIGNER, SUPPORT

MAILED = sorted(name for name, cls in KINDS.items() if cls in get_args(ToPerson))
OF_NO_TICKET = {"report_digest", "overdue_digest", "shift_handover"}
HEADERS = """From To Reply-To Subject Date Message-ID In-Reply-To References Auto-Submitted
X-Auto-Response-Suppress X-Deskd-Instance MIME-Version Content-Type""".split()
UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")


def letter(kind: str, message: Message) -> Letter:
    apart = kind in OF_NO_TICKET
    tell = Tell(Address("mail", "bob@example.com"), message, "k")
    parcel = Parcel(1, DEFAULT, None if apart else 7, "k", tell, 0, MORNING)
    said = comment("Words.") if kind in ("reply", "question") else None
    occasion = Occasion(parcel, tell, None if apart else line(), said)
    return compose(occasion, Letterhead(SIGNER, SUPPORT, name="Support"), at=MORNING)


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        given = dict(attrs)
        self.links += [given[name] or "" for name in ("href", "src") if name in given]


def harmless(written: Letter) -> None:
    raw = to_bytes(written)
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    assert not mail.defects
    assert set(mail.keys()) <= set(HEADERS)
    assert len(mail.keys()) == len(set(mail.keys()))
    assert [box.addr_spec for box in mail["To"].addresses] == ["bob@example.com"]
    for text in (written.subject, written.text, written.from_name):
        assert not UNSEEN.search(text), text
    page = Tags(written.html)
    assert not {"script", "img", "form", "iframe"} & set(page.names)
    assert all(link.startswith("mailto:support+ack-") for link in page.links)


@pytest.mark.parametrize("kind", MAILED)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("bare", [False, True])
def test_every_mail_is_whole_and_harmless(kind: str, text: str, bare: bool) -> None:
    harmless(letter(kind, made(kind, text, bare=bare)))


@pytest.mark.parametrize("kind", MAILED)
@examples(15, suppress_health_check=[HealthCheck.data_too_large])
@given(data=st.data())
def test_so_is_every_other_of_its_kind(kind: str, data: st.DataObject) -> None:
    texts = st.sampled_from([HOSTILE, "", "VPN"]) | st.text(max_size=12)
    harmless(letter(kind, data.draw(messages(kind, texts))))


@pytest.mark.parametrize("kind", MAILED)
@pytest.mark.parametrize("text", [HOSTILE, TEXTS["odd ends"]], ids=["hostile", "odd ends"])
def test_what_people_are_called_adds_no_line_and_no_tag(kind: str, text: str) -> None:
    changes = {"reason": None} if kind == "person_paged" else {}
    honest, hostile = (
        letter(kind, made(kind, "x", **changes)),
        letter(kind, made(kind, text, **changes)),
    )
    assert len(hostile.text.splitlines()) == len(honest.text.splitlines())
    assert Tags(hostile.html).names == Tags(honest.html).names


def test_what_people_are_called_is_read_whole() -> None:
    name = "C, C++ | <Ana> & Søn"
    for kind in ("person_paged", "ticket_closed", "page_over", "shift_handover"):
        written = letter(
            kind, made(kind, name, yours=False) if kind == "page_over" else made(kind, name)
        )
        assert name in written.text
        assert "C, C++ | &lt;Ana&gt; &amp; Søn" in written.html


@pytest.mark.parametrize(
    ("value", "stands"),
    [
        (Foreign("a|b & <c> *d*"), "a|b & <c> *d*"),
        (Foreign("a\r\nBcc: b\u2028c\u202ed"), "a Bcc: b cd"),
        (Words("two\nlines\u202e\n"), "two\nlines"),
        (Handle("U0ANA"), ""),
        (TicketRef(7), "T-7"),
        (Code("mail"), "mail"),
        (Zone("Europe/Berlin"), "Europe/Berlin"),
        (3, 3),
    ],
)
def test_the_type_of_a_value_says_how_it_stands_in_a_mail(value: object, stands: object) -> None:
    assert in_mail(value) == stands

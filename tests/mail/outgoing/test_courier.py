"""Letters through a real relay on loopback: what is delivered, what waits, what is given up, and why."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

import pytest

from engine.messages.effects import Show, Tell
from engine.ports.outbox import Later, Never
from engine.ports.views import TicketLine
from engine.tickets.message import Comment, MessageId, Reference
from engine.tickets.people import Address, Person, WorkspaceId
from mail.outgoing.compose import Letterhead
from mail.outgoing.courier import MailCourier
from mail.outgoing.relay import CONNECTIONS_MAX, Relay, RelayUrl
from mail.parsing.automatic import Envelope
from mail.parsing.parse import Parsed, parse
from tests.clock import ManualClock
from tests.mail import letters
from tests.mail.sink import Sink, open_sink
from tests.mail.stage import SIGNER, SUPPORT


@dataclass
class KnownTicket:
    """What the courier asks of Views."""

    known: list[Reference] = field(default_factory=list)
    said: Comment | None = field(default_factory=letters.comment)
    found: TicketLine | None = field(default_factory=letters.line)

    async def ticket(self, workspace: WorkspaceId, number: int) -> TicketLine | None:
        return self.found

    async def comment(
        self, workspace: WorkspaceId, id: str
    ) -> tuple[Comment, Person | None] | None:
        return (self.said, None) if self.said else None

    async def references(
        self,
        workspace: WorkspaceId,
        ticket: int,
        *,
        channel: str,
        place: str | None = None,
        kind: str | None = None,
    ) -> Sequence[Reference]:
        assert (channel, kind) == ("mail", "message")
        return self.known


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with open_sink() as opened:
        yield opened


@pytest.fixture
async def courier(sink: Sink) -> AsyncIterator[MailCourier]:
    made = courier_to(sink.port)
    yield made
    await made.aclose()


def courier_to(port: int, views: KnownTicket | None = None, *, login: str = "") -> MailCourier:
    relay = Relay(RelayUrl.read(f"smtp://{login}127.0.0.1:{port}"), hostname="desk.test")
    known = views or KnownTicket()
    house = Letterhead(SIGNER, SUPPORT)
    return MailCourier(relay, known, house, ManualClock())  # type: ignore[arg-type]  # three of its reads


def arrived(sink: Sink) -> Parsed:
    (mail,) = sink.mails
    return parse(mail[2], Envelope(), attachment_bytes=1)


async def test_a_reply_arrives_and_its_id_is_learnt(sink: Sink, courier: MailCourier) -> None:
    sent = await courier.deliver(letters.parcel("reply"))
    mail = arrived(sink)
    assert sink.mails[0][:2] == (f"<{SUPPORT}>", ["<bob@example.com>"])
    assert mail.text.startswith("Please restart the client.")
    assert sent.references == (Reference("mail", "", "message", str(mail.message_id)),)
    assert not sent.repeated


async def test_what_belongs_to_no_ticket_is_a_mail_of_its_own(
    sink: Sink, courier: MailCourier
) -> None:
    apart = letters.apart()
    first = await courier.deliver(apart)
    second = await courier.deliver(replace(apart, uncertain=True, attempts=1))
    assert first.references == second.references, "the same id, so that a repeat is recognisable"
    assert (first.repeated, second.repeated) == (False, True)
    mail = parse(sink.mails[0][2], Envelope(), attachment_bytes=1)
    assert str(mail.message_id) == first.references[0].ref
    assert sink.mails[0][0] == "<>"


async def test_automatic_mail_has_no_sender_to_bounce_to(sink: Sink, courier: MailCourier) -> None:
    await courier.deliver(letters.parcel("receipt"))
    assert sink.mails[0][0] == "<>"


async def test_a_relay_that_takes_no_null_sender_gets_the_desks_address(
    sink: Sink, courier: MailCourier
) -> None:
    sink.faults["MAIL FROM:<>"] = ["550 5.7.60 not allowed to send as nobody"]
    await courier.deliver(letters.parcel("receipt"))
    assert sink.mails[0][0] == f"<{SUPPORT}>"


async def test_a_repeat_has_the_same_id_and_is_marked(sink: Sink, courier: MailCourier) -> None:
    parcel = letters.parcel("reply")
    first = await courier.deliver(parcel)
    second = await courier.deliver(replace(parcel, uncertain=True, attempts=1))
    assert first.references == second.references
    assert (first.repeated, second.repeated) == (False, True)
    ids = {parse(m[2], Envelope(), attachment_bytes=1).message_id for m in sink.mails}
    assert len(ids) == 1


@pytest.mark.parametrize(
    ("command", "reply"),
    [("RCPT", "550 5.1.1 no such person"), ("DATA", "554 5.6.0 no"), (".", "554 5.7.1 spam")],
)
async def test_a_final_no_is_never_tried_again(
    sink: Sink, courier: MailCourier, command: str, reply: str
) -> None:
    sink.faults[command] = [reply]
    with pytest.raises(Never) as caught:
        await courier.deliver(letters.parcel("reply"))
    assert caught.value.reason == reply
    await courier.deliver(letters.parcel("reply"))
    assert sink.connections == 1


@pytest.mark.parametrize(
    ("command", "reply", "whole_channel"),
    [
        ("RCPT", "451 4.7.1 greylisted", False),
        ("DATA", "452 4.3.1 full", False),
        (".", "451 4.3.0 later", False),
        ("MAIL", "451 4.3.0 later", False),
        ("MAIL", "421 4.3.2 closing", True),
        ("RCPT", "421 4.7.0 too many", True),
        ("MAIL", "530 5.7.0 authentication required", True),
        ("MAIL", "550 5.7.1 sender not allowed", True),
        ("CONNECT", "554 5.7.1 not from there", True),
        ("CONNECT", "421 busy", True),
        ("EHLO", "", True),
    ],
)
async def test_what_may_pass_is_tried_later(
    sink: Sink, courier: MailCourier, command: str, reply: str, whole_channel: bool
) -> None:
    # Twice, since a refused null sender or greeting is followed by another try of its own.
    sink.faults[command] = [reply, reply]
    sink.faults["HELO"] = [reply]
    with pytest.raises(Later) as caught:
        await courier.deliver(letters.parcel("reply"))
    assert caught.value.whole_channel is whole_channel
    assert not caught.value.uncertain
    sink.faults.clear()
    await courier.deliver(letters.parcel("reply"))
    assert len(sink.mails) == 1


async def test_a_mail_too_large_for_the_relay_is_given_up(sink: Sink, courier: MailCourier) -> None:
    sink.faults["MAIL"] = ["552 5.3.4 too large"]
    with pytest.raises(Never):
        await courier.deliver(letters.parcel("reply"))


@pytest.mark.parametrize("kept", [True, False])
async def test_a_line_that_breaks_after_the_dot_leaves_it_uncertain(
    sink: Sink, courier: MailCourier, kept: bool
) -> None:
    sink.faults["."] = [""]
    sink.keep_before_fault = kept
    with pytest.raises(Later) as caught:
        await courier.deliver(letters.parcel("reply"))
    assert caught.value.uncertain
    assert len(sink.mails) == kept


async def test_a_relay_that_is_away_stops_the_channel_only() -> None:
    async with open_sink() as gone:
        port = gone.port
    with pytest.raises(Later) as caught:
        await courier_to(port).deliver(letters.parcel("reply"))
    assert caught.value.whole_channel
    assert not caught.value.uncertain


async def test_a_wrong_password_stops_the_channel_and_is_not_repeated_in_the_reason(
    sink: Sink,
) -> None:
    sink.faults["EHLO"] = ["250-sink\r\n250 AUTH PLAIN"]
    sink.faults["AUTH"] = ["535 5.7.8 no"] * 2
    courier = courier_to(sink.port, login="bob:s%20ecret@")
    with pytest.raises(Later) as caught:
        await courier.deliver(letters.parcel("reply"))
    assert caught.value.whole_channel
    assert caught.value.reason == "535 5.7.8 no"


async def test_one_connection_serves_many_mails(sink: Sink, courier: MailCourier) -> None:
    for _ in range(5):
        await courier.deliver(letters.parcel("reply"))
    assert (sink.connections, len(sink.mails)) == (1, 5)


async def test_a_connection_closed_while_idle_is_opened_again(
    sink: Sink, courier: MailCourier
) -> None:
    await courier.deliver(letters.parcel("reply"))
    sink.hang_up()
    await courier.deliver(letters.parcel("reply"))
    assert (sink.connections, len(sink.mails)) == (2, 2)


async def test_many_mails_at_once_share_a_few_connections(sink: Sink, courier: MailCourier) -> None:
    await asyncio.gather(*(courier.deliver(letters.parcel("reply")) for _ in range(20)))
    assert len(sink.mails) == 20
    assert sink.connections <= CONNECTIONS_MAX


async def test_a_note_is_never_mailed(sink: Sink, courier: MailCourier) -> None:
    parcel = letters.parcel("reply")
    assert isinstance(parcel.effect, Tell)
    with_note = replace(parcel, effect=replace(parcel.effect, note=MessageId("n1")))
    with pytest.raises(Never, match="note"):
        await courier.deliver(with_note)
    with pytest.raises(Never):
        await courier.deliver(letters.parcel("note_written"))
    with pytest.raises(Never):
        await courier.deliver(replace(parcel, effect=Show(Address("mail", "bob@example.com"))))
    assert not sink.mails


async def test_words_or_tickets_that_are_gone_are_not_tried_for_ever(sink: Sink) -> None:
    for views in (KnownTicket(said=None), KnownTicket(found=None)):
        with pytest.raises(Never, match="gone"):
            await courier_to(sink.port, views).deliver(letters.parcel("reply"))


async def test_an_address_that_no_header_takes_is_given_up(
    sink: Sink, courier: MailCourier
) -> None:
    with pytest.raises(Never, match="address"):
        await courier.deliver(letters.parcel("reply", to="bob@x.test>\r\nRCPT TO:<ann@x.test"))
    assert not sink.commands


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("smtp://relay.test", ("smtp", "relay.test", 25, None, None)),
        ("smtps://u:p%40ss@relay.test", ("smtps", "relay.test", 465, "u", "p@ss")),
        ("smtp+starttls://relay.test:2525", ("smtp+starttls", "relay.test", 2525, None, None)),
    ],
)
def test_a_relay_is_named_by_one_url(url: str, read: tuple[object, ...]) -> None:
    relay = RelayUrl.read(url)
    assert (relay.scheme, relay.host, relay.port, relay.user, relay.password) == read


@pytest.mark.parametrize("url", ["relay.test:25", "http://x", "smtp://", "smtp://u:secret@h:x9"])
def test_a_url_that_names_no_relay_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"mail\.smtp_out\.url") as caught:
        RelayUrl.read(url)
    assert "secret" not in str(caught.value)

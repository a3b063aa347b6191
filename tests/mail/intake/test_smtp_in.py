"""The SMTP door over real sockets: what it takes, what it refuses, and when it says yes."""

import asyncio
import errno
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiosmtpd.smtp import SMTP

from engine.tickets.errors import TooMuchAtOnce
from engine.tickets.people import DEFAULT
from mail.intake import smtp_in, smtp_session
from mail.intake.smtp_in import Listen, SmtpIn, hops, spool_key
from mail.intake.smtp_session import MailSession, OpenSessions
from mail.parsing.mime import MESSAGE_BYTES_MAX
from tests.clock import MORNING, ManualClock
from tests.mail.stage import MAIL, OTHER, SUPPORT, Book, Door, MemorySpool, open_door


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with open_door() as opened:
        yield opened


async def test_a_mail_is_kept_as_it_came_with_its_envelope(door: Door) -> None:
    line = await door.line()
    assert (await line.mail(MAIL)).startswith("250 ")
    row = door.spool.only
    assert row.raw == MAIL + b"\r\n"
    assert row.envelope == {
        "sender": "bob@example.com",
        "recipients": [SUPPORT],
        "peer": "127.0.0.1",
    }
    assert (row.workspace, row.channel, row.kind, row.sender) == (
        "default",
        "mail",
        "message",
        "bob@example.com",
    )
    assert row.received_at == MORNING
    assert door.nudges == [1]


async def test_250_is_said_only_after_the_spool_has_it(door: Door) -> None:
    door.spool.gate = asyncio.Event()
    line = await door.line()
    await line.envelope(SUPPORT)
    await line.say("DATA")
    answer = asyncio.ensure_future(line.send(MAIL + b"\r\n.\r\n"))  # noqa: TID251  # awaited below
    await asyncio.wait_for(door.spool.entered.wait(), 30)
    # Whatever the door wanted to say before the commit would be here by now.
    for _ in range(50):
        await asyncio.sleep(0)
    assert not answer.done()
    assert not door.nudges
    door.spool.gate.set()
    assert (await answer).startswith("250 ")


@pytest.mark.parametrize(
    ("recipient", "reply"),
    [
        ("support@desk.test", "250 2.1.5"),
        ("SUPPORT@Desk.Test", "250 2.1.5"),
        ("support+t1-abcdefghijkl@desk.test", "250 2.1.5"),
        ("stranger@desk.test", "550 5.1.1"),
        ("support@elsewhere.test", "550 5.1.1"),
        ("support%desk.test@relay.test", "550 5.1.1"),
        ("@relay.test:victim@elsewhere.test", "550 5.1.1"),
        ("a" * 600 + "@desk.test", "500"),
    ],
)
async def test_only_the_desks_own_addresses_get_in(door: Door, recipient: str, reply: str) -> None:
    line = await door.line()
    assert (await line.envelope(recipient))[-1].startswith(reply)
    assert not door.spool.rows


async def test_one_mail_for_two_workspaces_is_a_row_in_each_with_its_own_recipients(
    door: Door,
) -> None:
    line = await door.line()
    await line.mail(MAIL, SUPPORT, "help@other.test", "support+x@desk.test")
    rows = {row.workspace: row for row in door.spool.rows.values()}
    assert rows.keys() == {DEFAULT, OTHER}
    assert rows[DEFAULT].envelope["recipients"] == [SUPPORT, "support+x@desk.test"]
    assert rows[OTHER].envelope["recipients"] == ["help@other.test"]


async def test_the_same_mail_again_is_the_same_row_and_still_a_yes(door: Door) -> None:
    line = await door.line()
    first = await line.mail(MAIL)
    relayed = b"Received: from a by b; Mon, 2 Mar 2026 10:00:01 +0100\r\n\tmore\r\n" + MAIL
    again = await line.mail(relayed)
    assert first.startswith("250 ")
    assert again.startswith("250 ")
    assert len(door.spool.rows) == 1


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (RuntimeError("database is locked: /secret/path"), "451 4.3.0"),
        (TooMuchAtOnce(), "451 4.3.1"),
        (OSError(errno.ENOSPC, "No space left on device"), "452 4.3.1"),
        (RuntimeError("(sqlite3.OperationalError) database or disk is full"), "452 4.3.1"),
    ],
)
async def test_our_own_trouble_is_temporary_and_tells_nothing(
    door: Door, caplog: pytest.LogCaptureFixture, error: Exception, reply: str
) -> None:
    door.spool.error = error
    line = await door.line()
    with caplog.at_level(logging.CRITICAL):
        answer = await line.mail(MAIL)
    assert answer.startswith(reply)
    assert "secret" not in answer
    assert "OperationalError" not in answer
    door.spool.error = None
    assert (await line.mail(MAIL)).startswith("250 ")


async def test_trouble_with_the_address_book_is_temporary(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    door.book.error = RuntimeError("no database")
    line = await door.line()
    with caplog.at_level(logging.CRITICAL):
        assert (await line.envelope(SUPPORT))[-1].startswith("451 4.3.0")


async def test_lines_of_any_length_are_taken_whole(door: Door) -> None:
    content = MAIL + b"x" * 60_000 + b"\r\n" + b"y" * 300_000
    line = await door.line()
    assert (await line.mail(content)).startswith("250 ")
    assert door.spool.only.raw == content + b"\r\n"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"..", b".\r\n"),
        (b"a\r\n..\r\nb", b"a\r\n.\r\nb\r\n"),
        (b"...x\r\n..", b"..x\r\n.\r\n"),
        (b".x", b"x\r\n"),
        (b"a.\r\nb.", b"a.\r\nb.\r\n"),
        (b"a\n.\nb", b"a\n.\nb\r\n"),
        (b"a\n.\r\nb", b"a\n.\r\nb\r\n"),
        (b"a\r.\r\nb", b"a\r.\r\nb\r\n"),
        (b"a\r\n.\nMAIL FROM:<x@y>\r\nb", b"a\r\n\nMAIL FROM:<x@y>\r\nb\r\n"),
        (b"a\0b", b"a\0b\r\n"),
        (b"", b"\r\n"),
        (b"\r\n", b"\r\n\r\n"),
        (b"\r", b"\r\r\n"),
        (b"a\rb", b"a\rb\r\n"),
        (b"a", b"a\r\n"),
        (b"ab", b"ab\r\n"),
        (b"abc", b"abc\r\n"),
        (b"a\r\n", b"a\r\n\r\n"),
        (b"abc.\r\n..", b"abc.\r\n.\r\n"),
    ],
)
async def test_only_cr_lf_dot_cr_lf_ends_a_mail_and_stuffed_dots_are_taken_out(
    door: Door, sent: bytes, kept: bytes
) -> None:
    line = await door.line()
    assert (await line.mail(sent)).startswith("250 ")
    assert door.spool.only.raw == kept
    assert (await line.say("NOOP")).startswith("250 ")


@pytest.mark.parametrize(
    "given",
    [
        "<bob@example.com>",
        "<bob.b+x=y@mail.example.com> SIZE=100",
        "<bob@example.com>   SIZE=100 BODY=8BITMIME",
        "<bob@example.com>SIZE=100",
        "<bob@example.com> ",
        "<bob@example.com> (a comment) SIZE=1",
        "<bob@example.com> \tSIZE=1",
        "<>",
        "<> SIZE=1",
        "bob@example.com",
        " <bob@example.com>",
        "<.bob@example.com>",
        "<bob..b@example.com>",
        "<bob@>",
        "<@example.com>",
        "<bob@example.com.>",
        '<"b b"@example.com>',
        "<bob@[127.0.0.1]>",
        "<@relay.test:bob@example.com>",
        "<bób@example.com>",
        "<bob@example.com",
        "<bob@example.com>\n",
        "",
    ],
)
async def test_an_address_is_read_as_the_library_reads_it(door: Door, given: str) -> None:
    house = OpenSessions(1, 1, 1, "mx.test")
    ours, theirs = MailSession(house, door.part), SMTP(door.part, hostname="mx.test")
    assert ours._getaddr(given) == theirs._getaddr(given)


async def test_a_mail_that_ends_in_pieces_ends_where_it_should(door: Door) -> None:
    line = await door.line()
    await line.envelope(SUPPORT)
    await line.say("DATA")
    # The end mark falls on the edge of the door's buffer, and comes byte by byte.
    line.writer.write(b"x" * (smtp_session.PIECE_BYTES - 2))
    for byte in b"\r\n.\r":
        line.writer.write(bytes([byte]))
        await line.writer.drain()
        await asyncio.sleep(0)
    assert (await line.send(b"\n")).startswith("250 ")
    assert door.spool.only.raw == b"x" * (smtp_session.PIECE_BYTES - 2) + b"\r\n"


async def test_an_empty_mail_is_a_mail(door: Door) -> None:
    line = await door.line()
    await line.envelope(SUPPORT)
    await line.say("DATA")
    assert (await line.send(b".\r\n")).startswith("250 ")
    assert door.spool.only.raw == b""


async def test_what_follows_a_mail_in_one_packet_is_understood(door: Door) -> None:
    line = await door.line()
    await line.envelope(SUPPORT)
    await line.say("DATA")
    assert (await line.send(MAIL + b"\r\n.\r\nNOOP\r\nQUIT\r\n")).startswith("250 2.0.0")
    assert (await line.reply()).startswith("250 ")
    assert (await line.reply()).startswith("221 ")


async def test_a_mail_announced_as_too_large_is_refused_before_it_is_sent(door: Door) -> None:
    line = await door.line()
    greeting = await line.say("EHLO client.test")
    assert "SIZE 26214400" in greeting
    assert (await line.say("MAIL FROM:<bob@example.com> SIZE=26214401")).startswith("552 5.3.4")
    # A digit to Unicode and no number to anybody: their mistake, not our trouble.
    assert (await line.say("MAIL FROM:<bob@example.com> SIZE=\u00b2")).startswith("250 ")
    assert (await line.say("RSET")).startswith("250 ")
    assert (await line.say("MAIL FROM:<bob@example.com> SIZE=26214400")).startswith("250 ")


async def test_a_mail_that_turns_out_too_large_is_refused_and_not_held(door: Door) -> None:
    line = await door.line()
    half = b"x" * (13 * 1024 * 1024)
    assert (await line.mail(half + half)).startswith("552 5.3.4")
    assert not door.spool.rows
    assert (await line.mail(MAIL)).startswith("250 ")


async def test_too_much_mail_at_once_is_told_to_come_again(
    door: Door,
) -> None:
    door.part._house.held_bytes_max = 100_000
    door.spool.gate = asyncio.Event()
    first, second = await door.line(), await door.line()
    await first.envelope(SUPPORT)
    await first.say("DATA")
    first.writer.write(b"x" * 90_000 + b"\r\n.\r\n")
    await asyncio.wait_for(door.spool.entered.wait(), 30)
    assert (await second.mail(b"y" * 20_000)).startswith("451 4.3.1")
    door.spool.gate.set()
    assert (await first.reply()).startswith("250 ")
    assert (await second.mail(b"y" * 20_000)).startswith("250 ")
    assert door.part._house.held_bytes == 0


async def test_a_hundred_recipients_are_enough(door: Door) -> None:
    line = await door.line()
    replies = await line.envelope(*[f"support+{n}@desk.test" for n in range(101)])
    assert replies[-2].startswith("250 ")
    assert replies[-1].startswith("452 4.5.3")


async def test_a_mail_going_in_circles_is_refused(door: Door) -> None:
    line = await door.line()
    assert (await line.mail(b"Received: by a\r\n" * 31 + MAIL)).startswith("554 5.4.6")
    assert (await line.mail(b"Received: by a\r\n" * 30 + MAIL)).startswith("250 ")
    assert hops(b"Subject: x\r\n\r\nReceived: quoted\r\n") == 0


async def test_commands_without_end_end_the_session(door: Door) -> None:
    line = await door.line()
    for _ in range(smtp_session.CALL_LIMITS["*"]):
        assert (await line.say("NOOP")).startswith("250 ")
    assert (await line.say("NOOP")).startswith("421 ")
    assert await line.is_closed()


async def test_more_sessions_than_places_are_told_to_come_again(door: Door) -> None:
    door.part._house.sessions_max = 1
    first = await door.line()
    second = await door.line()
    assert first.greeting.startswith("220 ")
    assert second.greeting.startswith("421 4.7.0")
    assert await second.is_closed()
    assert (await first.mail(MAIL)).startswith("250 ")


def test_one_far_machine_does_not_get_all_places() -> None:
    house = smtp_session.OpenSessions(200, 20, 1000, "desk.test")

    class Session:
        peer_host = "192.0.2.7"

    house.sessions.update(Session() for _ in range(20))  # type: ignore[misc]  # only its address counts
    assert not house.admits("192.0.2.7")
    assert house.admits("192.0.2.8")
    assert house.admits("127.0.0.1")


async def test_the_greeting_names_no_program(door: Door) -> None:
    line = await door.line()
    assert line.greeting == "220 desk.test ESMTP"
    assert "AUTH" not in await line.say("EHLO client.test")


async def test_closing_lets_a_mail_in_hand_finish_and_sends_the_others_away(door: Door) -> None:
    inside, idle = await door.line(), await door.line()
    await inside.envelope(SUPPORT)
    await inside.say("DATA")
    door.close.set()
    assert (await idle.reply()).startswith("421 4.3.2")
    with pytest.raises(OSError):  # noqa: PT011  # refused or reset, as the system has it
        await door.line()
    assert (await inside.send(MAIL + b"\r\n.\r\n")).startswith("250 ")
    assert (await inside.reply()).startswith("421 4.3.2")
    assert door.spool.only.raw.startswith(MAIL)


async def test_a_client_that_leaves_inside_a_mail_leaves_nothing_behind(door: Door) -> None:
    line = await door.line()
    await line.envelope(SUPPORT)
    await line.say("DATA")
    line.writer.write(b"x" * 1000)
    await line.writer.drain()
    (session,) = door.part._house.sessions
    await line.end()
    await asyncio.wait_for(session.gone, 30)
    assert not door.spool.rows
    assert (await (await door.line()).mail(MAIL)).startswith("250 ")
    assert door.part._house.held_bytes == 0


async def test_a_port_in_use_is_named(door: Door) -> None:
    assert door.part.bound
    host, port = door.part.bound
    second = SmtpIn(
        Listen(host, port, "desk.test"),
        MemorySpool(),  # type: ignore[arg-type]  # never reached
        Book(),
        ManualClock(),
        nudge=lambda _: None,
    )
    with pytest.raises(OSError, match=f"{host}:{port}") as caught:
        await second.run(ready=lambda: pytest.fail("it can not be ready"))
    assert caught.value.errno == errno.EADDRINUSE


async def test_a_null_sender_and_an_odd_sender_are_kept_as_text(door: Door) -> None:
    line = await door.line()
    await line.mail(MAIL, sender="")
    assert door.spool.only.envelope["sender"] == ""
    door.spool.rows.clear()
    await line.say("EHLO client.test")
    await line.send(b"MAIL FROM:<b\xffb@example.com>\r\n")
    await line.say(f"RCPT TO:<{SUPPORT}>")
    assert (await line.data(MAIL)).startswith("250 ")
    assert str(door.spool.only.envelope["sender"]).encode()


def test_a_key_ignores_what_relays_add_and_nothing_else() -> None:
    def key(raw: bytes, days: int = 0, sender: str = "bob@example.com") -> str:
        return spool_key(raw, received_at=MORNING + timedelta(days=days), sender=sender)

    assert key(MAIL) == key(MAIL, days=9)
    traced = b"Return-Path: <x>\r\nARC-Seal: i=1;\r\n a=b\r\nDelivered-To: y\r\n" + MAIL
    assert key(traced) == key(MAIL) == key(MAIL, sender="relay@example.org")
    assert key(b"Return-Path: =?utf-8?q?<>?=\r\n" + MAIL) == key(MAIL, sender="") != key(MAIL)
    assert key(MAIL.replace(b"VPN", b"Vpn")) != key(MAIL)
    assert key(MAIL + b"Received: in the body\r\n") != key(MAIL)
    anonymous = b"Subject: disk full\r\n\r\nagain\r\n"
    assert key(anonymous) == key(anonymous)
    assert key(anonymous) != key(anonymous, days=1)


def test_the_bounds_are_those_of_the_design() -> None:
    assert smtp_in.SESSIONS_MAX == 200
    assert smtp_in.SESSIONS_PER_PEER_MAX == 20
    assert MESSAGE_BYTES_MAX == 25 * 1024 * 1024

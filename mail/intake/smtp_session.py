"""One SMTP connection: aiosmtpd with its defaults mended. What is done with a mail is told to it by smtp_in.

Mended: DATA is read in large pieces instead of lines (eight times the speed at 1 MB, and lines may have any
length), every size is bounded while reading, and our own trouble is a 4xx without details.
"""

import asyncio
import logging
import re
from dataclasses import dataclass, field
from typing import Final, Protocol

from aiosmtpd.smtp import SMTP, Envelope, Session

from mail.parsing.mime import MESSAGE_BYTES_MAX

log = logging.getLogger("deskd.mail.smtp_session")

# aiosmtpd's buffer: a piece of DATA; commands have their own, shorter limit.
PIECE_BYTES: Final = 64 * 1024
_END: Final = b"\r\n.\r\n"
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN_ADDRESS: Final = re.compile(
    rf"<({_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)>(?: +(?=[^\s(])|\Z)"
)
# A silent client is let go; RFC 5321 asks for five minutes, but our places are few and clients come again.
SILENCE_SECONDS: Final = 120.0
# The slowest honest line still brings 25 MB in this time (340 kbit/s).
DATA_SECONDS: Final = 600.0
# RFC 5321 asks for a hundred; a mail has one or two desks.
RECIPIENTS_MAX: Final = 100
# Commands on one connection, so that nobody knocks for ever; busy relays send thousands of mails on one.
CALL_LIMITS: Final = {"MAIL": 20_000, "RCPT": 40_000, "DATA": 20_000, "RSET": 20_000, "*": 200}

LATER: Final = "451 4.3.0 Temporary trouble here, please try again"
BUSY: Final = "451 4.3.1 Too much mail at once, please try again"
TOO_LARGE: Final = "552 5.3.4 Message too large"
GOODBYE: Final = "421 4.3.2 Closing for a moment, please try again"
CROWDED: Final = "421 4.7.0 Too many connections, please try again"


@dataclass(slots=True)
class OpenSessions:
    """What all sessions share: who is here, and how much DATA is held."""

    sessions_max: int
    per_peer_max: int
    held_bytes_max: int
    hostname: str
    sessions: set["MailSession"] = field(default_factory=set)
    held_bytes: int = 0
    closing: bool = False

    def in_data(self) -> int:
        """Sessions between their DATA and our answer to it."""
        return sum(session.in_data for session in self.sessions)

    def admits(self, peer: str) -> bool:
        if self.closing or len(self.sessions) >= self.sessions_max:
            return False
        if peer in LOOPBACK:
            return True
        return sum(session.peer_host == peer for session in self.sessions) < self.per_peer_max


# A relay or a test on this machine stands for many senders.
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1", ""})


class Receiver(Protocol):
    """What a session asks."""

    async def accepts(self, recipient: str) -> str:
        """The reply to RCPT."""
        ...

    async def take(self, content: bytes, envelope: Envelope, peer: str) -> str:
        """The reply to the final dot."""
        ...


class _Steps:
    """The hooks that aiosmtpd calls, by its names and shapes."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    async def handle_EHLO(  # noqa: N802  # aiosmtpd calls it by this name and shape
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, replies: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*replies[:-1], f"250-SIZE {MESSAGE_BYTES_MAX}", replies[-1]]

    async def handle_MAIL(  # noqa: N802  # aiosmtpd calls it by this name and shape
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        for option in options:
            name, _, value = option.partition("=")
            number = name == "SIZE" and value.isascii() and value.isdigit()
            if number and int(value) > MESSAGE_BYTES_MAX:
                return TOO_LARGE
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd calls it by this name and shape
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= RECIPIENTS_MAX:
            return "452 4.5.3 Too many recipients"
        reply = await self._receiver.accepts(address)
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply


class MailSession(SMTP):
    """One client, from the greeting to the last word."""

    line_length_limit = PIECE_BYTES

    def __init__(self, house: OpenSessions, receiver: Receiver) -> None:
        super().__init__(
            _Steps(receiver),
            # The size is announced and watched here: aiosmtpd's replies lack the enhanced codes.
            data_size_limit=None,
            enable_SMTPUTF8=True,
            hostname=house.hostname,
            ident="ESMTP",
            timeout=SILENCE_SECONDS,
            command_call_limit=CALL_LIMITS,
        )
        self._house = house
        self._receiver = receiver
        self._held = 0
        self._turned_away = False
        self.peer_host = ""
        self.in_data = False
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        self.peer_host = str(peer[0]) if isinstance(peer, tuple) else ""
        if self._house.admits(self.peer_host):
            self._house.sessions.add(self)
            super().connection_made(transport)
            return
        self._turned_away = True
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(f"{CROWDED}\r\n".encode())
        transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._house.sessions.discard(self)
        if not self.gone.done():
            self.gone.set_result(None)
        if not self._turned_away:
            super().connection_lost(error)

    def eof_received(self) -> bool | None:
        return None if self._turned_away else super().eof_received()

    async def handle_exception(self, error: Exception) -> str:
        """Whatever goes wrong here is ours: the sender keeps the mail, and learns nothing about us."""
        log.error("smtp session failed", exc_info=error)
        return LATER

    async def say_goodbye(self) -> None:
        """Close between two mails."""
        if self.transport is None:
            return
        try:
            await self.push(GOODBYE)
        except ConnectionError:
            # The client has left already; nobody is there to be told.
            log.debug("a client left before the goodbye")
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """The address of MAIL and RCPT and what follows it.

        Nearly all are plain, and aiosmtpd reads each with the email package's parser for header fields (37 us, twice
        per mail that is let in for 400). Whatever is not plain is read by it, as before.
        """
        plain = _PLAIN_ADDRESS.match(arg)
        return (plain[1], arg[plain.end() :]) if plain else super()._getaddr(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802  # the name of the command in aiosmtpd
        envelope = self.envelope
        if await self.check_helo_needed():
            return
        refusal = self._refusal_of_data(arg)
        if refusal or envelope is None:
            await self.push(refusal or LATER)
            return
        self.in_data = True
        try:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            await self.push(await self._reply_to_data(envelope))
        finally:
            self._house.held_bytes -= self._held
            self._held, self.in_data = 0, False
            self.envelope = self._create_envelope()
        if self._house.closing:
            await self.say_goodbye()

    def _refusal_of_data(self, arg: str) -> str | None:
        if self.envelope is None or not self.envelope.rcpt_tos:
            return "503 5.5.1 Error: need RCPT command"
        if arg:
            return "501 5.5.4 Syntax: DATA"
        return BUSY if self._house.held_bytes >= self._house.held_bytes_max else None

    async def _reply_to_data(self, envelope: Envelope) -> str:
        try:
            async with asyncio.timeout(DATA_SECONDS):
                content = await self._read_data()
        except TimeoutError:
            self.abort()
            return LATER
        if isinstance(content, str):
            return content
        # The client waits for us now: its silence is no reason to let it go.
        self._reset_timeout(DATA_SECONDS)
        return await self._receiver.take(content, envelope, self.peer_host)

    async def _read_data(self) -> bytes | str:
        """The message, or the reply that refuses it; what is refused is still read to its end, and not kept."""
        pieces: list[bytes] = []
        tail, refusal = b"\r\n", None
        # Only CR LF dot CR LF ends a message; a piece ends where that may be, or where the buffer is full.
        piece, mark = await self._beginning()
        while True:
            self._reset_timeout()
            tail = (tail + piece)[-5:]
            if refusal is None:
                pieces.append(piece)
                self._hold(len(piece))
                refusal = self._refusal_of_size()
            if refusal is not None:
                pieces.clear()
            if tail == _END:
                break
            piece = await self._piece(mark)
        if refusal is not None:
            return refusal
        content = b"".join(pieces)[: -len(b".\r\n")]
        unstuffed = content.replace(b"\r\n.", b"\r\n")
        return unstuffed[1:] if unstuffed.startswith(b".") else unstuffed

    async def _beginning(self) -> tuple[bytes, bytes]:
        """The first piece, and what ends the following ones.

        Nearly all mails begin inside a line, so that their whole end can be searched for, once. When a line ends
        in the first bytes, the end may overlap with them: the pieces then end wherever a dot ends a line.
        """
        piece = await self._reader.readexactly(len(b".\r\n"))
        if b"\r" not in piece:
            return piece, _END
        if not piece.endswith(b"\n"):
            piece += await self._piece(b"\n")
        return piece, b".\r\n"

    async def _piece(self, mark: bytes) -> bytes:
        try:
            return bytes(await self._reader.readuntil(mark))
        except asyncio.LimitOverrunError as overrun:
            return bytes(await self._reader.read(overrun.consumed))

    def _hold(self, size: int) -> None:
        self._held += size
        self._house.held_bytes += size

    def _refusal_of_size(self) -> str | None:
        if self._held > MESSAGE_BYTES_MAX + len(b".\r\n"):
            return TOO_LARGE
        return BUSY if self._house.held_bytes > self._house.held_bytes_max else None

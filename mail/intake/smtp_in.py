"""The SMTP door: says 250 only after the spool has the mail. Reading the mail is another part."""

import asyncio
import errno
import hashlib
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiosmtpd.smtp import Envelope

from engine.ports.clock import Clock
from engine.ports.spool import Incoming, Spool
from engine.tickets.errors import TooMuchAtOnce
from engine.tickets.people import WorkspaceId
from mail.intake.address_book import AddressBook
from mail.intake.smtp_session import BUSY, LATER, MailSession, OpenSessions
from mail.parsing.charset import storable
from mail.parsing.headers import read_fields
from mail.parsing.mime import HEADER_BYTES_MAX, MESSAGE_BYTES_MAX

log = logging.getLogger("deskd.mail.smtp_in")

# Sessions at once; each costs a task and some memory.
SESSIONS_MAX: Final = 200
# From one far machine, so that one can not take all places.
SESSIONS_PER_PEER_MAX: Final = 20
# DATA held at once, all sessions together: five mails of the largest size.
HELD_BYTES_MAX: Final = 5 * MESSAGE_BYTES_MAX
# Relays that a mail may have passed; more is a loop (Postfix stops at 50, others earlier).
HOPS_MAX: Final = 30
# How long sessions inside DATA may finish once the daemon wants to end; the daemon itself has 8 s.
DRAIN_SECONDS: Final = 6.0

_DISK_FULL: Final = "452 4.3.1 No space here, please try again later"
_TRACE: Final = (
    rb"(?:return-path|received|delivered-to|x-original-to|authentication-results|arc-[a-z-]+)"
)
_TRACE_FIELD: Final = re.compile(
    rb"^" + _TRACE + rb"[ \t]*:[^\n]*\n(?:[ \t][^\n]*(?:\n|\Z))*", re.IGNORECASE | re.MULTILINE
)
_RECEIVED: Final = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)
_IDENTIFIED: Final = re.compile(rb"^(?:message-id|date)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_BLANK_LINE: Final = re.compile(rb"\n\r?\n")


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen, and as whom."""

    host: str
    port: int
    hostname: str


class SmtpIn:
    """A Part. `bound` tells the port when the system chose it."""

    name = "mail.smtp_in"

    def __init__(
        self,
        listen: Listen,
        spool: Spool,
        addresses: AddressBook,
        clock: Clock,
        *,
        nudge: Callable[[int], None],
    ) -> None:
        self._listen = listen
        self._spool = spool
        self._addresses = addresses
        self._clock = clock
        # Told with each mail how many senders are inside DATA.
        self._nudge = nudge
        self._house = OpenSessions(
            SESSIONS_MAX, SESSIONS_PER_PEER_MAX, HELD_BYTES_MAX, listen.hostname
        )
        self._trouble: str | None = "not listening yet"
        self.bound: tuple[str, int] | None = None

    @property
    def trouble(self) -> str | None:
        return self._trouble

    async def run(self, *, ready: Callable[[], None]) -> None:
        """Raises OSError, naming the place, when it is taken."""
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(
                lambda: MailSession(self._house, self), self._listen.host, self._listen.port
            )
        except OSError as error:
            place = f"{self._listen.host}:{self._listen.port}"
            raise OSError(error.errno, f"mail.smtp_in.listen {place}: {error.strerror}") from error
        self.bound = server.sockets[0].getsockname()[:2]
        self._trouble = None
        log.info("listening for mail on %s port %s", *self.bound)
        try:
            ready()
            await asyncio.get_running_loop().create_future()
        finally:
            await self._drain(server)

    async def _drain(self, server: asyncio.Server) -> None:
        """Nobody new; who is between two mails is sent away, who is inside one may finish it."""
        self._trouble = "closing"
        self._house.closing = True
        server.close()
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                for session in tuple(self._house.sessions):
                    if not session.in_data:
                        await session.say_goodbye()
                while self._house.sessions:
                    await asyncio.wait([session.gone for session in self._house.sessions])
        except TimeoutError:
            log.warning("%d mail sessions cut off while closing", len(self._house.sessions))
        finally:
            for session in tuple(self._house.sessions):
                session.abort()

    async def accepts(self, recipient: str) -> str:
        if await self._addresses.find(recipient):
            return "250 2.1.5 OK"
        return "550 5.1.1 No such address here"

    async def take(self, content: bytes, envelope: Envelope, peer: str) -> str:
        if hops(content) > HOPS_MAX:
            return "554 5.4.6 Too many hops: this mail is going in circles"
        received_at = self._clock.now()
        try:
            desks = await self._desks(envelope.rcpt_tos)
            facts = _Facts(content, envelope, peer, received_at)
            rows = [_row(facts, workspace, to) for workspace, to in desks.items()]
            kept = await self._spool.keep_many(rows)
        except TooMuchAtOnce:
            log.warning("too much at once: a mail of %d bytes is to come again", len(content))
            return BUSY
        except Exception as error:
            # The boundary: whatever storage raises, the sender keeps the mail and tries again.
            log.exception("a mail of %d bytes could not be kept", len(content))
            return _DISK_FULL if is_disk_full(error) else LATER
        self._nudge(self._house.in_data())
        log.info("mail kept as %s", ", ".join(str(row.id) for row in kept))
        return "250 2.0.0 OK, kept"

    async def _desks(self, recipients: Sequence[str]) -> dict[WorkspaceId, list[str]]:
        """One row for each workspace; it learns only of its own recipients."""
        desks: dict[WorkspaceId, list[str]] = {}
        for recipient, entries in (await self._addresses.find_all(recipients)).items():
            for entry in entries:
                named = desks.setdefault(entry.workspace, [])
                if recipient not in named:
                    named.append(recipient)
        if not desks:
            raise LookupError("no desk has these addresses any more")
        return desks


@dataclass(frozen=True, slots=True)
class _Facts:
    content: bytes
    envelope: Envelope
    peer: str
    at: datetime


def _row(facts: _Facts, workspace: WorkspaceId, recipients: list[str]) -> Incoming:
    sender = _storable(facts.envelope.mail_from or "")
    sender = "" if sender == "<>" else sender
    return Incoming(
        workspace=workspace,
        channel="mail",
        kind="message",
        key=spool_key(facts.content, received_at=facts.at, sender=sender),
        raw=facts.content,
        envelope={
            "sender": sender,
            "recipients": [_storable(recipient) for recipient in recipients],
            "peer": facts.peer,
        },
        received_at=facts.at,
        sender=sender,
    )


def spool_key(raw: bytes, *, received_at: datetime, sender: str) -> str:
    """The same message over another road is the same: what relays add does not count.

    A message without Message-ID and Date (a script's) may well be sent again word for word and mean a new event:
    those are the same within one day only, which covers a client that repeats because it got no answer.
    From nowhere it is another message: it is read as a machine's answer then, and whoever got a copy and was
    faster could make the mail itself vanish as already known.
    """
    blank_line = _BLANK_LINE.search(raw, 0, HEADER_BYTES_MAX)
    end = blank_line.start() + 1 if blank_line else 0
    block = raw[:end]
    digest = hashlib.sha256(_TRACE_FIELD.sub(b"", block))
    digest.update(memoryview(raw)[end:])
    if not _IDENTIFIED.search(block):
        digest.update(received_at.date().isoformat().encode())
    if not sender or read_fields(block).text("return-path") == "<>":
        digest.update(b"from nowhere")
    return digest.hexdigest()


def hops(raw: bytes) -> int:
    blank_line = _BLANK_LINE.search(raw, 0, HEADER_BYTES_MAX)
    return len(_RECEIVED.findall(raw, 0, blank_line.start() if blank_line else 0))


def is_disk_full(error: BaseException) -> bool:
    """Whatever storage wraps it in: the system's own error, or the words in which SQLite says so."""
    return any(
        (isinstance(cause, OSError) and cause.errno == errno.ENOSPC) or "disk is full" in str(cause)
        for cause in _causes(error)
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _storable(address: str) -> str:
    """aiosmtpd keeps bytes that are no UTF-8 as surrogates; JSON takes none."""
    return storable(address.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))

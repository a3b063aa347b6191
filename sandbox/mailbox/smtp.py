"""The SMTP server of the stand-in mailbox: takes mail for anyone, and fails when told to."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal

from aiosmtpd.smtp import SMTP, Envelope, Session

from engine.ports.clock import Clock
from sandbox.base.log import EventLog

# Longer than any line of the mails collected for the tests (28,468 bytes); aiosmtpd's own is 1,000.
LINE_BYTES_MAX = 65_536
# One mail; above what deskd accepts itself (25 MB), so that the sink is never the limit.
MAIL_BYTES_MAX = 36 * 1024 * 1024

Stage = Literal["mail", "rcpt", "data"]
# (sender, recipients, the bytes as they came) -> filed
Keep = Callable[[str, Sequence[str], bytes], None]


@dataclass(frozen=True)
class SmtpFault:
    """One thing that goes wrong `times` times (None: until cleared)."""

    kind: Literal["refuse", "drop", "slow"]
    times: int | None = 1
    reply: str = ""
    stage: Stage = "rcpt"
    recipient: str | None = None
    kept: bool = True
    seconds: float = 0.0


@dataclass
class Faults:
    """The plan of what goes wrong next; the first fault that fits is used up first."""

    planned: list[SmtpFault] = field(default_factory=list)

    def refuse(
        self,
        reply: str = "451 4.3.0 try again later",
        *,
        times: int | None = 1,
        recipient: str | None = None,
        stage: Stage = "rcpt",
    ) -> None:
        """Answer with this 4xx or 5xx at that stage, for everybody or for one recipient."""
        self._plan(SmtpFault("refuse", times, reply, stage, recipient))

    def drop(self, *, times: int | None = 1, kept: bool = True) -> None:
        """After the final dot, close without an answer: was it sent or not? `kept` says."""
        self._plan(SmtpFault("drop", times, kept=kept))

    def slow(self, seconds: float, *, times: int | None = None) -> None:
        """Wait this long before answering the final dot."""
        self._plan(SmtpFault("slow", times, seconds=seconds))

    def clear(self) -> None:
        self.planned.clear()

    def take(
        self, kind: str, stage: Stage = "data", recipient: str | None = None
    ) -> SmtpFault | None:
        """The next fault of this kind that fits here, counted down."""
        for index, fault in enumerate(self.planned):
            if fault.kind == kind and _fits(fault, stage, recipient):
                self._count_down(index, fault)
                return fault
        return None

    def _plan(self, fault: SmtpFault) -> None:
        if fault.times is None or fault.times > 0:
            self.planned.append(fault)

    def _count_down(self, index: int, fault: SmtpFault) -> None:
        if fault.times == 1:
            del self.planned[index]
        elif fault.times is not None:
            self.planned[index] = replace(fault, times=fault.times - 1)


def _fits(fault: SmtpFault, stage: Stage, recipient: str | None) -> bool:
    if fault.kind != "refuse":
        return True
    named = fault.recipient is None or fault.recipient.lower() == (recipient or "").lower()
    return fault.stage == stage and named


class Sink:
    """What aiosmtpd asks at each step of a session."""

    def __init__(self, keep: Keep, faults: Faults, clock: Clock, log: EventLog) -> None:
        self._keep = keep
        self._faults = faults
        self._clock = clock
        self._log = log

    async def handle_MAIL(  # noqa: N802  # aiosmtpd calls it by this name and shape
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        mail_options: list[str],
    ) -> str:
        refusal = self._refusal("mail", address)
        if refusal:
            return refusal
        envelope.mail_from = address
        envelope.mail_options.extend(mail_options)
        return "250 2.1.0 ok"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd calls it by this name and shape
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],
    ) -> str:
        refusal = self._refusal("rcpt", address)
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 2.1.5 ok"

    async def handle_DATA(  # noqa: N802  # aiosmtpd calls it by this name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        slow = self._faults.take("slow")
        if slow:
            await self._clock.sleep_until(self._clock.now() + timedelta(seconds=slow.seconds))
        refusal = self._refusal("data", ", ".join(envelope.rcpt_tos))
        if refusal:
            return refusal
        dropped = self._faults.take("drop")
        if dropped is None or dropped.kept:
            self._keep(envelope.mail_from or "", envelope.rcpt_tos, _bytes_in(envelope))
        if dropped:
            self._log.add("mail_dropped", "Hung up after the final dot.", kept=dropped.kept)
            await _hang_up(server)
        return "250 2.0.0 kept"

    def _refusal(self, stage: Stage, address: str) -> str:
        fault = self._faults.take("refuse", stage, address)
        if fault is None:
            return ""
        self._log.add("mail_refused", f"{address}: {fault.reply}", stage=stage)
        return fault.reply


def _bytes_in(envelope: Envelope) -> bytes:
    content = envelope.original_content
    return bytes(content) if content is not None else b""


async def _hang_up(server: SMTP) -> None:
    """Close the line; losing it cancels this session, so nothing more is ever said on it."""
    _abort(server)
    await asyncio.Event().wait()


def _abort(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()


class _Session(SMTP):
    """One connection, counted by the server so that going down takes it along."""

    line_length_limit = LINE_BYTES_MAX

    def __init__(self, sink: Sink, open_sessions: set["_Session"]) -> None:
        super().__init__(
            sink,
            data_size_limit=MAIL_BYTES_MAX,
            enable_SMTPUTF8=True,
            hostname="mailbox.sandbox",
            ident="deskd sandbox",
        )
        self._open_sessions = open_sessions

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._open_sessions.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._open_sessions.discard(self)
        super().connection_lost(error)


class SmtpServer:
    """Listens, stops listening, and listens again at the same place."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._server: asyncio.Server | None = None
        self._sessions: set[_Session] = set()
        self.host = "127.0.0.1"
        self.port = 0

    @property
    def is_up(self) -> bool:
        return self._server is not None

    async def listen(self, host: str, port: int) -> None:
        """Raises OSError when the place is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Session(self._sink, self._sessions), host, port
        )
        self.host = host
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        for session in tuple(self._sessions):
            _abort(session)
        await server.wait_closed()

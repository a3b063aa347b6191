"""Stand-ins that keep the ports' promises, and a raw SMTP line, for the tests of mail."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from engine.ports.spool import Incoming, Kept
from engine.ports.views import DeskAddress
from engine.tickets.people import DEFAULT, TeamId, WorkspaceId
from mail.intake.smtp_in import Listen, SmtpIn
from mail.thread import Signer
from tests import fixtures
from tests.clock import ManualClock

SECRET = "a secret of the tests, long enough"
SIGNER = Signer(SECRET)
SUPPORT = "support@desk.test"
OTHER = WorkspaceId("other")
DATA = fixtures.DATA / "mail"

MAIL = (
    b"From: Bob <bob@example.com>\r\nTo: support@desk.test\r\nSubject: VPN is down\r\n"
    b"Date: Mon, 2 Mar 2026 10:00:00 +0100\r\nMessage-ID: <one@example.com>\r\n\r\nIt does not connect.\r\n"
)


class Book:
    """An address book of two workspaces."""

    def __init__(self) -> None:
        self.desks = {
            SUPPORT: [DeskAddress(SUPPORT, DEFAULT, TeamId("support"))],
            "help@other.test": [DeskAddress("help@other.test", OTHER, TeamId("help"))],
        }
        self.error: Exception | None = None

    async def find(self, address: str) -> Sequence[DeskAddress]:
        return (await self.find_all([address]))[address]

    async def find_all(self, addresses: Iterable[str]) -> Mapping[str, Sequence[DeskAddress]]:
        if self.error:
            raise self.error
        return {address: self._known(address) for address in addresses}

    def _known(self, address: str) -> Sequence[DeskAddress]:
        local, _, domain = address.lower().rpartition("@")
        return self.desks.get(f"{local.partition('+')[0]}@{domain}", [])


@dataclass
class MemorySpool:
    """Keeps by key, all or none; can be slow or in trouble."""

    rows: dict[tuple[str, str], Incoming] = field(default_factory=dict)
    gate: asyncio.Event | None = None
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    error: Exception | None = None

    async def keep_many(self, incoming: Sequence[Incoming]) -> Sequence[Kept]:
        self.entered.set()
        if self.gate:
            await self.gate.wait()
        if self.error:
            raise self.error
        kept = []
        for one in incoming:
            fresh = (one.workspace, one.key) not in self.rows
            self.rows.setdefault((one.workspace, one.key), one)
            kept.append(Kept(list(self.rows).index((one.workspace, one.key)) + 1, fresh))
        return kept

    @property
    def only(self) -> Incoming:
        (row,) = self.rows.values()
        return row


@dataclass
class Door:
    """An SmtpIn that listens."""

    part: SmtpIn
    spool: MemorySpool
    book: Book
    nudges: list[int]
    close: asyncio.Event
    lines: "list[Line]" = field(default_factory=list)

    async def line(self) -> "Line":
        assert self.part.bound
        line = Line(*await asyncio.open_connection(*self.part.bound))
        self.lines.append(line)
        line.greeting = await line.reply()
        return line


@asynccontextmanager
async def open_door() -> AsyncIterator[Door]:
    spool, book, nudges = MemorySpool(), Book(), list[int]()
    part = SmtpIn(
        Listen("127.0.0.1", 0, "desk.test"),
        spool,  # type: ignore[arg-type]  # the door keeps mail and asks nothing else of a spool
        book,
        ManualClock(),
        nudge=nudges.append,
    )
    ready = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(part.run(ready=ready.set))
        await asyncio.wait_for(ready.wait(), 30)
        close = asyncio.Event()
        closer = group.create_task(_cancel_at(close, running))
        door = Door(part, spool, book, nudges, close)
        try:
            yield door
        finally:
            for line in door.lines:
                await line.end()
            close.set()
        await closer


async def _cancel_at(close: asyncio.Event, running: "asyncio.Task[None]") -> None:
    await close.wait()
    running.cancel()


@dataclass
class Line:
    """A client that says exactly what it is told."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    greeting: str = ""

    async def reply(self) -> str:
        lines = []
        while True:
            line = (await asyncio.wait_for(self.reader.readline(), 30)).decode()
            lines.append(line.rstrip("\r\n"))
            if line[3:4] != "-":
                return "\n".join(lines)

    async def say(self, words: str) -> str:
        return await self.send(words.encode() + b"\r\n")

    async def send(self, data: bytes) -> str:
        self.writer.write(data)
        await self.writer.drain()
        return await self.reply()

    async def envelope(self, *to: str, sender: str = "bob@example.com") -> list[str]:
        replies = [await self.say("EHLO client.test"), await self.say(f"MAIL FROM:<{sender}>")]
        return [*replies, *[await self.say(f"RCPT TO:<{one}>") for one in to]]

    async def data(self, content: bytes) -> str:
        """The final reply; `content` is sent as it is, dots included."""
        begin = await self.say("DATA")
        return await self.send(content + b"\r\n.\r\n") if begin.startswith("354") else begin

    async def mail(self, content: bytes, *to: str, sender: str = "bob@example.com") -> str:
        await self.envelope(*(to or (SUPPORT,)), sender=sender)
        return await self.data(content)

    async def is_closed(self) -> bool:
        return await asyncio.wait_for(self.reader.read(), 30) == b""

    async def end(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()

"""A relay that takes mail on loopback and fails as it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Sink:
    """`faults`: the beginning of a command -> the replies it gets next; "" hangs up instead.

    "CONNECT" is the greeting, "." the answer to the final dot.
    """

    port: int = 0
    faults: dict[str, list[str]] = field(default_factory=dict)
    mails: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    connections: int = 0
    commands: list[str] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    keep_before_fault: bool = True

    def fault(self, command: str) -> str | None:
        for start, replies in self.faults.items():
            if command.upper().startswith(start) and replies:
                return replies.pop(0)
        return None

    def hang_up(self) -> None:
        for writer in self.writers:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await _Talk(self, reader, writer).run()
        writer.close()


@dataclass
class _Talk:
    """One connection."""

    sink: Sink
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sender: str = ""
    recipients: list[str] = field(default_factory=list)

    async def run(self) -> None:
        going_on = await self.say(self.sink.fault("CONNECT") or "220 sink")
        while going_on:
            command = (await self.reader.readuntil(b"\r\n")).decode().strip()
            self.sink.commands.append(command)
            reply = self.sink.fault(command)
            if reply is None:
                reply = await self.obey(command)
            going_on = await self.say(reply) and not reply.startswith(("221", "421"))

    async def obey(self, command: str) -> str:
        match command.upper().partition(" ")[0]:
            case "EHLO":
                return "250-sink\r\n250 SIZE 1000000"
            case "QUIT":
                return "221 bye"
            case "MAIL":
                self.sender = command.partition(":")[2].partition(" ")[0]
                self.recipients = []
            case "RCPT":
                self.recipients.append(command.partition(":")[2])
            case "DATA":
                await self.say("354 go on")
                return self.file((await self.reader.readuntil(b"\r\n.\r\n"))[:-3])
        return "250 ok"

    def file(self, content: bytes) -> str:
        fault = self.sink.fault(".")
        if fault is None or (not fault and self.sink.keep_before_fault):
            self.sink.mails.append((self.sender, self.recipients, content))
        return "250 ok" if fault is None else fault

    async def say(self, reply: str) -> bool:
        if not reply:
            self.writer.transport.abort()
            return False
        self.writer.write(reply.encode() + b"\r\n")
        await self.writer.drain()
        return True


@asynccontextmanager
async def open_sink() -> AsyncIterator[Sink]:
    sink = Sink()
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0, limit=2**20)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
        sink.hang_up()
        await server.wait_closed()

"""A bounded SMTP client in a process of its own: many kept connections, one mail after the other on each.

`python -m benchmarks.smtp_load PORT CONNECTIONS MAILS` prints one JSON line: when it began and ended
(monotonic, so that other processes of this machine can go on from there), seconds, and times to 250.
It speaks the least SMTP that works, so that it costs the machine little beside the server it measures.
"""

import asyncio
import json
import statistics
import sys
import time
from dataclasses import dataclass, field
from typing import Final

HOST: Final = "127.0.0.1"
TO: Final = "support@localhost"
FILLER: Final = "The printer on the third floor prints every page twice and then stops until it is restarted.\r\n"
BODY_LINES: Final = 18  # about 2 kB with headers, the size the research measured with
SENDERS: Final = 500  # so many that at 2,000 mails each still gets its receipts
MAILS_MAX: Final = 100_000  # a mistyped count must not fill a disk


@dataclass
class Tally:
    left: int
    seconds: list[float] = field(default_factory=list)

    def take(self) -> int | None:
        self.left -= 1
        return self.left if self.left >= 0 else None


def mail(number: int) -> bytes:
    sender = f"person{number % SENDERS}@example.com"
    return (
        f"From: Person {number % SENDERS} <{sender}>\r\nTo: {TO}\r\nSubject: Printer trouble number {number}\r\n"
        f"Message-ID: <{number}.{time.monotonic_ns()}@example.com>\r\nDate: Mon, 16 Nov 2026 10:00:00 +0100\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{FILLER * BODY_LINES}.\r\n"
    ).encode()


async def session(port: int, tally: Tally) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    await reader.readline()
    await ask(reader, writer, b"EHLO bench.example\r\n")
    while (number := tally.take()) is not None:
        sender = f"person{number % SENDERS}@example.com"
        begun = time.perf_counter()
        await ask(reader, writer, f"MAIL FROM:<{sender}>\r\n".encode())
        await ask(reader, writer, f"RCPT TO:<{TO}>\r\n".encode())
        await ask(reader, writer, b"DATA\r\n")
        await ask(reader, writer, mail(number))
        tally.seconds.append(time.perf_counter() - begun)
    writer.write(b"QUIT\r\n")
    writer.close()


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: bytes) -> None:
    writer.write(line)
    while True:
        answer = await reader.readline()
        if not answer.startswith((b"2", b"3")):
            raise RuntimeError(f"{line[:40]!r} was answered {answer!r}")
        if answer[3:4] != b"-":
            return


async def run(port: int, connections: int, mails: int) -> dict[str, float]:
    tally = Tally(min(mails, MAILS_MAX))
    begun = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(session(port, tally))
    ended = time.monotonic()
    # One mail has no centiles; twice the same has.
    centiles = statistics.quantiles(tally.seconds * 2, n=100)
    return {
        "mails": mails,
        "begun": begun,
        "ended": ended,
        "seconds": ended - begun,
        "p50_ms": centiles[49] * 1000,
        "p99_ms": centiles[98] * 1000,
    }


if __name__ == "__main__":
    port, connections, mails = (int(word) for word in sys.argv[1:4])
    print(json.dumps(asyncio.run(run(port, connections, mails))))

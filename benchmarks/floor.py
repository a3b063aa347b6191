"""The floor: aiosmtpd with one grouped SQLite FULL commit and no ticket work. The least that is still durable.

`python -m benchmarks.floor DIR` serves until SIGTERM and prints its port. It keeps raw bytes under a unique key, many
mails to a commit in one writer thread, and says 250 after the commit: what deskd must do, and nothing else.
"""

import asyncio
import hashlib
import queue
import signal
import sqlite3
import sys
import threading
from concurrent.futures import Future
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

GROUP_MAX = 64


class Writer:
    def __init__(self, path: Path) -> None:
        self.waiting: queue.SimpleQueue[tuple[bytes, Future[None]] | None] = queue.SimpleQueue()
        self.path = path
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self) -> None:
        database = sqlite3.connect(self.path, isolation_level=None)
        database.execute("pragma journal_mode=wal")
        database.execute("pragma synchronous=full")
        database.execute("create table spool (id integer primary key, key text unique, raw blob)")
        while (first := self.waiting.get()) is not None:
            group = [first]
            while len(group) < GROUP_MAX and not self.waiting.empty():
                more = self.waiting.get()
                if more is None:
                    return
                group.append(more)
            rows = [(hashlib.sha256(raw).hexdigest(), raw) for raw, _ in group]
            database.execute("begin immediate")
            database.executemany("insert or ignore into spool (key, raw) values (?, ?)", rows)
            database.execute("commit")
            for _, done in group:
                done.set_result(None)

    async def keep(self, raw: bytes) -> None:
        done: Future[None] = Future()
        self.waiting.put((raw, done))
        await asyncio.wrap_future(done)


class Handler:
    def __init__(self, writer: Writer) -> None:
        self.writer = writer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's hook
        assert isinstance(envelope.content, bytes)
        await self.writer.keep(envelope.content)
        return "250 2.0.0 kept"


async def main(folder: Path) -> None:
    handler = Handler(Writer(folder / "floor.db"))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, hostname="floor"), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))

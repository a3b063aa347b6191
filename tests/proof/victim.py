"""`deskd run` as an operator starts it, in a process that can be killed, and its data looked at beside it."""

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from deskd.base.clock import WallClock
from engine.lists.asking import Asked, TicketFilter
from engine.lists.reading import OPERATOR
from engine.ports.views import OutboxLine, SpoolLine
from engine.tickets.people import DEFAULT
from sandbox.slack.driver import SlackStandIn
from storage.checks.fsck import fsck
from storage.open.open_storage import Storage, open_storage

DESK: Final = "support@localhost"
KEY: Final = "proof-key-proof-key-proof-key-proof-key"
HOST: Final = "127.0.0.1"
REPOSITORY: Final = Path(__file__).parents[2]
START_SECONDS_MAX: Final = 30
FSCK_SECONDS_MAX: Final = 120
ROWS_MAX: Final = 100_000
LOOK_EVERY_SECONDS: Final = 0.5


def free_port() -> int:
    """The same one for every life: a client comes back to where it was."""
    with socket.socket() as chosen:
        chosen.bind((HOST, 0))
        port: int = chosen.getsockname()[1]
        return port


@dataclass
class Victim:
    folder: Path
    database: str
    port: int
    process: asyncio.subprocess.Process | None = None

    @property
    def config(self) -> Path:
        return self.folder / "deskd.toml"

    @property
    def files(self) -> Path:
        return self.folder / "files"

    def configure(self, relay: tuple[str, int] | None, slack: SlackStandIn | None = None) -> None:
        lines = [
            f'secret_key = "{KEY}"',
            f'database.url = "{self.database}"',
            f'storage.attachments = "{self.files}"',
            'desk.domains = ["example.com"]',
            'http.listen = "127.0.0.1:0"',
            "[mail]",
            f'address = "{DESK}"',
            f'smtp_in.listen = "{HOST}:{self.port}"',
        ]
        if relay:
            lines.append(f'smtp_out.url = "smtp://{relay[0]}:{relay[1]}"')
        if slack:
            lines += [
                "[slack]",
                f'bot_token = "{slack.bot_token}"',
                f'app_token = "{slack.app_token}"',
                f'base_url = "{slack.base_url}"',
                f'channel = "{slack.channel("it-desk").id}"',
            ]
        self.config.write_text("\n".join(lines) + "\n", encoding="utf-8")

    async def start(self) -> None:
        """Begun; `door` waits until it takes mail."""
        self.process = await self._deskd("run", log="daemon.log")

    async def door(self) -> None:
        async with asyncio.timeout(START_SECONDS_MAX):
            while not await self._greets():
                assert self.process is not None
                assert self.process.returncode is None, "the daemon ended by itself: daemon.log"
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """SIGKILL: no signal is caught, nothing is flushed."""
        assert self.process is not None
        assert self.process.returncode is None, "the daemon ended by itself: daemon.log"
        self.process.kill()
        await self.process.wait()
        self.process = None

    async def stop(self) -> None:
        """SIGTERM, if it still lives; its exit code must say that all was well."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        assert await self.process.wait() == 0
        self.process = None

    def resident_bytes(self) -> int:
        """RSS, as Linux tells it."""
        assert self.process is not None
        pages = Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    async def emptied(self, within: float) -> None:
        """Until nothing waits in spool and outbox."""
        async with asyncio.timeout(within), self.storage() as storage:
            while True:
                spool = await storage.views.spool_depth()
                outbox = await storage.views.outbox_depth()
                if not spool.waiting and not outbox.waiting:
                    return
                await asyncio.sleep(LOOK_EVERY_SECONDS)

    # Looking

    @asynccontextmanager
    async def storage(self) -> AsyncIterator[Storage]:
        storage = await open_storage(self.database, self.files, WallClock())
        try:
            yield storage
        finally:
            await storage.close()

    async def subjects(self) -> list[str]:
        """Of all tickets, page by page."""
        subjects: list[str] = []
        asked = Asked(TicketFilter(everything=True), limit=1000)
        async with self.storage() as storage:
            while True:
                page = await storage.views.tickets(DEFAULT, OPERATOR, asked, now=WallClock().now())
                subjects += [line.ticket.subject for line in page.lines]
                if page.next is None:
                    return subjects
                asked = replace(asked, after=page.next)

    async def rows(self) -> tuple[list[SpoolLine], list[OutboxLine]]:
        async with self.storage() as storage:
            views = storage.views
            return list(await views.spool(limit=ROWS_MAX)), list(await views.outbox(limit=ROWS_MAX))

    async def promises_broken(self) -> list[str]:
        """What `deskd fsck` and the tables' own check find."""
        command = await self._deskd("fsck", log="fsck.log")
        async with asyncio.timeout(FSCK_SECONDS_MAX):
            code = await command.wait()
        said = [] if code == 0 else [(self.folder / "fsck.log").read_text(encoding="utf-8")]
        async with self.storage() as storage:
            return said + [f"{one.code}: {one.text}" for one in await fsck(storage)]

    async def _deskd(self, command: str, *, log: str) -> asyncio.subprocess.Process:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DESKD_")}
        with (self.folder / log).open("ab") as said:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "deskd", "--config", str(self.config), command),
                cwd=REPOSITORY,
                env=environment,
                stdout=said,
                stderr=said,
            )

    async def _greets(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection(HOST, self.port)
        except OSError:
            return False
        try:
            return (await reader.readline()).startswith(b"220")
        except OSError:
            return False
        finally:
            writer.close()


@asynccontextmanager
async def victim(folder: Path, database: str) -> AsyncIterator[Victim]:
    made = Victim(folder, database, free_port())
    try:
        yield made
    finally:
        if made.process is not None and made.process.returncode is None:
            made.process.kill()
            await made.process.wait()

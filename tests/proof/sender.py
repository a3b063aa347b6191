"""A mail server that hands mail in as the RFC says: each mail is its own until somebody said 250 to it."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

import aiosmtplib

from deskd.base.clock import WallClock
from tests.proof.victim import DESK, HOST

CONNECTIONS: Final = 10
# A real one waits minutes; this one is to be there at once when the door opens again.
TRY_AGAIN_SECONDS: Final = 0.05


@dataclass(frozen=True)
class Letter:
    sender: str
    subject: str
    raw: bytes


def letters(count: int) -> list[Letter]:
    """Each from another person, so that nobody's receipts are held back as too many."""
    at = format_datetime(WallClock().now())
    made = []
    for number in range(count):
        mail = EmailMessage()
        mail["From"] = f"Person {number} <person{number}@example.com>"
        mail["To"], mail["Date"], mail["Subject"] = DESK, at, f"Trouble number {number}"
        mail["Message-ID"] = f"<trouble.{number}@example.com>"
        mail.set_content(f"The printer in room {number} prints every page twice.\n")
        raw = mail.as_bytes()
        made.append(Letter(f"person{number}@example.com", str(mail["Subject"]), raw))
    return made


@dataclass
class Sender:
    """Mail goes out in bursts: as much as `release` lets go, as fast as several connections can."""

    port: int
    mail: Sequence[Letter]
    accepted: int = 0
    repeated: int = 0
    """Handed in whole, and again since no 250 came."""
    _released: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    _unreleased: int = 0

    def __post_init__(self) -> None:
        self._unreleased = len(self.mail)

    def release(self, count: int) -> None:
        count = min(count, self._unreleased)
        self._unreleased -= count
        for _ in range(count):
            self._released.release()

    async def send(self) -> None:
        """Returns when every mail was accepted."""
        waiting = deque(self.mail)
        async with asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(self._work(waiting))

    async def _work(self, waiting: deque[Letter]) -> None:
        client = aiosmtplib.SMTP(hostname=HOST, port=self.port, start_tls=False)
        try:
            while waiting:
                letter = waiting.popleft()
                await self._released.acquire()
                await self._hand_in(client, letter)
                self.accepted += 1
        finally:
            client.close()

    async def _hand_in(self, client: aiosmtplib.SMTP, letter: Letter) -> None:
        while True:
            if await self._said_yes(client, letter):
                return
            await asyncio.sleep(TRY_AGAIN_SECONDS)

    async def _said_yes(self, client: aiosmtplib.SMTP, letter: Letter) -> bool:
        """False: the line died or they said 4xx. A 5xx is raised: nobody may refuse these mails."""
        handed_in = False
        try:
            if not client.is_connected:
                await client.connect()
            await client.ehlo()
            await client.mail(letter.sender)
            await client.rcpt(DESK)
            handed_in = True
            await client.data(letter.raw)
        except (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPException, OSError) as trouble:
            if isinstance(trouble, aiosmtplib.SMTPResponseException) and trouble.code >= 500:
                raise
            self.repeated += handed_in
            client.close()
            return False
        return True

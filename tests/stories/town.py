"""A whole town for the stories: the real daemon, a Slack and a mailbox on loopback, people, and a clock to move.

The clock stands still until a story moves it, or until the story waits for something that does not come by itself:
then it goes on second by second, so that polls, pauses and back-offs run without anybody sleeping.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Final, TypeVar

import aiosmtplib

from deskd.build import Built
from deskd.config.load import load
from deskd.run import opened
from deskd.settings.settings import Settings
from engine.lists.asking import Asked, TicketFilter
from engine.lists.reading import OPERATOR
from engine.ports.views import OutboxLine, SpoolLine, TicketFile, TicketLine, Views
from engine.tickets.people import DEFAULT
from sandbox.base.workspace import Message, View
from sandbox.mailbox.letter import ReceivedMail
from sandbox.mailbox.mailbox import Mailboxes
from sandbox.mailbox.person import MailPerson
from sandbox.slack.actor import Actor
from sandbox.slack.driver import SlackStandIn
from sandbox.slack.interactions import ActOutcome
from storage.open.open_storage import Storage, open_storage
from tests.clock import ManualClock

DESK: Final = "support@example.com"
KEY: Final = "story-key-story-key-story-key-story-key"
# How long to wait for something before the clock is moved on by a second, and how often.
GLANCE_SECONDS: Final = 0.25
SECONDS_MAX: Final = 40

T = TypeVar("T")


@dataclass
class Town:
    folder: Path
    database: str
    clock: ManualClock
    slack: SlackStandIn
    mailbox: Mailboxes
    extra: str = ""
    bot_token: str | None = None
    built: Built | None = None
    _beside: Storage | None = None
    _daemon: asyncio.Task[None] | None = None
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    # The daemon

    async def start(self) -> None:
        """`deskd run` in this loop, with our clock."""
        self.built = await self._stack.enter_async_context(opened(self.settings(), self.clock))
        self._daemon = asyncio.get_running_loop().create_task(self.built.daemon.run())
        await self.until(lambda: self.smtp is not None, "the mail door")
        self.mailbox.via = self.smtp
        if self.bot_token is None and not self.slack.faults.down:
            await self.connected()

    async def connected(self) -> None:
        """Until a socket is open that was not cut: the watchdog needs some seconds of the clock for that."""
        for _ in range(200):
            if any(not one.leaving for one in self.slack.sockets.connections):
                return
            await self.clock.forward(seconds=1)
            await asyncio.sleep(0.02)  # handshakes take real time
        raise AssertionError("the bot does not connect")

    async def stop(self) -> None:
        """SIGTERM: drains and ends."""
        if self.built is None or self._daemon is None:
            return
        self.built.daemon.stop.set()
        ending = self._daemon
        await self.until(ending.done, "the daemon's end")
        await ending
        await self._stack.aclose()
        self.built, self._daemon = None, None

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    @property
    def smtp(self) -> tuple[str, int] | None:
        return self.built.smtp_in.bound if self.built and self.built.smtp_in else None

    def settings(self) -> Settings:
        host, port = self.mailbox.address
        (self.folder / "deskd.toml").write_text(
            f'secret_key = "{KEY}"\n'
            f'[database]\nurl = "{self.database}"\n'
            f'[storage]\nattachments = "{self.folder}/files"\n'
            f'[desk]\ndomains = ["example.com"]\n'
            f'[mail]\naddress = "{DESK}"\nsmtp_in.listen = "127.0.0.1:0"\n'
            f'smtp_out.url = "smtp://{host}:{port}"\n'
            f'[slack]\nbot_token = "{self.bot_token or self.slack.bot_token}"\n'
            f'app_token = "{self.slack.app_token}"\nbase_url = "{self.slack.base_url}"\n'
            f'channel = "{self.slack.channel("it-desk").id}"\n'
            f'[http]\nlisten = "127.0.0.1:0"\n'
            f'[[people]]\nname = "Ben"\nslack = "{self.slack.user("ben").user_id}"\n'
            f'mail = "ben@example.com"\nrole = "senior"\nteams = ["support"]\n'
            f'[[people]]\nname = "Mia"\nslack = "{self.slack.user("mia").user_id}"\nrole = "manager"\n'
            f"{self.extra}\n"
        )
        file = self.folder / "deskd.toml"
        return load(config=file, environment={}, flags={}, cwd=self.folder).settings

    # People

    def person(self, name: str) -> Actor:
        return self.slack.user(name)

    def writer(self, address: str) -> MailPerson:
        return self.mailbox.person(address, address.partition("@")[0].title())

    async def mail(self, sender: str, subject: str, text: str, **more: object) -> None:
        """From an employee's mail program to the desk."""
        await self.writer(sender).compose(DESK, subject, text, **more)  # type: ignore[arg-type] # compose's own

    async def raw_mail(
        self, sender: str, message: EmailMessage | bytes, *, to: Sequence[str] = (DESK,)
    ) -> None:
        assert self.smtp is not None
        content = message if isinstance(message, bytes) else message.as_bytes()
        host, port = self.smtp
        await aiosmtplib.send(
            content, sender=sender, recipients=list(to), hostname=host, port=port, start_tls=False
        )

    async def form(self, who: Actor) -> View:
        """The modal that opens after a click."""
        found = await self.until(lambda: who.modal, f"form for {who.user.name}")
        assert found is not None
        return found

    async def resolve(self, who: Actor, ticket: str, text: str | None = None) -> None:
        """By the card's button and its form."""
        worked(await who.click(await self.card(ticket), "resolve"))
        words = {"words": text} if text else {}
        worked(await who.submit(await self.form(who), words))
        await self.card("Resolved")

    # Looking

    async def until(self, look: Callable[[], T], what: str) -> T:
        """The first truthy answer; time goes on when nothing happens by itself."""
        for _ in range(SECONDS_MAX):
            try:
                return await self.slack.wait_for(look, within=GLANCE_SECONDS)
            except AssertionError:
                pass
            await self.clock.forward(seconds=1)
        # Enough time has passed; a busy machine may not have used it yet.
        try:
            return await self.slack.wait_for(look)
        except AssertionError as complaint:
            raise AssertionError(f"no {what} in {SECONDS_MAX} s: {complaint}") from complaint

    async def card(self, containing: str, channel: str = "it-desk") -> Message:
        """The ticket's card in a channel: a root message with these words."""

        def look() -> Message | None:
            roots = [m for m in self.slack.messages(channel) if m.thread_ts in (None, m.ts)]
            fitting = [m for m in roots if containing in m.visible_text()]
            return fitting[-1] if fitting else None

        found = await self.until(look, f"card with {containing!r}")
        assert found is not None
        return found

    async def in_thread(self, card: Message, containing: str) -> Message:
        def look() -> Message | None:
            replies = [m for m in self.slack.thread(card) if m.ts != card.ts]
            return next((m for m in replies if containing in m.visible_text()), None)

        found = await self.until(look, f"{containing!r} in the thread")
        assert found is not None
        return found

    async def letter(
        self, to: str, subject: str = "", *, containing: str = "", count: int = 1
    ) -> ReceivedMail:
        """The `count`-th received mail that fits."""

        def look() -> ReceivedMail | None:
            fitting = [
                one
                for one in self.mailbox.received(to)
                if subject in one.subject and containing in one.text
            ]
            return fitting[count - 1] if len(fitting) >= count else None

        found = await self.until(look, f"letter to {to} with {subject!r} {containing!r}")
        assert found is not None
        return found

    async def still(self) -> None:
        """A moment of real time in which the clock stands: whatever is due by now has happened."""
        for _ in range(20):
            await self.clock.settle()
            await asyncio.sleep(0.01)  # the writer's thread and the sockets work in real time

    async def quiet(self) -> None:
        """Until nothing waits any more: what has not come by then does not come."""
        while True:
            spool = [row for row in await self.spool() if row.state == "waiting"]
            outbox = [row for row in await self.outbox() if row.state in ("waiting", "sending")]
            if not spool and not outbox:
                return
            await self.clock.forward(seconds=1)
            await asyncio.sleep(0.01)  # the writer's thread works in real time

    async def _views(self) -> Views:
        """Of a storage opened once, beside the daemon's, as a command opens it."""
        if self._beside is None:
            self._beside = await open_storage(self.database, self.folder / "files", self.clock)
        return self._beside.views

    async def close(self) -> None:
        await self.stop()
        if self._beside is not None:
            await self._beside.close()

    async def tickets(self) -> list[TicketLine]:
        asked = Asked(TicketFilter(everything=True), limit=1000)
        views = await self._views()
        page = await views.tickets(DEFAULT, OPERATOR, asked, now=self.clock.now())
        return sorted(page.lines, key=lambda line: line.ticket.number)

    async def ticket(self, number: int = 1) -> TicketFile:
        found = await (await self._views()).ticket_file(DEFAULT, number)
        assert found is not None
        return found

    async def state(self, number: int = 1) -> str:
        return (await self.ticket(number)).line.ticket.state.value

    async def spool(self) -> list[SpoolLine]:
        return list(await (await self._views()).spool())

    async def outbox(self) -> list[OutboxLine]:
        return list(await (await self._views()).outbox())


def worked(outcome: ActOutcome) -> None:
    """The click, command or form was taken by the app without an error that the person sees."""
    assert outcome.ok, outcome


@asynccontextmanager
async def town(
    folder: Path,
    database: str,
    *,
    extra: str = "",
    start: bool = True,
    bot_token: str | None = None,
) -> AsyncIterator[Town]:
    """Ana and Ben work in the private channel #it-desk; Bob and Carla ask; Mia manages; Gus is a guest."""
    clock = ManualClock()
    async with SlackStandIn.start(clock) as slack:
        for name in ("ana", "ben", "mia", "carla"):
            slack.add_user(name)
        slack.add_user("gus", guest=True)
        slack.add_channel("it-desk", private=True, members=["ana", "ben", "gus"])
        slack.add_channel("general", members=["ana", "ben", "mia", "carla"])
        mailbox = Mailboxes(clock, log=slack.log)
        await mailbox.start()
        made = Town(folder, database, clock, slack, mailbox, extra, bot_token)
        try:
            if start:
                await made.start()
            yield made
        finally:
            await made.close()
            await mailbox.close()

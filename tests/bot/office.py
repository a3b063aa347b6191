"""A small office: the real desk on a real SQLite file, Slack's face, the stand-in, and people in it."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bot.transport.app import SlackNeeds, SlackParts, SlackSettings, face
from bot.transport.connection import Patience
from deskd.parts.reports import Reports
from engine.desk.desk import Desk
from engine.desk.directory import DeclaredWorkspace
from engine.desk.receiving import Received
from engine.messages.effects import Tell
from engine.ports.clock import Part
from engine.ports.outbox import Later, Never, Parcel, Sent, back_off
from engine.ports.spool import Spool
from engine.ports.views import TicketFile
from engine.shifts.duty_desk import DutyDesk
from engine.tickets.message import Inbound, Proof, Reference
from engine.tickets.people import DEFAULT, Address, Identity, Team, TeamId
from engine.tickets.workspace import Workspace
from sandbox.base.workspace import Message
from sandbox.slack.actor import Actor
from sandbox.slack.driver import SlackStandIn
from storage.open.open_storage import Storage, open_storage
from tests.clock import PacedClock

HASTE = Patience(
    ping_every=timedelta(seconds=0.2),
    connect_within=timedelta(seconds=0.6),
    watch_every=timedelta(seconds=0.05),
    rebuild_after=timedelta(seconds=0.4),
    close_within=timedelta(seconds=0.3),
)
PATIENCE = 30.0
"""A hang must end; no verdict depends on it, however busy the machine is."""
TEAM = TeamId("support")


async def nobody_to_introduce(_slack_team: str) -> None:
    """The office's people are known by their own furnishing."""


class CountingIds:
    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new(self) -> str:
        return f"{next(self._numbers):026d}"


@dataclass
class Postman:
    """What deskd/delivery does, in small: due parcels to their couriers, and the outcome written down."""

    storage: Storage
    clock: PacedClock
    courier: Callable[[Parcel], object] | None = None
    mails: list[Tell] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: bool = False
    laters: list[Later] = field(default_factory=list)
    nevers: list[Never] = field(default_factory=list)

    def nudge(self) -> None:
        self.news.set()

    async def run(self, slack: SlackParts) -> None:
        while True:
            self.news.clear()
            if self.stopped or not await self._round(slack):
                try:
                    async with asyncio.timeout(0.05):
                        await self.news.wait()
                except TimeoutError:
                    continue

    async def _round(self, slack: SlackParts) -> int:
        now = self.clock.now()
        parcels = await self.storage.outbox.lease(
            now=now, until=now + timedelta(seconds=30), limit=20
        )
        for parcel in parcels:
            await self._one(slack, parcel)
        return len(parcels)

    async def _one(self, slack: SlackParts, parcel: Parcel) -> None:
        try:
            if parcel.effect.to.channel == "mail":
                assert isinstance(parcel.effect, Tell)
                self.mails.append(parcel.effect)
                sent = Sent()
            else:
                sent = await slack.courier.deliver(parcel)
        except Later as later:
            self.laters.append(later)
            wait = later.after or back_off(parcel.attempts, spread=0) / 10
            await self.storage.outbox.later(
                parcel,
                reason=later.reason,
                at=self.clock.now() + wait,
                uncertain=later.uncertain,
            )
        except Never as never:
            self.nevers.append(never)
            await self.storage.outbox.never(parcel, reason=never.reason, at=self.clock.now())
        else:
            await self.storage.outbox.sent(parcel, sent, at=self.clock.now())


@dataclass
class Office:
    slack: SlackStandIn
    storage: Storage
    desk: Desk
    face: SlackParts
    clock: PacedClock
    postman: Postman
    team: Team
    trouble_expected: bool = False
    """Red lines in the stand-in's log are part of the test."""
    _mails: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def ana(self) -> Actor:
        """An agent."""
        return self.slack.user("ana")

    @property
    def ben(self) -> Actor:
        """Another agent."""
        return self.slack.user("ben")

    @property
    def cleo(self) -> Actor:
        """A colleague who is no agent."""
        return self.slack.user("cleo")

    async def mail(
        self, subject: str = "VPN is down", text: str = "It does not connect.", name: str = "Dora"
    ) -> Received:
        """As mail/reader hands it in."""
        number = next(self._mails)
        address = f"{name.split(maxsplit=1)[0].lower()}@example.org"
        return await self.desk.receive(
            DEFAULT,
            Inbound(
                channel="mail",
                key=f"mail-{number}",
                sender=Identity("mail", "", address),
                sender_name=name,
                subject=subject,
                text=text,
                received_at=self.clock.now(),
                reference=Reference("mail", "", "message", f"<{number}@example.org>"),
                source=Address("mail", address),
            ),
        )

    async def joins(self, text: str, number: int = 1) -> Received:
        """The requester of a mailed ticket answers, with our token."""
        requester = (await self.file(number)).line.requester
        address = requester.known_as("mail")
        assert address is not None
        id = next(self._mails)
        return await self.desk.receive(
            DEFAULT,
            Inbound(
                channel="mail",
                key=f"mail-{id}",
                sender=Identity("mail", "", address),
                sender_name=requester.name,
                subject="Re: VPN is down",
                text=text,
                received_at=self.clock.now(),
                reference=Reference("mail", "", "message", f"<{id}@example.org>"),
                proofs=(Proof(number, "token"),),
                source=Address("mail", address),
            ),
        )

    async def card(self, containing: str = "VPN is down") -> Message:
        return await self.slack.message(channel="it-desk", containing=containing)

    async def thread(self, card: Message, containing: str) -> Message:
        return await self.slack.message(thread=card, containing=containing)

    async def file(self, number: int = 1) -> TicketFile:
        file = await self.storage.views.ticket_file(DEFAULT, number)
        assert file is not None
        return file

    async def state(self, number: int = 1) -> str:
        return (await self.file(number)).line.ticket.state.value

    async def until(self, look: Callable[[], object]) -> None:
        await self.slack.wait_for(look)

    async def spool_states(self) -> list[tuple[str, str, str | None]]:
        lines = await self.storage.views.spool()
        return [(line.kind, line.state, line.reason) for line in lines]

    async def settled(self) -> None:
        """Until all that people did has arrived and nothing waits in the spool."""
        sockets = self.slack.sockets

        async def look() -> bool:
            if sockets._pending or not all(sent.ack or sent.repeated for sent in sockets.sent):
                return False
            return all(state != "waiting" for _, state, _ in await self.spool_states())

        await self.becomes(look)

    async def delivered(self) -> None:
        """Until nothing waits in the outbox."""

        async def look() -> bool:
            lines = await self.storage.views.outbox()
            return all(line.state not in ("waiting", "sending") for line in lines)

        await self.becomes(look)

    async def becomes(self, look: Callable[[], Awaitable[bool]]) -> None:
        """What only the database shows."""
        async with asyncio.timeout(PATIENCE):
            while True:
                if await look():
                    return
                await asyncio.sleep(0.01)


def furnish(slack: SlackStandIn) -> Team:
    for name in ("ana", "ben", "cleo"):
        slack.add_user(name)
    slack.add_channel("general", members=["ana", "ben", "cleo"])
    desk = slack.add_channel("it-desk", private=True, members=["ana", "ben"])
    return Team(TEAM, "Support", "IT", place=Address("slack", desk.id))


def settings_for(slack: SlackStandIn, **changes: str) -> SlackSettings:
    given = {"bot_token": slack.bot_token, "app_token": slack.app_token, **changes}
    return SlackSettings(base_url=slack.base_url, **given)


@asynccontextmanager
async def working(*parts: Part, wait: bool = True) -> AsyncIterator[None]:
    """The parts run until the block is left; `wait`: until each has said ready."""
    tasks = []
    for part in parts:
        ready = asyncio.Event()
        tasks.append(asyncio.ensure_future(part.run(ready=ready.set)))  # noqa: TID251 - a test's own task
        if wait:
            async with asyncio.timeout(PATIENCE):
                await ready.wait()
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(one, asyncio.CancelledError) for one in outcomes), outcomes


@asynccontextmanager
async def open_office(
    folder: Path,
    template: Path,
    *,
    running: bool = True,
    spool: Callable[[Spool], Spool] = lambda spool: spool,
    introduce: Callable[[str], Awaitable[None]] = nobody_to_introduce,
    **settings: str,
) -> AsyncIterator[Office]:
    """`spool` may put something between the face and the real one; `settings` are those of SlackSettings."""
    clock = PacedClock()
    shutil.copy(template, folder / "desk.db")
    storage = await open_storage(
        f"sqlite+aiosqlite:///{folder / 'desk.db'}", folder / "files", clock
    )
    async with SlackStandIn.start(clock) as slack:
        team = furnish(slack)
        postman = Postman(storage, clock)
        desk = Desk(storage.store, clock, CountingIds(), nudge=postman.nudge)
        await desk.declare(DEFAULT, DeclaredWorkspace(Workspace(DEFAULT), (team,)))
        floor = DutyDesk(storage.store, clock, CountingIds(), nudge=postman.nudge)
        rooms = SlackNeeds(
            desk,
            floor,
            spool(storage.spool),
            storage.views,
            storage.work,
            clock,
            DEFAULT,
            Reports(storage.store, storage.views, clock),
            introduce,
        )
        built = face(settings_for(slack, **settings), rooms, patience=HASTE)
        office = Office(slack, storage, desk, built, clock, postman, team)
        delivery = asyncio.ensure_future(postman.run(built))  # noqa: TID251 - a test's own task
        try:
            async with working(*(built.parts if running else ())):
                yield office
            assert office.trouble_expected or not slack.log.errors, slack.log.errors
        finally:
            delivery.cancel()
            await asyncio.gather(delivery, return_exceptions=True)
            await built.close()
            await storage.close()

"""A desk on real SQLite with couriers that do as they are told; nothing runs until a test starts it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from deskd.base.ids import TimeSortedIds
from deskd.parts.alarm import Alarm
from deskd.parts.delivery import Delivery
from deskd.parts.nudge import Nudge, ring_all
from engine.desk.desk import Desk
from engine.desk.directory import DeclaredWorkspace
from engine.messages.effects import Effect, Tell
from engine.ports.clock import Part
from engine.ports.outbox import Parcel, Sent
from engine.ports.store import Change, Transaction
from engine.ports.views import OutboxLine
from engine.shifts import timer_due
from engine.tickets.message import Draft
from engine.tickets.people import DEFAULT, Address, Caller, Identity, Team, TeamId
from engine.tickets.ticket import Ticket
from engine.tickets.workspace import Workspace
from storage.open.open_storage import Storage, open_storage
from tests.clock import ManualClock
from tests.engine.messages.made import made

SECONDS_MAX = 30.0
"""A hang must end; no verdict depends on it, however busy the machine is."""
CHANNEL = "C1"
SUPPORT = Team(
    TeamId("support"), "Support", "IT", Address("slack", CHANNEL), ("support@example.com",)
)
ANN_MAIL = Address("mail", "ann@example.com")
T = TypeVar("T")

ANN = Caller(Identity("mail", "", "ann@example.com"), "Ann", via="cli")


class ScriptedCourier:
    """Keeps the courier's promise: says Sent, or raises what the test put in its way."""

    def __init__(self) -> None:
        self.seen: list[Parcel] = []
        self.verdicts: list[Exception | None] = []
        """One for each coming delivery; None and the end of the list mean Sent."""
        self.always: Callable[[Parcel], Exception | None] = lambda parcel: None
        self.gate = asyncio.Event()
        self.gate.set()

    async def deliver(self, parcel: Parcel) -> Sent:
        self.seen.append(parcel)
        await self.gate.wait()
        verdict = self.verdicts.pop(0) if self.verdicts else self.always(parcel)
        if verdict is not None:
            raise verdict
        return Sent()

    @property
    def keys(self) -> list[str]:
        return [p.effect.key for p in self.seen if isinstance(p.effect, Tell)]


@dataclass
class Room:
    storage: Storage
    clock: ManualClock
    desk: Desk
    outbox_bell: Nudge
    timer_bell: Nudge
    mail: ScriptedCourier = field(default_factory=ScriptedCourier)
    slack: ScriptedCourier = field(default_factory=ScriptedCourier)
    sms: ScriptedCourier = field(default_factory=ScriptedCourier)
    """Of a channel that engine has never heard of."""
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    lateness: list[float] = field(default_factory=list)

    def delivery(self) -> Delivery:
        return Delivery(
            outbox=self.storage.outbox,
            couriers={"mail": self.mail, "slack": self.slack, "sms": self.sms},
            clock=self.clock,
            bell=self.outbox_bell,
            spread=lambda: 1.0,
            undelivered=self.desk.undelivered,
            count=lambda channel, result: self.counted.update([(channel, result)]),
        )

    def alarm(self) -> Alarm:
        return Alarm(
            self.storage.timers,
            timer_due.ring,
            self.clock,
            self.timer_bell,
            rang=self.outbox_bell.ring,
            late=self.lateness.append,
        )

    @asynccontextmanager
    async def running(self, part: Part) -> AsyncIterator[asyncio.Task[None]]:
        ready = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(part.run(ready=ready.set))
            await ready.wait()
            try:
                yield task
            finally:
                self.mail.gate.set()
                self.slack.gate.set()
                self.sms.gate.set()
                task.cancel()

    async def ticket(
        self, subject: str = "VPN", *, priority: str = "P3", by: Caller = ANN
    ) -> Ticket:
        return await self.desk.open(DEFAULT, Draft(subject, "It drops.", priority), by=by)

    async def quiet_ticket(self) -> Ticket:
        """One whose own effects are out of the way."""
        ticket = await self.ticket()
        for row in await self.rows():
            if row.ticket == ticket.number:
                await self.storage.outbox.drop(row.id)
        return ticket

    async def tell(self, ticket: Ticket, key: str, *, to: Address = ANN_MAIL) -> None:
        await self.effects(ticket, [Tell(to, made("reply", ticket.subject), key)])

    async def tell_apart(self, *tells: Tell) -> None:
        """What belongs to no ticket."""
        await self.storage.store.run(DEFAULT, lambda transaction: transaction.tell(tells))

    async def effects(self, ticket: Ticket, effects: Sequence[Effect]) -> None:
        def work(transaction: Transaction) -> None:
            now = transaction.ticket(ticket.number)
            assert now is not None
            transaction.record(Change(now, now, (), effects=tuple(effects)))

        await self.storage.store.run(DEFAULT, work)

    async def rows(self, state: str | None = None) -> Sequence[OutboxLine]:
        return await self.storage.views.outbox(state=state)

    async def states(self) -> dict[str, str]:
        return {row.key: row.state for row in await self.rows() if row.kind != "show"}

    async def events(self, ticket: Ticket) -> list[str]:
        file = await self.storage.views.ticket_file(DEFAULT, ticket.number)
        assert file is not None
        return [type(entry.event).__name__ for entry in file.history]

    async def tried(self, channel: str, times: int) -> None:
        """Wait until so many parcels of the channel were put off, and their rows say so."""
        what = f"{times} were put off"
        await eventually(lambda: self.counted[(channel, "later")] >= times, what)

    async def asleep(self) -> None:
        """Wait until the part that runs has done what it was woken for: before, the clock would move too early."""
        await self.clock.settle()
        await eventually(lambda: self.clock.sleepers, "it sleeps")

    async def is_state(self, key: str, state: str) -> None:
        """Wait until the row with this key is in that state."""

        async def look() -> bool:
            return (await self.states()).get(key) == state

        await eventually(look, f"{key} is {state}")


async def eventually(look: Callable[[], object], what: str = "it") -> None:
    """Wait for work in other threads, bounded; `look` may be async."""
    try:
        async with asyncio.timeout(SECONDS_MAX):
            while True:
                seen = look()
                if asyncio.iscoroutine(seen):
                    seen = await seen
                if seen:
                    return
                await asyncio.sleep(0.002)
    except TimeoutError:
        raise AssertionError(f"waited in vain until {what}") from None


@asynccontextmanager
async def open_room(database: Path, clock: ManualClock) -> AsyncIterator[Room]:
    url = f"sqlite+aiosqlite:///{database}"
    storage = await open_storage(url, database.parent / "attachments", clock)
    try:
        outbox_bell, timer_bell = Nudge(clock), Nudge(clock)
        nudge = ring_all(outbox_bell, timer_bell)
        desk = Desk(storage.store, clock, TimeSortedIds(clock), nudge=nudge)
        await desk.declare(DEFAULT, DeclaredWorkspace(Workspace(DEFAULT), (SUPPORT,)))
        yield Room(storage, clock, desk, outbox_bell, timer_bell)
    finally:
        await storage.close()

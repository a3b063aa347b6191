"""Several daemons on one PostgreSQL, killed in turn while timers come due: each timer rings once, none is lost."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from deskd.base.clock import WallClock
from deskd.base.ids import TimeSortedIds
from engine.desk.desk import Desk
from engine.promises import sla
from engine.tickets.message import Draft
from engine.tickets.people import DEFAULT, Caller, Identity
from engine.tickets.ticket import Ticket
from storage.open.open_storage import Storage
from tests.clock import ManualClock
from tests.proof.test_kill_loop import tell
from tests.proof.victim import Victim, victim
from tests.storage import postgres

pytestmark = pytest.mark.proof

DAEMONS: Final = 3
TIMERS: Final = 1_000
STEP: Final = timedelta(milliseconds=12)
KILLS: Final = 15
# To open the tickets takes some ten.
OPENING: Final = timedelta(seconds=30)
AFTERWARDS_SECONDS: Final = 60
LOOK_EVERY_SECONDS: Final = 0.2
ANN: Final = Caller(Identity("mail", "", "ann@example.com"), "Ann", via="mail")


@pytest.fixture
def on_postgres() -> Iterator[str]:
    if complaint := postgres.unreachable():
        pytest.skip(complaint)
    url = postgres.create_bare()
    yield url
    postgres.drop(url)


async def opened(storage: Storage, begin: datetime) -> list[Ticket]:
    """Their first timers are due one after the other from `begin` on: each was opened long enough ago for that."""
    clock = ManualClock(begin)
    desk = Desk(storage.store, clock, TimeSortedIds(clock), nudge=lambda: None)
    draft = Draft("VPN", "It drops.", "P2")
    ahead = first_due(await desk.open(DEFAULT, draft, by=ANN)) - begin
    tickets = []
    for number in range(TIMERS):
        await clock.move_to(begin + number * STEP - ahead)
        tickets.append(await desk.open(DEFAULT, draft, by=ANN))
    return tickets


def first_due(ticket: Ticket) -> datetime:
    return min(timer.due_at for timer in sla.timers(ticket))


async def killed_in_turn(running: Sequence[Victim], begin: datetime) -> None:
    clock = WallClock()
    for kill in range(KILLS):
        await clock.sleep_until(begin + (kill + 1) * TIMERS * STEP / (KILLS + 1))
        await running[kill % DAEMONS].kill()
        await running[kill % DAEMONS].start()


async def all_rung(storage: Storage, until: datetime) -> None:
    async with asyncio.timeout(AFTERWARDS_SECONDS):
        while True:
            if all(timer.due_at > until for timer in await storage.timers.standing(DEFAULT)):
                return
            await asyncio.sleep(LOOK_EVERY_SECONDS)


async def rung(storage: Storage, tickets: Sequence[Ticket]) -> Counter[tuple[int, str]]:
    """How often what happened to each ticket by a timer."""
    happened: Counter[tuple[int, str]] = Counter()
    for ticket in tickets:
        file = await storage.views.ticket_file(DEFAULT, ticket.number)
        assert file is not None
        events = (entry.event for entry in file.history if entry.via == "timer")
        happened.update((ticket.number, type(event).__name__) for event in events)
    return happened


async def test_1000_timers_and_15_kills_lose_none_and_ring_none_twice(
    tmp_path: Path, on_postgres: str, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = time.monotonic()
    async with daemons(tmp_path, on_postgres) as running, running[0].storage() as storage:
        clock = WallClock()
        begin = clock.now() + OPENING
        tickets = await opened(storage, begin)
        assert clock.now() < begin, "the machine is too busy to open the tickets in time"
        await killed_in_turn(running, begin)
        await all_rung(storage, until=first_due(tickets[-1]))
        happened = await rung(storage, tickets)
        broken = await running[0].promises_broken()
    seconds = time.monotonic() - begun
    tell(capsys, f"\n{DAEMONS} daemons, {KILLS} kills, {len(happened)} rung, {seconds:.0f} s")
    assert happened.keys() == {(ticket.number, "Warned") for ticket in tickets}, "lost"
    assert set(happened.values()) == {1}, "rung twice"
    assert broken == []


@asynccontextmanager
async def daemons(folder: Path, url: str) -> AsyncIterator[list[Victim]]:
    async with AsyncExitStack() as stack:
        running = []
        for number in range(DAEMONS):
            own = folder / str(number)
            own.mkdir()
            daemon = await stack.enter_async_context(victim(own, url))
            daemon.configure(None)
            await daemon.start()
            await daemon.door()
            running.append(daemon)
        yield running

"""Chores by the calendar: each slot once, by one daemon, also after a crash and after a night that nobody was up."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deskd.parts.chores import LEASE, Chore, Chores
from deskd.parts.cron import Cron
from deskd.parts.sweep import Sweep
from engine.tickets.people import DEFAULT
from engine.tickets.workspace import Workspace
from storage.open.open_storage import Storage, open_storage
from tests.clock import ManualClock
from tests.deskd.room import Room, eventually
from tests.storage import postgres

NINE = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
"""Nine o'clock in Berlin, tomorrow."""


class Digests:
    """What was done, by slot; fails when told to."""

    def __init__(self) -> None:
        self.done: list[datetime] = []
        self.begun: list[datetime] = []
        self.fails = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def write(self, slot: datetime) -> None:
        self.begun.append(slot)
        await self.gate.wait()
        if self.fails:
            raise OSError("no figures")
        self.done.append(slot)

    @property
    def chore(self) -> Chore:
        daily = Cron("0 9 * * *", "Europe/Berlin")
        return Chore("daily_digest", daily, self.write, catch_up=timedelta(hours=12))


def chores(storage: Storage, clock: ManualClock, *calendar: Chore, owner: str = "a") -> Chores:
    sweep = Sweep(storage.store, storage.timers, storage.views)
    return Chores(sweep, clock, lambda count: None, storage.slots, owner, calendar)


@pytest.fixture
def digests() -> Digests:
    return Digests()


@pytest.fixture
async def begun(room: Room, digests: Digests) -> Chores:
    """A daemon that has known its chores since yesterday."""
    made = chores(room.storage, room.clock, digests.chore)
    await made.look_at_all()
    return made


async def test_a_chore_is_done_at_its_slot_and_once(
    room: Room, begun: Chores, digests: Digests
) -> None:
    await room.clock.move_to(NINE - timedelta(seconds=1))
    await begun.look_at_all()
    assert digests.done == []
    for _ in range(3):
        await room.clock.move_to(NINE)
        await begun.look_at_all()
    assert digests.done == [NINE]


async def test_a_new_desk_does_not_begin_with_the_digest_of_this_morning(
    room: Room, digests: Digests
) -> None:
    await room.clock.move_to(NINE + timedelta(hours=2))
    await chores(room.storage, room.clock, digests.chore).look_at_all()
    assert digests.done == []


async def test_a_slot_missed_while_nobody_was_up_is_caught_up_with_once(
    room: Room, begun: Chores, digests: Digests
) -> None:
    """Five mornings later: the latest is worth having, four old ones are not."""
    await room.clock.move_to(NINE + timedelta(days=4, hours=3))
    again = chores(room.storage, room.clock, digests.chore, owner="b")
    await again.look_at_all()
    await again.look_at_all()
    assert digests.done == [NINE + timedelta(days=4)]


async def test_a_slot_missed_too_long_ago_is_left(
    room: Room, begun: Chores, digests: Digests
) -> None:
    await room.clock.move_to(NINE + timedelta(hours=12))
    await begun.look_at_all()
    assert digests.done == []


async def test_what_fails_is_said_and_tried_again_until_it_works(
    room: Room, begun: Chores, digests: Digests
) -> None:
    digests.fails = True
    await room.clock.move_to(NINE)
    await begun.look_at_all()
    assert begun.trouble == "chores: daily_digest fails"
    digests.fails = False
    await room.clock.move_to(NINE + LEASE - timedelta(seconds=1))
    await begun.look_at_all()
    assert (digests.done, begun.trouble) == ([], "chores: daily_digest fails")
    await room.clock.move_to(NINE + LEASE)
    await begun.look_at_all()
    assert (digests.done, begun.trouble) == ([NINE], None)


async def test_what_a_dead_daemon_had_in_hand_another_does(
    room: Room, begun: Chores, digests: Digests
) -> None:
    digests.gate.clear()
    await room.clock.move_to(NINE)
    killed = asyncio.ensure_future(begun.look_at_all())  # noqa: TID251 - a test's own task
    await eventually(lambda: digests.begun, "it is in hand")
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    digests.gate.set()
    other = chores(room.storage, room.clock, digests.chore, owner="b")
    await other.look_at_all()
    assert digests.done == []
    await room.clock.move_to(NINE + LEASE)
    await other.look_at_all()
    assert digests.done == [NINE]


async def test_a_chore_in_hand_is_not_begun_again(
    room: Room, begun: Chores, digests: Digests
) -> None:
    digests.gate.clear()
    await room.clock.move_to(NINE)
    first = asyncio.ensure_future(begun.look_at_all())  # noqa: TID251 - a test's own task
    await eventually(lambda: begun._in_hand, "it is in hand")
    await begun.look_at_all()
    digests.gate.set()
    await first
    assert digests.done == [NINE]


async def test_a_clock_set_back_repeats_no_slot(
    room: Room, begun: Chores, digests: Digests
) -> None:
    await room.clock.move_to(NINE + timedelta(days=1))
    await begun.look_at_all()
    await room.clock.move_to(NINE + timedelta(hours=1))
    await begun.look_at_all()
    await room.clock.move_to(NINE + timedelta(days=1, hours=1))
    await begun.look_at_all()
    assert digests.done == [NINE + timedelta(days=1), NINE], (
        "one slot each, whatever the clock says"
    )


async def test_what_was_missed_is_done_at_the_start_by_the_running_part(
    room: Room, begun: Chores, digests: Digests
) -> None:
    await room.clock.move_to(NINE + timedelta(minutes=1))
    again = chores(room.storage, room.clock, digests.chore, owner="b")
    async with room.running(again):
        await eventually(lambda: digests.done, "the digest of this morning")


@pytest.fixture
def url() -> Iterator[str]:
    if reason := postgres.unreachable():
        pytest.skip(reason)
    url = postgres.create()
    yield url
    postgres.drop(url)


async def test_two_daemons_on_one_postgresql_send_one_digest_a_day(
    url: str, tmp_path: Path, digests: Digests
) -> None:
    clock = ManualClock()
    storages = [await open_storage(url, tmp_path, clock) for _ in range(2)]
    await storages[0].store.run(DEFAULT, lambda t: t.keep_settings(Workspace(DEFAULT)))
    daemons = [
        chores(storage, clock, digests.chore, owner=str(n)) for n, storage in enumerate(storages)
    ]
    for day in range(-1, 7):
        await clock.move_to(NINE + timedelta(days=day))
        await asyncio.gather(*(each.look_at_all() for each in daemons for _ in range(3)))
    assert digests.done == [NINE + timedelta(days=day) for day in range(7)]
    for storage in storages:
        await storage.close()

"""The lives that a seeded database is made of: a few tickets of each kind, lived through the desk itself.

What is copied from them is as true as they are: every event was decided, every timer derived, by the rules.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, inspect

from benchmarks.templates import Rows, rows_of
from deskd.base.ids import TimeSortedIds
from engine.desk.desk import Desk
from engine.desk.directory import DeclaredWorkspace
from engine.ports.store import Transaction
from engine.shifts import timer_due
from engine.tickets.message import Draft, Request
from engine.tickets.people import DEFAULT, Caller, Identity, TeamId
from engine.tickets.promise_clock import Timer
from storage.open.open_storage import Storage

BORN: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
TEAM: Final = TeamId("model-team")
# Words that stand for others: a copy has its own.
SUBJECT: Final = "seeded-subject"
ASKED: Final = "seeded-question"
ANSWERED: Final = "seeded-answer"
NOTED: Final = "seeded-note"
HOUR: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)
DAY: Final = timedelta(days=1)


@dataclass
class Hand:
    """A clock that is moved."""

    at: datetime = BORN

    def now(self) -> datetime:
        return self.at

    async def sleep_until(self, at: datetime) -> None:
        self.at = max(self.at, at)


@dataclass(frozen=True)
class Life:
    """One ticket, lived and left."""

    kind: str
    number: int
    born: datetime
    age: timedelta
    rows: Rows

    @property
    def message_ids(self) -> frozenset[str]:
        found = (self.rows[table] for table in ("comments", "notes") if table in self.rows)
        return frozenset(row[list(columns).index("id")] for columns, rows in found for row in rows)

    @property
    def assigned(self) -> bool:
        columns, [row] = self.rows["tickets"]
        return row[list(columns).index("assignee")] is not None


@dataclass
class World:
    storage: Storage
    clock: Hand
    declared: DeclaredWorkspace

    def __post_init__(self) -> None:
        self.desk = Desk(
            self.storage.store, self.clock, TimeSortedIds(self.clock), nudge=lambda: None
        )

    async def lived(self) -> list[Life]:
        await self.desk.declare(DEFAULT, self.declared)
        return [
            await self._one(kind, live, priority)
            for priority in ("P1", "P2", "P3", "P4")
            for kind, live in LIVES.items()
        ]

    async def _one(self, kind: str, live: "Live", priority: str) -> Life:
        self.clock.at = born = self.clock.at + DAY
        draft = Draft(SUBJECT, ASKED, priority, team=TEAM)
        number = (await self.desk.open(DEFAULT, draft, by=DORA)).number
        await live(self, number)
        rows = await self.storage.writer.run(partial(_rows, numbers=[number]))
        return Life(kind, number, born, self.clock.at - born, rows)

    def by(self, who: Caller, number: int) -> Request:
        return Request(DEFAULT, number, who)

    async def wait(self, length: timedelta) -> None:
        """Time goes on, and what is due meanwhile rings."""
        until = self.clock.at + length
        while True:
            work = partial(_ring, at=self.clock.at)
            done = await self.storage.timers.ring_due(now=self.clock.at, limit=50, work=work)
            if done.next_at is None or done.next_at > until:
                break
            self.clock.at = max(self.clock.at, done.next_at)
        self.clock.at = until


def _rows(connection: Connection, numbers: Sequence[int]) -> Rows:
    looked = inspect(connection)

    def columns(table: str) -> list[str]:
        return (
            [each["name"] for each in looked.get_columns(table)] if looked.has_table(table) else []
        )

    def read(statement: str) -> list[Any]:
        found = connection.exec_driver_sql(statement)
        return [tuple(map(_written, row)) for row in found]

    return rows_of(columns, read, numbers)


def _written(cell: Any) -> Any:
    """JSON is text where it is copied, whatever this driver makes of it."""
    return json.dumps(cell) if isinstance(cell, dict | list) else cell


def _ring(transaction: Transaction, timer: Timer, *, at: datetime) -> bool:
    return timer_due.ring(transaction, timer, at)


def _caller(name: str, address: str) -> Caller:
    return Caller(Identity("mail", "", address), name, via="mail")


DORA: Final = _caller("Dora Model", "dora@model.example")
ANA: Final = _caller("Ana Model", "ana@model.example")
BEN: Final = _caller("Ben Model", "ben@model.example")

Live = Callable[[World, int], Awaitable[None]]


async def fresh(world: World, number: int) -> None:
    await world.wait(2 * MINUTE)


async def claimed(world: World, number: int) -> None:
    await world.wait(2 * MINUTE)
    await world.desk.claim(world.by(ANA, number))
    await world.desk.note(world.by(ANA, number), NOTED)
    await world.wait(MINUTE)
    await world.desk.reply(world.by(ANA, number), ANSWERED)
    await world.wait(20 * MINUTE)


async def asked(world: World, number: int) -> None:
    await claimed(world, number)
    await world.desk.ask(world.by(ANA, number), ANSWERED)
    await world.wait(HOUR)


async def resolved(world: World, number: int) -> None:
    await claimed(world, number)
    await world.desk.resolve(world.by(ANA, number), ANSWERED)
    await world.wait(HOUR)


async def closed(world: World, number: int) -> None:
    await resolved(world, number)
    await world.wait(4 * DAY)


async def late(world: World, number: int) -> None:
    """Nobody came: warned, broken, paged."""
    await world.wait(6 * DAY)


async def reopened(world: World, number: int) -> None:
    await resolved(world, number)
    await world.desk.reopen(world.by(DORA, number), ASKED)
    await world.wait(5 * MINUTE)


LIVES: Final[Mapping[str, Live]] = {
    "fresh": fresh,
    "claimed": claimed,
    "asked": asked,
    "resolved": resolved,
    "reopened": reopened,
    "late": late,
    "closed": closed,
}

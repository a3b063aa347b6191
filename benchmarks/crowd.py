"""Many open tickets made of one: a real ticket is opened through the desk, then its rows are copied by SQL.

Every instant of a copy is moved by the same time, so what the copies promise is as true as what the first one does,
whatever the rules are: their timers are exactly those they want.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Table, text

from deskd.base.clock import WallClock
from deskd.base.ids import TimeSortedIds
from engine.desk.desk import Desk
from engine.desk.directory import DeclaredWorkspace
from engine.tickets.message import Draft
from engine.tickets.people import DEFAULT, Caller, Identity, Team, TeamId
from engine.tickets.promise_clock import Timer
from engine.tickets.workspace import Workspace
from storage.open.open_storage import Storage, open_storage
from storage.open.upgrade import upgrade
from storage.sql.columns import Instant
from storage.sql.schema import (
    participants,
    tickets,
)
from storage.sql.schema_streams import (
    clocks,
    timers,
)

FIRST: Final = 1
FAR: Final = timedelta(days=30)
_COPIED: Final[Mapping[Table, str]] = {
    tickets: "number",
    clocks: "ticket",
    timers: "ticket",
    participants: "ticket",
}
_MICROSECOND: Final = timedelta(microseconds=1)
_ANN: Final = Caller(Identity("mail", "", "ann@example.com"), "Ann", via="mail")
_TEAM: Final = Team(TeamId("support"), "Support", "IT", "C1", ("support@example.com",))


@dataclass
class Crowd:
    """An open database full of tickets 1 to `last`."""

    storage: Storage
    each: Sequence[Timer]
    """Of the first ticket, earliest first."""
    last: int = FIRST

    async def fill(self, timers: int) -> None:
        """Until there are about so many, those that come new due in a month."""
        missing = timers // len(self.each) - self.last
        if missing > 0:
            await self.grow(missing, due=WallClock().now() + FAR, step=timedelta(milliseconds=1))
        # What a planner knows of a database that has lived for a while.
        await self.run("ANALYZE")

    async def grow(self, tickets: int, *, due: datetime, step: timedelta) -> range:
        """More tickets: the earliest timer of the first is due at `due`, that of the next a `step` later."""
        new = range(self.last + 1, self.last + 1 + tickets)
        ahead = due - self.each[0].due_at
        await self.storage.writer.run(partial(_copy, new=new, ahead=ahead, step=step))
        self.last = new[-1]
        return new

    async def run(self, statement: str, **values: Any) -> Sequence[Any]:
        """Its rows, if it has any."""

        def work(connection: Connection) -> Sequence[Any]:
            done = connection.execute(text(statement), values)
            return done.all() if done.returns_rows else []

        return await self.storage.writer.run(work)


@asynccontextmanager
async def crowd(url: str, folder: Path) -> AsyncIterator[Crowd]:
    """On an empty database: one ticket."""
    await upgrade(url)
    clock = WallClock()
    storage = await open_storage(url, folder, clock)
    try:
        desk = Desk(storage.store, clock, TimeSortedIds(clock), nudge=lambda: None)
        await desk.declare(DEFAULT, DeclaredWorkspace(Workspace(DEFAULT), (_TEAM,)))
        await desk.open(DEFAULT, Draft("Printer trouble", "It prints twice.", "P3"), by=_ANN)
        yield Crowd(storage, await storage.timers.standing(DEFAULT))
    finally:
        await storage.close()


def _copy(connection: Connection, *, new: range, ahead: timedelta, step: timedelta) -> None:
    numbers = (
        f"WITH RECURSIVE numbers(n) AS (SELECT {new[0]} UNION ALL"
        f" SELECT n + 1 FROM numbers WHERE n < {new[-1]})"
    )
    moved = f"({ahead // _MICROSECOND} + (n - {new[0]}) * {step // _MICROSECOND})"
    if connection.dialect.name == "postgresql":
        moved = f"{moved} * interval '1 microsecond'"
    for table, key in _COPIED.items():
        values = {column.name: column.name for column in table.c} | {key: "n"}
        instants = (c.name for c in table.c if isinstance(c.type, Instant))
        values |= {name: f"{name} + {moved}" for name in instants}
        into, what = ", ".join(values), ", ".join(values.values())
        connection.execute(
            text(
                f"INSERT INTO {table.name} ({into}) {numbers}"
                f" SELECT {what} FROM {table.name}, numbers WHERE {key} = {FIRST}"
            )
        )

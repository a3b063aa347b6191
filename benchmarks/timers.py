"""How late timers ring: among many open ones, through the whole rule path, by daemons in processes of their own.

Beside each figure the floor of the same run: a sleep to the same instants and one durable statement.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import quantiles
from typing import Final

from benchmarks.crowd import Crowd, crowd
from benchmarks.databases import Sqlite, postgres
from benchmarks.figures import Figure
from benchmarks.processes import NotMeasuredError, python
from deskd.base.clock import WallClock

OPEN_TIMERS: Final = 200_000
SECOND: Final = timedelta(seconds=1)
LOAD_FOR: Final = 20 * SECOND
FLOOR_FOR: Final = 3 * SECOND
# A daemon that is not nudged sees new rows within a second.
HEAD_START: Final = 4 * SECOND
SEEN_WITHIN: Final = SECOND
START_SECONDS_MAX: Final = 20
AFTERWARDS_SECONDS_MAX: Final = 30
LOOK_SECONDS: Final = 0.1

# What must be reached and what is aimed at, in milliseconds.
P50_MS: Final = (25.0, 5.0)
P99_MS: Final = (250.0, 100.0)


@dataclass(frozen=True)
class Load:
    name: str
    per_second: int
    daemons: int = 1
    kill_one: bool = False

    @property
    def step(self) -> timedelta:
        return SECOND / self.per_second


@dataclass(frozen=True)
class Outcome:
    late_ms: Sequence[float]
    """Of each timer, when its commit had returned, as its daemon saw it (a killed one cannot tell the last)."""
    floor_ms: Sequence[float]
    lost: int
    twice: int


ON_SQLITE: Final = (Load("SQLite", 50),)
ON_POSTGRES: Final = (
    Load("PostgreSQL, 1 daemon", 200),
    Load("PostgreSQL, 2 daemons", 200, 2),
    Load("PostgreSQL, 4 daemons", 200, 4),
    Load("PostgreSQL, 4 daemons, one killed", 200, 4, kill_one=True),
)
_DURABLE: Final = "UPDATE workspaces SET last_number = last_number"
_RUNG: Final = """SELECT count(*), count(DISTINCT stream_id || type), count(DISTINCT stream_id)
    FROM events WHERE via = 'timer' AND CAST(stream_id AS integer) BETWEEN :first AND :last"""


def on_sqlite() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_all_of(ON_SQLITE, Sqlite(Path(folder)).url, Path(folder)))


def on_postgres() -> list[Figure]:
    with postgres() as database, tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_all_of(ON_POSTGRES, database.url, Path(folder)))


async def _all_of(loads: Sequence[Load], url: str, folder: Path) -> list[Figure]:
    figures: list[Figure] = []
    async with crowd(url, folder) as made:
        await made.fill(OPEN_TIMERS)
        for load in loads:
            floor = await _floor(made, load)
            async with _ringing(url, folder, load.daemons) as ringers:
                outcome = await _outcome(made, load, ringers, floor)
            figures += _figures(load.name, outcome)
    return figures


async def _floor(made: Crowd, load: Load) -> list[float]:
    clock = WallClock()
    late: list[float] = []
    begin = clock.now() + SECOND
    for number in range(FLOOR_FOR // load.step):
        due = begin + number * load.step
        await clock.sleep_until(due)
        await made.run(_DURABLE)
        late.append((clock.now() - due) / SECOND * 1000)
    return late


async def _outcome(
    made: Crowd, load: Load, ringers: "Sequence[Ringer]", floor: Sequence[float]
) -> Outcome:
    clock = WallClock()
    begin = clock.now() + HEAD_START
    new = await made.grow(LOAD_FOR // load.step, due=begin, step=load.step)
    if clock.now() > begin - SEEN_WITHIN:
        raise NotMeasuredError("the machine is too busy to make tickets in time")
    if load.kill_one:
        await clock.sleep_until(begin + LOAD_FOR / 2)
        await ringers[0].kill()
    await clock.sleep_until(begin + LOAD_FOR)
    events, different, tickets = await _rung(made, new)
    late = [float(line) for ringer in ringers for line in ringer.said()[1:]]
    return Outcome(late, floor, lost=len(new) - tickets, twice=events - different)


async def _rung(made: Crowd, new: range) -> Sequence[int]:
    """Counted when all of them are, or when it is clear that some are lost."""
    looks = int(AFTERWARDS_SECONDS_MAX / LOOK_SECONDS)
    for _ in range(looks):
        [(events, different, tickets)] = await made.run(_RUNG, first=new[0], last=new[-1])
        if tickets == len(new):
            break
        await asyncio.sleep(LOOK_SECONDS)
    return events, different, tickets


@dataclass
class Ringer:
    process: asyncio.subprocess.Process
    log: Path

    def said(self) -> list[str]:
        return self.log.read_text(encoding="ascii").splitlines()

    async def ready(self) -> None:
        for _ in range(int(START_SECONDS_MAX / LOOK_SECONDS)):
            if self.said()[:1] == ["ready"]:
                return
            await asyncio.sleep(LOOK_SECONDS)
        raise NotMeasuredError("a daemon did not get ready")

    async def kill(self) -> None:
        """SIGKILL: no signal is caught, nothing is flushed."""
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def _ringing(url: str, folder: Path, daemons: int) -> AsyncIterator[list[Ringer]]:
    ringers = [await _ringer(url, folder, folder / f"{n}.log") for n in range(daemons)]
    try:
        for ringer in ringers:
            await ringer.ready()
        yield ringers
    finally:
        for ringer in ringers:
            await ringer.kill()


async def _ringer(url: str, folder: Path, log: Path) -> Ringer:
    command = python("-m", "benchmarks.ringer", url, str(folder))
    with log.open("wb") as said:
        return Ringer(await asyncio.create_subprocess_exec(*command, stdout=said), log)


def _figures(name: str, outcome: Outcome) -> list[Figure]:
    return [
        _late(f"timers, {name}: p50", outcome, 50, P50_MS),
        _late(f"timers, {name}: p99", outcome, 99, P99_MS),
        _none(f"timers, {name}: lost", outcome.lost),
        _none(f"timers, {name}: rung twice", outcome.twice),
    ]


def _late(name: str, outcome: Outcome, centile: int, goal: tuple[float, float]) -> Figure:
    value, floor = (
        quantiles(each, n=100)[centile - 1] for each in (outcome.late_ms, outcome.floor_ms)
    )
    most, aim = goal
    said = f"< {most:g}, aim {aim:g}"
    return Figure(name, value, "ms late", value / floor, "floor", said, value < most)


def _none(name: str, count: int) -> Figure:
    return Figure(name, count, "", goal="0", reached=count == 0)

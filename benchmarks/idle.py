"""What a look costs when nothing is due, however many tickets are open."""

import asyncio
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

from benchmarks.crowd import Crowd, crowd
from benchmarks.databases import Sqlite, postgres
from benchmarks.figures import Figure
from deskd.base.clock import WallClock
from deskd.parts.alarm import BATCH_MAX

SIZES: Final = (1_000, 100_000, 1_000_000)
LOOKS: Final = 500
# Noise of a shared machine; a look that read what is open would cost hundreds of times as much.
GROWTH_MAX: Final = 2.0


def on_sqlite() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_growing("SQLite", Sqlite(Path(folder)).url, Path(folder)))


def on_postgres() -> list[Figure]:
    with postgres() as database, tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_growing("PostgreSQL", database.url, Path(folder)))


async def _growing(name: str, url: str, folder: Path) -> list[Figure]:
    figures: list[Figure] = []
    least = 0.0
    async with crowd(url, folder) as made:
        for size in SIZES:
            await made.fill(size)
            cost = await _look_us(made)
            least = least or cost
            figures.append(_figure(f"idle look, {name}, {size:,} timers", cost, least))
    return figures


async def _look_us(made: Crowd) -> float:
    clock = WallClock()
    costs: list[float] = []
    for _ in range(LOOKS):
        begun = perf_counter()
        done = await made.storage.timers.ring_due(
            now=clock.now(), limit=BATCH_MAX, work=lambda transaction, timer: True
        )
        costs.append(perf_counter() - begun)
        assert not done.rung
    return median(costs) * 1e6


def _figure(name: str, cost: float, least: float) -> Figure:
    ratio = cost / least
    goal = "" if cost == least else f"< {GROWTH_MAX:g} x"
    return Figure(name, cost, "us", ratio, "the least", goal, ratio < GROWTH_MAX)

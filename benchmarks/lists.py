"""`python -m benchmarks lists URL`: pages and searches of readers of a seeded database, beside the bare statements.

A reader has three of the forty teams (busy ones, quiet ones), and what is theirs. The bare statements are those
that the page sent, with the same values, given to the driver itself on a connection of its own: what finds its
tickets, their rows, clocks and people. A statement too many is not hidden by that: a page has a bound in milliseconds
too. Both kinds take turns, so that whatever else the machine does meets both.
"""

import argparse
import asyncio
import sqlite3
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import quantiles
from time import perf_counter
from typing import Any, Final, Protocol

import asyncpg
from sqlalchemy import Engine, event

from benchmarks import calibrator
from benchmarks.figures import Figure, table
from benchmarks.seed import BUSY, EMPTY, agent_mail, requester_id, requester_mail, team_id
from benchmarks.seed_words import COMMON
from deskd.base.clock import WallClock
from engine.lists.asking import Asked, Sort, TicketFilter
from engine.tickets.people import DEFAULT, Identity, Person, PersonId, Role, TeamId
from storage.open.open_storage import Storage, open_storage

ROUNDS: Final = 300
WARM_UP: Final = 20
RATIO_MAX: Final = 2.0
PAGE_MS_MAX: Final = 5.0
SEARCH_MS_MAX: Final = {"SQLite": 50.0, "PostgreSQL": 80.0}

Statement = tuple[str, Sequence[Any]]


class Bare(Protocol):
    async def run(self, statement: str, values: Sequence[Any]) -> int:
        """How many rows it gave; all of them are fetched."""
        ...

    async def close(self) -> None: ...


class BareSqlite:
    def __init__(self, url: str) -> None:
        self._connection = sqlite3.connect(f"file:{url.partition('///')[2]}?mode=ro", uri=True)

    async def run(self, statement: str, values: Sequence[Any]) -> int:
        return len(self._connection.execute(statement, values).fetchall())

    async def close(self) -> None:
        self._connection.close()


class BarePostgres:
    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def run(self, statement: str, values: Sequence[Any]) -> int:
        return len(await self._connection.fetch(statement, *values))

    async def close(self) -> None:
        await self._connection.close()


async def bare(url: str) -> Bare:
    if url.startswith("sqlite"):
        return BareSqlite(url)
    return BarePostgres(await asyncpg.connect(url.replace("+asyncpg", "")))


@dataclass
class Timed:
    """Milliseconds of the view and of the bare statements, in turns."""

    view: list[float]
    bare: list[float]

    def figures(self, name: str, most_ms: float) -> list[Figure]:
        p50, p99 = _centile(self.view, 50), _centile(self.view, 99)
        bare50, bare99 = _centile(self.bare, 50), _centile(self.bare, 99)
        goal = f"<= {RATIO_MAX:g} x bare and < {most_ms:g} ms"
        reached = p99 <= RATIO_MAX * bare99 and p99 < most_ms
        return [
            Figure(f"{name}: p50", p50, "ms", p50 / bare50, f"bare ({bare50:.2f} ms)"),
            Figure(
                f"{name}: p99", p99, "ms", p99 / bare99, f"bare ({bare99:.2f} ms)", goal, reached
            ),
        ]


def _centile(values: Sequence[float], centile: int) -> float:
    return quantiles(values, n=100)[centile - 1]


class Desk:
    def __init__(self, storage: Storage, by_driver: Bare) -> None:
        self.storage = storage
        self.bare = by_driver
        self.heard: list[Statement] = []
        found: Any = storage.looking._engine  # noqa: SLF001 - the benchmark listens to what is sent
        engine: Engine = getattr(found, "sync_engine", found)
        event.listen(engine, "before_cursor_execute", self._hear)

    def _hear(self, *given: Any) -> None:
        self.heard.append((given[2], given[3]))

    async def timed(self, readers: Sequence[Person], questions: Sequence[Asked]) -> Timed:
        draw, done = Random(1), Timed([], [])
        for number in range(WARM_UP + ROUNDS):
            who, asked = draw.choice(readers), draw.choice(questions)
            self.heard.clear()
            begun = perf_counter()
            await self.storage.views.tickets(DEFAULT, who, asked, now=WallClock().now())
            view = perf_counter() - begun
            statements = [each for each in self.heard if each[0].startswith(("SELECT", "WITH"))]
            begun = perf_counter()
            for statement, values in statements:
                await self.bare.run(statement, values)
            floor = perf_counter() - begun
            if number >= WARM_UP:
                done.view.append(view * 1000)
                done.bare.append(floor * 1000)
        return done


def reader(people: dict[str, str], teams: Sequence[int], number: int) -> Person:
    mail = agent_mail(teams[0], number)
    ids = frozenset(TeamId(team_id(team)) for team in teams)
    return Person(PersonId(people[mail]), mail, Role.AGENT, ids, (Identity("mail", "", mail),))


async def _people(storage: Storage) -> dict[str, str]:
    async with storage.readers.open() as read:
        found = await read.exec_driver_sql("SELECT mail, id FROM people WHERE mail LIKE 'agent-%'")
        return {row.mail: row.id for row in found}


async def measure(url: str) -> list[Figure]:
    name = "SQLite" if url.startswith("sqlite") else "PostgreSQL"
    with tempfile.TemporaryDirectory() as folder:
        storage = await open_storage(url, Path(folder), WallClock())
        by_driver = await bare(url)
        try:
            return await _measured(Desk(storage, by_driver), name)
        finally:
            await by_driver.close()
            await storage.close()


async def _measured(desk: Desk, name: str) -> list[Figure]:
    people = await _people(desk.storage)
    of_busy = [reader(people, range(BUSY), number) for number in (1, 2, 3)]
    of_quiet = [reader(people, (4, 5, 6), number) for number in (1, 2, 3)]
    of_none = [
        Person(
            PersonId(people[agent_mail(EMPTY, 1)]),
            "",
            Role.AGENT,
            frozenset({TeamId(team_id(EMPTY))}),
        )
    ]
    requesters = [
        Person(PersonId(id), "", identities=(Identity("mail", "", requester_mail(n)),))
        for n, id in enumerate(map(requester_id, range(9)))
    ]
    pages = [Asked(), Asked(late_first=True)]
    sorted_pages = [Asked(sort=sort) for sort in Sort]
    history = [Asked(TicketFilter(everything=True))]
    words = [Asked(TicketFilter(everything=True, words=words)) for words in _words(desk)]
    prefixes = [
        Asked(TicketFilter(everything=True, words=words)) for words in ("pri*", "inv*", "abc* vpn")
    ]
    everybody = [*of_busy, *of_quiet]
    search_ms = SEARCH_MS_MAX[name]
    cases = {
        "list, three busy teams": (of_busy, pages, PAGE_MS_MAX),
        "list, three quiet teams": (of_quiet, pages, PAGE_MS_MAX),
        "list, an empty team": (of_none, pages, PAGE_MS_MAX),
        "list, every order": (everybody, sorted_pages, PAGE_MS_MAX),
        "list, closed ones too": (everybody, history, PAGE_MS_MAX),
        "list, own tickets": (requesters, history, PAGE_MS_MAX),
        "search, agents": (everybody, words, search_ms),
        "search, requesters": (requesters, words, search_ms),
        "search, beginnings of words": (everybody, prefixes, search_ms),
    }
    figures: list[Figure] = []
    for case, (who, asked, most) in cases.items():
        timed = await desk.timed(who, asked)
        figures += timed.figures(f"{name}: {case}", most)
    return figures


def _words(desk: Desk) -> list[str]:
    common = [*COMMON, "printer vpn", "printer invoice"]
    return [*common, "agent", "nothing9there"]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks lists", description=__doc__)
    parser.add_argument("url", nargs="+", help="of a database that `seed` made")
    given = parser.parse_args(arguments)
    machine, figures = calibrator.machine(), []
    for url in given.url:
        figures += asyncio.run(measure(url))
    print(table(figures))
    print(machine)
    return 1 if any(figure.reached is False for figure in figures) else 0

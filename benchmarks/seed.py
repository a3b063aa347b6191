"""`python -m benchmarks seed URL [TICKETS]`: a database as a large desk has it, which `deskd fsck` accepts.

Forty teams (three busy, most quiet, one empty), their agents and leads, a requester for every fifty tickets. Most
tickets are closed, over three years; one in twenty is open, some of those late. A few tickets of each kind are lived
through the desk (desk_model.py), and copied row by row under other numbers, people, times and words.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any, Final

from benchmarks.bulk import ROWS_AT_ONCE, Bulk, bulk
from benchmarks.desk_model import ANSWERED, ASKED, NOTED, SUBJECT, TEAM, Hand, Life, World
from benchmarks.seed_index import Indexer
from benchmarks.seed_words import Words
from benchmarks.templates import Make, Pattern, written
from deskd.base.clock import WallClock
from engine.desk.directory import DeclaredPerson, DeclaredWorkspace
from engine.tickets.people import DEFAULT, Address, Identity, Role, Team, TeamId
from engine.tickets.workspace import Workspace
from storage.open.open_storage import open_storage
from storage.open.upgrade import upgrade
from storage.open.writer_postgres import number_sequence
from storage.search import documents

TICKETS: Final = 1_000_000
TEAMS: Final = 40
BUSY: Final = 3
"""Each has about a thirteenth of all tickets."""
EMPTY: Final = TEAMS - 1
AGENTS: Final = 8
PER_REQUESTER: Final = 50
YEARS: Final = timedelta(days=3 * 365)
OPEN_SHARE: Final = 0.05
OPEN_FOR: Final = timedelta(days=2)
"""What is open is not older, except what is late."""
COPIED_SHARE: Final = 0.02
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_CHANNEL: Final = "C0MODEL"
# Of what is open: kinds of life and how many of a hundred.
_OPEN_KINDS: Final = {
    "claimed": 50,
    "asked": 12,
    "resolved": 20,
    "reopened": 5,
    "late": 10,
    "fresh": 3,
}


def team_id(number: int) -> str:
    return f"team-{number:02}"


def agent_mail(team: int, number: int) -> str:
    """Number 0 is the lead."""
    return f"agent-{team:02}-{number}@example.com"


def requester_id(number: int) -> str:
    return f"requester-{number}"


def requester_mail(number: int) -> str:
    return f"{requester_id(number)}@example.com"


def _at(address: str) -> tuple[Identity, ...]:
    return (Identity("mail", "", address),)


def declared(count: int = TEAMS) -> DeclaredWorkspace:
    """The models' team, and so many others."""
    model = Team(TEAM, "Model", "IT", Address("slack", _CHANNEL), strategy="manual")
    agents = [
        DeclaredPerson(
            "Ana Model", Role.AGENT, frozenset({TEAM}), identities=_at("ana@model.example")
        ),
        DeclaredPerson(
            "Ben Model", Role.LEAD, frozenset({TEAM}), identities=_at("ben@model.example")
        ),
    ]
    teams = [model]
    for number in range(count):
        id = TeamId(team_id(number))
        teams.append(
            Team(
                id,
                f"Team {number}",
                f"D{number % 5}",
                Address("slack", f"C{number:02}"),
                strategy="manual",
            )
        )
        agents += [
            DeclaredPerson(
                f"Agent {number} {each}",
                Role.AGENT if each else Role.LEAD,
                frozenset({id}),
                identities=_at(agent_mail(number, each)),
            )
            for each in range(AGENTS + 1)
        ]
    return DeclaredWorkspace(Workspace(DEFAULT), tuple(teams), tuple(agents))


@dataclass(frozen=True)
class Compiled:
    """One lived ticket as patterns, by table; times in microseconds."""

    number: int
    born: int
    age: int
    made: Mapping[str, Make]
    assigned: bool


class Seeder:
    def __init__(self, base: Bulk, lives: Sequence[Life], tickets: int) -> None:
        self.base = base
        self.draw = Random(7)
        self.tickets = tickets
        self.now = (WallClock().now() - _EPOCH) // _MICROSECOND
        self.requesters = max(tickets // PER_REQUESTER, 10)
        self.first = max(life.number for life in lives)
        found = base.rows("SELECT mail, id FROM people WHERE mail IS NOT NULL")
        self.ids: dict[str, str] = {str(mail): str(id) for mail, id in found}
        self.models = [(mail, self.ids[mail]) for mail in _MODELS]
        self.columns: dict[str, Sequence[str]] = {}
        self.lives: dict[str, list[Compiled]] = {}
        for life in lives:
            self.lives.setdefault(life.kind, []).append(self._compiled(life))
        words = Words(self.draw)
        self.subjects, self.said, self.noted = (words.sentences(n) for n in (5, 12, 4))
        self.weights = list(accumulate(map(_weight, range(TEAMS))))
        self.waiting: dict[str, list[Any]] = {}
        self.index = Indexer(base)

    def _compiled(self, life: Life) -> Compiled:
        known = (*(word for pair in self.models for word in pair), TEAM, *_TEXTS, _CHANNEL)
        made: dict[str, Make] = {}
        for table, (columns, rows) in life.rows.items():
            if table == "outbox":
                continue  # what was told of it is long sent, and forgotten
            made[table] = Pattern(table, columns, known, life.message_ids).of(rows)
            self.columns[table] = columns
        born = (life.born - _EPOCH) // _MICROSECOND
        return Compiled(life.number, born, life.age // _MICROSECOND, made, life.assigned)

    def run(self) -> None:
        self._requesters()
        for index in range(self.tickets):
            self._ticket(self.first + 1 + index, index / self.tickets)
            if index % 100_000 == 99_999:
                _say(f"{index + 1:,} tickets")
        for table in self.waiting:
            self._flush(table)
        self.index.finish()
        self._count()

    def _ticket(self, number: int, share: float) -> None:
        draw = self.draw
        kind, left = self._kind(share)
        life = draw.choice(self.lives[kind])
        team = draw.choices(range(TEAMS), cum_weights=self.weights)[0]
        requester, agent = draw.randrange(self.requesters), draw.randrange(1, AGENTS + 1)
        subject, noted = draw.choice(self.subjects), draw.choice(self.noted)
        said, answered = draw.choice(self.said), draw.choice(self.said)
        mails = (requester_mail(requester), agent_mail(team, agent), agent_mail(team, 0))
        ids = (requester_id(requester), self.ids[mails[1]], self.ids[mails[2]])
        words = {TEAM: team_id(team), _CHANNEL: f"C{team:02}"}
        words |= dict(
            zip(_TEXTS, (subject.text, said.text, answered.text, noted.text), strict=True)
        )
        for (model_mail, model_id), mail, id in zip(self.models, mails, ids, strict=True):
            words[model_mail], words[model_id] = mail, id
        shift = left - life.age - life.born
        moved: Any = shift if self.base.is_sqlite else timedelta(microseconds=shift)
        for table, make in life.made.items():
            rows = make(number - life.number, moved, shift, f"-{number}", words, written)
            self._add(table, self.columns[table], rows)
        scope = [
            documents.team_scope(team_id(team), private=False),
            documents.requester_scope(ids[0]),
        ]
        if draw.random() < COPIED_SHARE:
            self._copied(number)
        answer, note = ([answered], [noted]) if life.assigned else ([], [])
        self.index.add(number, [subject, said, *answer], note, scope)

    def _copied(self, number: int) -> None:
        place = requester_mail(self.draw.randrange(self.requesters))
        columns = ("workspace", "ticket", "role", "channel", "place", "position")
        self._add("participants", columns, [("default", number, "copied", "mail", place, 0)])

    def _kind(self, share: float) -> tuple[str, int]:
        """A life, and when it was left; later numbers were opened later."""
        draw = self.draw
        if share < 1 - OPEN_SHARE:
            ago = YEARS * (1 - share) + timedelta(days=6)
            return "closed", self.now - ago // _MICROSECOND
        kind = draw.choices(list(_OPEN_KINDS), weights=_OPEN_KINDS.values())[0]
        ago = OPEN_FOR * ((1 - share) / OPEN_SHARE) * draw.random()
        return kind, self.now - (timedelta() if kind == "fresh" else ago) // _MICROSECOND

    def _add(self, table: str, columns: Sequence[str], rows: Sequence[Any]) -> None:
        key = f"{table} {','.join(columns)}"
        waiting = self.waiting.setdefault(key, [])
        waiting.extend(rows)
        if len(waiting) >= ROWS_AT_ONCE:
            self._flush(key)

    def _flush(self, key: str) -> None:
        table, _, columns = key.partition(" ")
        self.base.insert(table, columns.split(","), self.waiting[key])
        self.waiting[key] = []

    def _requesters(self) -> None:
        """Each is the first of the models under another name."""
        (mail, id), *_ = self.models
        for table in ("people", "identities"):
            columns = self.base.columns(table)
            key = "id" if table == "people" else "person"
            [row] = self.base.rows(f"SELECT {', '.join(columns)} FROM {table} WHERE {key} = '{id}'")
            pattern = [{mail: requester_mail, id: requester_id}.get(cell) for cell in row]
            for number in range(self.requesters):
                made = tuple(
                    change(number) if change else cell
                    for cell, change in zip(row, pattern, strict=True)
                )
                self._add(table, columns, [made])

    def _count(self) -> None:
        last = self.first + self.tickets
        if self.base.is_sqlite:
            self.base.run(f"UPDATE workspaces SET last_number = {last} WHERE id = 'default'")
        else:
            self.base.run(f"SELECT setval('{number_sequence(DEFAULT)}', {last})")


_MODELS: Final = ("dora@model.example", "ana@model.example", "ben@model.example")
_TEXTS: Final = (SUBJECT, ASKED, ANSWERED, NOTED)


def _weight(team: int) -> float:
    if team == EMPTY:
        return 0.0
    return 7.7 if team < BUSY else 76.9 / (TEAMS - BUSY - 1)


async def _lived(url: str) -> list[Life]:
    await upgrade(url)
    clock = Hand()
    with tempfile.TemporaryDirectory() as folder:
        storage = await open_storage(url, Path(folder), clock)
        try:
            world = World(storage, clock, declared(0))
            lives = await world.lived()
            # Only now: whoever is paged is looked for among all there are.
            await world.desk.declare(DEFAULT, declared())
            return lives
        finally:
            await storage.close()


def seed(url: str, tickets: int) -> float:
    """Seconds that it took. The database must be empty."""
    begun = perf_counter()
    lives = asyncio.run(_lived(url))
    _say(f"{len(lives)} lived")
    base = bulk(url)
    with base.without_indexes():
        Seeder(base, lives, tickets).run()
        _say("all copied; now the indexes")
    return perf_counter() - begun


def _say(done: str) -> None:
    print(done, file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks seed", description=__doc__)
    parser.add_argument("url", help="of an empty database, as database.url")
    parser.add_argument("tickets", type=int, nargs="?", default=TICKETS)
    given = parser.parse_args(arguments)
    seconds = seed(given.url, given.tickets)
    print(
        f"{given.tickets:,} tickets in {seconds:.0f} s ({seconds / given.tickets * 1e6:.0f} us each)"
    )
    return 0

"""Every list is read along an index of its own, whoever reads it and in whatever order: no right scans a table."""

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from engine.lists.asking import NOBODY, Asked, Sort, TicketFilter
from engine.lists.reading import OPERATOR
from engine.tickets.people import DEFAULT, Identity, Person
from engine.tickets.ticket import Priority
from storage.open.open_storage import Storage
from tests.clock import MORNING
from tests.storage.conftest import Database
from tests.storage.ear import heard, looking
from tests.storage.make import ANA, BOB, furnish, opening, record

AGENT = replace(ANA, identities=(*ANA.identities, Identity("mail", "", "ana@example.com")))
QUESTIONS = {
    "newest": Asked(),
    "late first": Asked(late_first=True),
    "updated": Asked(sort=Sort.UPDATED),
    "due": Asked(sort=Sort.DUE),
    "priority": Asked(sort=Sort.PRIORITY),
    "closed too": Asked(TicketFilter(everything=True)),
    "closed too, updated": Asked(TicketFilter(everything=True), Sort.UPDATED),
    "critical": Asked(TicketFilter(priorities=(Priority.P1,))),
    "of a team": Asked(TicketFilter(teams=("support",))),
    "of a requester": Asked(TicketFilter(requesters=("bob",))),
    "of an agent": Asked(TicketFilter(assignees=("ana",), everything=True)),
    "waiting": Asked(
        TicketFilter(assignees=(NOBODY,), statuses=("NEW", "OPEN"), teams=("support",))
    ),
    "late": Asked(TicketFilter(late=True)),
    "words": Asked(TicketFilter(words="vpn help", everything=True)),
}


@pytest.mark.parametrize("who", [AGENT, BOB, OPERATOR], ids=lambda who: who.id)
@pytest.mark.parametrize("asked", QUESTIONS.values(), ids=QUESTIONS)
async def test_no_list_reads_a_whole_table(
    storage: Storage, database: Database, asked: Asked, who: Person
) -> None:
    await furnish(storage)
    await record(storage, *(opening(number) for number in range(1, 4)))
    first = await storage.views.tickets(DEFAULT, who, replace(asked, limit=1), now=MORNING)
    pages = [asked, *([replace(asked, limit=1, after=first.next)] if first.next else [])]
    with heard(looking(storage)) as statements:
        for page in pages:
            await storage.views.tickets(DEFAULT, who, replace(page, limit=1), now=MORNING)
    finding = [each for each in statements if _finds(each[0])]
    assert finding
    for statement, values in finding:
        scanned = await _scanned(database, statement, values)
        assert scanned == [], (statement, scanned)


def _finds(statement: str) -> bool:
    return statement.startswith(
        ("SELECT number", "SELECT rowid FROM search", "SELECT ticket FROM search")
    )


async def _scanned(database: Database, statement: str, values: Any) -> Sequence[str]:
    """Parts of the plan that read all of a table."""
    if database.kind == "sqlite":
        path = Path(database.url.partition("///")[2])
        return await asyncio.to_thread(_scanned_by_sqlite, path, statement, values)
    return await _scanned_by_postgres(database.url, statement, values)


def _scanned_by_sqlite(path: Path, statement: str, values: Any) -> Sequence[str]:
    connection = sqlite3.connect(path)
    try:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
    finally:
        connection.close()
    ours = ("SCAN tickets", "SCAN participants")
    return [line for line in plan if line.startswith(ours) and "USING" not in line]


async def _scanned_by_postgres(url: str, statement: str, values: Any) -> Sequence[str]:
    """A table of three rows is always scanned, unless that is forbidden: then what is left could do nothing else."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        await connection.execute("SET enable_seqscan = off")
        plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *values)
    finally:
        await connection.close()
    return list(_sequential(json.loads(plan)[0]["Plan"]))


def _sequential(node: dict[str, Any]) -> list[str]:
    below = [found for each in node.get("Plans", []) for found in _sequential(each)]
    mine = [node["Relation Name"]] if node["Node Type"] == "Seq Scan" else []
    return [*mine, *below]

"""`python -m benchmarks migrate MODEL URL [TICKETS]`: how long an older database of so many tickets takes to upgrade.

MODEL is a database that an older deskd wrote and that holds a few hundred tickets: a SQLite file, or the URL of a
PostgreSQL database. URL is where its copy goes (an empty file's place, an empty database); there the tickets are
copied, with all that hangs on them, until there are so many. Links stay inside each copy, so what is upgraded is as
tangled as the model is.
"""

import argparse
import asyncio
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from time import perf_counter
from typing import Final

from benchmarks import calibrator
from benchmarks.bulk import Bulk, bulk
from benchmarks.figures import Figure, table
from benchmarks.seed import TICKETS
from benchmarks.templates import Pattern, rows_of, written
from storage.open.upgrade import upgrade

MINUTES_MAX: Final = 5.0
ROWS_OF_A_PATTERN: Final = 200


def multiply(base: Bulk, tickets: int) -> int:
    """How many there are then: whole copies of all there were."""
    numbers = [
        int(row[0]) for row in base.rows("SELECT DISTINCT number FROM tickets ORDER BY number")
    ]
    [(there,)] = base.rows("SELECT count(*) FROM tickets")
    found = rows_of(base.columns, base.rows, numbers)
    ids = frozenset(
        row[list(columns).index("id")]
        for name in ("comments", "notes")
        for columns, rows in [found.get(name, ((), ()))]
        for row in rows
    )
    makes = [
        (name, columns, Pattern(name, columns, (), ids).of(rows[first : first + ROWS_OF_A_PATTERN]))
        for name, (columns, rows) in found.items()
        for first in range(0, len(rows), ROWS_OF_A_PATTERN)
    ]
    copies = max(tickets // int(there) - 1, 0)
    for copy in range(1, copies + 1):
        for name, columns, make in makes:
            base.insert(
                name, columns, make(copy * numbers[-1], _no_time(base), 0, f"-{copy}", {}, written)
            )
        if copy % 250 == 0:
            print(f"{copy * int(there):,} tickets", file=sys.stderr, flush=True)
    return int(there) * (copies + 1)


def _no_time(base: Bulk) -> object:
    return 0 if base.is_sqlite else timedelta()


def copied(model: str, url: str) -> None:
    """The model's database where the copy goes."""
    if url.startswith("sqlite"):
        shutil.copy(model, url.partition("///")[2])
        return
    plain = [each.replace("+asyncpg", "") for each in (model, url)]
    dump = subprocess.run(["pg_dump", "--no-owner", plain[0]], check=True, capture_output=True)
    subprocess.run(["psql", "-q", plain[1]], input=dump.stdout, check=True, capture_output=True)


def measure(model: str, url: str, tickets: int) -> list[Figure]:
    copied(model, url)
    base = bulk(url)
    with base.without_indexes():
        count = multiply(base, tickets)
    begun = perf_counter()
    revisions = asyncio.run(upgrade(url))
    minutes = (perf_counter() - begun) / 60
    name = "SQLite" if url.startswith("sqlite") else "PostgreSQL"
    what = f"{name}: {count:,} tickets, {revisions[0]} to {revisions[-1]}"
    goal = f"<= {MINUTES_MAX:g} for 1,000,000"
    # Whole copies of the model come close to so many. Of fewer nothing is promised.
    is_whole = count >= 0.99 * TICKETS
    reached = minutes <= MINUTES_MAX if is_whole else None
    return [Figure(what, minutes, "min", goal=goal, reached=reached)]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks migrate", description=__doc__)
    parser.add_argument("model", help="a SQLite file, or the URL of a PostgreSQL database")
    parser.add_argument("url", help="where the copy goes, as database.url")
    parser.add_argument("tickets", type=int, nargs="?", default=TICKETS)
    given = parser.parse_args(arguments)
    machine = calibrator.machine()
    figures = measure(given.model, given.url, given.tickets)
    print(table(figures))
    print(machine)
    return 1 if any(figure.reached is False for figure in figures) else 0

"""What is measured, each with real processes: floods of mail, single mails, starts of commands."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.databases import Database, Sqlite
from benchmarks.processes import (
    NotMeasuredError,
    Outside,
    desk,
    floor,
    load,
    outside,
    python,
    started,
    wall,
)

CONNECTIONS: Final = 20
MAILS: Final = 2_000
# Between two single mails: above Slack's pace of one message per second and channel.
SINGLE_EVERY_SECONDS: Final = 1.2
SINGLES: Final = 20
# A desk that does a tenth of what it must has failed.
FLOOD_SECONDS_MAX: Final = 100.0
LOOK_SECONDS: Final = 0.02
SETTLE_SECONDS: Final = 1.0
COMMAND_RUNS: Final = 10


@dataclass(frozen=True)
class Flood:
    """One flood of mail into one desk."""

    mails_per_second: float
    """Acknowledged."""
    tickets_per_second: float
    """From the first mail sent to the last ticket committed."""
    p99_ms: float
    cpu_ms: float
    """Of the daemon, per mail, whole path."""
    idle_mb: float
    flooded_mb: float
    ready_seconds: float


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="deskd-bench-") as made:
        yield Path(made)


def floor_flood() -> float:
    """Mails a second."""
    with folder() as here, floor(here) as port:
        return MAILS / load(port, connections=CONNECTIONS, mails=MAILS)["seconds"]


def flood(database: Callable[[Path], Database], *, mail_out: bool) -> Flood:
    """mail_out: with Slack and a relay, which are at work while mail comes in."""
    if not mail_out:
        with folder() as here:
            return _flood(here, database(here), None)
    with folder() as here, outside() as far:
        return _flood(here, database(here), far)


def _flood(here: Path, database: Database, far: Outside | None) -> Flood:
    with desk(here, database.url, far.places if far else None) as running:
        time.sleep(SETTLE_SECONDS)
        idle_mb, before = running.memory_mb(), running.cpu_seconds()
        sent = load(running.smtp_port, connections=CONNECTIONS, mails=MAILS)
        done_at = _last_ticket(database)
        if running.has_loaded("/jiter/"):
            # The native part of openai's own requirement: it is there when openai was imported.
            raise NotMeasuredError("openai was imported")
        return Flood(
            mails_per_second=MAILS / sent["seconds"],
            tickets_per_second=MAILS / (done_at - sent["begun"]),
            p99_ms=sent["p99_ms"],
            cpu_ms=(running.cpu_seconds() - before) / MAILS * 1000,
            idle_mb=idle_mb,
            flooded_mb=running.memory_mb(),
            ready_seconds=running.ready_seconds,
        )


def _last_ticket(database: Database) -> float:
    """When it was committed; its history, timers and outbox rows must be there as well."""
    deadline = time.monotonic() + FLOOD_SECONDS_MAX
    while database.count("tickets") < MAILS:
        if time.monotonic() > deadline:
            raise NotMeasuredError(f"{database.count('tickets')} of {MAILS} mails became tickets")
        time.sleep(LOOK_SECONDS)
    done_at = time.monotonic()
    # The least of each: opened and commented; two warnings and two breaches; a receipt.
    least = {"events": 2 * MAILS, "timers": 4 * MAILS, "outbox": MAILS}
    for table, count in least.items():
        if database.count(table) < count:
            raise NotMeasuredError(f"{table}: {database.count(table)} rows, fewer than {count}")
    return done_at


def cards() -> list[float]:
    """Milliseconds from 250 to the card's arrival at Slack's stand-in, one mail at a time."""
    with folder() as here, outside() as far:
        with desk(here, Sqlite(here).url, far.places) as running:
            time.sleep(SETTLE_SECONDS)
            said = [_single(running.smtp_port) for _ in range(SINGLES)]
        posted = far.posted()
    if len(posted) != len(said):
        raise NotMeasuredError(f"{len(said)} mails, {len(posted)} messages posted")
    return [(at - yes) * 1000 for yes, at in zip(said, posted, strict=True)]


def _single(port: int) -> float:
    said_yes = load(port, connections=1, mails=1)["ended"]
    time.sleep(max(0.0, said_yes + SINGLE_EVERY_SECONDS - time.monotonic()))
    return said_yes


def command(*arguments: str) -> float:
    """Median seconds of `deskd ...`."""
    return median(wall(python("-m", "deskd", *arguments)) for _ in range(COMMAND_RUNS))


def bare_python() -> float:
    return median(wall(python("-c", "pass")) for _ in range(COMMAND_RUNS))


def ticket_list() -> float:
    with folder() as here:
        url = Sqlite(here).url
        config = here / "deskd.toml"
        with desk(here, url, None):
            return command("--config", str(config), "ticket", "list", "--json")


def demo_ready() -> float:
    """Seconds from exec to the line that says ready."""
    ports = ["--port", "0", "--smtp-port", "0", "--http-port", "0"]
    begun = time.monotonic()
    with started(python("-m", "deskd", "demo", *ports)) as process:
        assert process.stdout
        line = process.stdout.readline()
        if not line.startswith("ready "):
            raise NotMeasuredError("deskd demo said no ready line")
        return time.monotonic() - begun


def bare_python_mb() -> float:
    """Memory of a Python that does nothing."""
    tell = "import re; print(re.search(r'VmRSS:\\s+(\\d+)', open('/proc/self/status').read())[1])"
    with started(python("-c", tell)) as process:
        assert process.stdout
        return int(process.stdout.readline()) / 1024

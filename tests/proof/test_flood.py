"""Ten thousand mails at once: each is accepted quickly and becomes a ticket, and the daemon grows no fatter."""

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from tests.proof.test_kill_loop import sink, tell
from tests.proof.victim import REPOSITORY, Victim, victim

pytestmark = pytest.mark.proof

MAILS: Final = 10_000
CONNECTIONS: Final = 50
P99_MILLISECONDS_MAX: Final = 1000
RESIDENT_MEGABYTES_MAX: Final = 150
# What Python keeps of a burst (arenas, pages of the database) is not given back; a leak of 5 kB a mail is more.
GROWTH_MEGABYTES_MAX: Final = 25
LOOK_EVERY_SECONDS: Final = 0.2
AFTERWARDS_SECONDS: Final = 180


@dataclass
class Weight:
    """Of the daemon, in megabytes, looked at again and again."""

    victim: Victim
    seen: list[float] = field(default_factory=list)

    async def watch(self, over: asyncio.Event) -> None:
        while not over.is_set():
            self.seen.append(self.victim.resident_bytes() / 2**20)
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    @property
    def early(self) -> float:
        """The heaviest of the first third: everything was loaded and used by then."""
        return max(self.seen[: len(self.seen) // 3])


async def test_10000_mails_on_50_connections_are_accepted_at_once_and_none_is_lost(
    tmp_path: Path, sqlite: str, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = time.monotonic()
    async with sink() as mailbox, victim(tmp_path, sqlite) as desk:
        desk.configure(mailbox.address)
        await desk.start()
        await desk.door()
        weight, over = Weight(desk), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(weight.watch(over))
            figures = await _flood(desk.port)
            await desk.emptied(AFTERWARDS_SECONDS)
            over.set()
        subjects = Counter(await desk.subjects())
        spool, _ = await desk.rows()
        await desk.stop()
    tell(
        capsys,
        f"\nflood: {MAILS} mails, {CONNECTIONS} connections, accepted in {figures['seconds']:.0f} s,"
        f" p50 {figures['p50_ms']:.0f} ms, p99 {figures['p99_ms']:.0f} ms,"
        f" RSS {weight.early:.0f} MB early, {max(weight.seen):.0f} MB at most,"
        f" {time.monotonic() - begun:.0f} s in all",
    )
    assert len(subjects) == MAILS
    assert set(subjects.values()) == {1}
    assert Counter((row.state, row.reason) for row in spool) == {("done", "opened"): MAILS}
    assert figures["p99_ms"] < P99_MILLISECONDS_MAX
    assert max(weight.seen) < RESIDENT_MEGABYTES_MAX
    assert max(weight.seen) < weight.early + GROWTH_MEGABYTES_MAX


async def _flood(port: int) -> dict[str, float]:
    """Its own process, so that the client's work is not the daemon's wait."""
    load = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.smtp_load", str(port), str(CONNECTIONS), str(MAILS)),
        cwd=REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await load.communicate()
    assert load.returncode == 0
    figures: dict[str, float] = json.loads(said)
    return figures

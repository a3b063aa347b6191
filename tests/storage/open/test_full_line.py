"""A line of works that is full: who comes in new is sent away, who marks what is done gets in."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from engine.ports.outbox import Sent
from engine.tickets.errors import TooMuchAtOnce
from engine.tickets.people import DEFAULT
from storage.open import writer_sqlite
from tests.clock import MORNING
from tests.storage.conftest import sqlite_url
from tests.storage.make import CARD, furnish, message, open_with, tell
from tests.storage.open.test_group_commit import PATIENCE, Gate, opened


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    path = tmp_path / "desk.db"
    path.write_bytes(template.read_bytes())
    return path


async def test_a_delivered_parcel_is_marked_sent_however_many_works_wait(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever delivered it once may not be sent away: the next lease would give it out again."""
    monkeypatch.setattr(writer_sqlite, "WAITING_MAX", 3)
    gate = Gate()
    async with opened(sqlite_url(path), path.parent, gate) as storage, asyncio.TaskGroup() as tasks:
        await furnish(storage)
        await open_with(storage, 1, tell("a", CARD), tell("b", CARD))
        late = MORNING + timedelta(hours=1)
        [parcel] = await storage.outbox.lease(now=MORNING, until=late, limit=1)
        kept = await storage.spool.keep(message("settled"))
        gate.shut()
        first = tasks.create_task(storage.spool.keep(message("first")))
        await asyncio.to_thread(gate.reached.wait, PATIENCE)
        waiting = [tasks.create_task(storage.spool.keep(message(f"k{n}"))) for n in range(3)]
        await asyncio.sleep(0)
        marks = [
            tasks.create_task(storage.outbox.sent(parcel, Sent(), at=MORNING)),
            tasks.create_task(storage.outbox.renew([parcel.id], until=late)),
            tasks.create_task(storage.spool.done(kept.id, reason="done")),
        ]
        await asyncio.sleep(0)
        with pytest.raises(TooMuchAtOnce):
            await storage.store.run(DEFAULT, lambda t: t.next_number())
        gate.open()
        await asyncio.wait_for(asyncio.gather(first, *waiting, *marks), PATIENCE)
        [after] = await storage.outbox.lease(now=late, until=late, limit=5)
        assert after.key == "b"
        assert "settled" not in {
            row.key for row in await storage.spool.lease("mail", now=late, until=late, limit=9)
        }

"""Due timers come oldest first and stay until their ticket, or nobody, wants them."""

from dataclasses import replace

from engine.model import DEFAULT, Timer, TimerKind, WorkspaceId
from storage import Storage
from tests.clock import MORNING
from tests.storage.make import after, furnish, opening, record

OTHER = WorkspaceId("other")
WARN = Timer(1, TimerKind.RESOLUTION_WARN, 0, after(hours=1))
BREACH = Timer(1, TimerKind.RESOLUTION_BREACH, 0, after(hours=2, microseconds=1))


async def test_due_timers_come_oldest_first_from_every_workspace(storage: Storage) -> None:
    await furnish(storage, DEFAULT, OTHER)
    assert await storage.timers.next_at() is None
    await record(storage, opening(1, timers_set=(BREACH, WARN)))
    close = Timer(1, TimerKind.AUTO_CLOSE, 2, after(minutes=90))
    await record(storage, opening(1, workspace=OTHER, timers_set=(close,)))
    assert await storage.timers.next_at() == after(hours=1)
    assert await storage.timers.due(now=after(minutes=59), limit=9) == []
    assert await storage.timers.due(now=after(hours=2), limit=9) == [
        (DEFAULT, WARN),
        (OTHER, close),
    ]
    assert await storage.timers.due(now=after(days=1), limit=1) == [(DEFAULT, WARN)]
    everything = [(DEFAULT, WARN), (OTHER, close), (DEFAULT, BREACH)]
    assert await storage.timers.due(now=after(hours=2, microseconds=1), limit=9) == everything


async def test_a_dropped_timer_is_gone_and_one_set_anew_stays(storage: Storage) -> None:
    await furnish(storage)
    await record(storage, opening(1, timers_set=(WARN, BREACH)))
    await storage.timers.drop(DEFAULT, replace(WARN, due_at=MORNING))
    await storage.timers.drop(OTHER, WARN)
    assert len(await storage.timers.due(now=after(days=1), limit=9)) == 2
    await storage.timers.drop(DEFAULT, WARN)
    assert await storage.timers.due(now=after(days=1), limit=9) == [(DEFAULT, BREACH)]


async def test_overdue_timers_are_counted_beyond_the_grace(storage: Storage) -> None:
    await furnish(storage)
    await record(storage, opening(1, timers_set=(WARN, BREACH)))
    grace = after(seconds=60) - MORNING
    depth = await storage.views.overdue_timers(now=after(hours=1, seconds=59), grace=grace)
    assert (depth.waiting, depth.oldest) == (0, None)
    depth = await storage.views.overdue_timers(now=after(hours=3), grace=grace)
    assert (depth.waiting, depth.dead, depth.oldest) == (2, 0, after(hours=1))

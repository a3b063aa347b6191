"""The sweep finds what should not be, mends it, and is silent otherwise."""

from datetime import timedelta

from deskd.sweep import Sweep
from engine.model import DEFAULT, Timer, TimerKind
from engine.ports import Change, Transaction
from tests.deskd.room import Room


async def test_a_healthy_desk_has_no_drift(room: Room) -> None:
    await room.ticket()
    sweep = Sweep(room.storage.store, room.storage.timers, room.storage.views)
    await room.clock.forward(minutes=1)
    assert (await sweep.look(now=room.clock.now())).count == 0


async def test_a_lost_timer_is_set_again_and_a_left_over_one_dropped(room: Room) -> None:
    ticket = await room.ticket()
    rows = await room.storage.timers.due(now=room.clock.now() + timedelta(days=30), limit=99)
    lost = rows[0][1]
    await room.storage.timers.drop(DEFAULT, lost)
    stray = Timer(ticket.number, TimerKind.AUTO_CLOSE, 7, room.clock.now() + timedelta(days=1))

    def add(transaction: Transaction) -> None:
        now = transaction.ticket(ticket.number)
        assert now is not None
        transaction.record(Change(now, now, (), timers_set=(stray,)))

    await room.storage.store.run(DEFAULT, add)
    await room.clock.forward(minutes=1)
    sweep = Sweep(room.storage.store, room.storage.timers, room.storage.views)
    mended = await sweep.mend(await sweep.look(now=room.clock.now()))
    assert (mended.missing, mended.left_over) == ((lost,), (stray,))
    after = await room.storage.timers.due(now=room.clock.now() + timedelta(days=30), limit=99)
    assert set(after) == set(rows)

"""What came in is kept once, handed out to one at a time, and never lost on the way."""

import asyncio
from dataclasses import replace
from datetime import datetime

import pytest

from engine.ports.spool import SpoolRow
from engine.ports.store import Transaction
from engine.ports.views import SpoolLine
from engine.tickets.errors import Stale
from engine.tickets.people import DEFAULT, WorkspaceId
from storage.open.open_storage import Storage
from tests.clock import MORNING, ManualClock
from tests.storage.conftest import Database
from tests.storage.make import after, furnish, message, opening

OTHER = WorkspaceId("other")


async def lease(storage: Storage, *, now: datetime = MORNING, limit: int = 10) -> list[SpoolRow]:
    until = now.replace(hour=now.hour + 1)
    return list(await storage.spool.lease("mail", now=now, until=until, limit=limit))


async def only(storage: Storage) -> SpoolLine:
    (line,) = await storage.views.spool()
    return line


async def test_the_same_message_again_is_the_same_row(storage: Storage) -> None:
    first = await storage.spool.keep(message("a"))
    again = await storage.spool.keep(message("a", raw=b"other bytes"))
    elsewhere = await storage.spool.keep(message("a", channel="slack"))
    assert first.fresh
    assert (again.id, again.fresh) == (first.id, False)
    assert elsewhere.fresh
    assert await storage.spool.raw(first.id) == b"a"


async def test_many_at_once_are_told_apart_from_those_already_there(storage: Storage) -> None:
    known = await storage.spool.keep(message("b"))
    kept = await storage.spool.keep_many([message(key) for key in ("a", "b", "c", "a")])
    assert [each.fresh for each in kept] == [True, False, True, False]
    assert kept[1].id == known.id
    assert kept[3].id == kept[0].id
    rows = await lease(storage)
    assert {row.id: row.key for row in rows} == {
        kept[0].id: "a",
        known.id: "b",
        kept[2].id: "c",
    }


async def test_one_message_for_two_workspaces_is_kept_whole_or_not_at_all(storage: Storage) -> None:
    await furnish(storage, OTHER)
    kept = await storage.spool.keep_many([message("a"), message("a", workspace=OTHER)])
    assert [each.fresh for each in kept] == [True, True]
    rows = await lease(storage)
    assert [row.workspace for row in rows] == [DEFAULT, OTHER]


async def test_a_row_is_handed_out_as_it_came_in(storage: Storage) -> None:
    odd = {"sender": "a\0b", "recipients": ["x@example.com"], "n": 1, "peer": None}
    incoming = message("k\0\ud800", raw=bytes(range(256)), envelope=odd, kind="event")
    kept = await storage.spool.keep(incoming)
    assert not (await storage.spool.keep(incoming)).fresh
    (row,) = await lease(storage)
    assert row == SpoolRow(
        id=kept.id,
        workspace=DEFAULT,
        channel="mail",
        kind="event",
        key="k\ufffd\ufffd",
        raw=bytes(range(256)),
        envelope=odd,
        received_at=MORNING,
        attempts=1,
    )


async def test_rows_come_oldest_first_and_once(storage: Storage) -> None:
    kept = [await storage.spool.keep(message(key)) for key in "abcde"]
    first = await lease(storage, limit=2)
    second = await lease(storage, limit=9)
    assert [row.id for row in first + second] == [each.id for each in kept]
    assert await lease(storage) == []


async def test_only_the_channel_and_the_kinds_asked_for_come(storage: Storage) -> None:
    await storage.spool.keep(message("a", channel="slack", kind="event"))
    await storage.spool.keep(message("b", channel="slack", kind="command"))
    ask = {"now": MORNING, "until": after(hours=1), "limit": 9}
    assert await lease(storage) == []
    (command,) = await storage.spool.lease("slack", kinds=["command", "view"], **ask)  # type: ignore[arg-type] # one bag
    assert command.key == "b"
    (event,) = await storage.spool.lease("slack", **ask)  # type: ignore[arg-type] # one bag of arguments
    assert event.key == "a"


async def test_a_lease_that_ran_out_waits_again_and_each_attempt_is_counted(
    storage: Storage,
) -> None:
    await storage.spool.keep(message("a"))
    assert [row.attempts for row in await lease(storage)] == [1]
    assert await lease(storage, now=after(minutes=59)) == []
    assert [row.attempts for row in await lease(storage, now=after(hours=1))] == [2]
    assert (await only(storage)).attempts == 2


async def test_the_attempt_is_counted_before_the_row_is_handed_out(
    storage: Storage, database: Database, clock: ManualClock
) -> None:
    await storage.spool.keep(message("a"))
    await lease(storage)
    other = await database.open(clock)
    assert (await only(other)).attempts == 1
    await other.close()


async def test_a_renewed_lease_holds(storage: Storage) -> None:
    kept = await storage.spool.keep(message("a"))
    await lease(storage)
    await storage.spool.renew([kept.id], until=after(hours=5))
    assert await lease(storage, now=after(hours=4)) == []
    assert len(await lease(storage, now=after(hours=5))) == 1


async def test_four_workers_never_share_a_row(
    storage: Storage, database: Database, clock: ManualClock
) -> None:
    await storage.spool.keep_many([message(f"k{n:03}") for n in range(120)])
    others = [await database.open(clock) for _ in range(3)]

    async def worker(mine: Storage) -> list[int]:
        got: list[int] = []
        while rows := await lease(mine, limit=7):
            got += [row.id for row in rows]
        return got

    shares = await asyncio.gather(*(worker(each) for each in (storage, *others)))
    for other in others:
        await other.close()
    taken = [id for share in shares for id in share]
    assert len(taken) == len(set(taken)) == 120


async def test_every_row_ends_in_sight(storage: Storage) -> None:
    ids = [(await storage.spool.keep(message(key))).id for key in ("done", "dead", "again")]
    await lease(storage)
    await storage.spool.done(ids[0], reason="ignored: auto-reply")
    await storage.spool.bury(ids[1], reason="cannot be read")
    await storage.spool.retry(ids[2], reason="model is away", at=after(minutes=1))
    lines = await storage.views.spool()
    assert [(line.state, line.reason) for line in lines] == [
        ("done", "ignored: auto-reply"),
        ("dead", "cannot be read"),
        ("waiting", "model is away"),
    ]
    assert [line.id for line in await storage.views.spool(state="dead")] == [ids[1]]
    assert [row.id for row in await lease(storage, now=after(minutes=1))] == [ids[2]]
    depth = await storage.views.spool_depth()
    assert (depth.waiting, depth.dead, depth.oldest) == (1, 1, MORNING)


async def test_a_dead_row_can_be_tried_again_and_a_done_one_can_not(storage: Storage) -> None:
    dead = (await storage.spool.keep(message("dead"))).id
    done = (await storage.spool.keep(message("done"))).id
    await lease(storage)
    await storage.spool.bury(dead, reason="broken")
    await storage.spool.done(done, reason="acted")
    assert await storage.spool.revive(dead, at=after(minutes=1))
    assert not await storage.spool.revive(done, at=after(minutes=1))
    assert not await storage.spool.revive(999, at=after(minutes=1))
    (row,) = await lease(storage, now=after(minutes=1))
    assert (row.id, row.attempts) == (dead, 1)


async def test_settling_shares_the_fate_of_the_ticket(storage: Storage) -> None:
    await furnish(storage)
    kept = await storage.spool.keep(message("a"))

    def opened(transaction: Transaction, *, fails: bool) -> bool:
        done = transaction.spool_is_done(kept.id)
        transaction.record(opening(1))
        transaction.settle(kept.id, ticket=1, reason="opened")
        if fails:
            raise LookupError
        return done

    with pytest.raises(LookupError):
        await storage.store.run(DEFAULT, lambda t: opened(t, fails=True))
    assert (await only(storage)).state == "waiting"
    assert not await storage.store.run(DEFAULT, lambda t: opened(t, fails=False))
    line = await only(storage)
    assert (line.state, line.ticket, line.reason) == ("done", 1, "opened")
    assert await storage.store.run(DEFAULT, lambda t: t.spool_is_done(kept.id))


async def test_what_is_settled_stays_settled(storage: Storage) -> None:
    kept = await storage.spool.keep(message("a"))
    await storage.store.run(DEFAULT, lambda t: t.settle(kept.id, ticket=None, reason="acted"))
    before = await only(storage)
    await storage.spool.bury(kept.id, reason="too late")
    await storage.spool.retry(kept.id, reason="too late", at=MORNING)
    assert await only(storage) == before
    with pytest.raises(Stale):
        await storage.store.run(DEFAULT, lambda t: t.settle(kept.id, ticket=None, reason="twice"))


async def test_two_workers_on_one_row_open_one_ticket(storage: Storage) -> None:
    await furnish(storage)
    kept = await storage.spool.keep(message("a"))

    def work(transaction: Transaction) -> int | None:
        if transaction.spool_is_done(kept.id):
            return None
        number = transaction.next_number()
        transaction.record(opening(number))
        transaction.settle(kept.id, ticket=number, reason="opened")
        return number

    answers = await asyncio.gather(*(storage.store.run(DEFAULT, work) for _ in range(6)))
    assert len([number for number in answers if number is not None]) == 1


async def test_a_spool_row_of_another_workspace_can_not_be_settled(storage: Storage) -> None:
    await furnish(storage, OTHER)
    kept = await storage.spool.keep(replace(message("a"), workspace=OTHER))
    with pytest.raises(Stale):
        await storage.store.run(DEFAULT, lambda t: t.settle(kept.id, ticket=None, reason="acted"))
    assert not await storage.store.run(DEFAULT, lambda t: t.spool_is_done(kept.id))

"""Works that wait together share one commit, and nobody is answered before it."""

import asyncio
import sqlite3
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection

from engine.ports.store import Transaction
from engine.tickets.errors import TooMuchAtOnce
from engine.tickets.people import DEFAULT
from storage.open import writer_sqlite
from storage.open.open_storage import Storage
from storage.open.writer_sqlite import GROUP_MAX
from storage.queues.spool_postgres import KEEP_TOGETHER_MAX
from storage.sql.errors import StorageTrouble
from tests.clock import ManualClock
from tests.storage import postgres
from tests.storage.conftest import Database, sqlite_url
from tests.storage.make import TEAM, furnish, message, opening
from tests.storage.open.gate import PATIENCE, Gate, opened


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    path = tmp_path / "desk.db"
    path.write_bytes(template.read_bytes())
    return path


def open_ticket(transaction: Transaction, number: int) -> int:
    transaction.record(opening(number))
    return number


async def test_what_waits_during_one_commit_shares_the_next(path: Path) -> None:
    gate = Gate()
    async with opened(sqlite_url(path), path.parent, gate) as storage, asyncio.TaskGroup() as tasks:
        await furnish(storage)
        gate.groups.clear()
        gate.shut()
        first = tasks.create_task(storage.spool.keep(message("first")))
        await asyncio.to_thread(gate.reached.wait, PATIENCE)
        kept = [tasks.create_task(storage.spool.keep(message(f"k{n}"))) for n in range(10)]
        works = [
            tasks.create_task(storage.store.run(DEFAULT, partial(open_ticket, number=n)))
            for n in range(1, 11)
        ]
        await asyncio.sleep(0)
        assert not first.done()
        gate.open()
        await asyncio.wait_for(asyncio.gather(first, *kept, *works), PATIENCE)
    assert gate.groups == [1, 20]


async def test_a_group_has_a_limit(path: Path) -> None:
    gate = Gate()
    async with opened(sqlite_url(path), path.parent, gate) as storage:
        await asyncio.gather(*(storage.spool.keep(message(f"k{n}")) for n in range(200)))
    assert sum(gate.groups) == 200
    assert max(gate.groups) <= GROUP_MAX


async def test_beyond_what_may_wait_callers_are_told_to_come_again_and_the_others_are_served(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_sqlite, "WAITING_MAX", 3)
    gate = Gate()
    async with opened(sqlite_url(path), path.parent, gate) as storage, asyncio.TaskGroup() as tasks:
        gate.shut()
        first = tasks.create_task(storage.spool.keep(message("first")))
        await asyncio.to_thread(gate.reached.wait, PATIENCE)
        waiting = [tasks.create_task(storage.spool.keep(message(f"k{n}"))) for n in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(TooMuchAtOnce):
            await storage.spool.keep(message("late"))
        gate.open()
        await asyncio.wait_for(asyncio.gather(first, *waiting), PATIENCE)
        assert (await storage.spool.keep(message("late"))).fresh, "nothing of it was done before"
    assert sorted(_kept_keys(path)) == ["first", "k0", "k1", "k2", "late"]


async def test_the_answer_comes_after_the_commit_is_on_disk(path: Path) -> None:
    gate = Gate()
    async with opened(sqlite_url(path), path.parent, gate) as storage, asyncio.TaskGroup() as tasks:
        gate.shut()
        keeping = tasks.create_task(storage.spool.keep(message("k")))
        await asyncio.to_thread(gate.reached.wait, PATIENCE)
        assert not keeping.done()
        assert _kept_keys(path) == []
        gate.open()
        await asyncio.wait_for(keeping, PATIENCE)
        assert _kept_keys(path) == ["k"]


async def test_the_answer_is_durable_for_another_connection(database: Database) -> None:
    async with opened(database.url, database.folder, Gate()) as storage:
        kept = await storage.spool.keep(message("k"))
        async with opened(database.url, database.folder, Gate()) as other:
            assert await other.spool.raw(kept.id) == b"k"


async def test_a_commit_that_fails_is_tried_alone_for_each(path: Path) -> None:
    gate = Gate()
    async with opened(sqlite_url(path), path.parent, gate) as storage, asyncio.TaskGroup() as tasks:
        await furnish(storage)
        gate.shut()
        first = tasks.create_task(storage.spool.keep(message("first")))
        await asyncio.to_thread(gate.reached.wait, PATIENCE)
        works = [
            tasks.create_task(storage.store.run(DEFAULT, partial(open_ticket, number=n)))
            for n in (1, 2, 3)
        ]
        await asyncio.sleep(0)
        gate.groups.clear()
        gate.passes, gate.failures = 1, 1
        gate.open()
        await asyncio.wait_for(first, PATIENCE)
        assert await asyncio.wait_for(asyncio.gather(*works), PATIENCE) == [1, 2, 3]
        lines = [await storage.views.ticket(DEFAULT, n) for n in (1, 2, 3)]
        assert all(lines)


async def test_what_was_said_in_a_group_that_failed_is_not_believed(path: Path) -> None:
    """The group is undone, the work does better alone: its caller must hear of that, not of the first try."""
    tries: list[int] = []

    def refused_once(_transaction: Transaction) -> str:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("taken")
        return "done"

    gate = Gate()
    async with opened(sqlite_url(path), path.parent, gate) as storage, asyncio.TaskGroup() as tasks:
        await furnish(storage)
        gate.shut()
        first = tasks.create_task(storage.spool.keep(message("first")))
        await asyncio.to_thread(gate.reached.wait, PATIENCE)
        works = [
            tasks.create_task(storage.store.run(DEFAULT, refused_once)),
            tasks.create_task(storage.store.run(DEFAULT, partial(_opened, number=1))),
        ]
        await asyncio.sleep(0)
        gate.passes, gate.failures = 1, 1
        gate.open()
        await asyncio.wait_for(first, PATIENCE)
        assert await asyncio.wait_for(asyncio.gather(*works), PATIENCE) == ["done", "opened"]
    assert len(tries) == 2


def _opened(transaction: Transaction, number: int) -> str:
    open_ticket(transaction, number)
    return "opened"


async def test_a_full_disk_is_temporary_trouble_and_leaves_nothing(path: Path) -> None:
    gate = Gate()
    async with opened(sqlite_url(path), path.parent, gate) as storage:
        await storage.writer.run(_no_more_pages)
        with pytest.raises(StorageTrouble, match="full") as trouble:
            await storage.spool.keep(message("big", raw=bytes(10_000_000)))
        assert trouble.value.temporary
        await storage.writer.run(_pages_again)
        assert (await storage.spool.keep(message("big", raw=bytes(10_000_000)))).fresh


def _no_more_pages(connection: Connection) -> None:
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 20}")


def _pages_again(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA max_page_count=1000000")


async def test_another_program_that_writes_is_waited_for(path: Path) -> None:
    async with (
        opened(sqlite_url(path), path.parent, Gate()) as storage,
        asyncio.TaskGroup() as tasks,
    ):
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        keeping = tasks.create_task(storage.spool.keep(message("k")))
        done, _ = await asyncio.wait([keeping], timeout=0.1)
        assert not done
        other.execute("ROLLBACK")
        other.close()
        assert (await asyncio.wait_for(keeping, PATIENCE)).fresh


async def test_a_program_that_writes_for_too_long_is_temporary_trouble(path: Path) -> None:
    async with opened(sqlite_url(path), path.parent, Gate()) as storage:
        await storage.writer.run(lambda c: c.exec_driver_sql("PRAGMA busy_timeout=20").close())
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        tries = (storage.spool.keep(message(f"k{n}")) for n in range(30))
        answers = await asyncio.gather(*tries, return_exceptions=True)
        assert {type(answer) for answer in answers} == {StorageTrouble}
        assert all(answer.temporary for answer in answers if isinstance(answer, StorageTrouble))
        other.execute("ROLLBACK")
        other.close()
        assert (await storage.spool.keep(message("k0"))).fresh


async def test_two_programs_that_read_and_then_write_lose_nothing(
    database: Database, clock: ManualClock
) -> None:
    both = [await database.open(clock) for _ in range(2)]
    asked = (each.store.run(DEFAULT, lambda t: t.next_number()) for each in both * 60)
    numbers = await asyncio.gather(*asked)
    for each in both:
        await each.close()
    assert sorted(numbers) == list(range(1, 121))


async def test_after_closing_nothing_is_taken_and_the_log_is_folded_in(path: Path) -> None:
    gate = Gate()
    async with opened(sqlite_url(path), path.parent, gate) as storage, asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(storage.spool.keep(message("k")))
        await asyncio.sleep(0)
        await storage.close()
        assert (await keeping).fresh
        with pytest.raises(StorageTrouble):
            await storage.spool.keep(message("late"))
    wal = path.with_name(path.name + "-wal")
    assert not wal.exists() or wal.stat().st_size == 0


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_on_postgresql_keeps_share_commits_too(database: Database) -> None:
    gate = Gate()
    async with opened(database.url, database.folder, gate) as storage:
        kept = await asyncio.gather(*(storage.spool.keep(message(f"k{n}")) for n in range(100)))
    assert len({each.id for each in kept}) == 100
    assert len(gate.groups) <= 4


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_a_keeper_who_leaves_in_the_middle_takes_nobody_with_him(database: Database) -> None:
    async with opened(database.url, database.folder, Gate()) as storage:

        async def hold_the_table(other: postgres.Connection) -> list[int | BaseException]:
            holding = other.transaction()
            await holding.start()
            await other.execute("LOCK TABLE spool IN ACCESS EXCLUSIVE MODE")
            async with asyncio.TaskGroup() as tasks:
                keeping = [tasks.create_task(_keep(storage, f"k{n}")) for n in range(10)]
                # The first keeps for himself, the second for all the others; both leave.
                for leaver in keeping[:2]:
                    await _until_somebody_waits(other)
                    leaver.cancel()
                    await asyncio.wait([leaver])
                await holding.rollback()
                answers = asyncio.gather(*keeping, return_exceptions=True)
                return await asyncio.wait_for(answers, PATIENCE)

        kept = await postgres.connected(database.url, hold_the_table)
        assert [type(answer) for answer in kept[:2]] == [asyncio.CancelledError] * 2
        assert [type(answer) for answer in kept[2:]] == [int] * 8
        assert len(set(kept[2:])) == 8


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_nobody_is_told_kept_because_of_those_who_left_before(database: Database) -> None:
    """More leavers than one commit takes stand before the one who stays: he is answered for his own message."""
    async with opened(database.url, database.folder, Gate()) as storage:

        async def hold_the_table(other: postgres.Connection) -> int:
            holding = other.transaction()
            await holding.start()
            await other.execute("LOCK TABLE spool IN ACCESS EXCLUSIVE MODE")
            async with asyncio.TaskGroup() as tasks:
                first = tasks.create_task(_keep(storage, "first"))
                await _until_somebody_waits(other)
                leavers = [
                    tasks.create_task(_keep(storage, f"k{n}")) for n in range(KEEP_TOGETHER_MAX)
                ]
                await asyncio.sleep(0)
                stays = tasks.create_task(_keep(storage, "stays"))
                await asyncio.sleep(0)
                for leaver in leavers:
                    leaver.cancel()
                await asyncio.wait(leavers)
                await holding.rollback()
                await asyncio.wait_for(first, PATIENCE)
                return await asyncio.wait_for(stays, PATIENCE)

        kept = await postgres.connected(database.url, hold_the_table)
        assert await storage.spool.raw(kept) == message("stays").raw


async def _keep(storage: Storage, key: str) -> int:
    return (await storage.spool.keep(message(key))).id


_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


async def _until_somebody_waits(other: postgres.Connection) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await other.fetchval(_WAITING):  # noqa: ASYNC110 - PostgreSQL rings no bell for this
            await asyncio.sleep(0.01)


async def test_an_unknown_workspace_spoils_no_neighbour(database: Database) -> None:
    async with opened(database.url, database.folder, Gate()) as storage:
        strange = message("x", workspace="nobody")
        tries = [storage.spool.keep(each) for each in (message("a"), strange, message("b"))]
        first, second, third = await asyncio.gather(*tries, return_exceptions=True)
        assert isinstance(second, StorageTrouble)
        assert not second.temporary
        assert not isinstance(first, BaseException)
        assert not isinstance(third, BaseException)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_a_lost_connection_is_cured_by_running_again(database: Database) -> None:
    async with opened(database.url, database.folder, Gate()) as storage:
        await furnish(storage)
        await postgres.connected(
            postgres.SERVER,
            lambda c: c.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1",
                database.url.rpartition("/")[2],
            ),
        )
        assert await storage.store.run(DEFAULT, partial(open_ticket, number=1)) == 1
        assert await storage.views.ticket(DEFAULT, 1) is not None


def _kept_keys(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return [key for (key,) in connection.execute("SELECT key FROM spool")]
    finally:
        connection.close()


async def test_a_team_that_was_changed_in_a_group_undone_is_not_remembered(path: Path) -> None:
    """The number of the rules that the change had is given again, to the next one."""
    gate = Gate()
    async with opened(sqlite_url(path), path.parent, gate) as storage, asyncio.TaskGroup() as tasks:
        await furnish(storage)
        gate.shut()
        tasks.create_task(storage.spool.keep(message("first")))
        await asyncio.to_thread(gate.reached.wait, PATIENCE)
        # After the first: the group of both fails, and then the change alone.
        gate.passes, gate.failures = 1, 2
        change = storage.store.run(DEFAULT, lambda t: t.keep_team(replace(TEAM, name="Undone")))
        look = storage.store.run(DEFAULT, lambda t: t.team(TEAM.id))
        both = asyncio.gather(change, look, return_exceptions=True)
        await asyncio.sleep(0)
        gate.open()
        refused, seen = await asyncio.wait_for(both, PATIENCE)
        assert isinstance(refused, StorageTrouble)
        assert seen == TEAM
        done = replace(TEAM, name="Done")
        await storage.store.run(DEFAULT, lambda t: t.keep_team(done))
        assert await storage.store.run(DEFAULT, lambda t: t.team(TEAM.id)) == done

"""The SQLite file is opened so that nothing is lost, and by one daemon only."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from engine.tickets.people import DEFAULT
from storage.open.open_storage import Storage, open_storage
from storage.sql.database import DaemonLock
from storage.sql.errors import Busy
from tests.clock import ManualClock
from tests.storage.conftest import Database
from tests.storage.make import furnish, message

WANTED = {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 10_000, "foreign_keys": 1}

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def pragmas(connection: Connection) -> dict[str, object]:
    return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in WANTED}


@on_sqlite
async def test_writers_and_readers_have_the_safe_pragmas(storage: Storage) -> None:
    assert await storage.writer.run(pragmas) == WANTED
    async with storage.readers.open() as read:
        assert await read.run_sync(pragmas) == WANTED


async def test_a_view_can_not_write(storage: Storage) -> None:
    with pytest.raises(Exception, match=r"read-?only"):
        async with storage.readers.open() as read:
            await read.execute(text("DELETE FROM spool"))


async def test_a_view_has_one_picture_for_all_its_statements(storage: Storage) -> None:
    count = text("SELECT count(*) FROM spool")
    async with storage.readers.open() as read:
        before = (await read.execute(count)).scalar()
        await storage.spool.keep(message("a"))
        assert (await read.execute(count)).scalar() == before == 0
    async with storage.readers.open() as read:
        assert (await read.execute(count)).scalar() == 1


def test_a_second_daemon_on_the_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    with DaemonLock(path):
        with pytest.raises(Busy, match=r"desk\.db\.lock"):
            DaemonLock(path)
        asked = subprocess.run(
            [sys.executable, "-c", _TAKE, str(path)], capture_output=True, text=True, check=False
        )
        assert "Busy" in asked.stderr
    DaemonLock(path).release()


_TAKE = (
    "import sys; from pathlib import Path; from storage.sql.database import DaemonLock; "
    "DaemonLock(Path(sys.argv[1]))"
)


def test_the_lock_of_a_killed_daemon_is_free(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    program = f"{_TAKE}; print('held', flush=True); sys.stdin.read()"
    holder = subprocess.Popen(
        [sys.executable, "-c", program.replace("; DaemonLock", "; lock = DaemonLock"), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Busy):
            DaemonLock(path)
        holder.kill()
    DaemonLock(path).release()


@on_sqlite
async def test_a_command_reads_and_writes_while_the_daemon_runs(
    storage: Storage, database: Database, clock: ManualClock
) -> None:
    with DaemonLock(Path(database.url.partition("///")[2])):
        command = await open_storage(database.url, None, clock)
        await furnish(command)
        kept = await command.spool.keep(message("by hand"))
        await command.close()
        assert await storage.spool.raw(kept.id) == b"by hand"
        assert await storage.store.run(DEFAULT, lambda t: len(t.teams())) == 1

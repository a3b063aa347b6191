"""`deskd outbox` shows what belongs to no ticket like the rest, with `ticket: null`."""

import asyncio
from pathlib import Path

import pytest

from engine.messages.effects import Tell
from engine.tickets.people import DEFAULT, Address
from storage.open.open_storage import open_storage
from tests.clock import ManualClock
from tests.deskd.commands import Shell
from tests.engine.messages.made import made


@pytest.fixture
def shell(database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    made = Shell(tmp_path, capsys)
    made.write()
    return made


async def _tell(url: str) -> None:
    storage = await open_storage(url, None, ManualClock())
    digest = Tell(Address("slack", "C1"), made("overdue_digest"), "monday")
    await storage.store.run(DEFAULT, lambda transaction: transaction.tell([digest]))
    await storage.close()


def test_a_message_without_ticket_is_listed_shown_dropped_and_retried(shell: Shell) -> None:
    asyncio.run(_tell(f"sqlite+aiosqlite:///{shell.folder}/deskd.db"))
    listed = shell.run("outbox", "list", "--json").json
    assert isinstance(listed, list)
    [row] = listed
    assert (row["ticket"], row["kind"], row["state"]) == (None, "overdue_digest", "waiting")
    id = str(row["id"])
    assert "overdue_digest" in shell.run("outbox", "list").out
    assert shell.run("outbox", "show", id, "--json").json == row
    assert "T-" not in shell.run("outbox", "show", id).out
    assert [shell.run("outbox", verb, id).code for verb in ("drop", "retry")] == [0, 0]
    assert shell.run("fsck").code == 0

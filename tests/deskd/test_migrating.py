"""A migration that takes long: whoever probes the process finds it alive, and not ready."""

import asyncio
import logging
from pathlib import Path

import aiohttp
import pytest

from deskd.migrating import upgraded_alive
from deskd.settings.settings import Settings
from storage.open.open_storage import open_storage
from storage.sql.database import FileLock
from tests.clock import ManualClock
from tests.deskd.room import eventually
from tests.deskd.test_run import free_port


async def test_a_process_that_migrates_is_alive_and_says_how_far_it_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, port = tmp_path / "desk.db", free_port()
    settings = Settings.model_validate(
        {
            "database": {"url": f"sqlite+aiosqlite:///{path}"},
            "http": {"listen": f"127.0.0.1:{port}"},
            "secret_key": "k" * 32,
        }
    )
    caplog.set_level(logging.INFO)
    # Whoever else migrates this file holds up ours for as long as we like.
    other = FileLock(path.with_name("desk.db.upgrade"))
    other.take(wait=False)
    clock = ManualClock()
    async with asyncio.TaskGroup() as group:
        group.create_task(upgraded_alive(settings, clock))
        await eventually(lambda: clock.sleepers, "it waits before it tells")
        await clock.forward(seconds=3)
        await eventually(lambda: "listening for HTTP" in caplog.text, "it answers")
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as probe:
            async with probe.get("/health") as health:
                assert health.status == 200
            async with probe.get("/ready") as ready:
                told = await ready.json()
        assert (ready.status, told["status"]) == (503, "migrating")
        assert set(told["progress"]) == {"table", "rows", "of"}
        other.release()
    assert "the database is being brought up to date" in caplog.text
    await (await open_storage(f"sqlite+aiosqlite:///{path}", None, ManualClock())).close()

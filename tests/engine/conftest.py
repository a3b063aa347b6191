"""The desk that use cases are tried on."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.tickets.people import DEFAULT
from storage.open.open_storage import open_storage
from tests.clock import ManualClock
from tests.engine.world import ROSTER, World


@pytest.fixture
async def world(tmp_path: Path, template: Path) -> AsyncIterator[World]:
    url = f"sqlite+aiosqlite:///{tmp_path}/desk.db"
    shutil.copy(template, tmp_path / "desk.db")
    clock = ManualClock()
    storage = await open_storage(url, tmp_path / "files", clock)
    made = World(storage, clock)
    await made.desk.declare(DEFAULT, ROSTER)
    yield made
    await storage.close()

"""Fixtures of the daemon's tests: a desk on real SQLite, and a clock moved by hand."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.clock import ManualClock
from tests.deskd.room import Room, open_room


@pytest.fixture
def database(template: Path, tmp_path: Path) -> Path:
    path = tmp_path / "deskd.db"
    shutil.copy(template, path)
    return path


@pytest.fixture
async def room(database: Path) -> AsyncIterator[Room]:
    async with open_room(database, ManualClock()) as room:
        yield room

"""Fixtures of the bot's tests."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.open.upgrade import upgrade
from tests.bot.office import Office, open_office


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the schema in it, copied by each test."""
    path = tmp_path_factory.mktemp("template") / "desk.db"
    asyncio.run(upgrade(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture
async def office(tmp_path: Path, template: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path, template) as office:
        yield office

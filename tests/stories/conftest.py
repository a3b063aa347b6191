"""One fixture: where a story keeps its database. SQLite by default, PostgreSQL when DESKD_TEST_DATABASE says so."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from tests.storage import postgres
from tests.stories.town import Town, town

SERVER = os.environ.get(
    "DESKD_TEST_POSTGRES", "postgresql+asyncpg://postgres@127.0.0.1:5432/postgres"
)

ON_POSTGRES = os.environ.get("DESKD_TEST_DATABASE") == "postgresql"


@pytest.fixture(scope="session")
def migrated(template: Path) -> Iterator[str]:
    """What every story's own database is copied from: a file, or a database of the server."""
    if not ON_POSTGRES:
        yield str(template)
        return
    url = postgres.create()
    yield url.rpartition("/")[2]
    postgres.drop(url)


@pytest.fixture
async def database(migrated: str, tmp_path: Path) -> AsyncIterator[str]:
    if not ON_POSTGRES:
        shutil.copy(migrated, tmp_path / "desk.db")
        yield f"sqlite+aiosqlite:///{tmp_path}/desk.db"
        return
    name = f"deskd_story_{uuid4().hex}"
    server = await asyncpg.connect(SERVER.replace("+asyncpg", ""))
    await server.execute(f'create database "{name}" template "{migrated}"')
    yield f"{SERVER.rpartition('/')[0]}/{name}"
    await server.execute(f'drop database "{name}" with (force)')
    await server.close()


@pytest.fixture
async def desk(tmp_path: Path, database: str) -> AsyncIterator[Town]:
    async with town(tmp_path, database) as made:
        yield made

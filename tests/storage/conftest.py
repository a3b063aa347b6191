"""Every test of storage runs on both databases, each on an empty one of its own."""

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from storage.open.open_storage import Storage, open_storage
from tests.clock import ManualClock
from tests.storage import postgres


@dataclass(frozen=True, slots=True)
class Database:
    kind: str
    url: str
    folder: Path

    async def open(self, clock: ManualClock) -> Storage:
        return await open_storage(self.url, self.folder / "attachments", clock)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    if reason := postgres.unreachable():
        pytest.skip(reason)
    url = postgres.create()
    yield url
    postgres.drop(url)


def sqlite_url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "sqlite":
        path = tmp_path / "desk.db"
        shutil.copy(request.getfixturevalue("template"), path)
        return Database("sqlite", sqlite_url(path), tmp_path)
    url = request.getfixturevalue("postgres_url")
    postgres.empty(url)
    return Database("postgresql", url, tmp_path)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def storage(database: Database, clock: ManualClock) -> AsyncIterator[Storage]:
    opened = await database.open(clock)
    yield opened
    await opened.close()

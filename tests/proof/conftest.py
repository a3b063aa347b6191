"""Where a proof keeps its data: a folder, and a database on either kind of server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storage import postgres


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path}/desk.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, sqlite: str) -> Iterator[str]:
    if request.param == "sqlite":
        yield sqlite
        return
    if complaint := postgres.unreachable():
        pytest.skip(complaint)
    url = postgres.create_bare()
    yield url
    postgres.drop(url)

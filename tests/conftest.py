"""What all tests share: one migrated database to copy; and in CI nothing is skipped, but fails with its reason."""

import asyncio
import gc
import os
from collections.abc import Generator
from pathlib import Path

import pytest

import tests.examples  # noqa: F401 - before any test: it says how properties are tried
from storage.open.upgrade import upgrade


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get("DESKD_TEST_NO_SKIPS"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} may not be skipped here: {report.longrepr}"
    return report


LONG = ("test_four_daemons.py", "storage/checks/test_verify.py", "deskd/test_run.py")
"""They go first: at the end everybody would wait for them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not str(item.path).endswith(LONG))


def pytest_collection_finish() -> None:
    """Modules and collected tests stay to the end: the garbage collector need not go through them again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the schema in it, copied by each test."""
    path = tmp_path_factory.mktemp("template") / "desk.db"
    asyncio.run(upgrade(f"sqlite+aiosqlite:///{path}"))
    return path

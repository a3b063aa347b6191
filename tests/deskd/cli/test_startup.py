"""A command answers at once: it imports only what it uses. Counted here, since a clock would judge the machine."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

NOT_FOR_A_LIST = (
    "aiosmtpd", "aiosqlite", "alembic", "apscheduler", "fastapi", "holidays", "icalendar", "jinja2", "openai",
    "prometheus_client", "slack_bolt", "slack_sdk", "sqlalchemy.ext.asyncio", "sqlalchemy.orm", "structlog",
    "uvicorn", "xlsxwriter", "engine.desk", "engine.explain", "engine.reports.facts", "engine.reports.report",
    "engine.shifts", "engine.whatif",
    "storage.open.open_storage", "storage.open.upgrade", "storage.queues",
)  # fmt: skip
NOT_FOR_HELP = (*NOT_FOR_A_LIST, "api", "engine", "pydantic", "sqlalchemy", "storage", "templates")
LIST_MODULES_MAX = 600
"""520 today, of them 240 for the bare command line; 1,000 modules were a second."""
HELP_MODULES_MAX = 300

PROGRAM = """
import json, sys
from deskd.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    assert not end.code, end.code
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def imported(*arguments: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True
    )
    assert ran.stdout
    found: list[str] = json.loads(ran.stderr.splitlines()[-1])
    return found


def strangers(found: list[str], unwanted: tuple[str, ...]) -> list[str]:
    return [
        name for name in unwanted if name in found or any(m.startswith(f"{name}.") for m in found)
    ]


@pytest.mark.parametrize(
    "command", ["ticket list --json", "ticket list", "spool list --json", "outbox list --json"]
)
def test_a_list_imports_nothing_that_it_does_not_use(
    database: Path, tmp_path: Path, command: str
) -> None:
    config = tmp_path / "deskd.toml"
    config.write_text(f'secret_key = "{"k" * 40}"\n', encoding="utf-8")
    found = imported("--config", str(config), *command.split())
    assert strangers(found, NOT_FOR_A_LIST) == []
    assert len(found) <= LIST_MODULES_MAX


def test_help_imports_the_command_line_alone() -> None:
    found = imported("--help")
    assert strangers(found, NOT_FOR_HELP) == []
    assert len(found) <= HELP_MODULES_MAX

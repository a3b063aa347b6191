"""`--json` of every command keeps its keys: what scripts read is compared with what it was, key by key.

`shapes/*.json` were written by the commands of 6df231d, on the desk of small_desk.py. A key may join them; none may
leave, move or change its kind.
"""

import asyncio
import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.clock import ManualClock
from tests.deskd.cli import small_desk
from tests.deskd.commands import Shell

KEPT: Final = Path(__file__).with_name("shapes")
Structure = str | list["Structure"] | dict[str, "Structure"]

STRICTER: Final = """
[[policies]]
id = "devops"
base = "devops"
[policies.goals.P3]
first_response = "5m"
resolution = "2h"
ack = "5m"
"""
HOLIDAYS: Final = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
    b"BEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20260403\r\nSUMMARY:Good Friday\r\nEND:VEVENT\r\n"
    b"BEGIN:VEVENT\r\nUID:2\r\nDTSTART;VALUE=DATE:20201225\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:x\r\nEND:VEVENT\r\n"
    b"BEGIN:VEVENT\r\nUID:3\r\nDTSTART;VALUE=DATE:20260102\r\nRRULE:FREQ=WEEKLY\r\nSUMMARY:y\r\nEND:VEVENT\r\n"
    b"END:VCALENDAR\r\n"
)
PAGED: Final = str(small_desk.DAYS - 2)
"""The ticket that was paged for."""
MERGED: Final = str(small_desk.DAYS - 1)
JOINED: Final = str(small_desk.DAYS)
"""The one that it was merged into."""

# The name of the kept structure, and the command that gives it. They are run in this order on one desk.
COMMANDS: Final = {
    "ticket_list": "ticket list --all --json",
    "ticket_show": f"ticket show {PAGED} --json",
    "ticket_show_merged": f"ticket show {MERGED} --json",
    "ticket_events": f"ticket events {PAGED} --json",
    "spool_list": "spool list --json",
    "spool_show": "spool show 1 --json",
    "outbox_list": "outbox list --json",
    "outbox_show": "outbox show 1 --json",
    "report": "report --from 2026-02-01 --format json",
    "report_weekly": "report weekly --format json",
    "forecast": "forecast --json",
    "sla_explain": f"sla explain {PAGED} --json",
    "sla_verify": "sla verify --json",
    "sla_policies": "sla policies --json",
    "sla_simulate": "sla simulate --policy {folder}/stricter.toml --json",
    "sla_apply": "sla apply --all-open --dry-run --json",
    "workload": "workload --json",
    "workload_rebalance": "workload rebalance --dry-run --json",
    "shift_list": "shift list --json",
    "calendar_show": "calendar show --year 2026 --json",
    "calendar_import": "calendar import {folder}/holidays.ics --json",
    "fsck": "fsck --json",
    "config_check": "config check --json",
    "config_show": "config show --json",
    "db_history": "db history --json",
    "health": "health --json",
    "ticket_new": "ticket new --subject VPN --text down --from eve@example.com --json",
    "ticket_escalate": f"ticket escalate {JOINED} hurry --json",
}
FAILS: Final = {"health": 1, "fsck": 1}
"""No daemon runs here, and the bytes of a file are missing."""


@pytest.fixture(scope="module")
def filled(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    shutil.copy(template, folder / "deskd.db")
    (folder / "stricter.toml").write_text(STRICTER, encoding="utf-8")
    (folder / "holidays.ics").write_bytes(HOLIDAYS)
    asyncio.run(small_desk.fill(folder))
    return folder


@pytest.fixture
def shell(filled: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A copy of the desk, at the hour it was made for."""
    return Shell(filled, capsys, ManualClock(small_desk.NOW))


def structure(value: object) -> Structure:
    """What a program can rely on: names and kinds, of a list those of all its items together."""
    if isinstance(value, dict):
        return {name: structure(each) for name, each in value.items()}
    if isinstance(value, list):
        return _merged_list([structure(each) for each in value])
    kinds = {str: "text", bool: "truth", int: "number", float: "number", type(None): "null"}
    return kinds[type(value)]


def _merged_list(items: Iterable[Structure]) -> list[Structure]:
    """One of each kind; objects are one, with every key that any of them has."""
    words: set[str] = set()
    merged: dict[str, list[Structure]] = {}
    inner: list[Structure] = []
    for item in items:
        if isinstance(item, str):
            words.add(item)
        elif isinstance(item, list):
            inner += item
        else:
            for name, each in item.items():
                merged.setdefault(name, []).append(each)
    objects: list[Structure] = [{n: _either(each) for n, each in merged.items()}] if merged else []
    lists: list[Structure] = [_merged_list(inner)] if inner else []
    return [*sorted(words), *objects, *lists]


def _either(found: list[Structure]) -> Structure:
    lists = [one for each in found if isinstance(each, list) for one in each]
    rest = [each for each in found if not isinstance(each, list)]
    kinds = _merged_list(rest)
    if len(rest) < len(found):
        kinds.append(_merged_list(lists))
    return kinds[0] if len(kinds) == 1 else {"either": kinds}


@pytest.mark.parametrize("name", COMMANDS)
def test_json_has_the_keys_it_had(shell: Shell, name: str) -> None:
    words = COMMANDS[name].format(folder=shell.folder).split()
    result = shell.run(*words)
    assert result.code == FAILS.get(name, 0), result.err
    kept = json.loads((KEPT / f"{name}.json").read_text("utf-8"))
    assert list(lost(kept, structure(result.json))) == []


def lost(kept: Structure, found: Structure, at: str = "") -> Iterator[str]:
    """Where a program that reads what is kept would stumble."""
    if isinstance(kept, dict) and isinstance(found, dict):
        still = [name for name in found if name in kept]
        if still != list(kept):
            yield f"{at or 'at the top'}: {', '.join(kept)} is now {', '.join(still)}"
        for name in still:
            yield from lost(kept[name], found[name], f"{at}.{name}")
    elif isinstance(kept, list) and isinstance(found, list) and len(kept) == len(found):
        for each, now in zip(kept, found, strict=True):
            yield from lost(each, now, f"{at}[]")
    elif kept != found:
        yield f"{at}: {kept} is now {found}"

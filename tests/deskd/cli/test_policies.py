"""`deskd sla policies | apply`: what holds, for whom, and what applying it to open tickets changes."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from deskd.base.ids import TimeSortedIds
from deskd.config.load import load
from deskd.declared.declared_workspace import roster
from engine.desk.desk import Desk
from engine.tickets.people import DEFAULT
from storage.open.open_storage import open_storage
from tests.deskd.commands import Shell

BEFORE = '[[policies]]\nid = "net"\nbase = "devops"\n[desk]\npolicy = "net"\n'
AFTER = BEFORE.replace("[desk]", '[policies.goals.P3]\nresolution = "5bd"\n[desk]')
FIGURES = ["tickets", "changed", "due_times_moved", "counted_from_now", "late"]


@pytest.fixture
def shell(database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    made = Shell(tmp_path, capsys)
    begin(made, BEFORE)
    return made


def begin(shell: Shell, text: str) -> None:
    """Write the file, and let a daemon begin with it."""
    shell.write(text)
    settings = load(config=shell.config, environment={}, flags={}, cwd=shell.folder).settings

    async def declare() -> None:
        clock = shell.clock
        url = settings.database.url.get_secret_value()
        storage = await open_storage(url, shell.folder / "files", clock)
        desk = Desk(storage.store, clock, TimeSortedIds(clock), nudge=lambda: None)
        await desk.declare(DEFAULT, roster(settings))
        await storage.close()

    asyncio.run(declare())


def answered(shell: Shell, *arguments: str) -> Any:
    result = shell.run("sla", *arguments, "--json")
    assert (result.code, result.err) == (0, "")
    return result.json


def new(shell: Shell, *more: str) -> None:
    assert shell.run("ticket", "new", "--subject", "VPN", *more).code == 0


def due(shell: Shell) -> list[str]:
    found: Any = shell.run("ticket", "list", "--json").json
    return [ticket["due_at"] for ticket in found]


def test_policies_are_shown_with_their_keys_and_who_lives_by_them(shell: Shell) -> None:
    devops, itil, net = answered(shell, "policies")
    assert list(net) == [
        "id", "since", "calendar", "warn_at", "response_stop", "goals", "used_by"
    ]  # fmt: skip
    assert [one["id"] for one in (devops, itil, net)] == ["devops", "itil", "net"]
    assert (devops["since"], net["warn_at"], net["calendar"]) == (None, [80], "24x7")
    assert net["goals"]["P1"] == {
        "first_response": "5m",
        "next_response": "5m",
        "resolution": "4h",
        "ack": "15m",
        "calendar": "24x7",
    }
    nobody = {"categories": [], "teams": [], "departments": [], "workspace": False}
    assert (itil["used_by"], net["used_by"]) == (nobody, nobody | {"workspace": True})


def test_a_person_reads_them_as_a_table(shell: Shell) -> None:
    text = shell.run("sla", "policies").out
    assert "USED BY" in text
    assert [line.split()[0] for line in text.splitlines() if "P1" in line] == [
        "devops",
        "itil",
        "net",
    ]
    assert "everybody else" in text


def test_what_the_file_says_and_nobody_has_declared_yet_is_said(shell: Shell) -> None:
    shell.write(AFTER)
    result = shell.run("sla", "policies")
    assert 'policy "net" is another in the file: it holds when `deskd run` starts' in result.err


def test_open_tickets_get_the_newest_policies_only_when_that_is_asked_for(shell: Shell) -> None:
    new(shell)
    before = due(shell)
    begin(shell, AFTER.replace('resolution = "5bd"', 'first_response = "30m"'))
    foreseen = answered(shell, "apply", "--all-open", "--dry-run")
    assert list(foreseen) == ["dry_run", *FIGURES, "changes"]
    assert [foreseen[name] for name in FIGURES] == [1, 1, 1, 0, 0]
    assert due(shell) == before
    done = answered(shell, "apply", "--all-open")
    assert (done["dry_run"], done["changes"]) == (False, foreseen["changes"])
    assert [one["due_at"] for one in done["changes"]] == due(shell) < before
    assert answered(shell, "apply", "T-1")["changed"] == 0


def test_a_policy_is_applied_to_the_tickets_that_live_by_it_or_would(shell: Shell) -> None:
    new(shell, "--category", "network")
    new(shell)
    begin(shell, BEFORE + 'category_policies = {Network = "itil"}\n')
    assert answered(shell, "apply", "--policy", "itil")["tickets"] == 1
    assert answered(shell, "apply", "--policy", "itil")["changed"] == 0
    assert answered(shell, "apply", "--policy", "net")["tickets"] == 1
    text = shell.run("sla", "apply", "--all-open", "--dry-run").out
    assert text.splitlines() == [
        "tickets 2, changed 0, due times moved 0, counted from now 0, late 0",
        "nothing was changed: this was a dry run",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "name tickets, or --policy ID, or --all-open"),
        (("T-1", "--all-open"), 2, "name tickets, or --policy ID, or --all-open"),
        (("--policy", "devop"), 1, 'there is no policy "devop"; did you mean "devops"?'),
        (("T-9",), 1, "T-9"),
        (("nine",), 2, "'nine' is no ticket: write T-123 or 123"),
    ],
)
def test_what_can_not_be_applied_is_said_with_its_code(
    shell: Shell, arguments: tuple[str, ...], code: int, said: str
) -> None:
    result = shell.run("sla", "apply", *arguments)
    assert (result.code, result.out) == (code, "")
    assert said in result.err

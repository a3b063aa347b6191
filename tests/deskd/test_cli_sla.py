"""`deskd sla`: what people read and programs get."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.deskd.commands import Shell


@pytest.fixture
def shell(database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    made = Shell(tmp_path, capsys)
    made.write('[mail]\naddress = "help@x.y"')
    return made


def opened(shell: Shell) -> None:
    assert shell.run("ticket", "new", "--subject", "VPN\x1b[2J down", "--from", "ann@x.y").code == 0


def test_explain_tells_a_ticket_in_sentences(shell: Shell) -> None:
    opened(shell)
    told = shell.run("sla", "explain", "T-1", "--timezone", "Asia/Kathmandu")
    assert (told.code, told.err) == (0, "")
    assert "Times are those of Asia/Kathmandu" in told.out
    assert "First answer:" in told.out
    assert "It is not late:" in told.out
    assert "\x1b" not in told.out


def test_explain_gives_programs_every_interval(shell: Shell) -> None:
    opened(shell)
    told = shell.run("sla", "explain", "1", "--json").json
    assert isinstance(told, dict)
    assert told["ticket"] == "T-1"
    for clock in told["clocks"]:
        counted = sum(each["counted_seconds"] for each in clock["intervals"])
        assert counted == pytest.approx(clock["used_seconds"])
        assert clock["intervals"][0]["rule"]["policy"] == "devops"


def test_explain_says_when_there_is_no_such_ticket(shell: Shell) -> None:
    told = shell.run("sla", "explain", "T-9")
    assert (told.code, told.out) == (1, "")
    assert "no ticket T-9" in told.err


def test_verify_is_content_with_what_is_true(shell: Shell) -> None:
    opened(shell)
    for arguments in ((), ("T-1",)):
        told = shell.run("sla", "verify", *arguments)
        assert (told.code, told.err) == (0, "")
        assert told.out == "every clock, timer and page is what its history tells\n"
    assert shell.run("sla", "verify", "--json").json == {"ok": True, "findings": []}


def test_verify_says_what_is_not_so_and_fails(shell: Shell) -> None:
    opened(shell)
    with closing(sqlite3.connect(shell.folder / "deskd.db")) as database, database:
        database.execute("UPDATE clocks SET goal = goal * 2 WHERE kind = 'resolution'")
    told = shell.run("sla", "verify")
    assert told.code == 1
    assert (
        "clock: T-1 of workspace default: its resolution clock 1: due_at is stored as" in told.out
    )
    [state, clock] = shell.run("sla", "verify", "1", "--json").json["findings"]
    assert (state["code"], clock["code"]) == ("state", "clock")

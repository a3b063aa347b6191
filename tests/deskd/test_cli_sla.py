"""`deskd sla`: what people read and programs get."""

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

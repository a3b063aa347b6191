"""`deskd sla`: what people read and programs get."""

import asyncio
import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from engine.tickets.people import DEFAULT
from storage.open.open_storage import open_storage
from tests.clock import ManualClock
from tests.deskd.commands import Shell
from tests.engine.world import ROSTER, World, asks


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
    assert "Times are in Asia/Kathmandu" in told.out
    assert "First response:" in told.out
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
    assert "deskd ticket list" in told.err, "who reads it sits at a terminal"


def test_verify_is_content_with_what_is_true(shell: Shell) -> None:
    opened(shell)
    for arguments in ((), ("T-1",)):
        told = shell.run("sla", "verify", *arguments)
        assert (told.code, told.err) == (0, "")
        assert told.out == "every clock, timer and page is what its history tells\n"
    assert shell.run("sla", "verify", "--json").json == {"ok": True, "findings": []}


def test_verify_of_a_ticket_that_is_not_there_is_not_content(shell: Shell) -> None:
    opened(shell)
    told = shell.run("sla", "verify", "T-9")
    assert (told.code, told.out) == (1, "")
    assert "There is no ticket T-9: `deskd ticket list --all` shows all." in told.err


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


# What would have been


@pytest.fixture
def lived(shell: Shell) -> Shell:
    """Ten days ago Bob asked twice and was answered after 90 minutes and after three hours."""

    async def live() -> None:
        database = shell.folder / "deskd.db"
        clock = ManualClock(shell.clock.now() - timedelta(days=10))
        storage = await open_storage(f"sqlite+aiosqlite:///{database}", shell.folder / "f", clock)
        world = World(storage, clock)
        await world.desk.declare(DEFAULT, ROSTER)
        for minutes in (90, 180):
            ticket = await world.mail()
            await clock.forward(minutes=minutes)
            await world.desk.reply(asks(ticket), "Try again")
            await world.desk.resolve(asks(ticket))
        await storage.close()

    asyncio.run(live())
    return shell


def tried(shell: Shell, text: str) -> Path:
    file = shell.folder / "stricter.toml"
    file.write_text(text, encoding="utf-8")
    return file


STRICTER = """
[[policies]]
id = "devops"
base = "devops"
[policies.goals.P3]
first_response = "1h"
ack = "30m"
"""


def test_simulate_says_what_would_be_late_and_who_would_be_paged(lived: Shell) -> None:
    file = tried(lived, STRICTER)
    told = lived.run("sla", "simulate", "--policy", str(file))
    assert (told.code, told.err) == (0, "")
    assert "2 tickets opened since" in told.out
    assert re.search(r"P3  first response +1 +2\n", told.out)
    assert "1 target would be missed that was not:" in told.out
    assert "T-1 (P3, first response due" in told.out
    assert re.search(r"level 3: manager +0 +6\n", told.out)
    found = lived.run("sla", "simulate", "--policy", str(file), "--json").json
    assert found["newly_late_count"] == 1
    assert found["newly_late"][0]["ticket"] == "T-1"
    assert found["no_longer_late"] == []
    assert found["judged_otherwise_today"] == 0


def test_simulate_finds_nothing_by_the_policy_in_force(lived: Shell) -> None:
    file = tried(lived, '[[policies]]\nid = "devops"\nbase = "devops"\n')
    found = lived.run("sla", "simulate", "--policy", str(file), "--json").json
    assert [one["before"] - one["after"] for one in found["late"]] == [0]
    assert (found["newly_late_count"], found["no_longer_late_count"]) == (0, 0)


def test_simulate_takes_hours_of_the_file_and_looks_back_as_far_as_it_is_told(lived: Shell) -> None:
    night = """
[[calendars]]
id = "leap"
hours = {mon-sun = ["00:00-24:00"]}
[[policies]]
id = "devops"
base = "devops"
calendar = "leap"
"""
    file = tried(lived, night)
    assert lived.run("sla", "simulate", "--policy", str(file), "--json").json["tickets"] == 2
    told = lived.run("sla", "simulate", "--policy", str(file), "--since", "9d")
    assert "There is nothing to compare." in told.out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[policies]]\nid = "gold"\nbase = "devops"\n', 'policy "gold": no ticket lives by it'),
        ("[[policies]]\nid = 'devops'\ncalendar = 'offce'\n", "stricter.toml:3"),
        (
            "[[policies]]\nid = 'devops'\n[policies.goals.P3]\nresolution = 'soon'\n",
            "stricter.toml:4",
        ),
        ("[http]\nlisten = ''\n", "[http] is not tried out"),
    ],
)
def test_simulate_names_what_is_wrong_in_the_file(lived: Shell, text: str, words: str) -> None:
    told = lived.run("sla", "simulate", "--policy", str(tried(lived, text)))
    assert told.code in (1, 2)
    assert words in told.err
    assert told.out == ""


def test_simulate_wants_a_length_of_time(lived: Shell) -> None:
    told = lived.run("sla", "simulate", "--policy", "x.toml", "--since", "often")
    assert (told.code, told.out) == (2, "")

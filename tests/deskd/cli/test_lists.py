"""`deskd ticket list | search` and `deskd search rebuild`, as a script and a person see them."""

from pathlib import Path
from typing import Any

import pytest

from tests.deskd.commands import Result, Shell


@pytest.fixture
def shell(database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    made = Shell(tmp_path, capsys)
    made.write('[mail]\naddress = "help@x.y"')
    for subject, priority in (("VPN down", "P3"), ("Printer on fire", "P1"), ("VPN slow", "P4")):
        told = made.run(
            *("ticket", "new", "--subject", subject, "--text", "It is the router."),
            *("--from", "ann@x.y", "--priority", priority),
        )
        assert told.code == 0
    return made


def ids(result: Result) -> list[str]:
    assert (result.code, result.err) == (0, "")
    found: Any = result.json
    return [each["id"] for each in found]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ((), ["T-3", "T-2", "T-1"]),
        (("--sort", "priority"), ["T-2", "T-1", "T-3"]),
        (("--sort", "due"), ["T-2", "T-1", "T-3"]),
        (("--priority", "critical", "--priority", "p4"), ["T-3", "T-2"]),
        (("--status", "new,resolved"), ["T-3", "T-2", "T-1"]),
        (("--phase", "waiting"), []),
        (("--department", "it", "--team", "Support"), ["T-3", "T-2", "T-1"]),
        (("--requester", "ann@x.y", "--assignee", "nobody", "--limit", "1"), ["T-3"]),
        (("--created", "1d.."), ["T-3", "T-2", "T-1"]),
        (("--updated", "..2020-01-01"), []),
        (("--due", "2020-01-01T00:00Z.."), ["T-3", "T-2", "T-1"]),
        (("--late",), []),
    ],
)
def test_a_list_holds_what_its_options_ask_for(
    shell: Shell, arguments: tuple[str, ...], found: list[str]
) -> None:
    assert ids(shell.run("ticket", "list", "--json", *arguments)) == found


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--status", "banana"), "one of NEW, OPEN, IN_PROGRESS"),
        (("--status", "banana"), "ESCALATED"),
        (("--phase", "new"), "active, waiting, done, closed"),
        (("--priority", "P9"), "P1, P2, P3, P4, Critical"),
        (("--sort", "colour"), "created, updated, due, priority"),
        (("--created", "yesterday"), "from..until"),
        (("--due", "soon.."), "7d for seven days ago"),
        (("--after", "nonsense"), "Start again without it"),
        (("--page",), "--json --page"),
        (("--json", "--page", "--limit", "101"), "100 at most"),
        (("--words", "pr*"), "at least 3 letters"),
    ],
)
def test_what_can_not_be_is_a_usage_error_that_names_what_can(
    shell: Shell, arguments: tuple[str, ...], named: str
) -> None:
    told = shell.run("ticket", "list", *arguments)
    assert (told.code, told.out) == (2, "")
    assert named in told.err


def test_pages_follow_one_another_by_their_cursor(shell: Shell) -> None:
    arguments = ("ticket", "list", "--json", "--page", "--limit", "2")
    first: Any = shell.run(*arguments).json
    assert list(first) == ["items", "next"]
    last: Any = shell.run(*arguments, "--after", first["next"]).json
    assert [each["id"] for each in (*first["items"], *last["items"])] == ["T-3", "T-2", "T-1"]
    assert last["next"] is None
    other = shell.run(
        "ticket", "list", "--json", "--page", "--sort", "due", "--after", first["next"]
    )
    assert other.code == 2, "a place belongs to its list"


def test_a_person_is_told_how_to_go_on(shell: Shell) -> None:
    told = shell.run("ticket", "list", "--limit", "2")
    assert told.out.count("T-") == 2
    assert "there are more" in told.err
    cursor = told.err.split()[-1]
    assert "T-1" in shell.run("ticket", "list", "--limit", "2", "--after", cursor).out


def test_words_are_found_once_the_index_is_made(shell: Shell) -> None:
    made = shell.run("search", "rebuild")
    assert (made.code, made.out) == (0, "the index is made anew\n")
    assert "default: 3 of 3 tickets" in made.err
    assert ids(shell.run("ticket", "search", "vpn", "--json")) == ["T-3", "T-1"]
    assert ids(shell.run("ticket", "search", "Route*", "FIRE", "--json")) == ["T-2"]
    assert ids(shell.run("ticket", "list", "--words", "vpn", "--priority", "P3", "--json")) == [
        "T-1"
    ]
    assert "T-2" in shell.run("ticket", "search", "printer").out

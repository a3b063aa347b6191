"""The outside contract of the commands: keys, exit codes, stdout for JSON alone, sentences instead of traces."""

import asyncio
import os
import pty
import re
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deskd.base.ids import TimeSortedIds
from deskd.cli.main import main
from engine.ports.spool import Incoming
from engine.tickets.people import DEFAULT
from storage.open.open_storage import open_storage
from tests.clock import ManualClock
from tests.deskd.commands import Shell

TICKET = [
    "id", "number", "workspace", "subject", "status", "phase", "escalation_level", "acknowledged", "offered",
    "priority", "category", "department", "team", "requester", "assignee", "channel", "created_at", "updated_at",
    "due_at", "snoozed_until", "version",
]  # fmt: skip
SHOWN = [*TICKET, "comments", "notes", "attachments", "clocks", "events", "links"]
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@pytest.fixture
def shell(database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    made = Shell(tmp_path, capsys)
    made.write('[mail]\naddress = "help@x.y"')
    return made


def opened(shell: Shell, *more: str) -> dict[str, Any]:
    result = shell.run(
        "ticket",
        "new",
        "--subject",
        "VPN down",
        "--text",
        "It drops.",
        "--from",
        "ann@x.y",
        "--json",
        *more,
    )
    assert (result.code, result.err) == (0, "")
    found = result.json
    assert isinstance(found, dict)
    return found


def listed(shell: Shell, *arguments: str) -> list[dict[str, Any]]:
    result = shell.run(*arguments, "--json")
    assert (result.code, result.err) == (0, "")
    found = result.json
    assert isinstance(found, list)
    return found


def test_a_new_ticket_is_shown_with_every_key_of_the_contract(shell: Shell) -> None:
    ticket = opened(shell, "--priority", "high")
    assert list(ticket) == SHOWN
    assert (ticket["id"], ticket["number"], ticket["workspace"]) == ("T-1", 1, "default")
    assert (ticket["status"], ticket["phase"], ticket["priority"]) == ("NEW", "active", "P2")
    assert (ticket["team"], ticket["department"], ticket["channel"]) == ("support", "IT", "cli")
    assert list(ticket["requester"]) == ["id", "name", "email", "slack"]
    assert ticket["requester"]["email"] == "ann@x.y"
    assert ticket["assignee"] is None
    [comment] = ticket["comments"]
    assert list(comment) == ["id", "author", "via", "text", "at", "delivery"]
    assert comment["text"] == "It drops."
    assert [list(clock) for clock in ticket["clocks"]] == [
        [
            "kind",
            "cycle",
            "started_at",
            "due_at",
            "warn_at",
            "stopped_at",
            "paused",
            "used_seconds",
            "breached",
        ]
    ] * 3
    assert [list(event) for event in ticket["events"]] == [
        ["seq", "type", "at", "actor", "via", "before", "after"]
    ] * len(ticket["events"])
    assert [event["type"] for event in ticket["events"]][:2] == ["opened", "commented"]
    assert ticket["version"] == ticket["events"][-1]["seq"]
    for instant in (
        ticket["created_at"],
        ticket["due_at"],
        comment["at"],
        ticket["events"][0]["at"],
    ):
        assert INSTANT.fullmatch(instant)


def test_the_number_alone_is_printed_for_a_person(shell: Shell) -> None:
    result = shell.run("ticket", "new", "--subject", "Printer")
    assert (result.code, result.out) == (0, "T-1\n")


def test_the_list_is_a_bare_array_newest_first_of_the_contracts_keys(shell: Shell) -> None:
    opened(shell)
    opened(shell)
    found = listed(shell, "ticket", "list")
    assert [ticket["id"] for ticket in found] == ["T-2", "T-1"]
    assert all(list(ticket) == TICKET for ticket in found)
    assert [t["id"] for t in listed(shell, "ticket", "list", "--limit", "1")] == ["T-2"]
    assert listed(shell, "ticket", "list", "--priority", "P1") == []


def test_a_ticket_is_named_with_and_without_its_prefix(shell: Shell) -> None:
    opened(shell)
    for name in ("T-1", "t-1", "1"):
        result = shell.run("ticket", "show", name, "--json")
        assert isinstance(result.json, dict)
        assert list(result.json) == SHOWN
    events = listed(shell, "ticket", "events", "1")
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


def test_a_ticket_that_is_not_there_and_a_name_that_is_none(shell: Shell) -> None:
    missing = shell.run("ticket", "show", "99", "--json")
    assert (missing.code, missing.out) == (1, "")
    assert missing.err.startswith("deskd: there is no ticket T-99")
    wrong = shell.run("ticket", "show", "VPN")
    assert wrong.code == 2
    assert "write T-123 or 123" in wrong.err


def test_a_refusal_is_a_sentence_from_the_templates_and_exit_1(shell: Shell) -> None:
    result = shell.run("ticket", "new", "--subject", "x", "--priority", "P9", "--json")
    assert (result.code, result.out) == (1, "")
    assert "P9" in result.err
    assert "Traceback" not in result.err


def test_an_unknown_command_or_option_is_wrong_usage(shell: Shell) -> None:
    assert shell.run("tickets").code == 2
    assert shell.run("ticket", "list", "--nonsense").code == 2
    assert shell.run("spool", "list", "--state", "lost").code == 2


def test_a_bad_setting_ends_every_command_with_2_and_its_line(shell: Shell) -> None:
    shell.write("[mail]\nadress = 'x'")
    for arguments in (
        ("config", "check"),
        ("config", "show"),
        ("ticket", "list"),
        ("run",),
        ("health",),
    ):
        result = shell.run(*arguments)
        assert (result.code, result.out) == (2, "")
        assert (
            'deskd.toml:3: there is no setting "mail.adress"; did you mean "mail.address"?'
            in result.err
        )


def test_config_check_warns_of_half_a_slack_and_still_exits_0(shell: Shell) -> None:
    shell.write('[slack]\nbot_token = "bad-token"')
    result = shell.run("config", "check")
    assert (result.code, result.err) == (0, "")
    assert "warning: deskd.toml:3: slack.bot_token should begin with xoxb-" in result.out
    told = shell.run("config", "check", "--json").json
    assert isinstance(told, dict)
    assert (told["ok"], told["problems"]) == (True, [])
    assert any("slack.app_token is not" in one for one in told["warnings"])


def test_a_database_server_that_is_down_cannot_be_reached(shell: Shell) -> None:
    url = "database.url=postgresql+asyncpg://joe:hunter2@127.0.0.1:1/desk"
    for arguments in (("ticket", "list"), ("db", "upgrade"), ("db", "history"), ("fsck",)):
        result = shell.run("--set", url, *arguments)
        assert (result.code, result.out) == (1, "")
        assert (
            "the database postgresql+asyncpg://joe:********@127.0.0.1:1/desk cannot be reached"
            in (result.err)
        )


def test_config_show_says_where_values_come_from_and_masks_secrets(shell: Shell) -> None:
    result = shell.run("--set", "desk.name=Helpers", "config", "show", "--json")
    assert isinstance(result.json, dict)
    assert result.json["mail.address"] == {"value": "help@x.y", "from": "deskd.toml:3"}
    assert result.json["desk.name"] == {"value": "Helpers", "from": "--set desk.name"}
    assert result.json["secret_key"]["value"] == "********"
    assert "kkkk" not in shell.run("config", "show").out


def test_run_without_a_secret_key_is_refused_with_the_way_to_make_one(shell: Shell) -> None:
    shell.config.write_text("", encoding="utf-8")
    result = shell.run("run")
    assert result.code == 2
    assert "token_urlsafe" in result.err


def test_a_command_makes_no_database_out_of_a_mistyped_path(shell: Shell) -> None:
    result = shell.run("--set", "database.url=sqlite+aiosqlite:///nowhere.db", "ticket", "list")
    assert result.code == 1
    assert "there is no database" in result.err
    assert not Path("nowhere.db").exists()


def test_db_upgrade_makes_the_database_and_history_tells_of_it(shell: Shell) -> None:
    fresh = ("--set", f"database.url=sqlite+aiosqlite:///{shell.folder}/fresh.db")
    before = shell.run(*fresh, "db", "history", "--json").json
    assert isinstance(before, list)
    assert list(before[0]) == ["id", "description", "applied"]
    assert not any(revision["applied"] for revision in before)
    assert "applied" in shell.run(*fresh, "db", "upgrade").out
    after = shell.run(*fresh, "db", "history", "--json").json
    assert isinstance(after, list)
    assert all(revision["applied"] for revision in after)
    assert "nothing to do" in shell.run(*fresh, "db", "upgrade").out
    assert shell.run(*fresh, "ticket", "new", "--subject", "x").out == "T-1\n"


RAW = (
    b"From: Ann \x1b[2J <ann@x.y>\r\nSubject: =?utf-8?q?Dr=C3=BCcker?=\r\n\tbroken\r\n"
    b"Date: Mon, 2 Mar 2026 09:00:00 +0000\r\n\r\n\x1b[2Jhi \xff\r\nSubject: not this one\r\n"
)


def _keep(shell: Shell, key: str) -> int:
    return _keep_in(shell.folder, key)


def _keep_in(folder: Path, key: str) -> int:
    async def keep() -> int:
        at = datetime(2026, 3, 2, 9, tzinfo=UTC)
        storage = await open_storage(f"sqlite+aiosqlite:///{folder}/deskd.db", None, ManualClock())
        try:
            incoming = Incoming(DEFAULT, "mail", "message", key, RAW, {}, at, "ann@x.y")
            kept = await storage.spool.keep(incoming)
            await storage.spool.bury(kept.id, reason="no usable From")
        finally:
            await storage.close()
        return kept.id

    return asyncio.run(keep())


def test_the_spool_is_listed_shown_and_retried(shell: Shell) -> None:
    id = _keep(shell, "k1")
    [row] = listed(shell, "spool", "list", "--state", "dead")
    assert list(row) == [
        "id",
        "channel",
        "state",
        "reason",
        "attempts",
        "sender",
        "received_at",
        "ticket",
    ]
    assert (row["state"], row["reason"], row["ticket"]) == ("dead", "no usable From", None)
    assert row["received_at"] == "2026-03-02T09:00:00Z"
    assert shell.run("spool", "show", str(id), "--json").json == row
    assert shell.run("spool", "retry", str(id)).code == 0
    [again] = listed(shell, "spool", "list")
    assert (again["state"], again["attempts"]) == ("waiting", 0)
    assert shell.run("spool", "retry", "99").code == 1
    assert shell.run("spool", "show", "99").code == 1


def test_a_spooled_mail_shows_its_subject_and_cannot_order_the_terminal_about(shell: Shell) -> None:
    lines = shell.run("spool", "show", str(_keep(shell, "k1"))).out.splitlines()
    shown = {line.split()[0]: line[12:].strip() for line in lines}
    assert shown["Subject"] == "Drücker broken"
    assert "<ann@x.y>" in shown["From"]
    assert shown["Date"] == "Mon, 2 Mar 2026 09:00:00 +0000"
    assert not any("\x1b" in line for line in lines)


def test_a_spooled_mail_comes_out_of_a_pipe_byte_for_byte(
    database: Path, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    config = tmp_path / "deskd.toml"
    config.write_text("", encoding="utf-8")
    id = _keep_in(tmp_path, "k1")
    with pytest.raises(SystemExit, match="0"):
        main(["--config", str(config), "spool", "show", str(id), "--raw"])
    assert capfdbinary.readouterr().out == RAW


def test_a_spooled_mail_on_a_terminal_has_its_control_characters_written_out(
    database: Path, tmp_path: Path
) -> None:
    (tmp_path / "deskd.toml").write_text("", encoding="utf-8")
    command = [sys.executable, "-m", "deskd", "spool", "show", str(_keep_in(tmp_path, "k1"))]
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        subprocess.run([*command, "--raw"], cwd=tmp_path, stdout=theirs, check=True)
        os.close(theirs)
        shown = screen.read(4096)
    assert b"\\x1b[2Jhi" in shown
    assert b"\x1b" not in shown


def test_a_history_reads_as_people_speak_and_json_stays_as_it_was(shell: Shell) -> None:
    opened(shell, "--priority", "P2")
    out = shell.run("ticket", "events", "1").out
    assert re.search(r"clock_started .* goal=\d+ (h|min)\b", out)
    assert "by_agent" not in out
    assert "False" not in out
    events = listed(shell, "ticket", "events", "1")
    [said] = [event for event in events if event["type"] == "commented"]
    assert said["after"]["by_agent"] is False
    goals = [event["after"]["goal"] for event in events if event["type"] == "clock_started"]
    assert all(isinstance(goal, float) for goal in goals)
    assert goals


def test_the_outbox_is_listed_shown_dropped_and_retried(shell: Shell) -> None:
    opened(shell)
    [row] = listed(shell, "outbox", "list")
    assert list(row) == [
        "id", "key", "ticket", "channel", "place", "kind", "state", "attempts", "next_at", "last_error",
        "possible_duplicate",
    ]  # fmt: skip
    assert (row["ticket"], row["channel"], row["place"], row["kind"]) == (
        "T-1",
        "mail",
        "ann@x.y",
        "receipt",
    )
    assert (row["state"], row["possible_duplicate"]) == ("waiting", False)
    id = str(row["id"])
    assert shell.run("outbox", "show", id, "--json").json == row
    assert shell.run("outbox", "drop", id).code == 0
    assert [r["state"] for r in listed(shell, "outbox", "list", "--state", "dead")] == ["dead"]
    assert shell.run("outbox", "retry", id).code == 0
    assert [r["state"] for r in listed(shell, "outbox", "list")] == ["waiting"]
    assert shell.run("outbox", "drop", "99").code == 1
    assert shell.run("outbox", "retry", "99").code == 1
    assert shell.run("outbox", "show", "99").code == 1


def test_fsck_of_a_healthy_desk_is_silent_and_of_a_broken_one_exits_1(shell: Shell) -> None:
    opened(shell)
    result = shell.run("fsck", "--json")
    assert result.code == 0
    assert isinstance(result.json, dict)
    assert result.json["ok"] is True
    _lose_timers(shell)
    broken = shell.run("--set", "desk.name=x", "fsck")
    assert broken.code == 1
    assert broken.out.count("timer: ") == 5
    assert "6 findings" in broken.out  # the sixth is what we did to updated_at


def _lose_timers(shell: Shell) -> None:
    """By hand, as no port would."""
    with sqlite3.connect(shell.folder / "deskd.db") as connection:
        connection.execute("DELETE FROM timers")
        connection.execute("UPDATE tickets SET updated_at = updated_at - 60000000")
    connection.close()


def test_text_from_outside_cannot_order_the_terminal_about(shell: Shell) -> None:
    shell.run("ticket", "new", "--subject", "clear \x1b[2J me", "--text", "bell \x07")
    for arguments in (("ticket", "list"), ("ticket", "show", "1"), ("ticket", "events", "1")):
        out = shell.run(*arguments).out
        assert "\x1b" not in out
        assert "\x07" not in out
        assert "clear" in out


def test_nobody_to_ask_is_unhealthy(shell: Shell) -> None:
    result = shell.run("--set", "http.listen=127.0.0.1:1", "health", "--json")
    assert result.code == 1
    assert isinstance(result.json, dict)
    assert result.json["status"] == "unreachable"
    assert shell.run("--set", "http.listen=", "health").code == 1


def test_ids_sort_by_time_and_never_repeat_even_when_the_clock_is_set_back() -> None:
    clock = ManualClock()
    ids = TimeSortedIds(clock)
    made = [ids.new() for _ in range(5000)]
    asyncio.run(clock.move_to(datetime(2020, 1, 1, tzinfo=UTC)))
    made += [ids.new() for _ in range(10)]
    assert made == sorted(set(made))

"""What a button does, from a script: escalate, acknowledge, merge, un-merge, split, waive."""

import io
from pathlib import Path

import pytest

from engine.tickets.actions import VERBS
from tests.deskd.commands import Shell


@pytest.fixture
def shell(database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    made = Shell(tmp_path, capsys)
    made.write(
        '[mail]\naddress = "help@x.y"\n'
        '[[teams]]\nid = "support"\n[[teams]]\nid = "network"\nname = "Network"\n'
        '[[people]]\nname = "Ben"\nmail = "ben@x.y"\nrole = "senior"\nteams = ["support"]\n'
    )
    for subject in ("VPN is down", "No VPN since ten"):
        made.run("ticket", "new", "--subject", subject, "--from", "ann@x.y")
    return made


def says(shell: Shell, *arguments: str) -> str:
    result = shell.run("ticket", *arguments)
    assert (result.code, result.err) == (0, "")
    return result.out.strip()


def test_escalating_says_who_is_paged_and_when_the_next_is(shell: Shell) -> None:
    told = says(shell, "escalate", "T-1", "they", "cannot", "pay")
    assert told.startswith("T-1 is escalated: Ben is paged, and the next level will be at 20")
    shown = shell.run("ticket", "show", "1", "--json").json
    assert isinstance(shown, dict)
    assert (shown["escalation_level"], shown["acknowledged"]) == (1, False)
    assert [note["text"] for note in shown["notes"]] == ["they cannot pay"]
    assert says(shell, "ack", "1") == "T-1 is acknowledged: nobody else is paged."


def test_merging_and_taking_out_again(shell: Shell) -> None:
    assert says(shell, "merge", "T-2", "T-1") == "T-2 is merged into T-1 VPN is down."
    refused = shell.run("ticket", "merge", "T-2", "T-1")
    assert (refused.code, refused.out) == (1, "")
    assert "T-2 is merged, so you cannot merge" in refused.err
    assert says(shell, "unmerge", "2") == "T-2 is a ticket of its own again."


def test_splitting_answers_the_new_number(shell: Shell) -> None:
    told = says(shell, "split", "T-1", "--subject", "Printer too", "--text", "On floor 3.")
    assert told == "T-3 was split from T-1."
    as_json = shell.run("ticket", "split", "T-1", "--subject", "And the phone", "--json").json
    assert isinstance(as_json, dict)
    assert (as_json["id"], as_json["subject"]) == ("T-4", "And the phone")


def test_what_was_not_broken_cannot_be_waived(shell: Shell) -> None:
    refused = shell.run("ticket", "waive", "T-1", "a", "drill")
    assert refused.code == 1
    assert "no missed target" in refused.err


def test_what_is_missing_is_wrong_usage(shell: Shell) -> None:
    assert shell.run("ticket", "escalate", "T-1").code == 2
    assert shell.run("ticket", "merge", "T-1", "the other one").code == 2
    absent = shell.run("ticket", "ack", "T-9")
    assert (absent.code, absent.out) == (1, "")
    assert "no ticket T-9" in absent.err


EVERY_VERB = (
    # the verb and what is typed after it, then what has come of it, read from the JSON
    ("claim T-1", "status", "IN_PROGRESS"),
    ("release T-1", "assignee", None),
    ("assign T-1 Ben", "assignee", "Ben"),
    ("reply T-1 On my way", "comments", "On my way"),
    ("note T-1 He never restarts", "notes", "He never restarts"),
    ("ask T-1 Which floor?", "status", "PENDING_INFO"),
    ("priority T-1 high", "priority", "P2"),
    ("category T-1 network", "category", "Network"),
    ("team T-1 network", "team", "network"),
    ("team T-1 support", "team", "support"),
    ("snooze T-1 tomorrow 9:00", "snoozed_until", "2026-03-03T09:00:00Z"),
    ("unsnooze T-1", "snoozed_until", None),
    ("escalate T-1 they cannot pay", "escalation_level", 1),
    ("ack T-1", "acknowledged", True),
    ("end-escalation T-1", "escalation_level", 0),
    ("resolve T-1 It works again", "status", "RESOLVED"),
    ("reopen T-1", "status", "REOPENED"),
    ("split T-1 --subject Printer", "subject", "Printer"),
    ("merge T-3 T-1", "id", "T-1"),
    ("unmerge T-3", "status", "NEW"),
    ("close T-3 We do not do printers", "status", "CLOSED"),
    ("not-a-request T-2", "status", "CLOSED"),
)


def test_every_verb_does_from_the_shell_what_its_button_does(shell: Shell) -> None:
    assert {line.split()[0] for line, *_ in EVERY_VERB} == VERBS.keys() - {"waive"}
    for line, key, expected in EVERY_VERB:
        result = shell.run("ticket", *line.split(), "--json")
        assert (result.code, result.err) == (0, ""), line
        found = result.json
        assert isinstance(found, dict)
        value = found[key]
        if isinstance(value, list):
            value = value[-1]["text"]
        elif isinstance(value, dict):
            value = value["name"]
        assert value == expected, line


def test_words_may_come_from_a_pipe(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("One line.\nAnother."))
    said = shell.run("ticket", "note", "T-1", "-", "--json").json
    assert isinstance(said, dict)
    assert [note["text"] for note in said["notes"]] == ["One line.\nAnother."]


def test_a_reason_that_is_missing_is_asked_for(shell: Shell) -> None:
    refused = shell.run("ticket", "close", "T-1")
    assert (refused.code, refused.out) == (1, "")
    assert "Please add a reason, e.g. `deskd ticket close T-6" in refused.err
    assert says(shell, "not-a-request", "1").startswith("T-1: closed as not a request")


def test_snoozing_says_until_when_and_lists_mark_it(shell: Shell) -> None:
    assert says(shell, "snooze", "T-1", "tomorrow", "9:00").startswith(
        "T-1 is snoozed until 2026-03-03 09:00"
    )
    listed = shell.run("ticket", "list").out.splitlines()
    assert [", snoozed" in line for line in listed if line.startswith("T-")] == [False, True]
    assert "snoozed until 2026-03-03 09:00" in shell.run("ticket", "show", "1").out
    assert says(shell, "unsnooze", "1") == "T-1: no longer snoozed."
    says(shell, "snooze", "1", "2h")
    assert says(shell, "snooze", "1", "off") == "T-1: no longer snoozed."


def test_a_time_that_is_none_is_refused_with_examples(shell: Shell) -> None:
    refused = shell.run("ticket", "snooze", "T-1", "when", "it", "rains")
    assert (refused.code, refused.out) == (1, "")
    assert "such as tomorrow 9:00" in refused.err

"""`deskd report` and `deskd forecast`, as text, JSON, CSV and a workbook, over eleven weeks of tickets."""

import asyncio
import csv
import io
import shutil
import zipfile
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from engine.calendars.calendar import Hours
from engine.ports.store import Transaction
from engine.promises.rules import Declared
from engine.tickets.people import DEFAULT
from engine.tickets.promise_clock import ClockKind, PromiseClock
from engine.tickets.ticket import Priority, State, Ticket
from engine.tickets.workspace import Workspace
from storage.open.open_storage import Storage, open_storage
from tests.clock import ManualClock
from tests.deskd.commands import Shell
from tests.storage.make import ANA, BEN, TEAM, furnish, opening, record, ticket

HOUR = timedelta(hours=1)
EVIL = '=HYPERLINK("http://evil.example","click")\x1b[2J'
WEEKS = 11
OFFICE = Hours("UTC", {day: ((time(0), time(23)),) for day in ("mon", "tue", "wed", "thu", "fri")})


@pytest.fixture
def shell(database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    made = Shell(tmp_path, capsys)
    made.write()
    return made


@pytest.fixture(scope="session")
def eleven_weeks(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("eleven_weeks") / "deskd.db"
    shutil.copy(template, file)
    asyncio.run(_fill(file, ManualClock(), weeks=WEEKS))
    return file


@pytest.fixture
def filled(shell: Shell, eleven_weeks: Path) -> Shell:
    shutil.copy(eleven_weeks, shell.folder / "deskd.db")
    return shell


async def _fill(file: Path, clock: ManualClock, *, weeks: int) -> None:
    """Two tickets a day, answered in ten minutes; one is solved in an hour, the other, late, in thirty."""
    now = clock.now()
    storage = await open_storage(f"sqlite+aiosqlite:///{file}", None, clock)
    await _furnish(storage, now)
    days = [now - timedelta(days=ago, minutes=5) for ago in range(weeks * 7)]
    made = [
        _solved(2 * number + which, at, now, late=bool(which))
        for number, at in enumerate(days, start=1)
        for which in (0, 1)
    ]
    await record(storage, *(opening(each.number, after=each) for each in made))
    await storage.close()


async def _furnish(storage: Storage, now: datetime) -> None:
    await furnish(storage)
    declared = Declared(calendars={"office": OFFICE})

    def declare(transaction: Transaction) -> None:
        transaction.keep_settings(Workspace(DEFAULT))
        transaction.keep_rules(declared, at=now)
        transaction.keep_team(replace(TEAM, calendar="office"))

    await storage.store.run(DEFAULT, declare)


def _solved(number: int, at: datetime, now: datetime, *, late: bool) -> Ticket:
    took = 30 * HOUR if late else HOUR
    solved = at + took if at + took < now else None
    return ticket(
        number,
        subject=EVIL if number == 2 else "VPN is down",
        created_at=at,
        updated_at=at,
        priority=Priority.P2 if late else Priority.P3,
        state=State.RESOLVED if solved else State.OPEN,
        assignee=BEN.id if late else ANA.id,
        resolved_at=solved,
        clocks=(
            _clock(ClockKind.FIRST_RESPONSE, at, 2 * HOUR, at + HOUR / 6, now),
            _clock(ClockKind.RESOLUTION, at, 24 * HOUR, solved, now),
        ),
    )


def _clock(
    kind: ClockKind, at: datetime, goal: timedelta, end: datetime | None, now: datetime
) -> PromiseClock:
    due = at + goal
    broken = due < (end or now)
    return PromiseClock(
        kind,
        1,
        goal,
        at,
        used=end - at if end else timedelta(),
        running_since=None if end else at,
        due_at=due,
        stopped_at=end,
        breached_at=due if broken else None,
    )


def whole(shell: Shell, *more: str) -> tuple[str, ...]:
    """Every ticket there is."""
    since = shell.clock.now() - timedelta(weeks=WEEKS + 1)
    return ("report", "--from", f"{since:%Y-%m-%d}", *more)


def test_the_text_is_for_people_and_orders_no_terminal_about(filled: Shell) -> None:
    told = filled.run(*whole(filled))
    assert told.code == 0
    assert told.out.startswith("IT: ")
    assert f"{2 * 7 * WEEKS} opened" in told.out
    assert "By agent:" in told.out
    assert "\x1b" not in told.out


def test_json_has_every_figure_and_says_what_is_no_data(filled: Shell) -> None:
    told = cast("dict[str, Any]", filled.run(*whole(filled, "--format", "json")).json)
    figures = told["figures"]
    assert figures["opened"] == 2 * 7 * WEEKS
    assert figures["acknowledged"] is None
    assert figures["kept"]["next_response"] == {"part": 0, "whole": 0, "percent": None}
    assert figures["response"]["median_seconds"] == 600
    assert {g["name"]: g["figures"]["opened"] for g in told["by"]["agent"]} == {
        "Ana": 7 * WEEKS,
        "Ben": 7 * WEEKS,
    }
    assert told["at"].endswith("Z")
    assert len(told["late"]) == told["late_count"]


def test_one_team_and_one_agent(filled: Shell) -> None:
    told = cast(
        "dict[str, Any]", filled.run(*whole(filled, "--format", "json", "--agent", "ana")).json
    )
    assert (told["scope"], told["figures"]["opened"]) == ("Ana", 7 * WEEKS)
    both = whole(filled, "--format", "json", "--team", "SUPPORT", "--agent", "U_BEN")
    told = cast("dict[str, Any]", filled.run(*both).json)
    assert told["scope"] == "Support, Ben"
    unknown = filled.run(*whole(filled, "--team", "nobody"))
    assert unknown.code == 1
    assert "Teams: support" in unknown.err


@pytest.mark.parametrize("kind", ["daily", "weekly", "today", "week", "month"])
def test_each_kind_of_days_has_its_report(filled: Shell, kind: str) -> None:
    told = cast("dict[str, Any]", filled.run("report", kind, "--format", "json").json)
    assert told["kind"] == kind
    assert told["figures"]["opened"] > 0


def test_csv_is_one_table_in_which_nothing_calculates(filled: Shell) -> None:
    figures = filled.run(*whole(filled, "--format", "csv")).out
    rows = dict(csv.reader(io.StringIO(figures)))
    assert rows["opened"] == str(2 * 7 * WEEKS)
    assert rows["acknowledged.mean_seconds"] == ""
    tickets = filled.run(*whole(filled, "--format", "csv", "--table", "tickets")).out
    lines = list(csv.DictReader(io.StringIO(tickets)))
    assert len(lines) == 2 * 7 * WEEKS
    evil = next(line for line in lines if line["ticket"] == "T-2")
    assert evil["subject"].startswith("'=HYPERLINK")
    assert evil["resolution_outcome"] in ("met", "running")
    assert evil["created_at"].endswith("Z")


def test_a_workbook_has_every_table(filled: Shell, tmp_path: Path) -> None:
    file = tmp_path / "report.xlsx"
    done = filled.run("report", "month", "--format", "xlsx", "--output", str(file))
    assert (done.code, done.out) == (0, "")
    with zipfile.ZipFile(file) as book:
        names = book.read("xl/workbook.xml").decode()
    sheets = ["figures", "groups", "trend", "late", "at_risk", "tickets", "clocks"]
    assert [name for name in sheets if f'name="{name}"' in names] == sheets


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("hourly",), "KIND hourly: write one of daily"),
        (("--format", "pdf"), "--format pdf: write one of text"),
        (("--table", "x"), "--table x: write one of figures"),
        (("--to", "2026-01-01"), "from which day"),
        (("--from", "2026-01-02", "--to", "2026-01-01"), "--to (2026-01-01) is before --from"),
        (("--from", "2026-13-01"), "--from 2026-13-01: write a day such as 2026-03-01"),
    ],
)
def test_wrong_usage_is_told_with_what_is_right(
    shell: Shell, given: tuple[str, ...], told: str
) -> None:
    answer = shell.run("report", *given)
    assert answer.code == 2
    assert told in answer.err


def test_the_forecast_says_what_comes_whom_it_needs_and_how_wrong_it_was(filled: Shell) -> None:
    told = cast("dict[str, Any]", filled.run("forecast", "--json").json)
    assert told["weeks"] == 8
    assert [day["arrivals"]["likely"] for day in told["days"]] == [2.0] * 7
    assert len(told["arrivals_by_hour_of_week"]) == 168
    assert told["error"]["mean"] == 0
    assert {a["name"]: a["per_week"]["likely"] for a in told["agents"]}.keys() == {"Ana", "Ben"}
    staffing = told["staffing"]
    # Two agents of 23 hours a day resolve two tickets in it.
    assert 800 < staffing["minutes_per_ticket"]["likely"] < 1200
    assert len(staffing["needs"]) == 7


def test_the_forecast_reads_as_text(filled: Shell) -> None:
    told = filled.run("forecast", "--team", "support").out
    assert told.startswith("Support: the next seven days")
    assert told.count("- from ") == 7
    assert "How wrong this was" in told


def test_below_three_weeks_the_forecast_says_that_it_has_not_enough(shell: Shell) -> None:
    asyncio.run(_fill(shell.folder / "deskd.db", shell.clock, weeks=2))
    assert "Not enough data: 1.9 weeks" in shell.run("forecast").out
    told = cast("dict[str, Any]", shell.run("forecast", "--json").json)
    assert told["not_enough"] == {"weeks": 1.9, "needed": 3}


def test_a_desk_without_calendars_says_nothing_of_staffing(filled: Shell) -> None:
    asyncio.run(_forget_calendar(f"sqlite+aiosqlite:///{filled.folder}/deskd.db"))
    assert "No staffing figures" in filled.run("forecast").out
    told = cast("dict[str, Any]", filled.run("forecast", "--json").json)
    assert told["staffing"] is None


async def _forget_calendar(url: str) -> None:
    storage = await open_storage(url, None, ManualClock())
    await storage.store.run(DEFAULT, lambda t: t.keep_team(TEAM))
    await storage.close()

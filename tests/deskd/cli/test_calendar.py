"""`deskd calendar`: TOML to paste and nothing else on stdout, and a year of a calendar."""

import sys
import tomllib
from pathlib import Path

import pytest

from deskd.config.load import load
from deskd.declared.declared_calendars import calendars
from engine.calendars.calendar import Calendar
from tests.deskd.commands import Shell
from tests.deskd.declared.test_ical import DAY, ics

OFFICE = """
[[calendars]]
id = "office"
timezone = "Europe/Berlin"
hours = { mon-thu = ["09:00-17:00"], fri = ["09:00-12:00", "13:00-15:00"] }
yearly_holidays = ["12-25"]
"""
XMAS = f"{DAY}20201225\nRRULE:FREQ=YEARLY"


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    made = Shell(tmp_path, capsys)
    made.write(OFFICE)
    return made


def imported(shell: Shell, *events: str) -> Path:
    file = shell.folder / "de.ics"
    file.write_bytes(ics(*events))
    return file


def test_a_file_becomes_toml_that_a_calendar_takes(shell: Shell) -> None:
    file = imported(shell, f"{DAY}20260403", f"{DAY}20270326", XMAS)
    result = shell.run("calendar", "import", str(file))
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[:2] == ["holidays = [", "    2026-04-03,  # x"]
    shell.write(OFFICE.replace('yearly_holidays = ["12-25"]\n', "") + result.out)
    assert shell.run("calendar", "show", "office", "--year", "2027").out.splitlines()[-2:] == [
        "2027-03-26 Fri  closed  holiday",
        "2027-12-25 Sat  closed  yearly holiday",
    ]


def test_years_are_picked_and_what_is_left_out_is_told_beside(shell: Shell) -> None:
    file = imported(shell, f"{DAY}20260403", f"{DAY}20270326", f"{DAY}20260102\nRRULE:FREQ=WEEKLY")
    result = shell.run("calendar", "import", str(file), "--years", "2027-2028")
    assert tomllib.loads(result.out)["holidays"][0].isoformat() == "2027-03-26"
    assert len(tomllib.loads(result.out)["holidays"]) == 1
    assert result.err.startswith('left out: "x": repeats in a way that is not read')


def test_a_name_cannot_leave_its_comment_or_order_the_terminal_about(shell: Shell) -> None:
    file = imported(shell, f"{DAY}20260403")
    name = b'SUMMARY:a\\nid = "evil" \x1b[2J\xc2\x85\xe2\x80\xa8b'
    file.write_bytes(file.read_bytes().replace(b"SUMMARY:x", name))
    result = shell.run("calendar", "import", str(file))
    assert list(tomllib.loads(result.out)) == ["holidays"]
    assert "\x1b" not in result.out


def test_a_country_becomes_toml(shell: Shell) -> None:
    result = shell.run(
        "calendar", "import", "--country", "de", "--subdivision", "be", "--years", "2026"
    )
    found = {day.isoformat() for day in tomllib.loads(result.out)["holidays"]}
    assert {"2026-03-08", "2026-04-03", "2026-12-25"} < found
    assert all(day.startswith("2026-") for day in found)


def test_json_names_each_holiday(shell: Shell) -> None:
    file = imported(shell, f"{DAY}20260403", XMAS)
    assert shell.run("calendar", "import", str(file), "--json").json == {
        "holidays": {"2026-04-03": "x"},
        "yearly_holidays": {"12-25": "x"},
        "left_out": [],
    }


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ([], 2, "name a file, or a country with --country"),
        (["de.ics", "--country", "DE"], 2, "name a file, or a country with --country"),
        (["none.ics"], 1, "none.ics cannot be read: No such file"),
        (["--country", "Germany"], 2, 'no holidays are known of the country "GERMANY"'),
        (["--country", "DE", "--subdivision", "XX"], 2, 'DE has no subdivision "XX"; known: BB, BE,'),
        (["--country", "DE", "--years", "soon"], 2, "--years soon: write 2026 or 2026-2028"),
        (["--country", "DE", "--years", "2028-2026"], 2, "--years 2028-2026: write"),
        (["--country", "DE", "--years", "1000-3000"], 2, "--years 1000-3000: write"),
    ],
)  # fmt: skip
def test_what_cannot_be_imported_is_told(
    shell: Shell, arguments: list[str], code: int, sentence: str
) -> None:
    result = shell.run("calendar", "import", *arguments)
    assert (result.code, result.out) == (code, "")
    assert sentence in result.err


def test_without_the_extra_the_way_to_get_it_is_told(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "deskd.declared.public_holidays", raising=False)
    monkeypatch.setitem(
        sys.modules, "holidays", None
    )  # what Python writes for a package that is not there
    result = shell.run("calendar", "import", "--country", "DE")
    assert (result.code, result.out) == (1, "")
    assert "pip install 'deskd[holidays]'" in result.err


def test_a_year_is_shown_with_every_day_that_differs(shell: Shell) -> None:
    shell.write(OFFICE + '[calendars.breaks]\n2026-07-01 = ["12:00-13:00"]')
    assert shell.run("calendar", "show", "office", "--year", "2026").out.splitlines() == [
        "office, Europe/Berlin",
        "DAYS     OPEN",
        "mon-thu  09:00-17:00",
        "fri      09:00-12:00, 13:00-15:00",
        "sat-sun  closed",
        "2026: 1,926.00 hours of working time on 260 days",
        "DATE            OPEN         WHY",
        "2026-07-01 Wed  09:00-17:00  break 12:00-13:00",
        "2026-12-25 Fri  closed       yearly holiday",
    ]
    shown = shell.run("calendar", "show", "office", "--year", "2026", "--json").json
    assert isinstance(shown, dict)
    assert (shown["id"], shown["timezone"], shown["open_days"]) == ("office", "Europe/Berlin", 260)
    assert shown["open_seconds"] == 1926 * 3600
    assert shown["hours"]["fri"] == ["09:00-12:00", "13:00-15:00"]
    assert shown["unusual"][1] == {"date": "2026-12-25", "hours": [], "why": "yearly holiday"}


def test_a_calendar_that_is_not_there_is_answered_with_the_nearest(shell: Shell) -> None:
    result = shell.run("calendar", "show", "ofice")
    assert (result.code, result.out) == (1, "")
    assert 'there is no calendar "ofice"; did you mean "office"?' in result.err


def test_the_only_calendar_needs_no_name(shell: Shell) -> None:
    named = shell.run("calendar", "show", "office", "--year", "2026").out
    assert shell.run("calendar", "show", "--year", "2026").out == named
    shell.write(OFFICE + OFFICE.replace('"office"', '"late"'))
    several = shell.run("calendar", "show")
    assert (several.code, several.err) == (2, "deskd: which calendar? office, late\n")
    shell.write("")
    assert "around the clock" in shell.run("calendar", "show").err


# --- holidays_file


def test_holidays_of_a_file_beside_the_settings_close_the_calendar(shell: Shell) -> None:
    imported(shell, f"{DAY}20260403", XMAS)
    shell.write(OFFICE.replace('["12-25"]', '["01-01"]\nholidays_file = "de.ics"'))
    found = load(config=shell.config, environment={}, flags={}, cwd=Path("/")).settings
    (office,) = calendars(found).values()
    assert [day.isoformat() for day in office.holidays] == ["2026-04-03"]
    assert office.yearly_holidays == {(1, 1), (12, 25)}
    assert Calendar(office).hours is office


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ([], "cannot be read: No such file or directory"),
        ([f"{DAY}20260102\nRRULE:FREQ=WEEKLY"], ': "x": repeats in a way that is not read; write'),
    ],
)
def test_a_holidays_file_that_cannot_be_read_whole_is_a_mistake_with_its_line(
    shell: Shell, events: list[str], sentence: str
) -> None:
    if events:
        imported(shell, *events)
    shell.write(OFFICE + 'holidays_file = "de.ics"')
    result = shell.run("config", "check")
    assert result.code == 2
    assert "deskd.toml:8: calendars[0].holidays_file " in result.err
    assert sentence in result.err

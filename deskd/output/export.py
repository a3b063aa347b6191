"""Tables for other programs: CSV, and XLSX for spreadsheets. Their rows are made in export_rows.py.

A spreadsheet takes text that begins like a formula for one, and subjects and names come from outside: such text gets
an apostrophe in front, in both formats, since a workbook may be saved as CSV later. Instants are RFC 3339 in UTC.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TextIO, assert_never

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from api.shapes.shape import instant
from deskd.base.safe_text import printable

Cell = str | int | float | bool | datetime | None

FORMULA_STARTS: Final = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""What spreadsheets take for the beginning of a formula, or skip in front of one; the wide forms too."""
CELL_MAX: Final = 32_767
"""Characters in a cell of a workbook; a longer text would be left out whole."""
ROWS_MAX: Final = 1_048_576
"""Rows of a sheet, its head included."""

_SECONDS: Final = "_seconds"
_A_DAY: Final = 86_400
_WIDTH_MIN, _WIDTH_MAX = 8, 60


@dataclass(frozen=True, slots=True)
class Table:
    """`head` names columns as programs do; one that ends in `_seconds` is a duration."""

    name: str
    head: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]


def defused(text: str) -> str:
    """The same to read, and no formula anywhere."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def write_csv(table: Table, out: TextIO) -> None:
    """RFC 4180: a head, CRLF, quotes where needed. `out` must not translate line ends."""
    writer = csv.writer(out)
    writer.writerow(table.head)
    writer.writerows([_plain(cell) for cell in row] for row in table.rows)


def as_csv(table: Table) -> str:
    out = io.StringIO(newline="")
    write_csv(table, out)
    return out.getvalue()


def _plain(cell: Cell) -> str | int | float:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case str() | datetime():
            return _text(cell)
        case int() | float():
            return cell
        case _ as never:
            assert_never(never)


def _text(cell: str | datetime) -> str:
    if isinstance(cell, datetime):
        return instant(cell.astimezone(UTC)) or ""
    return printable(defused(cell)).encode("utf-8", "replace").decode()


def workbook(tables: Iterable[Table], *, made_at: datetime) -> bytes:
    """An XLSX file made in memory, one sheet for each table. ValueError when there are too many rows for a sheet."""
    file = io.BytesIO()
    made = made_at.astimezone(UTC).replace(tzinfo=None)
    with Workbook(file, {"in_memory": True}) as book:
        book.set_properties({"created": made})
        head, duration = (
            book.add_format({"bold": True}),
            book.add_format({"num_format": "[h]:mm:ss"}),
        )
        for table in tables:
            _sheet(book.add_worksheet(table.name), table, head=head, duration=duration)
    return file.getvalue()


def _sheet(sheet: Worksheet, table: Table, *, head: Format, duration: Format) -> None:
    if len(table.rows) >= ROWS_MAX:
        raise ValueError(f"{len(table.rows)} rows are too many for a sheet: export CSV")
    titles = [name.removesuffix(_SECONDS).replace("_", " ").capitalize() for name in table.head]
    lasts = [duration if name.endswith(_SECONDS) else None for name in table.head]
    sheet.write_row(0, 0, titles, head)
    for number, row in enumerate(table.rows, start=1):
        for column, cell in enumerate(row):
            _write(sheet, (number, column), cell, lasts[column])
    for column, title in enumerate(titles):
        sheet.set_column(column, column, _width(title, [row[column] for row in table.rows]))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(table.rows)), len(titles) - 1)


def _write(sheet: Worksheet, at: tuple[int, int], cell: Cell, duration: Format | None) -> None:
    """Each kind by its own method: `write` would guess, and guesses formulas and links."""
    match cell:
        case None:
            return
        case bool():
            sheet.write_boolean(*at, cell)
        case str() | datetime():
            sheet.write_string(*at, _text(cell)[:CELL_MAX])
        case int() | float():
            sheet.write_number(*at, cell / _A_DAY if duration else cell, duration)
        case _ as never:
            assert_never(never)


def _width(title: str, cells: Sequence[Cell]) -> int:
    longest = max(
        (len(_text(cell)) for cell in cells if isinstance(cell, str | datetime)), default=0
    )
    return min(max(len(title) + 2, longest, _WIDTH_MIN), _WIDTH_MAX)

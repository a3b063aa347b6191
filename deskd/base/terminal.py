"""What commands write for people: tables that fit the terminal, and nothing that could order it about."""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime

import typer

from deskd.base.safe_text import printable

# A column is never squeezed below this: less says nothing.
_COLUMN_MIN = 6
_GAP = "  "


def show_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def show(text: str) -> None:
    typer.echo(text)


def write_bytes(content: bytes) -> None:
    """As they are, without a line break after them."""
    typer.echo(content, nl=False)


def complain(text: str) -> None:
    typer.echo(text, err=True)


def clean(value: object) -> str:
    """Text from outside, without control characters: they could redraw the terminal."""
    return "-" if value is None else printable(str(value))


def moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}Z" if at else "-"


def bold(text: str) -> str:
    return f"\x1b[1m{text}\x1b[0m" if _may_colour() else text


def _may_colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """The last column gets what is left of the line; a pipe gets everything, uncut."""
    cells = [[clean(value) for value in row] for row in rows]
    widths = [max(len(row[i]) for row in [list(head), *cells]) for i in range(len(head))]
    if sys.stdout.isatty():
        widths = _fitted(widths, shutil.get_terminal_size().columns)
    show(bold(_line(head, widths)))
    for row in cells:
        show(_line(row, widths))


def _fitted(widths: list[int], columns: int) -> list[int]:
    room = columns - len(_GAP) * (len(widths) - 1)
    over = sum(widths) - room
    while over > 0:
        widest = widths.index(max(widths))
        if widths[widest] <= _COLUMN_MIN:
            break
        widths[widest] -= 1
        over -= 1
    return widths


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cut = [
        cell if len(cell) <= w else cell[: w - 1] + "…" for cell, w in zip(row, widths, strict=True)
    ]
    return _GAP.join(cell.ljust(w) for cell, w in zip(cut, widths, strict=True)).rstrip()

"""Where a setting stands in a TOML file. tomllib says what a file holds, but not on which line."""

import re
from collections import Counter
from typing import Final

_TABLE: Final = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY: Final = re.compile(
    r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=(.*)$"""
)
_TRIPLE: Final = ('"""', "'''")

Path = tuple[str | int, ...]


def lines_of(text: str) -> dict[Path, int]:
    """The line of each key and table, by its path (tables in arrays are numbered from 0)."""
    lines: dict[Path, int] = {}
    seen: Counter[Path] = Counter()
    table: Path = ()
    open_quote: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if open_quote:
            open_quote = None if line.count(open_quote) % 2 else open_quote
            continue
        open_quote = next((quote for quote in _TRIPLE if line.count(quote) % 2), None)
        header, key = _TABLE.match(line), _KEY.match(line)
        if header and not key:
            table = _enter(_path(header[2]), seen, is_array=header[1] == "[[")
            lines.setdefault(table, number)
        elif key:
            lines.setdefault(table + _path(key[1]), number)
    return lines


def _enter(path: Path, seen: Counter[Path], *, is_array: bool) -> Path:
    """The path with the numbers of the arrays it lies in."""
    numbered: Path = ()
    for depth, name in enumerate(path, start=1):
        numbered = (*numbered, name)
        if depth == len(path) and is_array:
            seen[numbered] += 1
        if seen[numbered]:
            numbered = (*numbered, seen[numbered] - 1)
    return numbered


def _path(dotted: str) -> Path:
    return tuple(piece.strip().strip("\"'") for piece in dotted.split("."))


def nearest(lines: dict[Path, int], path: Path) -> int | None:
    """The line of the path itself, or of the table or inline table it stands in."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None

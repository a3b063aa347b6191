"""The rules of rich text, tables and charts."""

from typing import Any

from sandbox.base.limits import TABLE_COLUMNS, TABLE_ROWS, limit
from sandbox.base.workspace import Json
from sandbox.blockkit.checks import (
    BLOCK_ID,
    Check,
    Shape,
    Spot,
    anything,
    flag,
    is_number,
    kinds,
    listed,
    number,
    one_of,
    text,
)

_BLOCK: dict[str, Check] = {"type": anything, "block_id": BLOCK_ID}

# --- rich text

_STYLE = Shape(
    dict.fromkeys(
        (
            "bold",
            "italic",
            "strike",
            "code",
            "underline",
            "highlight",
            "client_highlight",
            "unlink",
        ),
        flag,
    )
)
_INLINE: dict[str, Check] = {"type": anything, "style": _STYLE}


def _inline(*required: str, **fields: Check) -> Shape:
    return Shape({**_INLINE, **dict.fromkeys(required, text(least=1)), **fields}, required)


_INLINES = listed(
    kinds(
        {
            "text": _inline("text"),
            "link": _inline("url", text=text(), unsafe=flag),
            "emoji": _inline("name", unicode=text(), skin_tone=number()),
            "user": _inline("user_id"),
            "usergroup": _inline("usergroup_id"),
            "channel": _inline("channel_id"),
            "team": _inline("team_id"),
            "broadcast": _inline("range"),
            "color": _inline("value"),
            "date": _inline("format", timestamp=number(), url=text(), fallback=text()),
        }
    )
)
_RICH_SECTION = Shape({"type": anything, "elements": _INLINES}, ("elements",))
_BORDERED: dict[str, Check] = {"type": anything, "border": number(least=0)}
_RICH_PARTS: dict[str, Check] = {
    "rich_text_section": _RICH_SECTION,
    "rich_text_preformatted": Shape(
        {**_BORDERED, "elements": _INLINES, "language": text()}, ("elements",)
    ),
    "rich_text_quote": Shape({**_BORDERED, "elements": _INLINES}, ("elements",)),
    "rich_text_list": Shape(
        {
            **_BORDERED,
            "elements": listed(kinds({"rich_text_section": _RICH_SECTION})),
            "style": one_of("bullet", "ordered"),
            "indent": number(least=0),
            "offset": number(least=0),
        },
        ("elements", "style"),
    ),
}
RICH_TEXT = Shape({**_BLOCK, "elements": listed(kinds(_RICH_PARTS))}, ("elements",))

# --- tables


def _same_width(value: Json, spot: Spot) -> None:
    rows = value.get("rows")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        return
    widths = {len(row) for row in rows}
    if len(widths) > 1:
        (spot / "rows").report("all rows must have the same number of columns")
    settings = value.get("column_settings")
    if isinstance(settings, list) and widths and len(settings) != max(widths):
        (spot / "column_settings").report("must match the number of columns")


def _raw_number(value: Any, spot: Spot) -> None:
    if not is_number(value):
        spot.report("must be a number")


_CELL_TEXT = text(least=limit("data_table.cell_text.min_length"))
_CELLS: dict[str, Check] = {
    "raw_text": Shape({"type": anything, "text": _CELL_TEXT}, ("text",)),
    "raw_number": Shape({"type": anything, "value": _raw_number, "text": _CELL_TEXT}, ("value",)),
    "rich_text": RICH_TEXT,
}
_COLUMN = Shape({"is_wrapped": flag, "align": one_of("left", "center", "right")})
TABLE = Shape(
    {
        **_BLOCK,
        "rows": listed(
            listed(kinds(_CELLS), least=1, most=TABLE_COLUMNS), least=1, most=TABLE_ROWS
        ),
        "column_settings": listed(_COLUMN, most=TABLE_COLUMNS),
    },
    ("rows",),
    (_same_width,),
)


def _content_bounded(value: Json, spot: Spot) -> None:
    rows = value.get("rows")
    cells = [cell for row in rows or [] if isinstance(row, list) for cell in row]
    words = [str(cell.get("text", "")) for cell in cells if isinstance(cell, dict)]
    most = limit("data_table.content.max_length")
    if sum(map(len, words)) > most:
        (spot / "rows").report(f"all cells together must be less than {most + 1} characters")


DATA_TABLE = Shape(
    {
        **_BLOCK,
        "rows": listed(
            listed(
                kinds(_CELLS),
                least=limit("data_table.columns.min_items"),
                most=limit("data_table.columns.max_items"),
            ),
            least=limit("data_table.rows.min_items"),
            most=limit("data_table.rows.max_items"),
        ),
        "page_size": number(
            least=limit("data_table.page_size.min"), most=limit("data_table.page_size.max")
        ),
        "caption": text(least=1),
        "row_header_column_index": number(least=0),
    },
    ("rows",),
    (_same_width, _content_bounded),
)

# --- charts


def _most(path: str) -> int:
    return limit(f"data_visualization.{path}.max_length")


def _counted(item: Check, path: str) -> Check:
    least = limit(f"data_visualization.{path}.min_items")
    return listed(item, least=least, most=limit(f"data_visualization.{path}.max_items"))


def _positive(value: Any, spot: Spot) -> None:
    floor = limit("data_visualization.segment.value.exclusive_min")
    if not is_number(value) or value <= floor:
        spot.report(f"must be greater than {floor}")


_SEGMENT = Shape(
    {"label": text(most=_most("segment.label"), least=1), "value": _positive}, ("label", "value")
)
_POINT = Shape(
    {"label": text(most=_most("point_label"), least=1), "value": _raw_number}, ("label", "value")
)
_SERIES = Shape(
    {
        "name": text(most=_most("series_name"), least=1),
        "data": _counted(_POINT, "data"),
    },
    ("name", "data"),
)
_AXES = Shape(
    {
        "categories": _counted(text(most=_most("category_label"), least=1), "categories"),
        "x_label": text(most=_most("axis_label")),
        "y_label": text(most=_most("axis_label")),
    },
    ("categories",),
)
_AXIS_CHART = Shape(
    {"type": anything, "series": _counted(_SERIES, "series"), "axis_config": _AXES},
    ("series", "axis_config"),
)
_PIE = Shape({"type": anything, "segments": _counted(_SEGMENT, "segments")}, ("segments",))
_CHARTS: dict[str, Check] = {
    "pie": _PIE,
    "bar": _AXIS_CHART,
    "line": _AXIS_CHART,
    "area": _AXIS_CHART,
}
DATA_VISUALIZATION = Shape(
    {**_BLOCK, "title": text(most=_most("title"), least=1), "chart": kinds(_CHARTS)},
    ("title", "chart"),
)

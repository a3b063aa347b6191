"""Slack's limits on what we send, and validate(), which holds a payload against them. It shortens nothing."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

Json = dict[str, Any]

# Slack's published limits, in characters or items.
SECTION_TEXT: Final = 3000
FIELD_TEXT: Final = 2000
FIELDS: Final = 10
HEADER_TEXT: Final = 150
CONTEXT_ELEMENTS: Final = 10
ACTIONS_ELEMENTS: Final = 25
BUTTON_TEXT: Final = 75
BUTTON_VALUE: Final = 2000
BUTTON_URL: Final = 3000
OVERFLOW_OPTIONS: Final = 5
SELECT_OPTIONS: Final = 100
OPTION_TEXT: Final = 75
OPTION_VALUE: Final = 150
INPUT_LABEL: Final = 2000
INPUT_TEXT: Final = 3000
PLACEHOLDER: Final = 150
MODAL_TITLE: Final = 24
PRIVATE_METADATA: Final = 3000
ACTION_ID: Final = 255
MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
MESSAGE_CHARTS: Final = 2
CHART_TITLE: Final = 50
CHART_LABEL: Final = 20
CHART_CATEGORIES: Final = 20
CHART_SERIES: Final = 6
# Not published; a larger sum of block text comes back as msg_blocks_too_long (bolt-js #2509).
MESSAGE_BLOCK_TEXT: Final = 13_200
# chat.update refuses longer ones, counted in bytes after escaping; postMessage takes more, one rule is enough.
FALLBACK_TEXT_BYTES: Final = 4_000

_SURFACES: Final[Mapping[str, frozenset[str]]] = {
    "message": frozenset(
        {"header", "section", "context", "actions", "divider", "rich_text", "data_visualization"}
    ),
    "modal": frozenset({"header", "section", "context", "divider", "rich_text", "input"}),
    "home": frozenset({"header", "section", "context", "actions", "divider", "rich_text"}),
}

Problems = Iterator[str]


def validate(payload: Mapping[str, Any], surface: str) -> list[str]:
    """What Slack would refuse in this message, modal or home tab, one line each; [] when it would take it."""
    blocks = payload.get("blocks") or []
    problems = list(_of_message(payload, blocks) if surface == "message" else _of_view(payload))
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        where = f"/blocks/{index}"
        if block["type"] not in _SURFACES[surface]:
            problems.append(f"{where}: no {block['type']} on a {surface}")
            continue
        problems.extend(_CHECKS[block["type"]](block, where))
        id = block.get("block_id")
        if id is not None and id in seen:
            problems.append(f"{where}: block_id {id} twice")
        seen.add(id or "")
    return problems


def _of_message(payload: Mapping[str, Any], blocks: list[Json]) -> Problems:
    if not payload.get("text"):
        yield "/text: missing"
    if len(str(payload.get("text", "")).encode()) > FALLBACK_TEXT_BYTES:
        yield "/text: too long for chat.update"
    if len(blocks) > MESSAGE_BLOCKS:
        yield f"/blocks: more than {MESSAGE_BLOCKS}"
    if sum(block["type"] == "data_visualization" for block in blocks) > MESSAGE_CHARTS:
        yield f"/blocks: more than {MESSAGE_CHARTS} charts"
    if sum(map(len, _words(blocks))) > MESSAGE_BLOCK_TEXT:
        yield f"/blocks: more than {MESSAGE_BLOCK_TEXT} characters in all"


def _words(part: object) -> Iterator[str]:
    if isinstance(part, Mapping):
        for key, value in part.items():
            if isinstance(value, str) and key == "text":
                yield value
            else:
                yield from _words(value)
    elif isinstance(part, list):
        for one in part:
            yield from _words(one)


def _of_view(payload: Mapping[str, Any]) -> Problems:
    for name in ("title", "submit", "close"):
        if name in payload:
            yield from _text(payload[name], MODAL_TITLE, f"/{name}", plain=True)
    if len(payload.get("private_metadata", "")) > PRIVATE_METADATA:
        yield "/private_metadata: too long"
    blocks = payload["blocks"]
    if not 0 < len(blocks) <= VIEW_BLOCKS:
        yield f"/blocks: 1 to {VIEW_BLOCKS}"
    if "submit" not in payload and any(block["type"] == "input" for block in blocks):
        yield "/submit: needed by input blocks"


def _text(text: Mapping[str, Any], most: int, where: str, *, plain: bool = False) -> Problems:
    if not 0 < len(text["text"]) <= most:
        yield f"{where}: 1 to {most} characters"
    if plain and text["type"] != "plain_text":
        yield f"{where}: must be plain_text"


def _section(block: Json, where: str) -> Problems:
    if "text" not in block and "fields" not in block:
        yield f"{where}: neither text nor fields"
    if "text" in block:
        yield from _text(block["text"], SECTION_TEXT, f"{where}/text")
    fields = block.get("fields", [])
    if len(fields) > FIELDS:
        yield f"{where}/fields: more than {FIELDS}"
    for index, field in enumerate(fields):
        yield from _text(field, FIELD_TEXT, f"{where}/fields/{index}")
    if "accessory" in block:
        yield from _element(block["accessory"], f"{where}/accessory")


def _header(block: Json, where: str) -> Problems:
    yield from _text(block["text"], HEADER_TEXT, f"{where}/text", plain=True)


def _context(block: Json, where: str) -> Problems:
    if not 0 < len(block["elements"]) <= CONTEXT_ELEMENTS:
        yield f"{where}: 1 to {CONTEXT_ELEMENTS} elements"
    for index, element in enumerate(block["elements"]):
        yield from _text(element, SECTION_TEXT, f"{where}/elements/{index}")


def _actions(block: Json, where: str) -> Problems:
    elements = block["elements"]
    if not 0 < len(elements) <= ACTIONS_ELEMENTS:
        yield f"{where}: 1 to {ACTIONS_ELEMENTS} elements"
    ids = [element["action_id"] for element in elements]
    if len(set(ids)) != len(ids):
        yield f"{where}: an action_id twice"
    for index, element in enumerate(elements):
        yield from _element(element, f"{where}/elements/{index}")


def _input(block: Json, where: str) -> Problems:
    yield from _text(block["label"], INPUT_LABEL, f"{where}/label", plain=True)
    if "hint" in block:
        yield from _text(block["hint"], INPUT_LABEL, f"{where}/hint", plain=True)
    yield from _element(block["element"], f"{where}/element")


def _chart(block: Json, where: str) -> Problems:
    if not 0 < len(block["title"]) <= CHART_TITLE:
        yield f"{where}/title: 1 to {CHART_TITLE} characters"
    categories = block["chart"]["axis_config"]["categories"]
    series = block["chart"]["series"]
    if not 0 < len(categories) <= CHART_CATEGORIES:
        yield f"{where}: 1 to {CHART_CATEGORIES} categories"
    if not 0 < len(series) <= CHART_SERIES:
        yield f"{where}: 1 to {CHART_SERIES} series"
    labels = [*categories, *(one["name"] for one in series)]
    if not all(0 < len(label) <= CHART_LABEL for label in labels):
        yield f"{where}: labels of 1 to {CHART_LABEL} characters"
    if any([point["label"] for point in one["data"]] != categories for one in series):
        yield f"{where}: a series does not follow the categories"


def _nothing(_block: Json, _where: str) -> Problems:
    return iter(())


def _element(element: Json, where: str) -> Problems:
    if not 0 < len(element["action_id"]) <= ACTION_ID:
        yield f"{where}/action_id: 1 to {ACTION_ID} characters"
    if "placeholder" in element:
        yield from _text(element["placeholder"], PLACEHOLDER, f"{where}/placeholder", plain=True)
    match element["type"]:
        case "button":
            yield from _button(element, where)
        case "overflow":
            yield from _options(element["options"], OVERFLOW_OPTIONS, f"{where}/options")
        case "static_select":
            yield from _select(element, where)
        case "plain_text_input":
            yield from _text_input(element, where)


def _select(element: Json, where: str) -> Problems:
    groups = element.get("option_groups")
    if groups is None:
        yield from _options(element["options"], SELECT_OPTIONS, f"{where}/options")
        return
    if not 0 < len(groups) <= SELECT_OPTIONS:
        yield f"{where}/option_groups: 1 to {SELECT_OPTIONS}"
    for index, group in enumerate(groups):
        inside = f"{where}/option_groups/{index}"
        yield from _text(group["label"], OPTION_TEXT, f"{inside}/label", plain=True)
        yield from _options(group["options"], SELECT_OPTIONS, f"{inside}/options")


def _button(element: Json, where: str) -> Problems:
    yield from _text(element["text"], BUTTON_TEXT, f"{where}/text", plain=True)
    if len(element.get("value", "")) > BUTTON_VALUE:
        yield f"{where}/value: too long"
    if len(element.get("url", "")) > BUTTON_URL:
        yield f"{where}/url: too long"


def _text_input(element: Json, where: str) -> Problems:
    if element.get("max_length", 1) > INPUT_TEXT:
        yield f"{where}/max_length: more than {INPUT_TEXT}"
    if len(element.get("initial_value", "")) > INPUT_TEXT:
        yield f"{where}/initial_value: more than {INPUT_TEXT}"


def _options(options: list[Json], most: int, where: str) -> Problems:
    if not 0 < len(options) <= most:
        yield f"{where}: 1 to {most}"
    for index, option in enumerate(options):
        yield from _text(option["text"], OPTION_TEXT, f"{where}/{index}/text", plain=True)
        if not 0 < len(option["value"]) <= OPTION_VALUE:
            yield f"{where}/{index}/value: 1 to {OPTION_VALUE} characters"


_CHECKS: Final[Mapping[str, Callable[[Json, str], Problems]]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "data_visualization": _chart,
    "divider": _nothing,
    "rich_text": _nothing,
}

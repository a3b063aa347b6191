"""Whether Slack would take these blocks: on a message, in a modal, on the home tab."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.base import limits
from sandbox.base.errors import SlackError
from sandbox.base.limits import limit
from sandbox.base.workspace import Json, texts_in
from sandbox.blockkit.checks import Shape, Spot, anything, flag, plain_object, text
from sandbox.blockkit.layouts import BLOCKS, SURFACES


def problems_in_blocks(blocks: Any, surface: str, pointer: str = "/blocks") -> list[str]:
    """Sentences with JSON pointers; none when Slack would take them."""
    spot = Spot([], pointer)
    if not isinstance(blocks, list):
        spot.report("must be an array")
        return spot.problems
    if _too_deep(blocks):
        spot.report("nested too deep")
        return spot.problems
    for index, block in enumerate(blocks):
        _check_block(block, surface, spot / index)
    # A response_url takes the same block_id twice; the Web API does not.
    if surface != "response":
        _check_unique(blocks, spot)
    return spot.problems


def problems_in_block(block: Json) -> list[str]:
    """One block by itself, wherever it may stand."""
    spot = Spot([], "")
    check = BLOCKS.get(str(block.get("type")))
    if check is None:
        (spot / "type").report(f"unsupported type: {block.get('type')}")
    else:
        check(block, spot)
    _check_actions_unique(block, spot)
    return spot.problems


def _check_block(block: Any, surface: str, spot: Spot) -> None:
    kind = block.get("type") if isinstance(block, dict) else None
    if not isinstance(kind, str) or kind not in SURFACES[surface]:
        (spot / "type").report(f"unsupported type: {kind}")
        return
    BLOCKS[kind](block, spot)
    _check_actions_unique(block, spot)
    if kind == "task_card" and block.get("status") == "pending":
        (spot / "status").report("a task card by itself can not be pending")


def _check_unique(blocks: list[Any], spot: Spot) -> None:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        block_id = block.get("block_id") if isinstance(block, dict) else None
        if isinstance(block_id, str) and block_id in seen:
            (spot / index / "block_id").report(f'block_id "{block_id}" already exists')
        elif isinstance(block_id, str):
            seen.add(block_id)


def _check_actions_unique(block: Json, spot: Spot) -> None:
    elements = block.get("elements")
    seen: set[str] = set()
    for index, element in enumerate(elements if isinstance(elements, list) else []):
        action_id = element.get("action_id") if isinstance(element, dict) else None
        if isinstance(action_id, str) and action_id in seen:
            where = spot / "elements" / index / "action_id"
            where.report(f'action_id "{action_id}" already exists')
        elif isinstance(action_id, str):
            seen.add(action_id)


def _too_deep(part: Any, depth: int = 0) -> bool:
    if depth > limits.MAX_DEPTH:
        return True
    inner: Iterable[Any] = ()
    if isinstance(part, Mapping):
        inner = part.values()
    elif isinstance(part, list):
        inner = part
    return any(_too_deep(one, depth + 1) for one in inner)


# --- messages


def check_message(blocks: Any, attachments: Any, *, surface: str = "message") -> None:
    """Refuses as chat.postMessage does."""
    problems = problems_in_blocks(blocks, surface)
    if isinstance(blocks, list):
        problems += _message_problems(blocks)
    if problems:
        raise refusal("invalid_blocks", problems)
    _check_attachments(attachments, surface)
    words = sum(map(len, texts_in(blocks)))
    if words > limits.MESSAGE_BLOCK_TEXT:
        raise SlackError("msg_blocks_too_long")


def _message_problems(blocks: list[Json]) -> list[str]:
    spot = Spot([], "/blocks")
    if len(blocks) > limits.MESSAGE_BLOCKS:
        spot.report(f"no more than {limits.MESSAGE_BLOCKS} items allowed")
    found = [block for block in blocks if isinstance(block, dict)]
    charts = [block for block in found if block.get("type") == "data_visualization"]
    if len(charts) > limits.MESSAGE_CHARTS:
        spot.report(f"no more than {limits.MESSAGE_CHARTS} charts allowed")
    marked = [str(block.get("text")) for block in found if block.get("type") == "markdown"]
    if sum(map(len, marked)) > limits.MESSAGE_MARKDOWN:
        most = limits.MESSAGE_MARKDOWN
        spot.report(f"all markdown together must be less than {most + 1} characters")
    return spot.problems


def _check_attachments(attachments: Any, surface: str) -> None:
    if not isinstance(attachments, list) or not all(isinstance(one, dict) for one in attachments):
        raise refusal("invalid_attachments", ["must be an array of objects"])
    if len(attachments) > limits.MESSAGE_ATTACHMENTS:
        raise SlackError("too_many_attachments")
    for index, attachment in enumerate(attachments):
        blocks = attachment.get("blocks", [])
        problems = problems_in_blocks(blocks, surface, f"/attachments/{index}/blocks")
        if problems:
            raise refusal("invalid_attachments", problems)


def refusal(code: str, problems: list[str]) -> SlackError:
    messages = [f"[ERROR] {problem}" for problem in problems]
    if code == "invalid_arguments":
        return SlackError(code, response_metadata={"messages": messages})
    return SlackError(code, errors=problems, response_metadata={"messages": messages})


# --- views

_SHORT = {name: plain_object(limit(f"view.{name}.max_length")) for name in ("submit", "close")}
_COMMON = {
    "type": anything,
    "blocks": anything,
    "private_metadata": text(most=limit("view.private_metadata.max_length")),
    "callback_id": text(most=limit("view.callback_id.max_length")),
    "external_id": text(most=limits.EXTERNAL_ID),
}
_MODAL = Shape(
    {
        **_COMMON,
        **_SHORT,
        "title": plain_object(limit("view.title.max_length")),
        "clear_on_close": flag,
        "notify_on_close": flag,
        "submit_disabled": flag,
    },
    ("title", "blocks"),
)
_HOME = Shape(_COMMON, ("blocks",))


def problems_in_view(view: Json) -> list[str]:
    kind = view.get("type")
    spot = Spot([], "/view")
    if kind not in ("modal", "home"):
        (spot / "type").report(f"unsupported type: {kind}")
        return spot.problems
    (_MODAL if kind == "modal" else _HOME)(view, spot)
    blocks = view.get("blocks")
    if isinstance(blocks, list):
        _check_view_blocks(view, blocks, spot / "blocks")
        spot.problems.extend(problems_in_blocks(blocks, kind, "/view/blocks"))
    return spot.problems


def _check_view_blocks(view: Json, blocks: list[Any], spot: Spot) -> None:
    if len(blocks) < limit("view.blocks.min_items"):
        spot.report(f"no less than {limit('view.blocks.min_items')} items allowed")
    if len(blocks) > limit("view.blocks.max_items"):
        spot.report(f"no more than {limit('view.blocks.max_items')} items allowed")
    asks = any(isinstance(block, dict) and block.get("type") == "input" for block in blocks)
    if asks and view.get("type") == "modal" and not view.get("submit"):
        spot.report("missing required field: submit, as there are input blocks")


def check_view(view: Json) -> None:
    """Refuses as views.open does."""
    if len(json.dumps(view).encode()) > limits.VIEW_BYTES:
        raise SlackError("view_too_large")
    problems = problems_in_view(view)
    if problems:
        raise refusal("invalid_arguments", problems)


# --- what Slack adds


def with_ids(blocks: list[Json]) -> tuple[Json, ...]:
    """Slack names every block and every element that has no name yet."""
    return tuple(_named(normal(block), index) for index, block in enumerate(blocks))


def normal(part: Any) -> Any:
    """Texts come back from Slack with the flags they did not name."""
    if isinstance(part, list):
        return [normal(one) for one in part]
    if not isinstance(part, dict):
        return part
    whole = {key: normal(value) for key, value in part.items()}
    if "text" in whole and whole.get("type") in _TEXT_FLAGS:
        whole = whole | {key: whole.get(key, value) for key, value in _TEXT_FLAGS[whole["type"]]}
    return whole


def _named(block: Json, index: int) -> Json:
    named: Json = {"block_id": f"block{index}"} | block
    for key in ("element", "accessory"):
        if isinstance(named.get(key), dict):
            named[key] = _element(named[key], f"{named['block_id']}-{key}")
    if isinstance(named.get("elements"), list) and named["type"] != "rich_text":
        named["elements"] = [
            _element(element, f"{named['block_id']}-{number}")
            for number, element in enumerate(named["elements"])
        ]
    return named


_TEXT_FLAGS = {"plain_text": (("emoji", True),), "mrkdwn": (("verbatim", False),)}
_NAMELESS = frozenset({"image", "plain_text", "mrkdwn", "card"})


def _element(element: Json, name: str) -> Json:
    return element if element.get("type") in _NAMELESS else {"action_id": name} | element

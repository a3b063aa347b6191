"""The stand-in takes every block Slack takes and refuses every one Slack refuses."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.base.errors import SlackError
from sandbox.base.limits import LIMITS
from sandbox.blockkit.blocks import (
    check_message,
    check_view,
    problems_in_block,
    problems_in_blocks,
    problems_in_view,
)
from tests import fixtures
from tests.sandbox.slack_invalid import CASES, broken, button, marked, plain

DATA = fixtures.DATA / "slack/blocks"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="Slack's samples are not beside the tree")
VALID = DATA / "fixtures/valid"
Json = dict[str, Any]


def fixtures(kind: str) -> list[Any]:
    return [pytest.param(path, id=path.stem) for path in sorted((VALID / kind).glob("*.json"))]


def load(path: Path) -> Json:
    held: Json = json.loads(path.read_text("utf-8"))
    return held


def cases() -> list[str]:
    if not DATA.is_dir():
        return []
    manifest = json.loads((DATA / "fixtures/invalid/manifest.json").read_text("utf-8"))
    return [case["id"] for case in manifest["cases"]]


@pytest.mark.parametrize("path", fixtures("blocks"))
def test_a_valid_block_is_taken(path: Path) -> None:
    assert problems_in_block(load(path)) == []


def home_of(element: Json) -> Json:
    """The block that takes this element."""
    kind = element["type"]
    if kind == "url":
        return {"type": "task_card", "task_id": "t", "title": "T", "sources": [element]}
    if kind.endswith("_input") or kind == "datetimepicker":
        return {"type": "input", "label": plain("L"), "element": element}
    return {"type": "section", "text": marked("x"), "accessory": element}


@pytest.mark.parametrize("path", fixtures("elements"))
def test_a_valid_element_is_taken(path: Path) -> None:
    assert problems_in_block(home_of(load(path))) == []


def run_by(trigger: Json) -> Json:
    workflow = {"trigger": trigger}
    return home_of({"type": "workflow_button", "text": plain("Run"), "workflow": workflow})


# name of the fixture -> the block that such an object stands in
OBJECT_HOMES: dict[str, Callable[[Json], Json]] = {
    "text": lambda part: {"type": "section", "text": part},
    "option": lambda part: home_of({"type": "static_select", "options": [part]}),
    "option_group": lambda part: home_of({"type": "static_select", "option_groups": [part]}),
    "confirmation": lambda part: {"type": "actions", "elements": [button(confirm=part)]},
    "conversation": lambda part: home_of({"type": "conversations_select", "filter": part}),
    "dispatch": lambda part: home_of({"type": "plain_text_input", "dispatch_action_config": part}),
    "trigger": run_by,
    "input": lambda part: run_by({"url": "https://x", "customizable_input_parameters": [part]}),
    "workflow": lambda part: run_by(part["trigger"]),
}


def home_of_object(name: str, part: Json) -> Json:
    kind = "option_group" if name.startswith("option_group") else name.split("_", maxsplit=1)[0]
    return OBJECT_HOMES[kind](part)


@pytest.mark.parametrize("path", fixtures("objects"))
def test_a_valid_object_is_taken(path: Path) -> None:
    assert problems_in_block(home_of_object(path.stem, load(path))) == []


@pytest.mark.parametrize("path", fixtures("rich_text"))
def test_valid_rich_text_is_taken(path: Path) -> None:
    part = load(path)
    if not part["type"].startswith("rich_text"):
        part = {"type": "rich_text_section", "elements": [part]}
    assert problems_in_block({"type": "rich_text", "elements": [part]}) == []


@pytest.mark.parametrize("path", fixtures("views"))
def test_a_valid_view_is_taken(path: Path) -> None:
    assert problems_in_view(load(path)) == []
    check_view(load(path))


@pytest.mark.parametrize("path", fixtures("messages"))
def test_a_valid_message_is_taken(path: Path) -> None:
    message = load(path)
    surface = "message" if "channel" in message else "response"
    check_message(message.get("blocks", []), message.get("attachments", []), surface=surface)


@pytest.mark.parametrize("path", fixtures("attachments"))
def test_a_valid_attachment_is_taken(path: Path) -> None:
    check_message([], [load(path)])


@pytest.mark.parametrize("case", cases())
def test_an_invalid_payload_is_refused(case: str) -> None:
    kind, payload = broken(case)
    problems = problems_in_view(payload) if kind == "view" else problems_in_block(payload)
    assert len({problem.split(" [json-pointer:/")[0] for problem in problems}) == 1, problems


def test_every_invalid_case_of_the_manifest_is_built() -> None:
    assert set(CASES) == set(cases())


def test_the_table_of_limits_is_slacks() -> None:
    published = json.loads((DATA / "limits.json").read_text("utf-8"))
    assert as_dict(LIMITS) == published


def as_dict(part: Any) -> Any:
    if isinstance(part, Mapping):
        return {key: as_dict(value) for key, value in part.items()}
    return part


def test_a_refusal_has_slacks_shape() -> None:
    long = {"type": "section", "text": marked("x" * 3001)}
    blocks: list[Json] = [{"type": "divider"}, {"type": "divider"}, long]
    with pytest.raises(SlackError) as caught:
        check_message(blocks, [])
    said = "must be less than 3001 characters [json-pointer:/blocks/2/text/text]"
    assert caught.value.code == "invalid_blocks"
    assert caught.value.fields == {
        "errors": [said],
        "response_metadata": {"messages": [f"[ERROR] {said}"]},
    }


@pytest.mark.parametrize(
    ("kind", "surfaces"),
    [
        ("alert", {"modal"}),
        ("markdown", {"message", "response"}),
        ("context_actions", {"message", "response"}),
        ("table", {"message", "response", "home"}),
        ("section", {"message", "response", "home", "modal"}),
    ],
)
def test_a_surface_takes_only_its_own_blocks(kind: str, surfaces: set[str]) -> None:
    payload = {
        "alert": {"type": "alert", "text": marked("x")},
        "markdown": {"type": "markdown", "text": "x"},
        "context_actions": load(VALID / "blocks/context_actions_icon_button.json"),
        "table": load(VALID / "blocks/table_block.json"),
        "section": {"type": "section", "text": marked("x")},
    }[kind]
    taken = {
        surface
        for surface in ("message", "response", "home", "modal")
        if not problems_in_blocks([payload], surface)
    }
    assert taken == surfaces


@pytest.mark.parametrize(
    "blocks",
    [
        pytest.param([{"type": "sections"}], id="unknown block"),
        pytest.param([{"type": "divider", "colour": "red"}], id="unknown property"),
        pytest.param([{"type": "divider", "block_id": "a"}] * 2, id="block_id twice"),
        pytest.param([{"type": "actions", "elements": [button()] * 2}], id="action_id twice"),
        pytest.param([{"type": "divider"}] * 51, id="51 blocks"),
        pytest.param([{"type": "markdown", "text": "x" * 6001}] * 2, id="12,002 of markdown"),
        pytest.param({"type": "divider"}, id="no list"),
        pytest.param(["divider"], id="no object"),
        pytest.param(
            [{"type": "task_card", "task_id": "t", "title": "T", "status": "pending"}],
            id="pending task card",
        ),
    ],
)
def test_a_message_is_refused_as_a_whole(blocks: Any) -> None:
    with pytest.raises(SlackError) as caught:
        check_message(blocks, [])
    assert caught.value.code == "invalid_blocks"


def test_too_much_text_in_all_blocks_is_refused() -> None:
    section = {"type": "section", "text": marked("x" * 3000)}
    check_message([section] * 4, [])
    with pytest.raises(SlackError, match="msg_blocks_too_long"):
        check_message([section] * 5, [])


def test_a_modal_with_inputs_needs_a_submit_button() -> None:
    element = {"type": "plain_text_input", "action_id": "a"}
    blocks = [{"type": "input", "label": plain("L"), "element": element}]
    view = {"type": "modal", "title": plain("T"), "blocks": blocks}
    assert "submit" in problems_in_view(view)[0]
    assert problems_in_view(view | {"submit": plain("Go")}) == []


def test_a_view_above_250_kb_is_refused() -> None:
    section = {"type": "section", "text": marked("x" * 2999)}
    view = {"type": "modal", "title": plain("T"), "blocks": [section] * 90}
    with pytest.raises(SlackError, match="view_too_large"):
        check_view(view)


def test_deep_nesting_is_refused_and_ends() -> None:
    deep: Any = "x"
    for _ in range(200):
        deep = [deep]
    assert "too deep" in problems_in_blocks([{"type": "rich_text", "elements": deep}], "message")[0]

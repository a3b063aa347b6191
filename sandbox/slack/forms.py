"""What a person finds on a message or in a modal, and what clicking or filling it in means."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.base.errors import ImpossibleError
from sandbox.base.workspace import Json, Message, View

# What Slack lets a person type where the app set no bound of its own.
MOST_TYPED = 3_000
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# element type -> the key under which Slack reports what was entered
_ENTERED_AS: Mapping[str, str] = {
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "checkboxes": "selected_options",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "conversations_select": "selected_conversation",
    "multi_conversations_select": "selected_conversations",
    "channels_select": "selected_channel",
    "multi_channels_select": "selected_channels",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "plain_text_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "number_input": "value",
    "rich_text_input": "rich_text_value",
    "file_input": "files",
}


@dataclass(frozen=True)
class Found:
    """One element and the block it stands in."""

    block: Json
    element: Json

    @property
    def block_id(self) -> str:
        return str(self.block["block_id"])

    @property
    def action_id(self) -> str:
        return str(self.element.get("action_id", ""))

    @property
    def name(self) -> str:
        return f"{self.block_id}.{self.action_id}"

    @property
    def kind(self) -> str:
        return str(self.element["type"])


def elements_of(on: Message | View) -> list[Found]:
    blocks = list(on.blocks)
    if isinstance(on, Message):
        for attachment in on.attachments:
            blocks += attachment.get("blocks", [])
    return list(_found(blocks))


def _found(blocks: Sequence[Json]) -> Iterator[Found]:
    for block in blocks:
        for key in ("element", "accessory"):
            if isinstance(block.get(key), dict):
                yield Found(block, block[key])
        if block["type"] in ("actions", "context_actions"):
            yield from (Found(block, element) for element in block["elements"])
        yield from (Found(block, element) for element in block.get("actions", []))
        if block["type"] == "carousel":
            yield from _found(block["elements"])
        yield from _found(block.get("child_blocks", []))


def find(on: Message | View, name: str) -> Found:
    """By action_id, block_id or `block_id.action_id`; exactly one must fit."""
    elements = elements_of(on)
    fitting = [one for one in elements if name in (one.name, one.action_id)]
    fitting = fitting or [one for one in elements if name == one.block_id]
    if len(fitting) == 1:
        return fitting[0]
    there = ", ".join(one.name for one in elements) or "nothing"
    raise ImpossibleError(f"{len(fitting)} elements are called {name!r}; there is {there}")


# --- clicking

# What the app said about the element comes back with the action.
_ECHOED = (
    *("text", "value", "style", "url", "confirm", "placeholder", "min_query_length"),
    *("initial_option", "initial_user", "initial_conversation", "initial_channel"),
    *("initial_date", "initial_time"),
)


def clicked(found: Found, choice: Any, at: str) -> Json:
    """The entry in `actions` of block_actions."""
    action: Json = {
        "type": found.kind,
        "action_id": found.action_id,
        "block_id": found.block_id,
        "action_ts": at,
    }
    action |= {key: found.element[key] for key in _ECHOED if key in found.element}
    if found.kind in ("button", "workflow_button", "icon_button"):
        return action
    if found.kind == "feedback_buttons":
        return action | {"value": _feedback(found.element, choice)}
    return action | entered(found, choice)


def _feedback(element: Json, choice: Any) -> str:
    values = [str(element[f"{side}_button"]["value"]) for side in ("positive", "negative")]
    if choice not in values:
        raise ImpossibleError(f"the feedback is one of {values}, not {choice!r}")
    return str(choice)


# --- filling in


def entered(found: Found, choice: Any) -> Json:
    """The value as `state.values` has it; refuses what the client would not take."""
    key = _ENTERED_AS.get(found.kind)
    if key is None:
        raise ImpossibleError(f"{found.name} is a {found.kind}: nothing can be entered there")
    if key.startswith("selected_option"):
        return {"type": found.kind, key: _picked(found, choice, several=key.endswith("s"))}
    if key.endswith("s") and key != "files":
        return {"type": found.kind, key: _several(found, list(choice))}
    if key == "value" and choice is not None:
        choice = _typed(found, str(choice))
    return {"type": found.kind, key: choice}


def _picked(found: Found, choice: Any, *, several: bool) -> Any:
    if several:
        return [_option(found, one) for one in _several(found, list(choice))]
    return None if choice is None else _option(found, choice)


def _several(found: Found, choices: list[Any]) -> list[Any]:
    most = found.element.get("max_selected_items")
    if most is not None and len(choices) > most:
        raise ImpossibleError(f"{found.name} takes no more than {most}")
    return choices


def _option(found: Found, choice: Any) -> Json:
    """By its value or by the words on it; an external select's option is given whole."""
    if isinstance(choice, dict) and found.kind.endswith("external_select"):
        return choice
    options = offered(found.element)
    for option in options:
        if choice in (option["value"], option["text"]["text"]):
            return option
    raise ImpossibleError(
        f"{found.name} offers {[one['value'] for one in options]}, not {choice!r}"
    )


def offered(element: Json) -> list[Json]:
    groups = element.get("option_groups") or []
    grouped = [option for group in groups for option in group["options"]]
    return [*(element.get("options") or []), *grouped]


def _typed(found: Found, text: str) -> str:
    least = found.element.get("min_length", 0)
    most = found.element.get("max_length", MOST_TYPED)
    if text and not least <= len(text) <= most:
        raise ImpossibleError(f"{found.name} takes {least} to {most} characters, not {len(text)}")
    if found.kind == "email_text_input" and text and not _EMAIL.fullmatch(text):
        raise ImpossibleError(f"{found.name} takes an e-mail address, not {text!r}")
    if found.kind == "number_input" and text:
        _check_number(found, text)
    return text


def _check_number(found: Found, text: str) -> None:
    try:
        value = float(text)
    except ValueError:
        raise ImpossibleError(f"{found.name} takes a number, not {text!r}") from None
    if not found.element.get("is_decimal_allowed") and not value.is_integer():
        raise ImpossibleError(f"{found.name} takes whole numbers")
    least, most = found.element.get("min_value"), found.element.get("max_value")
    if (least is not None and value < float(least)) or (most is not None and value > float(most)):
        raise ImpossibleError(f"{found.name} takes {least} to {most}")


def untouched(found: Found) -> Json:
    """What an element holds before anybody touched it."""
    key = _ENTERED_AS[found.kind]
    initial = {
        "selected_option": "initial_option",
        "selected_options": "initial_options",
        "value": "initial_value",
        "rich_text_value": "initial_value",
    }.get(key, key.replace("selected_", "initial_"))
    empty: Any = [] if key.endswith("s") else None
    return {"type": found.kind, key: found.element.get(initial, empty)}


def state_of(on: Message | View) -> dict[str, dict[str, Json]]:
    """`state.values`: every element a person can enter something into, with what it holds now."""
    held = on.values if isinstance(on, View) else {}
    values: dict[str, dict[str, Json]] = {}
    for found in elements_of(on):
        if found.kind in _ENTERED_AS and found.kind != "overflow":
            value = held.get(found.block_id, {}).get(found.action_id)
            block = values.setdefault(found.block_id, {})
            block[found.action_id] = untouched(found) if value is None else value
    return values


def filled(view: View, values: Mapping[str, Any]) -> dict[str, dict[str, Json]]:
    """The form after the person entered `values`; refuses to submit with a required field empty."""
    state = state_of(view)
    for name, choice in values.items():
        found = find(view, name)
        state[found.block_id][found.action_id] = entered(found, choice)
    for found in elements_of(view):
        required = found.block["type"] == "input" and not found.block.get("optional")
        if required and not _holds(state[found.block_id][found.action_id]):
            raise ImpossibleError(f"{found.name} must be filled in")
    return state


def _holds(value: Json) -> bool:
    return any(part for key, part in value.items() if key != "type")

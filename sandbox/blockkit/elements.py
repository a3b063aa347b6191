"""The rules of every block element, and which elements each block takes."""

from typing import Any

from sandbox.base.limits import limit
from sandbox.base.workspace import Json
from sandbox.blockkit.checks import (
    ACTION_ID,
    CONFIRM,
    DISPATCH,
    FILTER,
    OPTION,
    OPTION_GROUP,
    SLACK_FILE,
    WORKFLOW,
    Check,
    Shape,
    Spot,
    anything,
    flag,
    is_number,
    listed,
    not_both,
    number,
    one_of,
    plain_object,
    text,
)

STYLE = one_of("primary", "danger")
PLACEHOLDER = plain_object(limit("select.placeholder.max_length"))
_BASE: dict[str, Check] = {"type": anything, "action_id": ACTION_ID}
_ASKING: dict[str, Check] = {**_BASE, "confirm": CONFIRM, "focus_on_load": flag}
_PICKER: dict[str, Check] = {**_ASKING, "placeholder": PLACEHOLDER}
_INPUT: dict[str, Check] = {
    **_BASE,
    "placeholder": PLACEHOLDER,
    "focus_on_load": flag,
    "dispatch_action_config": DISPATCH,
}
_MULTI: dict[str, Check] = {"max_selected_items": number(least=1)}
_CHANNEL: dict[str, Check] = {"initial_channel": text(least=1), "response_url_enabled": flag}
_CONVERSATION: dict[str, Check] = {"default_to_current_conversation": flag, "filter": FILTER}
_QUERY: dict[str, Check] = {"min_query_length": number(least=0)}
_NAMES = listed(text(least=1))

_BUTTON_TEXT = plain_object(limit("button.text.max_length"))
_LABEL = text(most=limit("button.accessibility_label.max_length"))
BUTTON = Shape(
    {
        **_BASE,
        "text": _BUTTON_TEXT,
        "url": text(most=limit("button.url.max_length")),
        "value": text(most=limit("button.value.max_length")),
        "style": STYLE,
        "confirm": CONFIRM,
        "accessibility_label": _LABEL,
    },
    ("text",),
)
WORKFLOW_BUTTON = Shape(
    {
        **_BASE,
        "text": _BUTTON_TEXT,
        "workflow": WORKFLOW,
        "style": STYLE,
        "accessibility_label": _LABEL,
    },
    ("text", "workflow"),
)
IMAGE_ELEMENT = Shape(
    {
        "type": anything,
        "image_url": text(most=limit("image.image_url.max_length"), least=1),
        "slack_file": SLACK_FILE,
        "alt_text": text(most=limit("image.alt_text.max_length")),
    },
    ("alt_text",),
    (not_both("image_url", "slack_file"),),
)


def _choices(name: str) -> Shape:
    options = listed(
        OPTION, least=limit(f"{name}.options.min_items"), most=limit(f"{name}.options.max_items")
    )
    fields = {**_ASKING, "options": options, "initial_options": listed(OPTION, least=1)}
    fields["initial_option"] = OPTION
    if name == "checkboxes":
        del fields["initial_option"]
    else:
        del fields["initial_options"]
    return Shape(fields, ("options",), (_chosen_exist,))


def _chosen_exist(value: Json, spot: Spot) -> None:
    """What is chosen at first must be among the options."""
    offered = _values(value.get("options"))
    for group in value.get("option_groups") or []:
        offered |= _values(group.get("options") if isinstance(group, dict) else None)
    initial = list(value.get("initial_options") or [])
    if value.get("initial_option") is not None:
        initial.append(value["initial_option"])
    if _values(initial) - offered:
        spot.report("initial options must match options")


def _values(options: Any) -> set[str]:
    if not isinstance(options, list):
        return set()
    return {str(one.get("value")) for one in options if isinstance(one, dict)}


_STATIC: dict[str, Check] = {
    **_PICKER,
    "options": listed(OPTION, least=1, most=limit("select.options.max_items")),
    "option_groups": listed(OPTION_GROUP, least=1, most=limit("select.option_groups.max_items")),
}
_STATIC_RULES = (not_both("options", "option_groups"), _chosen_exist)


def _min_not_above_max(value: Json, spot: Spot) -> None:
    try:
        least, most = float(value["min_value"]), float(value["max_value"])
    except (KeyError, TypeError, ValueError):
        return
    if least > most:
        spot.report("min_value must not be greater than max_value")


def _decimal(value: Any, spot: Spot) -> None:
    if not isinstance(value, str) and not is_number(value):
        spot.report("must be a number or a string")


_PLAIN_INPUT = Shape(
    {
        **_INPUT,
        "initial_value": text(),
        "multiline": flag,
        "min_length": number(least=0, most=limit("plain_text_input.max_length.max")),
        "max_length": number(least=1, most=limit("plain_text_input.max_length.max")),
    }
)
_NUMBER_INPUT = Shape(
    {
        **_INPUT,
        "is_decimal_allowed": flag,
        "initial_value": _decimal,
        "min_value": _decimal,
        "max_value": _decimal,
    },
    ("is_decimal_allowed",),
    (_min_not_above_max,),
)
_FILE_INPUT = Shape(
    {
        **_BASE,
        "filetypes": _NAMES,
        "max_files": number(
            least=limit("file_input.max_files.min"), most=limit("file_input.max_files.max")
        ),
    }
)
_OVERFLOW = Shape(
    {
        **_BASE,
        "confirm": CONFIRM,
        "options": listed(
            OPTION,
            least=limit("overflow.options.min_items"),
            most=limit("overflow.options.max_items"),
        ),
    },
    ("options",),
)
_FEEDBACK_BUTTON = Shape(
    {
        "text": plain_object(limit("feedback_button.text.max_length")),
        "value": text(most=limit("feedback_button.value.max_length")),
        "accessibility_label": text(most=limit("feedback_button.accessibility_label.max_length")),
    },
    ("text", "value"),
)
_FEEDBACK = Shape(
    {**_BASE, "positive_button": _FEEDBACK_BUTTON, "negative_button": _FEEDBACK_BUTTON},
    ("positive_button", "negative_button"),
)
_ICON_BUTTON = Shape(
    {
        **_BASE,
        "icon": one_of("trash"),
        "text": plain_object(),
        "value": text(most=limit("button.value.max_length")),
        "confirm": CONFIRM,
        "accessibility_label": _LABEL,
        "visible_to_user_ids": listed(
            text(least=1), most=limit("icon_button.visible_to_user_ids.max_items")
        ),
    },
    ("icon", "text"),
)

ELEMENTS: dict[str, Check] = {
    "button": BUTTON,
    "workflow_button": WORKFLOW_BUTTON,
    "image": IMAGE_ELEMENT,
    "checkboxes": _choices("checkboxes"),
    "radio_buttons": _choices("radio_buttons"),
    "overflow": _OVERFLOW,
    "datepicker": Shape({**_PICKER, "initial_date": text(least=1)}),
    "timepicker": Shape({**_PICKER, "initial_time": text(least=1), "timezone": text(least=1)}),
    "datetimepicker": Shape({**_ASKING, "initial_date_time": number(least=0)}),
    "static_select": Shape({**_STATIC, "initial_option": OPTION}, rules=_STATIC_RULES),
    "multi_static_select": Shape(
        {**_STATIC, **_MULTI, "initial_options": listed(OPTION)}, rules=_STATIC_RULES
    ),
    "external_select": Shape({**_PICKER, **_QUERY, "initial_option": OPTION}),
    "multi_external_select": Shape(
        {**_PICKER, **_QUERY, **_MULTI, "initial_options": listed(OPTION)}
    ),
    "users_select": Shape({**_PICKER, "initial_user": text(least=1)}),
    "multi_users_select": Shape({**_PICKER, **_MULTI, "initial_users": _NAMES}),
    "conversations_select": Shape(
        {
            **_PICKER,
            **_CONVERSATION,
            "initial_conversation": text(least=1),
            "response_url_enabled": flag,
        }
    ),
    "multi_conversations_select": Shape(
        {**_PICKER, **_MULTI, **_CONVERSATION, "initial_conversations": _NAMES}
    ),
    "channels_select": Shape({**_PICKER, **_CHANNEL}),
    "multi_channels_select": Shape({**_PICKER, **_MULTI, "initial_channels": _NAMES}),
    "plain_text_input": _PLAIN_INPUT,
    "email_text_input": Shape({**_INPUT, "initial_value": text()}),
    "url_text_input": Shape({**_INPUT, "initial_value": text()}),
    "number_input": _NUMBER_INPUT,
    "rich_text_input": Shape({**_INPUT, "initial_value": anything}),
    "file_input": _FILE_INPUT,
    "feedback_buttons": _FEEDBACK,
    "icon_button": _ICON_BUTTON,
}
_SELECTS = frozenset(name for name in ELEMENTS if name.endswith("_select"))
_CHOOSERS = frozenset({"checkboxes", "radio_buttons", "datepicker", "timepicker", "datetimepicker"})
_INPUTS = frozenset(name for name in ELEMENTS if name.endswith("_input"))

IN_SECTION = (_SELECTS | _CHOOSERS | {"button", "workflow_button", "image", "overflow"}) - {
    "datetimepicker"
}
IN_ACTIONS = _SELECTS | _CHOOSERS | {"button", "workflow_button", "overflow", "rich_text_input"}
IN_INPUT = _SELECTS | _CHOOSERS | _INPUTS
IN_CONTEXT_ACTIONS = frozenset({"feedback_buttons", "icon_button"})

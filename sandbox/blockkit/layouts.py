"""The rules of every layout block, charts and tables excepted."""

from sandbox.base.limits import PLAN_TASKS, limit
from sandbox.base.workspace import Json
from sandbox.blockkit.checks import (
    BLOCK_ID,
    SLACK_FILE,
    Check,
    Shape,
    Spot,
    anything,
    flag,
    kinds,
    listed,
    not_both,
    number,
    one_of,
    plain_object,
    text,
    text_object,
)
from sandbox.blockkit.data import DATA_TABLE, DATA_VISUALIZATION, RICH_TEXT, TABLE
from sandbox.blockkit.elements import (
    BUTTON,
    ELEMENTS,
    IMAGE_ELEMENT,
    IN_ACTIONS,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    IN_SECTION,
)

_BLOCK: dict[str, Check] = {"type": anything, "block_id": BLOCK_ID}
_TEXT = text_object()


def _most(path: str) -> int:
    return limit(f"{path}.max_length")


def _text_or_fields(value: Json, spot: Spot) -> None:
    if not value.get("text") and not value.get("fields"):
        spot.report("missing required field: text or fields")


_SECTION = Shape(
    {
        **_BLOCK,
        "text": text_object(most=_most("section.text")),
        "fields": listed(
            text_object(most=limit("section.fields.item_max_length")),
            least=1,
            most=limit("section.fields.max_items"),
        ),
        "accessory": kinds(ELEMENTS, IN_SECTION),
        "expand": flag,
    },
    rules=(_text_or_fields,),
)
_ACTIONS = Shape(
    {
        **_BLOCK,
        "elements": listed(
            kinds(ELEMENTS, IN_ACTIONS), least=1, most=limit("actions.elements.max_items")
        ),
    },
    ("elements",),
)
_CONTEXT = Shape(
    {
        **_BLOCK,
        "elements": listed(
            kinds({"image": IMAGE_ELEMENT, "plain_text": _TEXT, "mrkdwn": _TEXT}),
            least=1,
            most=limit("context.elements.max_items"),
        ),
    },
    ("elements",),
)
_CONTEXT_ACTIONS = Shape(
    {
        **_BLOCK,
        "elements": listed(
            kinds(ELEMENTS, IN_CONTEXT_ACTIONS),
            least=1,
            most=limit("context_actions.elements.max_items"),
        ),
    },
    ("elements",),
)
_HEADER = Shape(
    {**_BLOCK, "text": plain_object(_most("header.text")), "level": number(least=1, most=4)},
    ("text",),
)
_IMAGE = Shape(
    {
        **_BLOCK,
        "image_url": text(most=_most("image.image_url"), least=1),
        "slack_file": SLACK_FILE,
        "alt_text": text(most=_most("image.alt_text")),
        "title": plain_object(_most("image.alt_text")),
    },
    ("alt_text",),
    (not_both("image_url", "slack_file"),),
)
_INPUT = Shape(
    {
        **_BLOCK,
        "label": plain_object(_most("input.label")),
        "hint": plain_object(_most("input.hint")),
        "element": kinds(ELEMENTS, IN_INPUT),
        "optional": flag,
        "dispatch_action": flag,
    },
    ("label", "element"),
)
_MARKDOWN = Shape(
    {
        **_BLOCK,
        "text": text(most=_most("markdown.text"), least=limit("markdown.text.min_length")),
    },
    ("text",),
)
_VIDEO = Shape(
    {
        **_BLOCK,
        "alt_text": text(most=_most("video.alt_text"), least=limit("video.alt_text.min_length")),
        "title": plain_object(_most("video.title")),
        "title_url": text(least=1),
        "description": plain_object(_most("video.description")),
        "video_url": text(least=1),
        "thumbnail_url": text(least=1),
        "author_name": text(most=_most("video.author_name")),
        "provider_name": text(most=_most("video.provider_name")),
        "provider_icon_url": text(least=1),
    },
    ("alt_text", "title", "video_url", "thumbnail_url"),
)
_FILE = Shape(
    {**_BLOCK, "external_id": text(least=1), "source": one_of("remote")}, ("external_id", "source")
)
_ALERT = Shape(
    {
        **_BLOCK,
        "text": text_object(most=_most("alert.text")),
        "level": one_of("default", "info", "warning", "error", "success"),
    },
    ("text",),
)
_ICON = Shape({"type": one_of("icon"), "name": text(least=1)}, ("type", "name"))


def _something_to_show(value: Json, spot: Spot) -> None:
    shown = ("hero_image", "title", "subtitle", "body", "actions")
    if not any(value.get(name) for name in shown):
        spot.report("a card needs a title, a body, an image or actions")


_CARD = Shape(
    {
        **_BLOCK,
        "icon": IMAGE_ELEMENT,
        "slack_icon": _ICON,
        "hero_image": IMAGE_ELEMENT,
        "title": text_object(most=_most("card.title")),
        "subtitle": text_object(most=_most("card.subtitle")),
        "body": text_object(most=_most("card.body")),
        "subtext": text_object(most=_most("card.subtext")),
        "actions": listed(kinds({"button": BUTTON}), most=limit("card.actions.max_items")),
    },
    rules=(_something_to_show,),
)
_CAROUSEL = Shape(
    {
        **_BLOCK,
        "elements": listed(
            kinds({"card": _CARD}),
            least=limit("carousel.elements.min_items"),
            most=limit("carousel.elements.max_items"),
        ),
    },
    ("elements",),
)
_SOURCE = Shape(
    {
        "type": one_of("url"),
        "url": text(most=_most("url_source.url"), least=limit("url_source.url.min_length")),
        "text": text(least=1),
    },
    ("type", "url", "text"),
)
_TASK: dict[str, Check] = {
    "task_id": text(least=1),
    "title": text(least=1),
    "status": one_of("pending", "in_progress", "complete", "error"),
    "details": kinds({"rich_text": RICH_TEXT}),
    "output": kinds({"rich_text": RICH_TEXT}),
    "sources": listed(_SOURCE),
}
_TASK_CARD = Shape({**_BLOCK, **_TASK}, ("task_id", "title"))
_PLAN = Shape(
    {
        **_BLOCK,
        "title": text(least=1),
        "tasks": listed(
            Shape({"type": one_of("task_card"), **_TASK}, ("task_id", "title")), most=PLAN_TASKS
        ),
    },
    ("title",),
)
_IN_CONTAINER: dict[str, Check] = {
    "actions": _ACTIONS,
    "context": _CONTEXT,
    "divider": Shape(_BLOCK),
    "header": _HEADER,
    "image": _IMAGE,
    "input": _INPUT,
    "rich_text": RICH_TEXT,
    "section": _SECTION,
    "table": TABLE,
    "data_table": DATA_TABLE,
    "data_visualization": DATA_VISUALIZATION,
    "video": _VIDEO,
}
_CONTAINER = Shape(
    {
        **_BLOCK,
        "title": plain_object(_most("container.title")),
        "subtitle": text_object(most=_most("container.subtitle")),
        "icon": IMAGE_ELEMENT,
        "child_blocks": listed(
            kinds(_IN_CONTAINER), least=1, most=limit("container.child_blocks.max_items")
        ),
        "width": one_of("narrow", "standard", "wide", "full"),
        "is_collapsible": flag,
        "default_collapsed": flag,
        "has_header_divider": flag,
    },
    ("title", "child_blocks"),
)

BLOCKS: dict[str, Check] = {
    **_IN_CONTAINER,
    "alert": _ALERT,
    "card": _CARD,
    "carousel": _CAROUSEL,
    "container": _CONTAINER,
    "context_actions": _CONTEXT_ACTIONS,
    "file": _FILE,
    "markdown": _MARKDOWN,
    "plan": _PLAN,
    "task_card": _TASK_CARD,
}

_EVERYWHERE = frozenset(
    {"actions", "card", "context", "divider", "header", "image", "input", "rich_text", "section"}
    | {"video"}
)
_LARGE = frozenset({"carousel", "container", "data_table", "data_visualization", "table"})
# Which blocks each surface takes.
SURFACES: dict[str, frozenset[str]] = {
    "modal": _EVERYWHERE | {"alert"},
    "home": _EVERYWHERE | _LARGE,
    "message": frozenset(BLOCKS) - {"alert"},
    "response": frozenset(BLOCKS) - {"alert"},
}

"""A payload for every case of the manifest of invalid ones: each breaks one rule and no other."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

Json = dict[str, Any]
# `block` is checked by itself, `view` as a whole modal.
Broken = tuple[str, Json]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def marked(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(**changes: Any) -> Json:
    return {"text": plain("One"), "value": "1"} | changes


def options(count: int) -> list[Json]:
    return [option(text=plain(f"No {index}"), value=str(index)) for index in range(count)]


def button(**changes: Any) -> Json:
    return {"type": "button", "action_id": "go", "text": plain("Go"), "value": "1"} | changes


def actions(*elements: Json) -> Broken:
    return "block", {"type": "actions", "elements": list(elements)}


def accessory(kind: str, **changes: Any) -> Broken:
    element = {"type": kind, "action_id": "pick"} | changes
    return "block", {"type": "section", "text": marked("Pick"), "accessory": element}


def asked(kind: str, **changes: Any) -> Broken:
    element = {"type": kind, "action_id": "ask"} | changes
    return "block", {"type": "input", "label": plain("Ask"), "element": element}


def block(kind: str, **parts: Any) -> Broken:
    return "block", {"type": kind} | parts


def confirmed(**changes: Any) -> Broken:
    whole = {"title": plain("Sure?"), "text": plain("Really?")}
    whole |= {"confirm": plain("Yes"), "deny": plain("No")}
    return actions(button(confirm=whole | changes))


def select(**changes: Any) -> Broken:
    return accessory("static_select", **({"options": options(2)} | changes))


def grouped(**changes: Any) -> Broken:
    group = {"label": plain("Group"), "options": options(2)} | changes
    return accessory("static_select", option_groups=[group])


def image(**changes: Any) -> Broken:
    return block("image", **({"image_url": "https://x.example/i.png", "alt_text": "i"} | changes))


def video(**changes: Any) -> Broken:
    known = {"alt_text": "v", "title": plain("V"), "video_url": "https://x.example/v.mp4"}
    return block("video", **(known | {"thumbnail_url": "https://x.example/t.png"} | changes))


def source(url: str) -> Broken:
    link = {"type": "url", "url": url, "text": "docs"}
    return block("task_card", task_id="t", title="T", sources=[link])


def cells(rows: int, columns: int) -> list[list[Json]]:
    return [[{"type": "raw_text", "text": "x"} for _ in range(columns)] for _ in range(rows)]


def data_table(rows: list[list[Json]], **changes: Any) -> Broken:
    return block("data_table", rows=rows, **changes)


def feedback(**changes: Any) -> Broken:
    good = {"text": plain("Good"), "value": "good"}
    element = {"type": "feedback_buttons", "positive_button": good | changes}
    return block("context_actions", elements=[element | {"negative_button": good}])


def icon_button(number: int = 1, **changes: Any) -> Json:
    known = {"type": "icon_button", "icon": "trash", "text": plain("Delete")}
    return known | {"action_id": f"delete{number}"} | changes


def pie(segments: list[Json]) -> Broken:
    chart = {"type": "pie", "segments": segments}
    return block("data_visualization", title="Chart", chart=chart)


def segment(**changes: Any) -> Json:
    return {"label": "A", "value": 1} | changes


def series(points: int = 1, **changes: Any) -> Json:
    data = [{"label": f"P{index}", "value": index} for index in range(points)]
    return {"name": "S", "data": data} | changes


def chart(lines: list[Json], **axes: Any) -> Broken:
    known = {"categories": ["A", "B"], "x_label": "x", "y_label": "y"} | axes
    line = {"type": "line", "series": lines, "axis_config": known}
    return block("data_visualization", title="Chart", chart=line)


def titled(title: str) -> Broken:
    kind, payload = pie([segment()])
    return kind, payload | {"title": title}


def card(**changes: Any) -> Json:
    return {"type": "card", "title": marked("Card")} | changes


def container(**changes: Any) -> Broken:
    children = [{"type": "divider"}]
    return block("container", **({"title": plain("C"), "child_blocks": children} | changes))


def view(**changes: Any) -> Broken:
    known = {"type": "modal", "title": plain("Form"), "blocks": [{"type": "divider"}]}
    return "view", known | changes


def table(rows: list[list[Json]], **changes: Any) -> Broken:
    return block("table", rows=rows, **changes)


def ragged() -> list[list[Json]]:
    rows = cells(2, 2)
    rows[1].pop()
    return rows


CASES: dict[str, Callable[[], Broken]] = {
    "text-empty": lambda: block("section", text=marked("")),
    "text-too-long": lambda: block("context", elements=[marked("x" * 3001)]),
    "button-action-id-too-long": lambda: actions(button(action_id="x" * 256)),
    "button-text-too-long": lambda: actions(button(text=plain("x" * 76))),
    "button-url-too-long": lambda: actions(button(url="x" * 3001)),
    "button-value-too-long": lambda: actions(button(value="x" * 2001)),
    "button-accessibility-label-too-long": lambda: actions(button(accessibility_label="x" * 76)),
    "confirmation-title-too-long": lambda: confirmed(title=plain("x" * 101)),
    "confirmation-text-too-long": lambda: confirmed(text=plain("x" * 301)),
    "confirmation-confirm-too-long": lambda: confirmed(confirm=plain("x" * 31)),
    "confirmation-deny-too-long": lambda: confirmed(deny=plain("x" * 31)),
    "option-text-too-long": lambda: select(options=[option(text=plain("x" * 76))]),
    "option-value-too-long": lambda: select(options=[option(value="x" * 151)]),
    "option-url-too-long": lambda: accessory("overflow", options=[option(url="\U0001f600" * 3001)]),
    "option-description-too-long": lambda: select(options=[option(description=plain("x" * 76))]),
    "option-group-label-too-long": lambda: grouped(label=plain("x" * 76)),
    "option-group-empty": lambda: grouped(options=[]),
    "option-group-too-many-options": lambda: grouped(options=options(101)),
    "select-placeholder-too-long": lambda: select(placeholder=plain("x" * 151)),
    "select-too-many-options": lambda: select(options=options(101)),
    "select-too-many-option-groups": lambda: accessory(
        "static_select",
        option_groups=[{"label": plain("G"), "options": options(1)} for _ in range(101)],
    ),
    "overflow-empty": lambda: accessory("overflow", options=[]),
    "overflow-too-many-options": lambda: accessory("overflow", options=options(6)),
    "checkboxes-empty": lambda: accessory("checkboxes", options=[]),
    "checkboxes-too-many-options": lambda: accessory("checkboxes", options=options(11)),
    "radio-buttons-empty": lambda: accessory("radio_buttons", options=[]),
    "radio-buttons-too-many-options": lambda: accessory("radio_buttons", options=options(11)),
    "url-source-url-empty": lambda: source(""),
    "url-source-url-too-long": lambda: source("x" * 3001),
    "table-too-many-rows": lambda: table(cells(101, 2)),
    "table-ragged-rows": lambda: table(ragged()),
    "table-column-settings-mismatch": lambda: table(cells(2, 2), column_settings=[{}]),
    "file-input-max-files-too-small": lambda: asked("file_input", max_files=0),
    "file-input-max-files-too-large": lambda: asked("file_input", max_files=11),
    "plain-text-input-max-length-too-large": lambda: asked("plain_text_input", max_length=3001),
    "actions-too-many-elements": lambda: actions(
        *(button(action_id=f"go{index}") for index in range(26))
    ),
    "context-too-many-elements": lambda: block("context", elements=[marked("x")] * 11),
    "header-text-too-long": lambda: block("header", text=plain("x" * 151)),
    "image-url-too-long": lambda: image(image_url="x" * 3001),
    "image-alt-text-too-long": lambda: image(alt_text="x" * 2001),
    "input-label-too-long": lambda: (
        "block",
        asked("plain_text_input")[1] | {"label": plain("x" * 2001)},
    ),
    "input-hint-too-long": lambda: (
        "block",
        asked("plain_text_input")[1] | {"hint": plain("x" * 2001)},
    ),
    "markdown-empty": lambda: block("markdown", text=""),
    "markdown-too-long": lambda: block("markdown", text="x" * 12001),
    "section-text-too-long": lambda: block("section", text=marked("x" * 3001)),
    "section-too-many-fields": lambda: block("section", fields=[marked("x")] * 11),
    "section-field-too-long": lambda: block("section", fields=[marked("x" * 2001)]),
    "video-alt-text-empty": lambda: video(alt_text=""),
    "video-alt-text-too-long": lambda: video(alt_text="x" * 201),
    "video-title-too-long": lambda: video(title=plain("x" * 201)),
    "video-author-name-too-long": lambda: video(author_name="x" * 51),
    "video-description-too-long": lambda: video(description=plain("x" * 201)),
    "video-provider-name-too-long": lambda: video(provider_name="x" * 51),
    "view-missing-blocks": lambda: view(blocks=[]),
    "view-too-many-blocks": lambda: view(blocks=[{"type": "divider"}] * 101),
    "view-private-metadata-too-long": lambda: view(private_metadata="x" * 3001),
    "view-callback-id-too-long": lambda: view(callback_id="x" * 256),
    "view-title-too-long": lambda: view(title=plain("x" * 25)),
    "view-close-too-long": lambda: view(close=plain("x" * 25)),
    "view-submit-too-long": lambda: view(submit=plain("x" * 25)),
    "section-missing-content": lambda: block("section"),
    "static-select-options-and-groups": lambda: select(
        option_groups=[{"label": plain("G"), "options": options(1)}]
    ),
    "image-url-and-slack-file": lambda: image(slack_file={"id": "F1"}),
    "number-input-inverted-range": lambda: asked(
        "number_input", is_decimal_allowed=False, min_value="5", max_value="4"
    ),
    "context-invalid-element": lambda: block("context", elements=[button()]),
    "input-invalid-element": lambda: asked("button", text=plain("Go")),
    "block-id-too-long": lambda: block("divider", block_id="x" * 256),
    "alert-text-too-long": lambda: block("alert", text=marked("x" * 201)),
    "card-title-too-long": lambda: ("block", card(title=marked("x" * 151))),
    "card-subtitle-too-long": lambda: ("block", card(subtitle=marked("x" * 151))),
    "card-body-too-long": lambda: ("block", card(body=marked("x" * 201))),
    "card-too-many-actions": lambda: (
        "block",
        card(actions=[button(action_id=f"go{index}") for index in range(4)]),
    ),
    "card-subtext-too-long": lambda: ("block", card(subtext=marked("x" * 201))),
    "carousel-empty": lambda: block("carousel", elements=[]),
    "carousel-too-many-cards": lambda: block("carousel", elements=[card() for _ in range(11)]),
    "container-title-too-long": lambda: container(title=plain("x" * 151)),
    "container-subtitle-too-long": lambda: container(subtitle=marked("x" * 151)),
    "container-too-many-child-blocks": lambda: container(child_blocks=[{"type": "divider"}] * 11),
    "context-actions-too-many-elements": lambda: block(
        "context_actions", elements=[icon_button(index) for index in range(6)]
    ),
    "feedback-button-text-too-long": lambda: feedback(text=plain("x" * 76)),
    "feedback-button-value-too-long": lambda: feedback(value="x" * 2001),
    "feedback-button-accessibility-label-too-long": lambda: feedback(accessibility_label="x" * 76),
    "icon-button-too-many-visible-users": lambda: block(
        "context_actions",
        elements=[icon_button(visible_to_user_ids=[f"U{index}" for index in range(11)])],
    ),
    "data-table-too-few-rows": lambda: data_table(cells(1, 2)),
    "data-table-too-many-rows": lambda: data_table(cells(202, 2)),
    "data-table-too-few-columns": lambda: data_table([[], []]),
    "data-table-too-many-columns": lambda: data_table(cells(2, 21)),
    "data-table-page-size-too-small": lambda: data_table(cells(2, 2), page_size=0),
    "data-table-page-size-too-large": lambda: data_table(cells(2, 2), page_size=101),
    "data-table-cell-text-empty": lambda: data_table(
        [*cells(1, 1), [{"type": "raw_text", "text": ""}]]
    ),
    "data-table-content-too-long": lambda: data_table(
        [*cells(1, 1), [{"type": "raw_text", "text": "x" * 20_000}]]
    ),
    "data-visualization-title-too-long": lambda: titled("x" * 51),
    "pie-chart-empty": lambda: pie([]),
    "pie-chart-too-many-segments": lambda: pie([segment() for _ in range(13)]),
    "chart-segment-label-too-long": lambda: pie([segment(label="x" * 21)]),
    "chart-segment-value-not-positive": lambda: pie([segment(value=0)]),
    "chart-series-empty": lambda: chart([]),
    "chart-too-many-series": lambda: chart([series() for _ in range(13)]),
    "data-series-name-too-long": lambda: chart([series(name="x" * 21)]),
    "data-series-empty": lambda: chart([series(0)]),
    "data-series-too-many-points": lambda: chart([series(21)]),
    "data-point-label-too-long": lambda: chart([series(data=[{"label": "x" * 21, "value": 1}])]),
    "axis-categories-empty": lambda: chart([series()], categories=[]),
    "axis-too-many-categories": lambda: chart(
        [series()], categories=[f"C{index}" for index in range(21)]
    ),
    "axis-category-label-too-long": lambda: chart([series()], categories=["x" * 21]),
    "axis-label-too-long": lambda: chart([series()], x_label="x" * 51),
}


def broken(case: str) -> Broken:
    return deepcopy(CASES[case]())

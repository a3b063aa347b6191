"""Block Kit, one small function per part; each shortens what it is given to Slack's limit.

Foreign text goes through plain_text or quote() (literal), or has been through text.mrkdwn() already.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.views import limits
from bot.views.limits import Json
from bot.views.text import cut, cut_bytes, cut_escaped, literal

# A longer mail is cut where it is told: the whole is on the ticket.
QUOTE_TEXT: Final = 9_000


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """One message: its blocks, and the text of notifications and screen readers."""

    text: str
    blocks: tuple[Json, ...] = ()

    def payload(self) -> Json:
        return (
            {"text": self.text, "blocks": list(self.blocks)} if self.blocks else {"text": self.text}
        )


def said(text: str, blocks: Sequence[Json] = ()) -> SlackMessage:
    """`text` is escaped already; it is cut so that an update takes it too."""
    return SlackMessage(cut_bytes(text, limits.FALLBACK_TEXT_BYTES), tuple(blocks))


# --- text objects


def plain_text(text: str, most: int) -> Json:
    return {"type": "plain_text", "text": cut(literal(text), most) or " ", "emoji": False}


def mrkdwn_text(text: str, most: int) -> Json:
    # verbatim: no name or address in it becomes a link or a mention by itself
    return {"type": "mrkdwn", "text": cut_escaped(text, most) or " ", "verbatim": True}


# --- blocks


def header(text: str) -> Json:
    return {"type": "header", "text": plain_text(text.replace("\n", " "), limits.HEADER_TEXT)}


def section(text: str, accessory: Json | None = None) -> Json:
    block: Json = {"type": "section", "text": mrkdwn_text(text, limits.SECTION_TEXT)}
    return block | {"accessory": accessory} if accessory else block


def sections(text: str) -> list[Json]:
    """Many lines of mrkdwn in as many sections as they need; what no message can hold is cut at a line's end."""
    parts, room = [""], limits.MESSAGE_BLOCK_TEXT
    for line in text.split("\n"):
        room -= len(line) + 1
        if room < 0:
            break
        if len(parts[-1]) + len(line) + 1 > limits.SECTION_TEXT:
            parts.append("")
        parts[-1] += f"\n{line}" if parts[-1] else line
    return [section(part) for part in parts]


def plain_section(text: str) -> Json:
    return {"type": "section", "text": plain_text(text, limits.SECTION_TEXT)}


def fields(pairs: Sequence[tuple[str, str]]) -> Json:
    """Names and values in two columns; both are mrkdwn."""
    texts = [mrkdwn_text(f"*{name}*\n{value}", limits.FIELD_TEXT) for name, value in pairs]
    return {"type": "section", "fields": texts[: limits.FIELDS]}


def context(*texts: str) -> Json:
    elements = [mrkdwn_text(text, limits.SECTION_TEXT) for text in texts]
    return {"type": "context", "elements": elements[: limits.CONTEXT_ELEMENTS]}


def divider() -> Json:
    return {"type": "divider"}


def quote(words: str, most: int = QUOTE_TEXT) -> Json:
    """A person's words exactly as written, in a quote: rich_text is never searched for marks."""
    text = cut(literal(words), most) or " "
    inline = {"type": "text", "text": text}
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_quote", "elements": [inline]}],
    }


def bar_chart(
    title: str, categories: Sequence[str], series: Sequence[tuple[str, Sequence[float]]]
) -> Json:
    """Drawn by Slack itself. `series`: a name and a value for each category; none may be empty. Those beyond
    Slack's limit are left out from the beginning, so that what comes last, the latest, stays."""
    last = -limits.CHART_CATEGORIES
    names = [_chart_text(name, limits.CHART_LABEL) for name in categories[last:]]
    drawn = [
        {
            "name": _chart_text(name, limits.CHART_LABEL),
            "data": [
                {"label": label, "value": value}
                for label, value in zip(names, values[last:], strict=True)
            ],
        }
        for name, values in series[: limits.CHART_SERIES]
    ]
    return {
        "type": "data_visualization",
        "title": _chart_text(title, limits.CHART_TITLE),
        "chart": {"type": "bar", "series": drawn, "axis_config": {"categories": names}},
    }


def _chart_text(text: str, most: int) -> str:
    return cut(literal(text).replace("\n", " "), most) or " "


def actions(block_id: str, elements: Sequence[Json]) -> Json:
    return {
        "type": "actions",
        "block_id": block_id,
        "elements": list(elements[: limits.ACTIONS_ELEMENTS]),
    }


# --- elements


def button(action_id: str, text: str, value: str, *, style: str | None = None) -> Json:
    element: Json = {
        "type": "button",
        "action_id": action_id,
        "text": plain_text(text, limits.BUTTON_TEXT),
        "value": value,
    }
    return element | {"style": style} if style else element


def link_button(action_id: str, text: str, url: str) -> Json:
    """Opens an address; Slack tells us of the click all the same."""
    return {
        "type": "button",
        "action_id": action_id,
        "text": plain_text(text, limits.BUTTON_TEXT),
        "url": url,
    }


def option(text: str, value: str) -> Json:
    return {"text": plain_text(text, limits.OPTION_TEXT), "value": value}


def overflow(action_id: str, options: Sequence[Json]) -> Json:
    return {
        "type": "overflow",
        "action_id": action_id,
        "options": list(options[: limits.OVERFLOW_OPTIONS]),
    }


def grouped_select(
    action_id: str, groups: Sequence[tuple[str, Sequence[Json]]], *, placeholder: str
) -> Json:
    """A list to choose from, in groups with a heading each; those without options are left out."""
    return {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain_text(placeholder, limits.PLACEHOLDER),
        "option_groups": [
            {"label": plain_text(heading, limits.OPTION_TEXT), "options": list(options)}
            for heading, options in groups
            if options
        ][: limits.SELECT_OPTIONS],
    }


# --- views


def home(blocks: Sequence[Json]) -> Json:
    return {"type": "home", "blocks": list(blocks[: limits.VIEW_BLOCKS])}


def text_input(id: str, *, multiline: bool, initial: str = "") -> Json:
    element: Json = {
        "type": "plain_text_input",
        "action_id": id,
        "multiline": multiline,
        "max_length": limits.INPUT_TEXT if multiline else limits.HEADER_TEXT,
    }
    if initial:
        element["initial_value"] = cut(initial, element["max_length"])
    return element


def select(
    id: str, options: Sequence[Json], initial: Json | None = None, *, placeholder: str = ""
) -> Json:
    element: Json = {
        "type": "static_select",
        "action_id": id,
        "options": list(options[: limits.SELECT_OPTIONS]),
    }
    if placeholder:
        element["placeholder"] = plain_text(placeholder, limits.PLACEHOLDER)
    return element | {"initial_option": initial} if initial else element


def people_select(id: str) -> Json:
    return {"type": "users_select", "action_id": id}


def input_block(label: str, element: Json, *, hint: str = "", optional: bool = False) -> Json:
    """The block is called as its element: an error names the block, a value is found by both."""
    block: Json = {
        "type": "input",
        "block_id": element["action_id"],
        "label": plain_text(label, limits.INPUT_LABEL),
        "element": element,
        "optional": optional,
    }
    return block | {"hint": plain_text(hint, limits.INPUT_LABEL)} if hint else block


@dataclass(frozen=True, slots=True)
class Titles:
    """The three labels of a modal's frame."""

    title: str
    submit: str
    close: str


def modal(callback_id: str, titles: Titles, blocks: Sequence[Json], *, metadata: str) -> Json:
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain_text(titles.title, limits.MODAL_TITLE),
        "submit": plain_text(titles.submit, limits.MODAL_TITLE),
        "close": plain_text(titles.close, limits.MODAL_TITLE),
        "private_metadata": metadata,
        "blocks": list(blocks[: limits.VIEW_BLOCKS]),
    }

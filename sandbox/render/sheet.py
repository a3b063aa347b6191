"""What the block templates ask for: words, names of fields, what was entered, what to choose."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from markupsafe import Markup

from sandbox.render.chart import Chart, chart_of
from sandbox.render.mrkdwn import markdown_html, mrkdwn_html, plain_html
from sandbox.render.words import Viewer, mention, safe_link, with_emoji

_COLOUR = re.compile(r"#?[0-9a-fA-F]{3,8}\Z")
_COLOUR_NAMES = ("good", "warning", "danger")
_WEB_ADDRESS = re.compile(r"https?://\S+\Z", re.IGNORECASE)
_DATA_IMAGE = re.compile(r"data:image/(?:png|gif|jpeg|webp);base64,[A-Za-z0-9+/=]+\Z")

Block = Mapping[str, Any]


@dataclass(frozen=True)
class SelectChoice:
    value: str
    label: Markup
    description: Markup | None
    chosen: bool


@dataclass(frozen=True)
class FormTarget:
    """Where the elements of one message or view post to, and what the person entered so far."""

    # Pressing an element posts here.
    act_url: str
    # Tells elements of several messages on one page apart.
    id: str
    # (name, value) of the hidden fields that say which message or view it is.
    fields: tuple[tuple[str, str], ...] = ()
    # Submitting the whole (a modal) and closing it post here.
    submit_url: str = ""
    close_url: str = ""
    people: tuple[tuple[str, str], ...] = ()
    channels: tuple[tuple[str, str], ...] = ()
    # block_id -> action_id -> value, as in Slack's `state.values`.
    values: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    # block_id -> sentence
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """One rendering: who reads, and where the elements post to."""

    reader: Viewer
    target: FormTarget | None = None

    # Words

    def text(self, value: Any) -> Markup:
        """A text object, or a bare string where Slack takes one."""
        if isinstance(value, str):
            return plain_html(value)
        if not isinstance(value, Mapping):
            return Markup("")
        if value.get("type") == "mrkdwn":
            return mrkdwn_html(str(value.get("text", "")), self.reader)
        return plain_html(str(value.get("text", "")), emoji=value.get("emoji") is not False)

    def markdown(self, text: str) -> Markup:
        return markdown_html(text, self.reader)

    def mention(self, id: str, sign: str = "@") -> Markup:
        return mention(id, self.reader, sign=sign)

    def emoji(self, name: str) -> str:
        return with_emoji(f":{name}:")

    def link(self, url: str, words: str | Markup = "") -> Markup:
        return safe_link(url, words)

    def date(self, element: Block) -> Markup:
        form = str(element.get("format", "")).replace("^", "")
        token = f"<!date^{element.get('timestamp', 0)}^{form}|{element.get('fallback', '')}>"
        return mrkdwn_html(token, self.reader)

    # Addresses

    def web_address(self, url: Any) -> str:
        """The address when it is one of the web, otherwise nothing."""
        return url if isinstance(url, str) and _WEB_ADDRESS.match(url) else ""

    def data_image(self, url: Any) -> str:
        """Pictures inside the block are shown; those of the web are not loaded."""
        return url if isinstance(url, str) and _DATA_IMAGE.match(url) else ""

    def colour(self, value: Any) -> str:
        text = str(value or "")
        if text in _COLOUR_NAMES:
            return {"good": "#2eb67d", "warning": "#ecb22e", "danger": "#e01e5a"}[text]
        return f"#{text.lstrip('#')}" if _COLOUR.match(text) else "#dddddd"

    def chart(self, block: Block) -> Chart:
        return chart_of(block.get("chart") or {})

    # Elements

    def name(self, block: Block, element: Block) -> str:
        return field_name(_block_id(block), str(element.get("action_id", "")))

    def press(self, block: Block, element: Block, value: Any = None) -> str:
        """What a press of this element posts: its two ids and what was chosen."""
        chosen = value if isinstance(value, str) else None
        return json.dumps([_block_id(block), str(element.get("action_id", "")), chosen])

    def id(self, block: Block, element: Block) -> str:
        """Of the element on the page, for its label."""
        of = self.target.id if self.target else "preview"
        return f"{of}-{self.name(block, element)}"

    def error(self, block: Block) -> str:
        return self.target.errors.get(_block_id(block), "") if self.target else ""

    def entered(self, block: Block, element: Block) -> str:
        """The value of a field of text, date or time: what was entered, or where it starts."""
        held = self._held(block, element)
        for key in ("value", "selected_date", "selected_time", "selected_date_time"):
            if held.get(key) is not None:
                return self._local(key, held[key])
        for key in ("initial_value", "initial_date", "initial_time", "initial_date_time"):
            if element.get(key) is not None:
                return self._local(key, element[key])
        return ""

    def _local(self, key: str, value: Any) -> str:
        """Date and time fields of a browser take the reader's own local time."""
        if key.endswith("date_time"):
            return f"{datetime.fromtimestamp(int(value), self.reader.zone):%Y-%m-%dT%H:%M}"
        if isinstance(value, Mapping):  # rich text
            return str(value.get("text", ""))
        return str(value)

    def groups(self, block: Block, element: Block) -> list[tuple[str, list[SelectChoice]]]:
        """What a select offers: (name of the group or nothing, its choices)."""
        chosen = self._chosen(block, element)
        offered = self._offered(str(element.get("type", "")))
        if offered is not None:
            return [
                (
                    "",
                    [
                        SelectChoice(i, Markup.escape(name), None, i in chosen)
                        for i, name in offered
                    ],
                )
            ]
        grouped = element.get("option_groups") or []
        if grouped:
            return [
                (str(one.get("label", {}).get("text", "")), self._choices(one["options"], chosen))
                for one in grouped
            ]
        return [("", self._choices(element.get("options") or _initial_options(element), chosen))]

    def choices(self, block: Block, element: Block) -> list[SelectChoice]:
        return self._choices(element.get("options") or [], self._chosen(block, element))

    def _choices(self, options: Iterable[Block], chosen: set[str]) -> list[SelectChoice]:
        return [
            SelectChoice(
                value=str(one.get("value", "")),
                label=self.text(one.get("text")),
                description=self.text(one["description"]) if one.get("description") else None,
                chosen=str(one.get("value", "")) in chosen,
            )
            for one in options
        ]

    def _offered(self, type: str) -> Sequence[tuple[str, str]] | None:
        """People and channels are offered by the workspace, not by the block."""
        people = self.target.people if self.target else tuple(self.reader.names.items())
        channels = self.target.channels if self.target else tuple(self.reader.names.items())
        kinds = {"users": people, "channels": channels, "conversations": channels}
        return kinds.get(type.removeprefix("multi_").removesuffix("_select"))

    def _held(self, block: Block, element: Block) -> Mapping[str, Any]:
        if self.target is None:
            return {}
        held = self.target.values.get(_block_id(block), {})
        return held.get(str(element.get("action_id", "")), {})

    def _chosen(self, block: Block, element: Block) -> set[str]:
        held = self._held(block, element)
        entered = {key: value for key, value in held.items() if key.startswith("selected_")}
        if entered:
            return set(_values_in(entered.values()))
        return set(_values_in(v for key, v in element.items() if key.startswith("initial_")))


def field_name(block_id: str, action_id: str) -> str:
    """The form field of an element. Its two ids may hold any character, quotes too, hence hex."""
    return f"field-{json.dumps([block_id, action_id]).encode().hex()}"


def _block_id(block: Block) -> str:
    return str(block.get("block_id", ""))


def _initial_options(element: Block) -> list[Block]:
    """An external select shows at least what is already chosen."""
    initial = element.get("initial_options") or element.get("initial_option")
    return [initial] if isinstance(initial, Mapping) else list(initial or [])


def _values_in(held: Iterable[Any]) -> Iterator[str]:
    for one in held:
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            yield str(one.get("value", ""))
        elif isinstance(one, (list, tuple)):
            yield from _values_in(one)

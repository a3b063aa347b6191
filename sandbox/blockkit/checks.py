"""The small checks that block rules are made of. Each looks at one value and reports, never raises."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.base.limits import limit
from sandbox.base.workspace import Json


@dataclass(frozen=True)
class Spot:
    """A place in a payload, as a JSON pointer, and the list that problems go to."""

    problems: list[str]
    pointer: str = ""

    def __truediv__(self, part: str | int) -> "Spot":
        return Spot(self.problems, f"{self.pointer}/{part}")

    def report(self, message: str) -> None:
        self.problems.append(f"{message} [json-pointer:{self.pointer}]")


Check = Callable[[Any, Spot], None]


def text(*, most: int | None = None, least: int = 0) -> Check:
    def check(value: Any, spot: Spot) -> None:
        if not isinstance(value, str):
            spot.report("must be a string")
        elif len(value) < least:
            spot.report(f"must be more than {least - 1} characters")
        elif most is not None and len(value) > most:
            spot.report(f"must be less than {most + 1} characters")

    return check


def flag(value: Any, spot: Spot) -> None:
    if not isinstance(value, bool):
        spot.report("must be a boolean")


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(*, least: int | None = None, most: int | None = None) -> Check:
    def check(value: Any, spot: Spot) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            spot.report("must be an integer")
        elif least is not None and value < least:
            spot.report(f"must be at least {least}")
        elif most is not None and value > most:
            spot.report(f"must be at most {most}")

    return check


def anything(value: Any, spot: Spot) -> None:
    """Known to exist; its inside is not looked into."""


def one_of(*allowed: str) -> Check:
    def check(value: Any, spot: Spot) -> None:
        if value not in allowed:
            spot.report(f"must be one of: {', '.join(allowed)}")

    return check


def listed(item: Check, *, least: int = 0, most: int | None = None) -> Check:
    def check(value: Any, spot: Spot) -> None:
        if not isinstance(value, list):
            spot.report("must be an array")
            return
        if len(value) < least:
            spot.report(f"no less than {least} items allowed")
        if most is not None and len(value) > most:
            spot.report(f"no more than {most} items allowed")
        for index, one in enumerate(value):
            item(one, spot / index)

    return check


@dataclass(frozen=True)
class Shape:
    """What one kind of object may and must hold."""

    fields: Mapping[str, Check]
    required: Collection[str] = ()
    # Rules about several fields together.
    rules: tuple[Check, ...] = field(default=())

    def __call__(self, value: Any, spot: Spot) -> None:
        if not isinstance(value, dict):
            spot.report("must be an object")
            return
        for name in self.required:
            if value.get(name) is None:
                spot.report(f"missing required field: {name}")
        for name, inner in value.items():
            if name not in self.fields:
                (spot / name).report("unexpected property")
            elif inner is not None:
                self.fields[name](inner, spot / name)
        for rule in self.rules:
            rule(value, spot)


def kinds(table: Mapping[str, Check], allowed: Collection[str] | None = None) -> Check:
    """An object whose `type` says which rules hold for it."""

    def check(value: Any, spot: Spot) -> None:
        if not isinstance(value, dict):
            spot.report("must be an object")
            return
        kind = value.get("type")
        known = isinstance(kind, str) and kind in table and (allowed is None or kind in allowed)
        if not known:
            (spot / "type").report(f"unsupported type: {kind}")
            return
        table[str(kind)](value, spot)

    return check


def not_both(one: str, other: str, *, needed: bool = True) -> Check:
    def check(value: Json, spot: Spot) -> None:
        held = [name for name in (one, other) if value.get(name) is not None]
        if len(held) == 2:  # noqa: PLR2004 - both
            spot.report(f"can not have both {one} and {other}")
        elif needed and not held:
            spot.report(f"missing required field: {one} or {other}")

    return check


# --- objects that many blocks share

ACTION_ID = text(most=limit("action_id.max_length"), least=1)
BLOCK_ID = text(most=limit("block_id.max_length"), least=1)
LEAST_TEXT, MOST_TEXT = limit("text.min_length"), limit("text.max_length")


def text_object(*, most: int = MOST_TEXT, plain_only: bool = False) -> Check:
    """`plain_text` or `mrkdwn` with a length of its own."""

    words = text(most=most, least=LEAST_TEXT)
    plain = Shape({"type": anything, "text": words, "emoji": flag}, ("text",))
    marked = Shape({"type": anything, "text": words, "verbatim": flag}, ("text",))
    table: dict[str, Check] = {"plain_text": plain}
    if not plain_only:
        table["mrkdwn"] = marked
    return kinds(table)


def plain_object(most: int = MOST_TEXT) -> Check:
    return text_object(most=most, plain_only=True)


CONFIRM = Shape(
    {
        "title": plain_object(limit("confirmation.title.max_length")),
        "text": text_object(most=limit("confirmation.text.max_length")),
        "confirm": plain_object(limit("confirmation.confirm.max_length")),
        "deny": plain_object(limit("confirmation.deny.max_length")),
        "style": one_of("primary", "danger"),
    },
    ("title", "text", "confirm", "deny"),
)
OPTION = Shape(
    {
        "text": text_object(most=limit("option.text.max_length")),
        "value": text(most=limit("option.value.max_length")),
        "description": text_object(most=limit("option.description.max_length")),
        "url": text(most=limit("option.url.max_length")),
    },
    ("text", "value"),
)
OPTION_GROUP = Shape(
    {
        "label": plain_object(limit("option_group.label.max_length")),
        "options": listed(
            OPTION,
            least=limit("option_group.options.min_items"),
            most=limit("option_group.options.max_items"),
        ),
    },
    ("label", "options"),
)
FILTER = Shape(
    {
        "include": listed(one_of("im", "mpim", "private", "public"), least=1),
        "exclude_external_shared_channels": flag,
        "exclude_bot_users": flag,
    }
)
DISPATCH = Shape(
    {"trigger_actions_on": listed(one_of("on_enter_pressed", "on_character_entered"), least=1)}
)
SLACK_FILE = Shape({"id": text(least=1), "url": text(least=1)}, rules=(not_both("id", "url"),))
INPUT_PARAMETER = Shape({"name": text(least=1), "value": text()}, ("name", "value"))
TRIGGER = Shape(
    {"url": text(least=1), "customizable_input_parameters": listed(INPUT_PARAMETER)}, ("url",)
)
WORKFLOW = Shape({"trigger": TRIGGER}, ("trigger",))

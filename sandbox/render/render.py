"""Block Kit as HTML that looks as in Slack: pure functions; nothing is loaded and nothing runs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any

from jinja2 import ChainableUndefined, Environment, PackageLoader
from markupsafe import Markup

from sandbox.render.mrkdwn import mrkdwn_html
from sandbox.render.sheet import FormTarget, Sheet
from sandbox.render.words import Viewer

_NO_NAMES: Mapping[str, str] = MappingProxyType({})


def blocks_html(
    blocks: Sequence[Mapping[str, Any]],
    *,
    names: Mapping[str, str] = _NO_NAMES,
    tz: str = "UTC",
    now: datetime | None = None,
    target: FormTarget | None = None,
) -> Markup:
    """The blocks of a message or a view. Without a target nothing in them can be pressed."""
    return _drawn("blocks", blocks, Sheet(Viewer(names, tz, now), target))


def attachments_html(
    attachments: Sequence[Mapping[str, Any]],
    *,
    names: Mapping[str, str] = _NO_NAMES,
    tz: str = "UTC",
    now: datetime | None = None,
    target: FormTarget | None = None,
) -> Markup:
    """The older frame around blocks, with a coloured bar at its side."""
    return _drawn("attachments", attachments, Sheet(Viewer(names, tz, now), target))


def message_html(
    blocks: Sequence[Mapping[str, Any]], attachments: Sequence[Mapping[str, Any]], sheet: Sheet
) -> Markup:
    """A message's blocks and attachments in the one form that their elements share."""
    return _drawn("message", (blocks, attachments), sheet)


def view_html(
    view: Mapping[str, Any],
    *,
    names: Mapping[str, str] = _NO_NAMES,
    tz: str = "UTC",
    now: datetime | None = None,
    target: FormTarget | None = None,
) -> Markup:
    """A modal in its frame, or a home tab."""
    return _drawn("view", view, Sheet(Viewer(names, tz, now), target))


def text_html(
    text: str,
    *,
    names: Mapping[str, str] = _NO_NAMES,
    tz: str = "UTC",
    now: datetime | None = None,
) -> Markup:
    """A message without blocks: its mrkdwn."""
    return mrkdwn_html(text, Viewer(names, tz, now))


@cache
def environment() -> Environment:
    """The templates of the sandbox. Everything is escaped; a missing key of a block is nothing."""
    return Environment(
        loader=PackageLoader("sandbox", "web"),
        autoescape=True,
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _drawn(macro: str, subject: object, sheet: Sheet) -> Markup:
    drawing = getattr(environment().get_template("blocks.html.j2").module, macro)
    return Markup(drawing(subject, sheet))  # noqa: S704  # an autoescaped template made it

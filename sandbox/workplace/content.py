"""What an app hands in as the body of a message, checked and brought into Slack's own form."""

import re
from typing import Any

from sandbox.base.errors import SlackError
from sandbox.base.workspace import Json
from sandbox.blockkit.blocks import check_message, with_ids

# Longer texts of a new message are cut by Slack without a word.
POST_TEXT_CHARS = 40_000
_ANGLED = re.compile(r"<[^<>\n]+>")
_BARE_AMPERSAND = re.compile(r"&(?!amp;|lt;|gt;)")


def escaped(text: str) -> str:
    """As Slack keeps it: & < > become entities, except in entities and in <...> marks."""
    kept, last = [], 0
    for mark in _ANGLED.finditer(text):
        kept += [_escaped_plain(text[last : mark.start()]), mark.group()]
        last = mark.end()
    return "".join([*kept, _escaped_plain(text[last:])])


def _escaped_plain(text: str) -> str:
    text = _BARE_AMPERSAND.sub("&amp;", text)
    return text.replace("<", "&lt;").replace(">", "&gt;")


def checked_content(text: str, blocks: Any, attachments: Any, *, surface: str) -> Json:
    """Refused as Slack refuses it: no text, invalid blocks, too much of either."""
    blocks, attachments = blocks or [], attachments or []
    if not text and not blocks and not attachments:
        raise SlackError("no_text")
    check_message(blocks, attachments, surface=surface)
    return {
        "text": escaped(text)[:POST_TEXT_CHARS],
        "blocks": with_ids(blocks),
        "attachments": _attached(attachments),
    }


def _attached(attachments: list[Json]) -> tuple[Json, ...]:
    numbered = []
    for number, attachment in enumerate(attachments, start=1):
        given = dict(attachment)
        if "blocks" in given:
            given["blocks"] = list(with_ids(given["blocks"]))
        numbered.append({"id": number, "fallback": "[no preview available]"} | given)
    return tuple(numbered)

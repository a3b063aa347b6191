"""Sentences and labels from templates/slack, with every foreign fact made harmless on its way in."""

import re
from collections.abc import Mapping
from typing import Final

from bot.text import mrkdwn
from engine.errors import Refused
from engine.model import Fact
from templates import render

_SLACK_ID: Final = re.compile(r"[UW][A-Z0-9]{2,30}")
_COMMAND: Final = re.compile(r"/[a-z0-9_-]{1,32}")


def label(word: str) -> str:
    """A button's, a field's, a state's word: templates/slack/labels.j2 has them all."""
    return render("slack/labels.j2", {"label": word})


def sentence(name: str, facts: Mapping[str, object]) -> str:
    """templates/slack/`name`.j2 as mrkdwn."""
    return render(f"slack/{name}.j2", {key: _safe(key, value) for key, value in facts.items()})


def refusal(refused: Refused) -> str:
    """Why the desk said no, and what is allowed instead; plain text."""
    return render("refused.j2", {"code": refused.code, **refused.facts})


def refused_files(facts: Mapping[str, Fact]) -> list[dict[str, str]]:
    """The fact "name|code" of each refused file, taken apart: a name may hold anything."""
    listed = facts.get("refused")
    pairs = [one.rpartition("|") for one in listed] if isinstance(listed, list) else []
    return [{"name": mrkdwn(name), "code": code} for name, _, code in pairs]


def _safe(key: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    if key == "command":
        return value if _COMMAND.fullmatch(value) else ""
    if key.endswith("_slack"):
        return value if _SLACK_ID.fullmatch(value) else ""
    return value if key.endswith("_at") else mrkdwn(value)

"""Sentences and labels from templates/slack, with every foreign fact made harmless on its way in."""

import re
from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final

from bot.views.text import cut_escaped, mrkdwn
from engine.tickets.actions import Action
from engine.tickets.errors import Refused
from engine.tickets.message import Fact
from templates import render

# A fact is a name, a subject, a reason: one line of a sentence, so that twenty fit a list.
FACT_TEXT: Final = 220
_SLACK_ID: Final = re.compile(r"[UW][A-Z0-9]{2,30}")
# Facts that templates compare with; they are words of ours, never of a person.
_CODES: Final = frozenset(
    {"cause", "channel", "clock", "clocks", "how", "kind", "told", "via", "what"}
)
_CODE: Final = re.compile(r"[a-z]+(_[a-z]+)*")
_IDS: Final = {
    "command": re.compile(r"/[a-z0-9_-]{1,32}"),
    "groups": re.compile(r"S[A-Z0-9]{2,30}"),
    "card_url": re.compile(r"https?://[A-Za-z0-9.:-]+/archives/[A-Z0-9]+/p[0-9]+"),
}
"""What stands in a sentence as it is, or not at all."""


def label(word: str) -> str:
    """A button's, a field's, a state's word: templates/slack/labels.j2 has them all."""
    return render("slack/labels.j2", {"label": word})


def action_word(action: Action, word: str) -> str:
    """Of the row that templates/actions.j2 has for it; "" when it needs none."""
    return render("actions.j2", {"action": action.value, "word": word})


def sentence(name: str, facts: Mapping[str, object]) -> str:
    """templates/slack/`name`.j2 as mrkdwn."""
    return render(f"slack/{name}.j2", {key: _safe(key, value) for key, value in facts.items()})


def plain_sentence(name: str, facts: Mapping[str, object]) -> str:
    """The same for where no markup is read: the words of a ticket itself."""
    return render(f"slack/{name}.j2", facts)


def refusal(refused: Refused) -> str:
    """Why the desk said no, and what is allowed instead; plain text."""
    return render("refused.j2", {"code": refused.code, **refused.facts})


def refused_files(facts: Mapping[str, Fact]) -> list[dict[str, str]]:
    """The fact "name|code" of each refused file, taken apart: a name may hold anything."""
    listed = facts.get("refused")
    pairs = [one.rpartition("|") for one in listed] if isinstance(listed, list) else []
    return [{"name": cut_escaped(mrkdwn(name), FACT_TEXT), "code": code} for name, _, code in pairs]


def brief_rows(facts: Mapping[str, Fact]) -> dict[str, list[dict[str, str]]]:
    """The facts of a hand-over "T-1|P1|due|subject", taken apart: a subject may hold anything."""
    lists = {key: facts.get(key) for key in ("stays", "back", "due")}
    return {
        key: [_brief(one) for one in rows] for key, rows in lists.items() if isinstance(rows, list)
    }


def _brief(written: str) -> dict[str, str]:
    ticket, priority, due_at, subject = written.split("|", 3)
    safe = cut_escaped(mrkdwn(" ".join(subject.split())), FACT_TEXT)
    return {"ticket": ticket, "priority": label(priority), "due_at": due_at, "subject": safe}


def harmless(part: Any, foreign: Collection[str], key: str = "") -> Any:
    """Plain values with every word under a `foreign` key escaped."""
    if is_dataclass(part) and not isinstance(part, type):
        parts = {f.name: harmless(getattr(part, f.name), foreign, f.name) for f in fields(part)}
        return replace(part, **parts)
    if isinstance(part, dict):
        return {name: harmless(value, foreign, name) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [harmless(one, foreign, key) for one in part]
    if isinstance(part, str) and key in foreign:
        return cut_escaped(mrkdwn(" ".join(part.split())), FACT_TEXT)
    return part


def _safe(key: str, value: object) -> object:
    if not isinstance(value, str):
        return [_safe(key, one) for one in value] if isinstance(value, list) else value
    if key in _IDS:
        return value if _IDS[key].fullmatch(value) else ""
    if key in _CODES:
        return value if _CODE.fullmatch(value) else mrkdwn(value)
    if key.endswith("_slack"):
        return value if _SLACK_ID.fullmatch(value) else ""
    return value if key.endswith("_at") else cut_escaped(mrkdwn(" ".join(value.split())), FACT_TEXT)

"""Sentences and labels from templates/slack. The type of a value decides how it is made harmless on its way in."""

import re
from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, Final, assert_never

from bot.views.text import cut_escaped, mrkdwn
from engine.messages.message import Message, kind_of
from engine.messages.values import (
    Code,
    Foreign,
    GroupHandle,
    Handle,
    TicketRef,
    Value,
    Words,
    Zone,
    facts_of,
    written,
)
from engine.tickets.actions import Action
from engine.tickets.errors import Refused
from templates import render

# A fact is a name, a subject, a reason: one line of a sentence, so that twenty fit a list.
FACT_TEXT: Final = 220
_SLACK_ID: Final = re.compile(r"[UW][A-Z0-9]{2,30}")
_SLACK_GROUP: Final = re.compile(r"S[A-Z0-9]{2,30}")
_CODE: Final = re.compile(r"/?[A-Za-z0-9][A-Za-z0-9_-]{0,40}( [a-z]+)?")
_CARD: Final = re.compile(r"https?://[A-Za-z0-9.:-]+/archives/[A-Z0-9]+/p[0-9]+")


class CardLink(str):
    """Where a card is: an address of Slack's own, or "" while that is not known."""

    __slots__ = ()


def label(word: str) -> str:
    """A button's, a field's, a state's word: templates/slack/labels.j2 has them all."""
    return render("slack/labels.j2", {"label": word})


def action_word(action: Action, word: str) -> str:
    """Of the row that templates/actions.j2 has for it; "" when it needs none."""
    return render("actions.j2", {"action": action.value, "word": word})


def sentence(name: str, facts: Mapping[str, object]) -> str:
    """templates/slack/`name`.j2 as mrkdwn."""
    safe = {key: written(value, in_mrkdwn) for key, value in facts.items()}
    return render(f"slack/{name}.j2", safe)


def message_sentence(message: Message) -> str:
    """The template named for the message, as mrkdwn."""
    return render(f"slack/{kind_of(message)}.j2", facts_of(message, in_mrkdwn))


def part_sentence(message: Message, part: str) -> str:
    """The same of a message that is drawn of several: templates/slack/`kind`_`part`.j2."""
    return render(f"slack/{kind_of(message)}_{part}.j2", facts_of(message, in_mrkdwn))


def plain_sentence(name: str, facts: Mapping[str, object]) -> str:
    """The same for where no markup is read: the words of a ticket itself."""
    return render(
        f"slack/{name}.j2", {key: written(value, in_plain_text) for key, value in facts.items()}
    )


def in_mrkdwn(value: object) -> object:
    """One value in a sentence of ours: pings nobody, formats nothing, links nowhere, rewrites nothing around it.

    A bare string is treated as foreign: whoever forgets a type shows a twin of a mark, and lets nothing through.
    """
    if isinstance(value, CardLink):
        return str(value) if _CARD.fullmatch(value) else ""
    if isinstance(value, Value):
        return _typed_in_mrkdwn(value)
    return _line(value) if isinstance(value, str) and not isinstance(value, Enum) else value


def _typed_in_mrkdwn(value: Value) -> str:  # noqa: PLR0911 - one line for each type of value
    match value:
        case Foreign(text):
            return _line(text)
        case Words(text):
            return mrkdwn(text)
        case Handle(id):
            return id if _SLACK_ID.fullmatch(id) else ""
        case GroupHandle(id):
            return id if _SLACK_GROUP.fullmatch(id) else ""
        case TicketRef():
            return str(value)
        case Code(word):
            return word if _CODE.fullmatch(word) else _line(word)
        case Zone(name):
            return name
        case _ as never:
            assert_never(never)


def _line(text: str) -> str:
    return cut_escaped(mrkdwn(" ".join(text.split())), FACT_TEXT)


def in_plain_text(value: object) -> object:
    """One value where Slack reads no markup; blocks.plain_text and quote take care of what could be copied out."""
    if not isinstance(value, Value):
        return value
    match value:
        case (
            Foreign(text) | Words(text) | Code(text) | Zone(text) | Handle(text) | GroupHandle(text)
        ):
            return text
        case TicketRef():
            return str(value)
        case _ as never:
            assert_never(never)


def refusal(refused: Refused) -> str:
    """Why the desk said no, and what is allowed instead; plain text."""
    return render("refused.j2", {"code": refused.code, **refused.facts})


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

"""Why a ticket was late, as a Slack message: a bar and a sentence per stretch of time. Pure."""

from typing import Final

from bot.views import blocks
from bot.views.blocks import SlackMessage
from bot.views.words import harmless
from engine.explain.told import ToldExplanation
from templates import render

# What people chose as a name or wrote, wherever it stands in an explanation.
_FOREIGN: Final = frozenset(
    {"subject", "team", "who", "people", "level", "policy", "calendar", "before", "after"}
)
LINES_MAX: Final = 40
"""Of one clock: the story of a year is told at the command line."""


def why_message(explanation: ToldExplanation) -> SlackMessage:
    head = render("slack/why_head.j2", {"explanation": explanation})
    told = harmless(explanation, _FOREIGN)
    words = render("slack/why.j2", {"explanation": told, "most": LINES_MAX})
    return blocks.said(f"*{told.ticket}*\n{words}", [blocks.header(head), *blocks.sections(words)])

"""A page to one person, with what can be done about it; and the same message once somebody has answered it. Pure."""

from typing import Final

from bot.views import blocks
from bot.views.blocks import SlackMessage
from bot.views.button_value import ButtonValue
from bot.views.limits import Json
from bot.views.text import ticket_number
from bot.views.words import action_word, label, sentence
from engine.tickets.actions import Action
from engine.tickets.effects import Tell
from engine.tickets.people import WorkspaceId

PAGE: Final = "page"
PAGE_OVER: Final = "page_over"
JUMP: Final = "jump"


def page(tell: Tell, workspace: WorkspaceId, card: str) -> SlackMessage:
    """`card`: where the ticket's card is; "" when that is not known."""
    text, following = sentence("page", tell.facts), sentence("page_next", tell.facts)
    reason = str(tell.facts["reason"])
    parts = [blocks.section(text), *([blocks.quote(reason)] if reason else [])]
    parts += [blocks.context(following)] if following else []
    acknowledge = _button(tell, workspace, Action.ACKNOWLEDGE, style="primary")
    claim = _button(tell, workspace, Action.CLAIM)
    return blocks.said(f"{text}\n{following}", [*parts, *_row([acknowledge, claim], card)])


def page_over(tell: Tell, workspace: WorkspaceId, card: str) -> SlackMessage:
    text = sentence(tell.template, tell.facts)
    mine = tell.facts["yours"] and tell.facts["claimable"] and tell.facts["how"] == "acknowledged"
    buttons = [_button(tell, workspace, Action.CLAIM)] if mine else []
    return blocks.said(text, [blocks.section(text), *_row(buttons, card)])


def _button(tell: Tell, workspace: WorkspaceId, action: Action, style: str | None = None) -> Json:
    number = ticket_number(str(tell.facts["ticket"]))
    version = tell.facts["version"]
    assert number is not None
    assert isinstance(version, int)
    value = str(ButtonValue(number, version, workspace))
    return blocks.button(action.value, action_word(action, "button"), value, style=style)


def _row(buttons: list[Json], card: str) -> list[Json]:
    links = [blocks.link_button(JUMP, label(JUMP), card)] if card else []
    row = [*buttons, *links]
    return [blocks.actions(PAGE, row)] if row else []

"""A page to one person, with what can be done about it; and the same message once somebody has answered it. Pure."""

from typing import Final

from bot.views import blocks
from bot.views.blocks import SlackMessage
from bot.views.button_value import ButtonValue
from bot.views.limits import Json
from bot.views.words import action_word, label, message_sentence, part_sentence
from engine.messages.page_messages import PageOver, PersonPaged
from engine.messages.values import Code
from engine.tickets.actions import Action
from engine.tickets.people import WorkspaceId

PAGE: Final = "page"
JUMP: Final = "jump"


def page(paged: PersonPaged, workspace: WorkspaceId, card: str) -> SlackMessage:
    """`card`: where the ticket's card is; "" when that is not known."""
    text = message_sentence(paged)
    following = part_sentence(paged, "next")
    parts = [blocks.section(text), *([blocks.quote(paged.reason.text)] if paged.reason else [])]
    parts += [blocks.context(following)] if following else []
    acknowledge = _button(paged, workspace, Action.ACKNOWLEDGE, style="primary")
    claim = _button(paged, workspace, Action.CLAIM)
    return blocks.said(f"{text}\n{following}", [*parts, *_row([acknowledge, claim], card)])


def page_over(over: PageOver, workspace: WorkspaceId, card: str) -> SlackMessage:
    text = message_sentence(over)
    mine = over.yours and over.claimable and over.how == Code("acknowledged")
    buttons = [_button(over, workspace, Action.CLAIM)] if mine else []
    return blocks.said(text, [blocks.section(text), *_row(buttons, card)])


def _button(
    message: PersonPaged | PageOver,
    workspace: WorkspaceId,
    action: Action,
    style: str | None = None,
) -> Json:
    value = str(ButtonValue(message.ticket.number, message.version, workspace))
    return blocks.button(action.value, action_word(action, "button"), value, style=style)


def _row(buttons: list[Json], card: str) -> list[Json]:
    links = [blocks.link_button(JUMP, label(JUMP), card)] if card else []
    row = [*buttons, *links]
    return [blocks.actions(PAGE, row)] if row else []

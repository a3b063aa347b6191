"""Tickets as Slack messages: the card, the list, one ticket in full. Pure: values in, blocks out."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

from bot.views import blocks, limits, promise_line
from bot.views.blocks import SlackMessage
from bot.views.button_value import ButtonValue
from bot.views.limits import Json
from bot.views.promise_line import Moment
from bot.views.text import mrkdwn
from bot.views.words import CardLink, action_word, label, sentence
from engine.ports.views import ConversationLine as Spoken
from engine.ports.views import Page, TicketFile, TicketLine
from engine.tickets.actions import ACTIONS, Action, Menu, for_any_agent
from engine.tickets.message import Note
from engine.tickets.ticket import Phase, Ticket

# A card is a summary: the first screen of the request, not the request.
OPENING_TEXT: Final = 600
NAMED_FILES: Final = 5
# `/ticket show` gives the latest words, each cut: an ephemeral message must stay readable.
SHOWN_WORDS: Final = 8
SHOWN_TEXT: Final = 500
# Three buttons are read at a glance; more are asked for by nobody who works with them all day (oncall #5198).
MOST_PRIMARY: Final = 3
OVERFLOW: Final = "more"
ACTIONS_BLOCK: Final = "ticket_actions"


def ticket_card(line: TicketLine, now: Moment) -> SlackMessage:
    """The ticket as everybody in the team's channel sees it, with what any agent of the team may do now."""
    return said_of(
        line, [*_head(line, now), *_buttons(line.ticket, now, for_any_agent(line.ticket))]
    )


def said_of(line: TicketLine, parts: Sequence[Json]) -> SlackMessage:
    ticket = line.ticket
    return blocks.said(
        sentence(
            "card_text",
            {
                "ticket": ticket.id,
                "subject": ticket.subject,
                "state": label(ticket.state.value),
                "priority": label(ticket.priority.value),
                "assignee": _assignee(line),
            },
        ),
        parts,
    )


def _head(line: TicketLine, now: Moment, *, inside: bool = True) -> Iterator[Json]:
    """`inside`: for those who work on it. Who is called for is nobody else's business."""
    yield blocks.header(f"{line.ticket.id} · {line.ticket.subject}")
    yield blocks.fields(_facts(line, inside=inside))
    stands = [
        promise_line.promise(line.ticket, now),
        promise_line.escalation(line.ticket, line.team, now) if inside else "",
    ]
    if any(stands):
        yield blocks.section("\n".join(filter(None, stands)))
    if line.opening.strip():
        yield blocks.quote(line.opening.strip(), OPENING_TEXT)
    if line.attachments:
        yield blocks.context(_files(line))
    yield blocks.context(_foot(line, now))


def _facts(line: TicketLine, *, inside: bool) -> list[tuple[str, str]]:
    ticket = line.ticket
    return [
        (label("status"), _state(ticket, inside=inside)),
        (label("priority_field"), label(ticket.priority.value)),
        (label("assignee"), mrkdwn(_assignee(line))),
        (label("category_field"), mrkdwn(ticket.category)),
    ]


def _state(ticket: Ticket, *, inside: bool) -> str:
    shown = inside and ticket.escalated and ticket.state.phase in (Phase.ACTIVE, Phase.WAITING)
    facts = {
        "word": label(ticket.state.value),
        "escalated": label("escalated") if shown else "",
        "snoozed_at": ticket.snoozed_until or "",
    }
    return sentence("state", facts)


def _assignee(line: TicketLine) -> str:
    if line.assignee is None:
        return label("nobody")
    offered = f" ({label('offered')})" if line.ticket.offered else ""
    return f"{line.assignee.name}{offered}"


def _files(line: TicketLine) -> str:
    named = line.attachments[:NAMED_FILES]
    files = [{"name": mrkdwn(one.name), "refused": bool(one.refused)} for one in named]
    return sentence("card_files", {"files": files, "more": len(line.attachments) - len(named)})


def _foot(line: TicketLine, now: Moment) -> str:
    ticket = line.ticket
    return sentence(
        "card_foot",
        {
            "requester": line.requester.name,
            "opened_at": ticket.created_at,
            "channel": ticket.channel,
            "team": line.team.name,
            # A bar goes on filling while nobody draws it.
            "drawn_at": now.at if ticket.due_at else "",
        },
    )


def _buttons(ticket: Ticket, now: Moment, allowed: AbstractSet[Action]) -> list[Json]:
    primary = [action for action in _first(ticket) if action in allowed][:MOST_PRIMARY]
    elements = [
        button_for(ticket, action, first=number == 0) for number, action in enumerate(primary)
    ]
    menu = _menu(ticket, allowed - set(primary))
    if menu:
        elements.append(menu)
    # Slack's clients remember what was chosen from a menu by the block's name; a name of its own each time it is
    # drawn lets the same thing be chosen again (bolt-js #2766).
    name = f"{ACTIONS_BLOCK}.{ticket.version}.{int(now.at.timestamp())}"
    return [blocks.actions(name, elements)] if elements else []


def _first(ticket: Ticket) -> list[Action]:
    """To whoever is paged the first thing to say is "I have it"."""
    primary = [row.action for row in ACTIONS.values() if row.primary]
    return [Action.ACKNOWLEDGE, *primary] if ticket.pages else primary


def button_for(ticket: Ticket, action: Action, *, first: bool = False) -> Json:
    value = str(ButtonValue(ticket.number, ticket.version, ticket.workspace))
    style = "primary" if first and action in (Action.CLAIM, Action.ACKNOWLEDGE) else None
    return blocks.button(action.value, action_word(action, "button"), value, style=style)


def _menu(ticket: Ticket, allowed: AbstractSet[Action]) -> Json | None:
    """Up to five fit an overflow; more are a list in groups."""
    groups = [
        (
            label(menu.value),
            [
                option_for(ticket, row.action)
                for row in ACTIONS.values()
                if row.menu is menu and row.action in allowed
            ],
        )
        for menu in Menu
    ]
    options = [option for _, of in groups for option in of]
    if len(options) <= limits.OVERFLOW_OPTIONS:
        return blocks.overflow(OVERFLOW, options) if options else None
    return blocks.grouped_select(OVERFLOW, groups, placeholder=label(OVERFLOW))


def option_for(ticket: Ticket, action: Action) -> Json:
    value = ButtonValue(ticket.number, ticket.version, ticket.workspace, action=action.value)
    return blocks.option(action_word(action, "button"), str(value))


# --- lists and one ticket in full


def ticket_list(page: Page, now: datetime) -> SlackMessage:
    lines = page.lines
    late = sum(_is_late(one.ticket, now) for one in lines)
    facts = {"count": len(lines), "more": page.next is not None, "cut": page.cut, "late": late}
    top = sentence("list", facts)
    rows = (blocks.section(line_words(one, now)) for one in lines)
    return blocks.said(top, [blocks.section(top), *rows])


def _is_late(ticket: Ticket, now: datetime) -> bool:
    return ticket.due_at is not None and ticket.due_at < now


def line_words(
    line: TicketLine,
    now: datetime,
    *,
    offered: bool = False,
    assignee: bool = True,
    card: str = "",
) -> str:
    """One ticket in two lines. `offered`: to whoever reads it; `card`: where its card is, as a link."""
    ticket = line.ticket
    return sentence(
        "line",
        {
            "offered": offered,
            "card_url": CardLink(card),
            "ticket": ticket.id,
            "subject": ticket.subject,
            "state": label(ticket.state.value),
            "priority": label(ticket.priority.value),
            "assignee": _assignee(line) if assignee else "",
            "due_at": ticket.due_at or "",
            "late": _is_late(ticket, now),
            "snoozed_at": ticket.snoozed_until or "",
        },
    )


def ticket_in_full(
    file: TicketFile, now: Moment, allowed: AbstractSet[Action], *, works_on_it: bool
) -> SlackMessage:
    """The card, the latest words, and what its reader may do. Notes and buttons only for those who work on it."""
    line = file.line
    spoken = [*file.comments[1:], *(file.notes if works_on_it else ())]
    spoken.sort(key=lambda one: one.message.at)
    parts = [*_head(line, now, inside=works_on_it)]
    for one in spoken[-SHOWN_WORDS:]:
        parts += [blocks.context(_speaker(one)), blocks.quote(one.message.text, SHOWN_TEXT)]
    buttons = _buttons(line.ticket, now, allowed) if works_on_it else []
    return said_of(line, [*parts, *buttons])


def _speaker(one: Spoken) -> str:
    facts = {
        "note": isinstance(one.message, Note),
        "author": one.author.name if one.author else "",
        "at_at": one.message.at,
    }
    return sentence("said_line", facts)

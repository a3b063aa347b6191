"""Tickets as Slack messages: the card, the list, one ticket in full. Pure: values in, blocks out."""

from collections.abc import Iterator, Sequence
from typing import Final

from bot import blocks
from bot.blocks import Said
from bot.limits import Json
from bot.pointer import Pointer
from bot.text import mrkdwn
from bot.words import label, sentence
from engine.lifecycle import Action, legal
from engine.model import Note, Phase, Ticket
from engine.views import Said as Spoken
from engine.views import TicketFile, TicketLine

# A card is a summary: the first screen of the request, not the request.
OPENING_TEXT: Final = 600
NAMED_FILES: Final = 5
# `/ticket show` gives the latest words, each cut: an ephemeral message must stay readable.
SHOWN_WORDS: Final = 8
SHOWN_TEXT: Final = 500
# Three buttons are read at a glance; more are asked for by nobody who works with them all day (oncall #5198).
PRIMARY: Final[tuple[Action, ...]] = (Action.CLAIM, Action.REPLY, Action.RESOLVE, Action.REOPEN)
MOST_PRIMARY: Final = 3
MORE: Final[tuple[Action, ...]] = (
    Action.ASK,
    Action.RELEASE,
    Action.PRIORITY,
    Action.ASSIGN,
    Action.CLOSE,
)
OVERFLOW: Final = "more"
ACTIONS: Final = "ticket_actions"


def ticket_card(line: TicketLine) -> Said:
    """The ticket as everybody in the team's channel sees it, with the buttons that are legal now."""
    return said_of(line, [*_head(line), *_buttons(line.ticket)])


def said_of(line: TicketLine, parts: Sequence[Json]) -> Said:
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


def _head(line: TicketLine) -> Iterator[Json]:
    yield blocks.header(f"{line.ticket.id} · {line.ticket.subject}")
    yield blocks.fields(_facts(line))
    if line.opening.strip():
        yield blocks.quote(line.opening.strip(), OPENING_TEXT)
    if line.attachments:
        yield blocks.context(_files(line))
    yield blocks.context(_foot(line))


def _facts(line: TicketLine) -> list[tuple[str, str]]:
    ticket = line.ticket
    due = sentence("due", {"due_at": ticket.due_at}) if ticket.due_at else label("no_due")
    return [
        (label("status"), _state(ticket)),
        (label("priority_field"), label(ticket.priority.value)),
        (label("assignee"), mrkdwn(_assignee(line))),
        (label("due"), due),
    ]


def _state(ticket: Ticket) -> str:
    escalated = ticket.escalation_level > 0 and not ticket.acknowledged
    shown = escalated and ticket.state.phase in (Phase.ACTIVE, Phase.WAITING)
    facts = {
        "word": label(ticket.state.value),
        "escalated": label("escalated") if shown else "",
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


def _foot(line: TicketLine) -> str:
    ticket = line.ticket
    return sentence(
        "card_foot",
        {
            "requester": mrkdwn(line.requester.name),
            "opened_at": ticket.created_at,
            "channel": ticket.channel,
            "team": line.team.name,
        },
    )


def _buttons(ticket: Ticket) -> list[Json]:
    allowed = legal(ticket)
    primary = [action for action in PRIMARY if action in allowed][:MOST_PRIMARY]
    elements = [_button(ticket, action) for action in primary]
    more = [action for action in MORE if action in allowed and action not in primary]
    if more:
        elements.append(blocks.overflow(OVERFLOW, [option_for(ticket, one) for one in more]))
    return [blocks.actions(ACTIONS, elements)] if elements else []


def _button(ticket: Ticket, action: Action) -> Json:
    value = str(Pointer(ticket.number, ticket.version, ticket.workspace))
    style = "primary" if action is Action.CLAIM else None
    return blocks.button(action.value, label(action.value), value, style=style)


def option_for(ticket: Ticket, action: Action) -> Json:
    value = Pointer(ticket.number, ticket.version, ticket.workspace, action=action.value)
    return blocks.option(label(action.value), str(value))


# --- lists and one ticket in full


def ticket_list(lines: Sequence[TicketLine], *, more: bool) -> Said:
    top = sentence("list", {"count": len(lines), "more": more})
    rows = (blocks.section(line_words(one)) for one in lines)
    return blocks.said(top, [blocks.section(top), *rows])


def line_words(
    line: TicketLine, *, offered: bool = False, assignee: bool = True, card: str = ""
) -> str:
    """One ticket in two lines. `offered`: to whoever reads it; `card`: where its card is, as a link."""
    ticket = line.ticket
    return sentence(
        "line",
        {
            "offered": offered,
            "card_url": card,
            "ticket": ticket.id,
            "subject": ticket.subject,
            "state": label(ticket.state.value),
            "priority": label(ticket.priority.value),
            "assignee": _assignee(line) if assignee else "",
            "due_at": ticket.due_at or "",
        },
    )


def ticket_in_full(file: TicketFile, *, works_on_it: bool) -> Said:
    """The card and the latest words. Notes and buttons only for those who work on it."""
    line = file.line
    spoken = [*file.comments[1:], *(file.notes if works_on_it else ())]
    spoken.sort(key=lambda one: one.message.at)
    parts = [*_head(line)]
    for one in spoken[-SHOWN_WORDS:]:
        parts += [blocks.context(_speaker(one)), blocks.quote(one.message.text, SHOWN_TEXT)]
    return said_of(line, [*parts, *(_buttons(line.ticket) if works_on_it else ())])


def _speaker(one: Spoken) -> str:
    facts = {
        "note": isinstance(one.message, Note),
        "author": one.author.name if one.author else "",
        "at_at": one.message.at,
    }
    return sentence("said_line", facts)

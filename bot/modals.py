"""The forms: reply, ask, resolve, priority, assign, new. Pure: a ticket in, a view out.

Blocks keep their names from one version of a form to the next, so that Slack keeps what was typed.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from bot import blocks
from bot.blocks import Titles
from bot.limits import Json
from bot.pointer import Pointer
from bot.words import label, sentence
from engine.lifecycle import Action
from engine.model import Priority
from engine.views import TicketLine

WORDS: Final = "words"
PRIORITY: Final = "priority"
ASSIGNEE: Final = "assignee"
SUBJECT: Final = "subject"
NEW: Final = "new"


def new_ticket(*, channel: str) -> Json:
    fields = [
        blocks.input_block(label("subject"), blocks.text_input(SUBJECT, multiline=False)),
        blocks.input_block(
            label("details"), blocks.text_input(WORDS, multiline=True), optional=True
        ),
        blocks.input_block(label("priority_field"), _priorities(Priority.P3)),
    ]
    metadata = str(Pointer(0, 0, channel=channel))
    return blocks.modal(NEW, _titles(NEW, "open"), fields, metadata=metadata)


def form(action: Action, line: TicketLine, *, channel: str, changed: bool = False) -> Json:
    """The form behind a button. `changed`: the ticket moved while an earlier one was open."""
    ticket = line.ticket
    top = [blocks.section(sentence("form_for", _for_whom(action, line)))]
    if changed:
        top.append(blocks.section(sentence("form_changed", {"ticket": ticket.id})))
    pointer = Pointer(ticket.number, ticket.version, ticket.workspace, channel=channel)
    titles = _titles(action.value, _SUBMITS[action])
    inputs = [_INPUTS[action](line)]
    return blocks.modal(action.value, titles, [*top, *inputs], metadata=str(pointer))


def _for_whom(action: Action, line: TicketLine) -> dict[str, object]:
    """Names the requester, not the address: who may see that is decided only when the form is sent."""
    channel = line.ticket.channel
    reachable = channel in ("mail", "slack")
    return {
        "kind": action.value,
        "ticket": line.ticket.id,
        "subject": line.ticket.subject,
        "name": line.requester.name if reachable else "",
        "channel": channel,
    }


def _titles(form: str, submit: str) -> Titles:
    return Titles(label(f"title_{form}"), label(submit), label("cancel"))


def _words(name: str) -> Callable[[TicketLine], Json]:
    def words(_line: TicketLine) -> Json:
        return blocks.input_block(label(name), blocks.text_input(WORDS, multiline=True))

    return words


def _last_words(_line: TicketLine) -> Json:
    element = blocks.text_input(WORDS, multiline=True)
    hint = label("last_words_hint")
    return blocks.input_block(label("last_words"), element, hint=hint, optional=True)


def _priority(line: TicketLine) -> Json:
    return blocks.input_block(label("priority_field"), _priorities(line.ticket.priority))


def _priorities(chosen: Priority) -> Json:
    options = {one: blocks.option(label(one.value), one.value) for one in Priority}
    return blocks.select(PRIORITY, list(options.values()), options[chosen])


def _assignee(_line: TicketLine) -> Json:
    return blocks.input_block(label("agent"), blocks.people_select(ASSIGNEE))


_INPUTS: Final[Mapping[Action, Callable[[TicketLine], Json]]] = MappingProxyType(
    {
        Action.REPLY: _words("words"),
        Action.ASK: _words("question"),
        Action.RESOLVE: _last_words,
        Action.PRIORITY: _priority,
        Action.ASSIGN: _assignee,
    }
)
_SUBMITS: Final[Mapping[Action, str]] = MappingProxyType(
    {
        Action.REPLY: "send",
        Action.ASK: "send",
        Action.RESOLVE: "resolve",
        Action.PRIORITY: "save",
        Action.ASSIGN: "save",
    }
)
"""A form that may send no words at all must not say "Send"."""
FORMS: Final = frozenset(_INPUTS)
"""Actions that need something from the person first."""


def first_input(view: Json) -> str:
    """The block that an error can be shown at."""
    return next(str(one["block_id"]) for one in view["blocks"] if one["type"] == "input")


def entered(view: Json, id: str) -> str | None:
    """What the person entered; None for an empty field."""
    value = view["state"]["values"].get(id, {}).get(id, {})
    chosen = value.get("selected_option") or {}
    found = value.get("value") or value.get("selected_user") or chosen.get("value")
    return str(found) if found else None

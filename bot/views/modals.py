"""The forms behind the buttons, and the one for a new ticket. Pure: a ticket in, a view out.

Blocks keep their names from one version of a form to the next, so that Slack keeps what was typed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from bot.views import blocks
from bot.views.blocks import Titles
from bot.views.button_value import ButtonValue
from bot.views.limits import Json
from bot.views.words import label, sentence
from engine.ports.views import TicketLine
from engine.promises.escalation import top_of
from engine.promises.rules import Rules
from engine.tickets.lifecycle import Action, unexcused
from engine.tickets.people import Team
from engine.tickets.ticket import Priority

WORDS: Final = "words"
PRIORITY: Final = "priority"
CATEGORY: Final = "category"
TEAM: Final = "team"
ASSIGNEE: Final = "assignee"
SUBJECT: Final = "subject"
INTO: Final = "into"
NEW: Final = "new"


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from, and who would be paged."""

    rules: Rules
    teams: Sequence[Team] = ()


def new_ticket(*, channel: str) -> Json:
    fields = [
        blocks.input_block(label("subject"), blocks.text_input(SUBJECT, multiline=False)),
        blocks.input_block(
            label("details"), blocks.text_input(WORDS, multiline=True), optional=True
        ),
        blocks.input_block(label("priority_field"), _priorities(Priority.P3)),
    ]
    metadata = str(ButtonValue(0, 0, channel=channel))
    return blocks.modal(NEW, _titles(NEW, "open"), fields, metadata=metadata)


def form(
    action: Action, line: TicketLine, choices: Choices, *, channel: str, changed: bool = False
) -> Json:
    """The form behind a button. `changed`: the ticket moved while an earlier one was open."""
    top = [blocks.section(sentence("form_for", _for_whom(action, line, choices)))]
    if changed:
        top.append(blocks.section(sentence("form_changed", {"ticket": line.ticket.id})))
    titles = _titles(action.value, _SUBMITS[action])
    inputs = _INPUTS[action](line, choices)
    metadata = str(_pointer(line, channel))
    return blocks.modal(action.value, titles, [*top, *inputs], metadata=metadata)


def merge_form(line: TicketLine, other: TicketLine, choices: Choices, *, channel: str) -> Json:
    """The form once more, with the ticket that was named in it to be looked at."""
    named = [blocks.section(sentence("form_merge", _other(line, other)))]
    inputs = _INPUTS[Action.MERGE](line, choices)
    titles = _titles("merge", "title_merge")
    metadata = str(replace(_pointer(line, channel), other=other.ticket.number))
    return blocks.modal(Action.MERGE.value, titles, [*named, *inputs], metadata=metadata)


def _pointer(line: TicketLine, channel: str) -> ButtonValue:
    ticket = line.ticket
    return ButtonValue(ticket.number, ticket.version, ticket.workspace, channel=channel)


def _for_whom(action: Action, line: TicketLine, choices: Choices) -> dict[str, object]:
    """Names the requester, not the address: who may see that is decided only when the form is sent."""
    ticket = line.ticket
    reachable = ticket.channel in ("mail", "slack")
    ladder = choices.rules.ladder(line.team, ticket.ruled_at)
    following = min(ticket.escalation_level + 1, top_of(ladder))
    return {
        "kind": action,
        "ticket": ticket.id,
        "subject": ticket.subject,
        "name": line.requester.name if reachable else "",
        "channel": ticket.channel,
        "next_level": ladder.levels[following].called,
        "clocks": [clock.kind for clock in unexcused(ticket)],
    }


def _other(line: TicketLine, other: TicketLine) -> dict[str, object]:
    return {
        "ticket": line.ticket.id,
        "name": line.requester.name,
        "other": other.ticket.id,
        "subject": other.ticket.subject,
        "state": label(other.ticket.state.value),
        "assignee": other.assignee.name if other.assignee else label("nobody"),
    }


def _titles(form: str, submit: str) -> Titles:
    return Titles(label(f"title_{form}"), label(submit), label("cancel"))


Inputs = Callable[[TicketLine, Choices], list[Json]]


def _words(name: str, *, hint: str = "", optional: bool = False) -> Inputs:
    def words(_line: TicketLine, _choices: Choices) -> list[Json]:
        element = blocks.text_input(WORDS, multiline=True)
        said = label(hint) if hint else ""
        return [blocks.input_block(label(name), element, hint=said, optional=optional)]

    return words


def _priority(line: TicketLine, _choices: Choices) -> list[Json]:
    return [blocks.input_block(label("priority_field"), _priorities(line.ticket.priority))]


def _priorities(chosen: Priority) -> Json:
    options = {one: blocks.option(label(one.value), one.value) for one in Priority}
    return blocks.select(PRIORITY, list(options.values()), options[chosen])


def _category(line: TicketLine, choices: Choices) -> list[Json]:
    now = line.ticket.category
    names = dict.fromkeys((*choices.rules.workspace.categories, now))
    options = {name: blocks.option(name, name) for name in names}
    select = blocks.select(CATEGORY, list(options.values()), options[now])
    return [blocks.input_block(label("category_field"), select)]


def _team(line: TicketLine, choices: Choices) -> list[Json]:
    teams = {team.id: team for team in (*choices.teams, line.team)}
    options = {id: blocks.option(team.name, id) for id, team in teams.items()}
    select = blocks.select(TEAM, list(options.values()), options[line.team.id])
    return [blocks.input_block(label("team_field"), select)]


def _assignee(_line: TicketLine, _choices: Choices) -> list[Json]:
    return [blocks.input_block(label("agent"), blocks.people_select(ASSIGNEE))]


def _into(_line: TicketLine, _choices: Choices) -> list[Json]:
    element = blocks.text_input(INTO, multiline=False)
    return [blocks.input_block(label("into"), element, hint=label("into_hint"))]


def _part(_line: TicketLine, _choices: Choices) -> list[Json]:
    return [
        blocks.input_block(label("subject"), blocks.text_input(SUBJECT, multiline=False)),
        blocks.input_block(label("split_details"), blocks.text_input(WORDS, multiline=True)),
    ]


_INPUTS: Final[Mapping[Action, Inputs]] = MappingProxyType(
    {
        Action.REPLY: _words("words"),
        Action.ASK: _words("question"),
        Action.RESOLVE: _words("last_words", hint="last_words_hint", optional=True),
        Action.PRIORITY: _priority,
        Action.CATEGORY: _category,
        Action.TEAM: _team,
        Action.ASSIGN: _assignee,
        Action.ESCALATE: _words("why_escalate", hint="why_escalate_hint"),
        Action.WAIVE: _words("why_waive", hint="why_waive_hint"),
        Action.MERGE: _into,
        Action.SPLIT: _part,
    }
)
_SUBMITS: Final[Mapping[Action, str]] = MappingProxyType(
    {
        Action.REPLY: "send",
        Action.ASK: "send",
        Action.RESOLVE: "resolve",
        Action.PRIORITY: "save",
        Action.CATEGORY: "save",
        Action.TEAM: "save",
        Action.ASSIGN: "save",
        Action.ESCALATE: "title_escalate",
        Action.WAIVE: "title_waive",
        Action.MERGE: "check",
        Action.SPLIT: "title_split",
    }
)
"""A form that may send no words at all must not say "Send"; one that names another ticket is shown once more."""
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

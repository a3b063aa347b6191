"""The forms behind the buttons, and the one for a new ticket. Pure: a ticket in, a view out.

Blocks keep their names from one version of a form to the next, so that Slack keeps what was typed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, assert_never

from bot.views import blocks
from bot.views.blocks import Titles
from bot.views.button_value import ButtonValue
from bot.views.limits import Json
from bot.views.words import action_word, label, sentence
from engine.ports.views import TicketLine
from engine.promises.escalation import top_of
from engine.promises.rules import Rules
from engine.tickets.actions import ACTIONS, Action, ActionInput, Takes
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


def new_ticket(*, channel: str, priorities: Sequence[Priority], default: Priority) -> Json:
    """`priorities`: those that this person may ask for; one alone is no choice."""
    fields = [
        blocks.input_block(label("subject"), blocks.text_input(SUBJECT, multiline=False)),
        blocks.input_block(
            label("details"), blocks.text_input(WORDS, multiline=True), optional=True
        ),
    ]
    if len(priorities) > 1:
        chosen = _priorities(default, priorities)
        fields.append(blocks.input_block(label("priority_field"), chosen))
    metadata = str(ButtonValue(0, 0, channel=channel))
    titles = Titles(label("title_new"), label("open"), label("cancel"))
    return blocks.modal(NEW, titles, fields, metadata=metadata)


def form(
    action: Action, line: TicketLine, choices: Choices, *, channel: str, changed: bool = False
) -> Json:
    """The form behind a button. `changed`: the ticket moved while an earlier one was open."""
    top = [blocks.section(sentence("form_for", _for_whom(action, line, choices)))]
    if changed:
        top.append(blocks.section(sentence("form_changed", {"ticket": line.ticket.id})))
    # A form that may send no words at all must not say "Send"; one that names another ticket is shown once more.
    titles = _titles_of(action, action_word(action, "submit"))
    inputs = _inputs(action, line, choices)
    metadata = str(_pointer(line, channel))
    return blocks.modal(action.value, titles, [*top, *inputs], metadata=metadata)


def merge_form(line: TicketLine, other: TicketLine, choices: Choices, *, channel: str) -> Json:
    """The form once more, with the ticket that was named in it to be looked at."""
    named = [blocks.section(sentence("form_merge", _other(line, other)))]
    inputs = _inputs(Action.MERGE, line, choices)
    titles = _titles_of(Action.MERGE, action_word(Action.MERGE, "title"))
    metadata = str(replace(_pointer(line, channel), other=other.ticket.number))
    return blocks.modal(Action.MERGE.value, titles, [*named, *inputs], metadata=metadata)


def _pointer(line: TicketLine, channel: str) -> ButtonValue:
    ticket = line.ticket
    return ButtonValue(ticket.number, ticket.version, ticket.workspace, channel=channel)


def _for_whom(action: Action, line: TicketLine, choices: Choices) -> dict[str, object]:
    """Names the requester, not the address: who may see that is decided only when the form is sent."""
    ticket = line.ticket
    reachable = ticket.channel in ("mail", "slack")
    ladder = choices.rules.ladder(line.team, ticket.rules)
    following = min(ticket.escalation_level + 1, top_of(ladder))
    return {
        "kind": action,
        "ticket": ticket.id,
        "subject": ticket.subject,
        "name": line.requester.name if reachable else "",
        "channel": ticket.channel,
        "next_level": ladder.levels[following].called,
        "clocks": [clock.kind for clock in ticket.unexcused],
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


def _titles_of(action: Action, submit: str) -> Titles:
    return Titles(action_word(action, "title"), submit, label("cancel"))


def _inputs(action: Action, line: TicketLine, choices: Choices) -> list[Json]:  # noqa: C901, PLR0911, PLR0912 - one flat match over all kinds
    match ACTIONS[action].takes:
        case Takes.NOTHING:
            return []
        case Takes.WORDS:
            return [_words(action)]
        case Takes.PRIORITY:
            return _priority(line)
        case Takes.CATEGORY:
            return _category(line, choices)
        case Takes.TEAM:
            return _team(line, choices)
        case Takes.PERSON:
            return [blocks.input_block(label("agent"), blocks.people_select(ASSIGNEE))]
        case Takes.TICKET:
            return _into()
        case Takes.INSTANT:
            return [_instant(action)]
        case Takes.PART:
            subject = blocks.text_input(SUBJECT, multiline=False)
            return [blocks.input_block(label("subject"), subject), _words(action)]
        case _ as never:
            assert_never(never)


def _words(action: Action) -> Json:
    return blocks.input_block(
        action_word(action, "field"),
        blocks.text_input(WORDS, multiline=True),
        hint=action_word(action, "hint"),
        optional=ACTIONS[action].optional,
    )


def _instant(action: Action) -> Json:
    """As it is typed: Slack's own picker knows no "2h"."""
    return blocks.input_block(
        action_word(action, "field"),
        blocks.text_input(WORDS, multiline=False),
        hint=action_word(action, "hint"),
        optional=ACTIONS[action].optional,
    )


def _priority(line: TicketLine) -> list[Json]:
    return [blocks.input_block(label("priority_field"), _priorities(line.ticket.priority))]


def _priorities(chosen: Priority, among: Sequence[Priority] = tuple(Priority)) -> Json:
    options = {one: blocks.option(label(one.value), one.value) for one in among}
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


def _into() -> list[Json]:
    element = blocks.text_input(INTO, multiline=False)
    return [blocks.input_block(label("into"), element, hint=label("into_hint"))]


def first_input(view: Json) -> str:
    """The block that an error can be shown at."""
    return next(str(one["block_id"]) for one in view["blocks"] if one["type"] == "input")


_FIELD: Final[Mapping[Takes, str]] = MappingProxyType(
    {
        Takes.WORDS: WORDS,
        Takes.PART: WORDS,
        Takes.PERSON: ASSIGNEE,
        Takes.PRIORITY: PRIORITY,
        Takes.CATEGORY: CATEGORY,
        Takes.TEAM: TEAM,
        Takes.TICKET: INTO,
        Takes.INSTANT: WORDS,
    }
)
"""Where a form holds what its action takes."""


def filled(action: Action, view: Json) -> ActionInput:
    """What was entered, as the desk takes it; the number of another ticket is the caller's to read."""
    field = _FIELD[ACTIONS[action].takes]
    return ActionInput(entered(view, field) or "", subject=entered(view, SUBJECT) or "")


def entered(view: Json, id: str) -> str | None:
    """What the person entered; None for an empty field."""
    value = view["state"]["values"].get(id, {}).get(id, {})
    chosen = value.get("selected_option") or {}
    found = value.get("value") or value.get("selected_user") or chosen.get("value")
    return str(found) if found else None

"""Draws the generated pages: actions, lifecycle, rights and messages from the rules, settings from the settings.

`python docs/draw.py` writes them; tests/test_docs.py fails when a page is not what this draws.
"""

import inspect
from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import Any, Final, get_args, get_origin, get_type_hints

import templates
from deskd.config import docs
from engine.messages.message import KINDS
from engine.promises.rules import PRESETS
from engine.promises.sla import AUTO_CLOSE_AFTER
from engine.tickets.access import CALLED_FOR, LEAST_ROLE, OWN, PERSONAL, Right
from engine.tickets.actions import ACTIONS, Action
from engine.tickets.lifecycle import MOVES
from engine.tickets.people import Role
from engine.tickets.ticket import State
from templates import render

DOCS: Final = Path(__file__).parent
_WHO: Final = {
    Action.ANSWER: "the requester speaks; nobody is assigned",
    Action.ANSWER_ASSIGNED: "the requester speaks; somebody is assigned",
    Action.GIVE_UP: "the desk, when a question stayed without an answer",
    Action.EXPIRE: f"the desk, {AUTO_CLOSE_AFTER.total_seconds() / 3600:.0f} h after resolving",
}


def lifecycle() -> str:
    return "\n".join([*_head(), *_diagram(), *_table(), *_goals()])


def _head() -> Iterator[str]:
    yield "# Lifecycle"
    yield ""
    yield "Drawn from `engine/tickets/lifecycle.py` by `make docs`; do not edit."
    yield ""
    yield "A state belongs to a phase, and the phase decides what the clocks do: active, they run; waiting,"
    yield "resolution pauses; done and closed, they stop. ESCALATED is a level and an acknowledgement, not a state."
    yield ""
    yield "| state | phase |"
    yield "|---|---|"
    for state in State:
        yield f"| {state.value} | {state.phase.value} |"
    yield ""


def _diagram() -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield "    [*] --> NEW"
    arrows: dict[tuple[State, State], list[str]] = {}
    for (state, action), to in MOVES.items():
        if to is not state:
            arrows.setdefault((state, to), []).append(action.value)
    for (state, to), actions in arrows.items():
        yield f"    {state.value} --> {to.value}: {', '.join(actions)}"
    yield "```"
    yield ""


def _table() -> Iterator[str]:
    states = [state for state in State if state is not State.MERGED]
    yield "Where each action leads; `=` is allowed and changes something other than the state; empty is refused."
    yield ""
    yield "| action | least role | " + " | ".join(state.value for state in states) + " |"
    yield "|---" * (len(states) + 2) + "|"
    for action in Action:
        cells = [_cell(state, action) for state in states]
        yield f"| {action.value} | {_least_role(action)} | " + " | ".join(cells) + " |"
    yield ""


def _cell(state: State, action: Action) -> str:
    to = MOVES.get((state, action))
    if to is None:
        return ""
    return "=" if to is state else to.value


def _least_role(action: Action) -> str:
    row = ACTIONS[action]
    if row.right is None:
        return _WHO[action]
    role = LEAST_ROLE[row.right].name.lower()
    return f"{role} (requester on their own)" if row.own else role


def _goals() -> Iterator[str]:
    for policy in PRESETS.values():
        yield f"## What the policy `{policy.id}` promises"
        yield ""
        yield "| priority | first response | resolution | next level, unacknowledged |"
        yield "|---|---|---|---|"
        for priority, goals in policy.goals.items():
            promised = f"{goals.first_response} | {goals.resolution} | {goals.ack}"
            yield f"| {priority.value} {priority.label} | {promised} |"
        yield ""


def messages() -> str:
    return "\n".join([*_messages_head(), *_messages()])


def _messages_head() -> Iterator[str]:
    yield "# Messages"
    yield ""
    yield "Drawn from `engine/messages` and `templates` by `make docs`; do not edit."
    yield ""
    yield "Everything that the desk says to people unasked, and what it knows when it says it. Each is a"
    yield "frozen dataclass; its templates and the `kind` of its parcels (`deskd outbox list`) bear its name."
    yield "CONTRIBUTING.md says how to add one. `T?` is a field that may be absent, `T*` a list."
    yield ""


def _messages() -> Iterator[str]:
    yield "| message | kind, and its templates | said when | to | in | fields |"
    yield "|---|---|---|---|---|---|"
    for kind, cls in sorted(KINDS.items()):
        when, *_, to = inspect.cleandoc(cls.__doc__ or "").splitlines()
        by_mail = templates.exists(f"mail/{kind}.txt.j2")
        faces = "Slack, mail" if by_mail else "Slack"
        held = ", ".join(f"`{name}` {_type_name(of)}" for name, of in get_type_hints(cls).items())
        yield f"| {cls.__name__} | `{kind}` | {when} | {_to(to)} | {faces} | {held} |"
    yield ""


def _to(line: str) -> str:
    return line.removeprefix("To: ").rstrip(".")


def _type_name(annotation: Any) -> str:
    """As people read it: `Foreign?`, `TicketRef*`."""
    inner = [one for one in get_args(annotation) if one not in (NoneType, ...)]
    if not inner:
        return str(annotation.__name__)
    return _type_name(inner[0]) + ("*" if get_origin(annotation) is tuple else "?")


def actions() -> str:
    return "\n".join(_actions())


def _actions() -> Iterator[str]:
    yield "# Actions on a ticket"
    yield ""
    yield "Drawn from `engine/tickets/actions.py` and `templates/actions.j2` by `make docs`; do not edit."
    yield ""
    yield "The same verb stands after our name in a ticket's thread (`@deskd claim`), after `/ticket`"
    yield "(`/ticket claim T-1`) and on the command line (`deskd ticket claim T-1`); `deskd ticket VERB --help` says"
    yield "what it takes. The card in a team's channel offers what any of its agents may do; the rest is offered by"
    yield "`/ticket show T-1` to who may do it."
    yield ""
    yield "| action | does | in states | right | least role | button | verb | also |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in ACTIONS.values():
        if row.right is None:
            continue
        states = ", ".join(state.value for state in State if state in row.moves)
        cells = (
            f"`{row.action.value}`",
            _word(row.action, "help"),
            states,
            f"`{row.right.value}`" + (f", own: `{row.own.value}`" if row.own else ""),
            LEAST_ROLE[row.right].name.lower(),
            _word(row.action, "button") if row.menu or row.primary else "",
            f"`{row.typed}`"
            + (f" {_word(row.action, 'usage')}" if _word(row.action, "usage") else ""),
            ", ".join(f"`{word}`" for word in row.also),
        )
        yield f"| {' | '.join(cells)} |"
    yield ""


def _word(action: Action, word: str) -> str:
    return render("actions.j2", {"action": action.value, "word": word})


def rights() -> str:
    return "\n".join(_rights())


def _rights() -> Iterator[str]:
    yield "# Rights"
    yield ""
    yield "Drawn from `engine/tickets/access.py` by `make docs`; do not edit."
    yield ""
    yield "A role has its rights where it answers: agents, seniors and leads in their own teams; leads who are"
    yield "listed with a department, and managers, in that department; admins everywhere. For an open team"
    yield "(`open_to_agents`) other teams' agents have them over its tickets, too. A refusal names up to three people"
    yield "who can. Some rights wait for the part that asks for them."
    yield ""
    yield "Anyone paged for a ticket may read, claim and acknowledge it, whatever their team, while it is open"
    yield f"and {CALLED_FOR.days} days more, and work on it once they have it."
    yield ""
    roles = list(Role)
    yield (
        "| right | you can | "
        + " | ".join(role.name.lower() for role in roles)
        + " | where | asked by |"
    )
    yield "|---" * (len(roles) + 4) + "|"
    for right in Right:
        marks = ["✓" if role >= LEAST_ROLE[right] else "" for role in roles]
        cells = [f"`{right.value}`", _can(right), *marks, _where(right), _asked_by(right)]
        yield f"| {' | '.join(cells)} |"
    yield ""


def _can(right: Right) -> str:
    """As a refusal says it."""
    facts = {"code": "forbidden", "right": right.value, "role": "", "holders": ["X"]}
    return render("refused.j2", facts).removeprefix("You can't ").removesuffix("; X can.")


def _where(right: Right) -> str:
    if right in OWN:
        return "tickets they asked for"
    if right is Right.TAKE_BACK:
        return "their teams; anybody what they said themselves"
    return "for themselves" if right in PERSONAL else "their teams"


def _asked_by(right: Right) -> str:
    using = [row.action.value for row in ACTIONS.values() if right in (row.right, row.own)]
    return ", ".join(f"`{name}`" for name in using)


PAGES: Final = {
    "actions.md": actions,
    "lifecycle.md": lifecycle,
    "messages.md": messages,
    "rights.md": rights,
    "settings.md": docs.document,
}


def main() -> None:
    for name, draw in PAGES.items():
        (DOCS / name).write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()

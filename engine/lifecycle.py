"""The whole automaton. Three things live here and nowhere else: which moves exist (MOVES), which events an action
gives (the decide functions), and what an event makes of a ticket (evolve).

An action that has no entry for a state is refused with the moves that exist. An entry that leads to the same state
means: allowed here, changes something else. Slack shows only legal buttons; docs/lifecycle.md is drawn from the
table. The decide functions know the ticket, never the channel; who may act is engine/access.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

from engine import sla
from engine.errors import Refused
from engine.events import (
    Assigned,
    CategoryChanged,
    Commented,
    Entry,
    Event,
    Moved,
    Noted,
    Opened,
    PriorityChanged,
    Released,
    TeamChanged,
)
from engine.model import (
    MessageId,
    PersonId,
    Phase,
    Priority,
    State,
    TeamId,
    Ticket,
    WorkspaceId,
)


class Action(StrEnum):
    CLAIM = "claim"
    ASSIGN = "assign"
    RELEASE = "release"
    REPLY = "reply"
    NOTE = "note"
    ASK = "ask"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    CLOSE = "close"
    PRIORITY = "priority"
    CATEGORY = "category"
    TEAM = "team"
    # what the requester and the desk itself do; never a button
    ANSWER = "answer"  # the requester speaks; nobody is assigned
    ANSWER_ASSIGNED = "answer_assigned"  # the requester speaks; somebody is assigned
    EXPIRE = "expire"  # resolved, and 72 h without a word


_N, _O, _I, _P = State.NEW, State.OPEN, State.IN_PROGRESS, State.PENDING_INFO
_R, _C, _A = State.RESOLVED, State.CLOSED, State.REOPENED


def _in(action: Action, moves: Mapping[State, State]) -> dict[tuple[State, Action], State]:
    return {(state, action): to for state, to in moves.items()}


def _stay(action: Action, *states: State) -> dict[tuple[State, Action], State]:
    return {(state, action): state for state in states}


MOVES: Final[Mapping[tuple[State, Action], State]] = {
    **_in(Action.CLAIM, {_N: _I, _O: _I, _A: _I, _P: _P}),
    **_in(Action.ASSIGN, {_N: _O, _O: _O, _I: _I, _A: _A, _P: _P}),
    **_in(Action.RELEASE, {_O: _O, _I: _O, _A: _O, _P: _P}),
    **_in(Action.ASK, {_N: _P, _O: _P, _I: _P, _A: _P, _P: _P}),
    **_in(Action.RESOLVE, {_N: _R, _O: _R, _I: _R, _A: _R, _P: _R}),
    **_in(Action.REOPEN, {_R: _A, _C: _A}),
    **_in(Action.CLOSE, {_N: _C, _O: _C, _I: _C, _A: _C, _R: _C}),
    **_in(Action.EXPIRE, {_R: _C}),
    **_in(Action.ANSWER, {_N: _N, _O: _O, _A: _A, _P: _O, _R: _A, _C: _A}),
    **_in(Action.ANSWER_ASSIGNED, {_O: _O, _I: _I, _A: _A, _P: _I, _R: _A, _C: _A}),
    **_stay(Action.REPLY, _N, _O, _I, _P, _R, _A),
    **_stay(Action.NOTE, _N, _O, _I, _P, _R, _C, _A),
    **_stay(Action.PRIORITY, _N, _O, _I, _P, _R, _A),
    **_stay(Action.CATEGORY, _N, _O, _I, _P, _R, _A),
    **_stay(Action.TEAM, _N, _O, _I, _P, _A),
}

BUTTONS: Final = frozenset(Action) - {Action.ANSWER, Action.ANSWER_ASSIGNED, Action.EXPIRE}


def legal(ticket: Ticket) -> frozenset[Action]:
    """The buttons that make sense on this ticket now, whoever looks at it."""
    actions = {action for state, action in MOVES if state is ticket.state} & BUTTONS
    if ticket.assignee is None:
        actions.discard(Action.RELEASE)
    elif ticket.state is not State.OPEN:
        actions.discard(Action.CLAIM)
    return frozenset(actions)


def destination(ticket: Ticket, action: Action) -> State:
    to = MOVES.get((ticket.state, action))
    if to is None:
        allowed = sorted(action.value for action in legal(ticket))
        raise Refused(
            "illegal_move",
            ticket=ticket.id,
            action=action.value,
            state=ticket.state.value,
            allowed=allowed,
        )
    return to


def _move(ticket: Ticket, action: Action) -> list[Event]:
    to = destination(ticket, action)
    return [] if to is ticket.state else [Moved(ticket.state, to, why=action.value)]


def claim(ticket: Ticket, *, by: PersonId, holder: str) -> list[Event]:
    """Take it and work on it. A second click changes nothing; another's ticket is refused with `holder`'s name."""
    if ticket.assignee not in (None, by):
        raise Refused("taken", ticket=ticket.id, by=holder)
    if ticket.assignee == by and ticket.state is State.IN_PROGRESS:
        return []
    return [*_assign(ticket, by), *_move(ticket, Action.CLAIM)]


def assign(ticket: Ticket, *, to: PersonId) -> list[Event]:
    move = _move(ticket, Action.ASSIGN)
    return [*_assign(ticket, to), *move]


def _assign(ticket: Ticket, to: PersonId) -> list[Event]:
    return [] if ticket.assignee == to else [Assigned(ticket.assignee, to)]


def release(ticket: Ticket) -> list[Event]:
    move = _move(ticket, Action.RELEASE)
    return [Released(ticket.assignee), *move] if ticket.assignee else []


def reply(ticket: Ticket, *, message: MessageId, by_agent: bool) -> list[Event]:
    destination(ticket, Action.REPLY)
    return [Commented(message, by_agent=by_agent)]


def note(ticket: Ticket, *, message: MessageId) -> list[Event]:
    destination(ticket, Action.NOTE)
    return [Noted(message)]


def ask(ticket: Ticket, *, message: MessageId) -> list[Event]:
    move = _move(ticket, Action.ASK)
    return [Commented(message, by_agent=True), *move]


def resolve(ticket: Ticket, *, message: MessageId | None) -> list[Event]:
    move = _move(ticket, Action.RESOLVE)
    words: list[Event] = [Commented(message, by_agent=True)] if message else []
    return [*words, *move]


def answer(ticket: Ticket, *, message: MessageId, moves: bool) -> list[Event]:
    """The requester speaks. `moves` is False for words that ask for nothing: a bare thank-you, a copied person."""
    said: list[Event] = [Commented(message, by_agent=False)]
    if not moves:
        return said
    action = Action.ANSWER_ASSIGNED if ticket.assignee else Action.ANSWER
    return [*said, *_move(ticket, action)]


def reopen(ticket: Ticket, *, message: MessageId | None, by_agent: bool) -> list[Event]:
    move = _move(ticket, Action.REOPEN)
    words: list[Event] = [Commented(message, by_agent=by_agent)] if message else []
    return [*words, *move]


def close(ticket: Ticket) -> list[Event]:
    return _move(ticket, Action.CLOSE)


def expire(ticket: Ticket) -> list[Event]:
    return _move(ticket, Action.EXPIRE)


def set_priority(ticket: Ticket, *, to: Priority) -> list[Event]:
    destination(ticket, Action.PRIORITY)
    return [] if ticket.priority is to else [PriorityChanged(ticket.priority, to)]


def set_category(ticket: Ticket, *, to: str) -> list[Event]:
    destination(ticket, Action.CATEGORY)
    return [] if ticket.category == to else [CategoryChanged(ticket.category, to)]


def set_team(ticket: Ticket, *, to: TeamId) -> list[Event]:
    """To another team: whoever worked on it no longer does."""
    destination(ticket, Action.TEAM)
    if ticket.team == to:
        return []
    freed = release(ticket) if ticket.assignee else []
    return [TeamChanged(ticket.team, to), *freed]


def replay(workspace: WorkspaceId, number: int, entries: Iterable[Entry]) -> Ticket:
    """The ticket as its history alone tells it: what is stored must equal this."""
    first, *rest = entries
    return evolve_all(born(workspace, number, first), rest)


def born(workspace: WorkspaceId, number: int, first: Entry) -> Ticket:
    opened = first.event
    assert isinstance(opened, Opened), opened
    return Ticket(
        workspace=workspace,
        number=number,
        subject=opened.subject,
        state=State.NEW,
        priority=opened.priority,
        category=opened.category,
        team=opened.team,
        requester=opened.requester,
        channel=opened.channel,
        created_at=first.at,
        updated_at=first.at,
        version=first.seq,
    )


def evolve_all(ticket: Ticket, entries: Sequence[Entry]) -> Ticket:
    for entry in entries:
        ticket = evolve(ticket, entry)
    return ticket


def evolve(ticket: Ticket, entry: Entry) -> Ticket:
    after = replace(
        ticket,
        version=entry.seq,
        updated_at=entry.at,
        clocks=sla.evolve(ticket.clocks, entry.event, entry.at),
    )
    match entry.event:
        case Assigned(to=agent):
            after = replace(after, assignee=agent)
        case Released():
            after = replace(after, assignee=None)
        case Moved(to=state):
            after = _arrive(after, state, entry)
        case PriorityChanged(to=priority):
            after = replace(after, priority=priority)
        case CategoryChanged(to=category):
            after = replace(after, category=category)
        case TeamChanged(to=team):
            after = replace(after, team=team)
        case _:
            pass
    return after


def _arrive(ticket: Ticket, state: State, entry: Entry) -> Ticket:
    if state is State.REOPENED:
        return replace(
            ticket, state=state, reopened=ticket.reopened + 1, resolved_at=None, closed_at=None
        )
    if state.phase is Phase.DONE:
        return replace(ticket, state=state, resolved_at=entry.at)
    if state.phase is Phase.CLOSED:
        return replace(ticket, state=state, closed_at=entry.at)
    return replace(ticket, state=state)

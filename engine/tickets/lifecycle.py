"""The whole automaton. Two things live here and nowhere else: which moves exist (MOVES), and which events an action
gives (the decide functions). What an event makes of a ticket is evolve.py's.

An action that has no entry for a state is refused with the moves that exist. An entry that leads to the same state
means: allowed here, changes something else. Slack shows only legal buttons; docs/lifecycle.md is drawn from the
table. The decide functions know the ticket, never the channel; who may act is engine/tickets/access.py.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from engine.tickets.errors import Refused
from engine.tickets.events import (
    Acknowledged,
    Assigned,
    AssignReason,
    CategoryChanged,
    Commented,
    EscalationEnded,
    Event,
    Merged,
    Moved,
    Noted,
    PriorityChanged,
    Released,
    TeamChanged,
    Unmerged,
    Waived,
)
from engine.tickets.message import MessageId
from engine.tickets.people import PersonId, TeamId
from engine.tickets.promise_clock import PROMISES, ClockKind, PromiseClock
from engine.tickets.ticket import Phase, Priority, State, Ticket


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
    ESCALATE = "escalate"
    ACKNOWLEDGE = "acknowledge"
    END_ESCALATION = "end_escalation"
    MERGE = "merge"
    UNMERGE = "unmerge"
    SPLIT = "split"
    WAIVE = "waive"
    # what the requester and the desk itself do; never a button
    ANSWER = "answer"  # the requester speaks; nobody is assigned
    ANSWER_ASSIGNED = "answer_assigned"  # the requester speaks; somebody is assigned
    EXPIRE = "expire"  # resolved, and 72 h without a word
    GIVE_UP = "give_up"  # a question that stayed without an answer


_N, _O, _I, _P = State.NEW, State.OPEN, State.IN_PROGRESS, State.PENDING_INFO
_R, _C, _A, _M = State.RESOLVED, State.CLOSED, State.REOPENED, State.MERGED


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
    **_stay(Action.ESCALATE, _N, _O, _I, _P, _A),
    **_stay(Action.ACKNOWLEDGE, _N, _O, _I, _P, _A),
    **_stay(Action.END_ESCALATION, _N, _O, _I, _P, _A),
    **_in(Action.MERGE, dict.fromkeys((_N, _O, _I, _P, _A, _R), _M)),
    **_stay(Action.UNMERGE, _M),  # to where it was before; the event says where
    **_stay(Action.SPLIT, _N, _O, _I, _P, _A, _R),
    **_stay(Action.WAIVE, _N, _O, _I, _P, _R, _C, _A),
    **_in(Action.GIVE_UP, {_P: _R}),
}

BUTTONS: Final = frozenset(Action) - {
    Action.ANSWER,
    Action.ANSWER_ASSIGNED,
    Action.EXPIRE,
    Action.GIVE_UP,
}


def legal(ticket: Ticket) -> frozenset[Action]:
    """The buttons that make sense on this ticket now, whoever looks at it."""
    actions = {action for state, action in MOVES if state is ticket.state} & BUTTONS
    if ticket.assignee is None:
        actions.discard(Action.RELEASE)
    elif ticket.state is not State.OPEN and not ticket.offered:
        actions.discard(Action.CLAIM)
    if not awaits_ack(ticket):
        actions.discard(Action.ACKNOWLEDGE)
    if ticket.escalation_level == 0:
        actions.discard(Action.END_ESCALATION)
    if not any(unexcused(ticket)):
        actions.discard(Action.WAIVE)
    return frozenset(actions)


def awaits_ack(ticket: Ticket) -> bool:
    ack = ticket.clock(ClockKind.ACK)
    return ack is not None and ack.running


def unexcused(ticket: Ticket) -> Iterable[PromiseClock]:
    """Broken promises that count."""
    return (c for c in ticket.clocks if c.kind in PROMISES and c.breached and not c.waived)


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
    """Take it and work on it. A second click changes nothing; another's ticket is refused with `holder`'s name.

    What the desk only offered to a colleague may be taken until they accept.
    """
    if ticket.assignee not in (None, by) and not ticket.offered:
        raise Refused("taken", ticket=ticket.id, by=holder)
    if ticket.assignee == by and ticket.state is State.IN_PROGRESS:
        return []
    return [*_assign(ticket, by), *_move(ticket, Action.CLAIM)]


def assign(ticket: Ticket, *, to: PersonId, why: AssignReason | None = None) -> list[Event]:
    """`why`: the desk's own reason; None when a person assigns."""
    move = _move(ticket, Action.ASSIGN)
    return [*_assign(ticket, to, why), *move]


def _assign(ticket: Ticket, to: PersonId, why: AssignReason | None = None) -> list[Event]:
    return [] if ticket.assignee == to else [Assigned(ticket.assignee, to, why)]


def release(ticket: Ticket) -> list[Event]:
    move = _move(ticket, Action.RELEASE)
    return [Released(ticket.assignee), *move] if ticket.assignee else []


def reply(ticket: Ticket, *, message: MessageId, by_agent: bool) -> list[Event]:
    destination(ticket, Action.REPLY)
    return [Commented(message, by_agent=by_agent)]


def note(ticket: Ticket, *, message: MessageId) -> list[Event]:
    destination(ticket, Action.NOTE)
    return [Noted(message)]


def ask(ticket: Ticket, *, message: MessageId, by_agent: bool = True) -> list[Event]:
    move = _move(ticket, Action.ASK)
    return [Commented(message, by_agent=by_agent), *move]


def resolve(ticket: Ticket, *, message: MessageId | None) -> list[Event]:
    move = _move(ticket, Action.RESOLVE)
    words: list[Event] = [Commented(message, by_agent=True)] if message else []
    return [*words, *move]


def answer(ticket: Ticket, *, message: MessageId, moves: bool, asks: bool = True) -> list[Event]:
    """The requester speaks. `moves` is False for words that wake nobody: a bare thank-you, a copied person;
    `asks` for those that want no answer."""
    said: list[Event] = [Commented(message, by_agent=False, asks=asks)]
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


def give_up(ticket: Ticket) -> list[Event]:
    return _move(ticket, Action.GIVE_UP)


def acknowledge(ticket: Ticket) -> list[Event]:
    """A second click changes nothing."""
    destination(ticket, Action.ACKNOWLEDGE)
    return [Acknowledged(ticket.escalation_level)] if awaits_ack(ticket) else []


def end_escalation(ticket: Ticket) -> list[Event]:
    destination(ticket, Action.END_ESCALATION)
    level = ticket.escalation_level
    return [*acknowledge(ticket), EscalationEnded(level)] if level else []


def merge(ticket: Ticket, *, into: Ticket) -> list[Event]:
    destination(ticket, Action.MERGE)
    if into.number == ticket.number or into.state is State.MERGED:
        raise Refused("bad_merge", ticket=ticket.id, into=into.id)
    at_rest = (Phase.DONE, Phase.CLOSED)
    if into.state.phase in at_rest and ticket.state.phase not in at_rest:
        # Nobody looks there any more: what is open, and whoever waits for it, would be forgotten.
        raise Refused("merge_into_done", ticket=ticket.id, into=into.id, state=into.state.value)
    return [Merged(into.number, ticket.state)]


def unmerge(ticket: Ticket, *, to: State) -> list[Event]:
    destination(ticket, Action.UNMERGE)
    assert ticket.merged_into is not None
    return [Unmerged(ticket.merged_into, to, merged_at=ticket.closed_at)]


def waive(ticket: Ticket, *, message: MessageId) -> list[Event]:
    """Every broken promise of the ticket that still counts."""
    destination(ticket, Action.WAIVE)
    broken = [Waived(clock.kind, clock.cycle, message) for clock in unexcused(ticket)]
    if not broken:
        raise Refused("nothing_to_waive", ticket=ticket.id)
    return [Noted(message), *broken]


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

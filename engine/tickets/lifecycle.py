"""The whole automaton: which moves exist (MOVES, from the rows of actions.py), and which events an action gives (the
decide functions, which live here and nowhere else). What an event makes of a ticket is evolve.py's.

An action that has no entry for a state is refused with the moves that exist. An entry that leads to the same state
means: allowed here, changes something else. Slack shows only legal buttons; docs/lifecycle.md is drawn from the
table. The decide functions know the ticket, never the channel; who may act is engine/tickets/access.py.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from engine.tickets.actions import ACTIONS, Action, legal
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
    Snoozed,
    TeamChanged,
    Unmerged,
    Waived,
    Woken,
)
from engine.tickets.message import MessageId
from engine.tickets.people import PersonId, TeamId
from engine.tickets.ticket import Phase, Priority, State, Ticket

MOVES: Final[Mapping[tuple[State, Action], State]] = MappingProxyType(
    {(state, row.action): to for row in ACTIONS.values() for state, to in row.moves.items()}
)


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
    return [*said, *_move(ticket, action), *_woken(ticket, "answer")]


UNDONE: Final = "undone"
"""Why a ticket moved that was no request and is one after all: what was promised is owed again."""


def reopen(
    ticket: Ticket, *, message: MessageId | None, by_agent: bool, undone: bool = False
) -> list[Event]:
    to = destination(ticket, Action.REOPEN)
    move = [Moved(ticket.state, to, why=UNDONE if undone else Action.REOPEN.value)]
    words: list[Event] = [Commented(message, by_agent=by_agent)] if message else []
    return [*words, *move]


def close(ticket: Ticket, *, message: MessageId | None = None) -> list[Event]:
    """`message`: the note that says why."""
    move = _move(ticket, Action.CLOSE)
    return [Noted(message), *move] if message else move


def not_a_request(ticket: Ticket) -> list[Event]:
    """Spam, or words that nobody is to answer: it closes, and nobody outside hears of it."""
    return _move(ticket, Action.NOT_A_REQUEST)


def snooze(ticket: Ticket, *, until: datetime) -> list[Event]:
    """Put aside until then. What ends it early is engine/promises/snoozing.py and the requester's next word."""
    destination(ticket, Action.SNOOZE)
    return [] if ticket.snoozed_until == until else [Snoozed(until)]


def unsnooze(ticket: Ticket) -> list[Event]:
    """A second click changes nothing."""
    destination(ticket, Action.UNSNOOZE)
    return _woken(ticket, "asked")


def _woken(ticket: Ticket, why: str) -> list[Event]:
    return [] if ticket.snoozed_until is None else [Woken(why)]


def expire(ticket: Ticket) -> list[Event]:
    return _move(ticket, Action.EXPIRE)


def give_up(ticket: Ticket) -> list[Event]:
    return _move(ticket, Action.GIVE_UP)


def acknowledge(ticket: Ticket) -> list[Event]:
    """A second click changes nothing."""
    destination(ticket, Action.ACKNOWLEDGE)
    return [Acknowledged(ticket.escalation_level)] if ticket.awaits_ack else []


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
    broken = [Waived(clock.kind, clock.cycle, message) for clock in ticket.unexcused]
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

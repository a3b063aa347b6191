"""What an event makes of a ticket. Counterpart of lifecycle.py, which decides; nothing is decided here.

`evolve_all(history) == state` for every ticket, always: a property test and `deskd fsck` hold it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from engine.tickets import clock_evolve
from engine.tickets.events import (
    Acknowledged,
    AnswerAwaited,
    Assigned,
    Breached,
    CategoryChanged,
    ClockCancelled,
    ClockChanged,
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    Commented,
    Entry,
    EscalationEnded,
    Event,
    LevelEmpty,
    Linked,
    Merged,
    Moved,
    Noted,
    Opened,
    Paged,
    PageHeld,
    PolicyApplied,
    PriorityChanged,
    Released,
    Reminded,
    Snoozed,
    TeamChanged,
    Unmerged,
    Waived,
    Warned,
    Woken,
)
from engine.tickets.people import WorkspaceId
from engine.tickets.promise_clock import ClockKind
from engine.tickets.ticket import Phase, State, Ticket


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
        rules=opened.rules,
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
        clocks=clock_evolve.evolve(ticket.clocks, entry.event, entry.at),
    )
    return _evolve(after, entry.event, entry.at)


def _evolve(ticket: Ticket, event: Event, at: datetime) -> Ticket:  # noqa: C901, PLR0911, PLR0912 - one flat match over all events: mypy names the one that is missing
    match event:
        case PriorityChanged(to=priority):
            return replace(ticket, priority=priority)
        case CategoryChanged(to=category):
            return replace(ticket, category=category)
        case TeamChanged(to=team):
            return replace(ticket, team=team)
        case PolicyApplied(rules=rules):
            return replace(ticket, rules=rules)
        case AnswerAwaited(remind_at=remind_at, gives_up_at=gives_up_at):
            return replace(ticket, remind_at=remind_at, gives_up_at=gives_up_at)
        case Reminded():
            return replace(ticket, remind_at=None)
        case Snoozed(until=until):
            return replace(ticket, snoozed_until=until)
        case Woken():
            return replace(ticket, snoozed_until=None)
        case Assigned(to=agent, why=why):
            return replace(ticket, assignee=agent, offered=why is not None)
        case Released():
            return replace(ticket, assignee=None, offered=False)
        case Moved(to=state):
            return _arrive(ticket, state, at)
        case Merged(into=into):
            return replace(_at_rest(ticket), state=State.MERGED, merged_into=into, closed_at=at)
        case Unmerged(to=state):
            return replace(ticket, state=state, merged_into=None, closed_at=None)
        case Paged(level=level):
            return _paged(ticket, level)
        case PageHeld():
            return replace(ticket, muted=True, acknowledged=False)
        case Acknowledged():
            return replace(ticket, acknowledged=True, offered=False, muted=False)
        case ClockStarted(kind=kind):
            return replace(ticket, acknowledged=ticket.acknowledged and kind is not ClockKind.ACK)
        case EscalationEnded():
            return replace(ticket, escalation_level=0, pages=0)
        case Opened() | Commented() | Noted() | Linked() | LevelEmpty():
            return ticket
        case ClockPaused() | ClockResumed() | ClockChanged() | ClockStopped() | ClockCancelled():
            return ticket
        case Warned() | Breached() | Waived():
            return ticket
        case _ as never:
            assert_never(never)


def _paged(ticket: Ticket, level: int) -> Ticket:
    again = ticket.pages if level == ticket.escalation_level else 0
    paged = replace(ticket, escalation_level=level, pages=again + 1)
    return replace(paged, acknowledged=False, muted=False)


def _arrive(ticket: Ticket, state: State, at: datetime) -> Ticket:
    ticket = replace(ticket, state=state, remind_at=None, gives_up_at=None)
    if state is State.REOPENED:
        return replace(ticket, reopened=ticket.reopened + 1, resolved_at=None, closed_at=None)
    if state.phase is Phase.DONE:
        return replace(_at_rest(ticket), resolved_at=at)
    if state.phase is Phase.CLOSED:
        return replace(_at_rest(ticket), closed_at=at)
    return ticket


def _at_rest(ticket: Ticket) -> Ticket:
    """Nobody is paged for it any more."""
    calm = replace(ticket, escalation_level=0, pages=0, acknowledged=False)
    return replace(calm, muted=False, offered=False)

"""Escalation: who is paged when nobody acknowledges, level by level, until somebody does. Pure.

A ladder has levels, 0 the agents. The `ack` clock runs from receipt and from each page; when it breaks, the next
level is paged. A broken resolution, a second reopening and a person's word climb at once; a P1 pages level 0 as it
arrives. An empty level passes on to the next, and says so. The top is paged again, three times and then daily.
Acknowledging - by word, by claiming, by answering - stops the clock and the climb.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, assert_never

from engine.calendars.durations import Duration
from engine.promises import clock_rings, sla
from engine.promises.rules import Ladder, Level
from engine.promises.step_context import Reached, StepContext
from engine.tickets import lifecycle
from engine.tickets.actions import Action
from engine.tickets.events import (
    Acknowledged,
    Assigned,
    Breached,
    CategoryChanged,
    ClockStarted,
    Commented,
    Entry,
    Event,
    LevelEmpty,
    Merged,
    Moved,
    Opened,
    Paged,
    PageHeld,
    PriorityChanged,
    Released,
    TeamChanged,
)
from engine.tickets.message import MessageId
from engine.tickets.people import PersonId
from engine.tickets.promise_clock import NO_POLICY, ClockKind, Timer
from engine.tickets.ticket import Phase, Priority, State, Ticket

REOPENED_TOO_OFTEN: Final = 2
"""The second time that it was not solved after all is for somebody else to look at."""

TOP_REPEATS: Final = 3
"""There is nobody above the top: it is paged again this often at its pace, then once a day."""
DAILY: Final = timedelta(days=1)

ONE_PAGE_WITHIN: Final = timedelta(minutes=1)
"""Two triggers so close together are one: nobody is climbed past before they can have read their page."""


_HAS_IT: Final = (Action.CLAIM, Action.RESOLVE)


def acknowledgements(
    before: Ticket | None, events: Sequence[Event], actor: PersonId | None
) -> list[Event]:
    """Who claims it, answers or resolves it has it: a page, an escalation or an offer was for somebody to say so."""
    asked = before is not None and (before.awaits_ack or before.escalated or before.offered)
    if before is None or not asked:
        return []
    has_it = any(
        (isinstance(event, Commented) and event.by_agent)
        or (isinstance(event, Assigned) and event.to == actor)
        or (isinstance(event, Moved) and event.why in _HAS_IT)
        for event in events
    )
    said = any(isinstance(event, Acknowledged) for event in events)
    return [Acknowledged(before.escalation_level)] if has_it and not said else []


def follow(events: Sequence[Event], now: StepContext) -> list[Event]:
    """The pages that events ask for. At most one: two triggers in one step are one."""
    ticket = now.ticket
    if ticket.state.phase not in (Phase.ACTIVE, Phase.WAITING) or _paged_in(events):
        return []
    for event in events:
        found = _trigger(event, now)
        if found is not None:
            level, cause = found
            early = cause == "resolution" and _just_paged(ticket, now)
            return [] if early else page(level, cause, now)
    return _begin_again(events, now)


_Triggers = Opened | PriorityChanged | TeamChanged | CategoryChanged | Moved | Breached


def _trigger(event: Event, now: StepContext) -> tuple[int, str] | None:
    ticket, level = now.ticket, now.ticket.escalation_level
    if not isinstance(event, _Triggers):
        return None
    match event:
        case Opened(priority=priority):
            return (0, "p1") if priority is Priority.P1 else None
        case PriorityChanged(to=priority):
            raised = priority is Priority.P1 and not ticket.acknowledged
            return (level, "p1") if raised else None
        case TeamChanged() | CategoryChanged():
            return _elsewhere(event, now)
        case Moved(to=to):
            again = to is State.REOPENED and ticket.reopened >= REOPENED_TOO_OFTEN
            return (level + 1, "reopened") if again else None
        case Breached(kind=kind):
            return (level + 1, "resolution") if kind is ClockKind.RESOLUTION else None
        case _ as never:
            assert_never(never)


def _elsewhere(event: Event, now: StepContext) -> tuple[int, str] | None:
    """The people of another team have heard nothing of it; and its mute window may have stayed behind."""
    ticket, level = now.ticket, now.ticket.escalation_level
    if isinstance(event, TeamChanged) and ticket.priority is Priority.P1:
        return level, "p1"
    unmuted = ticket.muted and now.rules.muted_until(ticket, now.at) is None
    return (level, "mute_over") if unmuted else None


def _paged_in(events: Sequence[Event]) -> bool:
    return any(isinstance(event, Paged | PageHeld) for event in events)


def _just_paged(ticket: Ticket, now: StepContext) -> bool:
    """The wait begins with the page; without one it began because somebody gave the ticket back."""
    ack = ticket.clock(ClockKind.ACK)
    return ack is not None and ticket.pages > 0 and now.at - ack.started_at < ONE_PAGE_WITHIN


def unanswered(history: Sequence[Entry]) -> list[Entry]:
    """The pages that still wait for somebody to say "I have it", oldest first."""
    waiting: list[Entry] = []
    for entry in history:
        if isinstance(entry.event, Paged):
            waiting.append(entry)
        elif _ends_wait(entry.event):
            waiting = []
    return waiting


def _ends_wait(event: Event) -> bool:
    at_rest = isinstance(event, Moved) and event.to.phase in (Phase.DONE, Phase.CLOSED)
    return at_rest or isinstance(event, Acknowledged | Merged)


def _begin_again(events: Sequence[Event], now: StepContext) -> list[Event]:
    """Nobody has it any more: it was given back, moved to another team, or reopened."""
    ticket = now.ticket
    if any(isinstance(event, Opened) for event in events):
        return _first_wait(_level(now, 0), now)
    given_back = any(
        isinstance(event, Released | TeamChanged)
        or (isinstance(event, Moved) and event.to is State.REOPENED)
        for event in events
    )
    if not given_back or ticket.awaits_ack:
        return []
    return _ack_clock(_level(now, ticket.escalation_level), 1, now)


def _first_wait(level: Level, now: StepContext) -> list[Event]:
    """A ladder whose first level says how long it waits is asked before the policy."""
    if level.wait is None and level.ack_required:
        return []
    return [*_stopped(now), *_ack_clock(level, 1, now)]


def page(level: int, cause: str, now: StepContext, message: MessageId | None = None) -> list[Event]:
    """Page this level, or the first above it that reaches somebody. By hand it goes through a mute window too."""
    held = now.rules.muted_until(now.ticket, now.at) if cause != "manual" else None
    if held is not None:
        wait = held - now.at
        started = ClockStarted(ClockKind.ACK, _next_cycle(now), wait, held, None, NO_POLICY)
        return [*_stopped(now), PageHeld(held), started]
    ladder = now.ladder
    wanted = min(level, top_of(ladder))
    level, reached, empty = _somebody(wanted, now)
    is_last = level < wanted or level == top_of(ladder)
    same = level == now.ticket.escalation_level
    if level < wanted and same and cause == "unacknowledged":
        cause = "repeated"
    paged = Paged(level, cause, tuple(reached.people), reached.groups, message)
    times = now.ticket.pages + 1 if same and is_last else 1
    then = _ack_clock(ladder.levels[level], times, now)
    return [*_stopped(now), *(LevelEmpty(n) for n in empty), paged, *then]


def _somebody(level: int, now: StepContext) -> tuple[int, Reached, Sequence[int]]:
    """The first level from here up that reaches somebody, else the highest below; and those that reach nobody."""
    levels = now.ladder.levels
    above, below = range(level, len(levels)), range(level - 1, -1, -1)
    for n in (*above, *below):
        reached = now.reach(levels[n])
        if reached != Reached():
            return n, reached, range(level, n) if n >= level else above
    return top_of(now.ladder), Reached(), above[:-1]


def top_of(ladder: Ladder) -> int:
    return len(ladder.levels) - 1


def _level(now: StepContext, level: int) -> Level:
    levels = now.ladder.levels
    return levels[min(level, len(levels) - 1)]


def _stopped(now: StepContext) -> list[Event]:
    """The wait of the page before this one is over."""
    return sla.stop(now.ticket.clocks, ClockKind.ACK, now)


def _next_cycle(now: StepContext) -> int:
    ack = now.ticket.clock(ClockKind.ACK)
    return ack.cycle + 1 if ack else 1


def _ack_clock(level: Level, times: int, now: StepContext) -> list[Event]:
    if not level.ack_required:
        return []
    if times > TOP_REPEATS:
        due = now.at + DAILY
        cycle = _next_cycle(now)
        return [ClockStarted(ClockKind.ACK, cycle, DAILY, due, None, NO_POLICY)]
    if level.wait is not None:
        return _waiting(level.wait, now)
    return sla.start(ClockKind.ACK, _next_cycle(now), now.terms, now.at)


def _waiting(wait: Duration, now: StepContext) -> list[Event]:
    terms = now.terms
    goal = wait.working(now.at, terms.calendar)
    return [
        ClockStarted(
            ClockKind.ACK,
            _next_cycle(now),
            goal,
            terms.calendar.add(now.at, goal),
            None,
            NO_POLICY,
            terms.calendar_id,
            terms.calendar_version,
        )
    ]


def ring(timer: Timer, now: StepContext) -> list[Event]:
    """Nobody acknowledged in time: an offer goes back to the team, and the climb goes on."""
    ticket = now.ticket
    if not clock_rings.ring(timer, now):
        return []
    returned = lifecycle.release(ticket) if ticket.offered else []
    top = top_of(now.ladder)
    if ticket.muted:
        paged = page(ticket.escalation_level, "mute_over", now)
    elif ticket.escalation_level >= top:
        paged = page(top, "repeated", now)
    else:
        paged = page(ticket.escalation_level + 1, "unacknowledged", now)
    return [*returned, *paged]

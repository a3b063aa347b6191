"""Promises: goals, clocks that run and pause, and the timers they need. Pure arithmetic on a 24x7 calendar.

The rules (reasons: docs/lifecycle.md). `first_response` runs from receipt to the first public words of a human
agent and is never paused. `resolution` pauses while the desk waits for the requester and stops when resolved; a
reopened ticket resumes the same budget. A promise is broken strictly after it was due, and the verdict is taken
when the clock stops or its timer rings, whichever comes first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from engine.events import (
    Breached,
    ClockChanged,
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    Commented,
    Event,
    Moved,
    Opened,
    PriorityChanged,
    Warned,
)
from engine.model import Clock, ClockKind, Phase, Priority, Ticket, Timer, TimerKind

WARN_AT: Final = 0.8
"""A warning comes when this share of the goal is used."""

AUTO_CLOSE_AFTER: Final = timedelta(hours=72)
"""A resolved ticket closes by itself after this time without a word."""

JUST_AFTER: Final = timedelta(microseconds=1)
"""An answer at the due instant itself is in time, so a breach rings the smallest moment later."""


@dataclass(frozen=True, slots=True)
class Goals:
    first_response: timedelta
    resolution: timedelta


DEVOPS: Final[Mapping[Priority, Goals]] = {
    Priority.P1: Goals(timedelta(minutes=5), timedelta(hours=4)),
    Priority.P2: Goals(timedelta(minutes=30), timedelta(hours=8)),
    Priority.P3: Goals(timedelta(hours=2), timedelta(hours=24)),
    Priority.P4: Goals(timedelta(days=1), timedelta(days=5)),
}
PRESETS: Final[Mapping[str, Mapping[Priority, Goals]]] = {"devops": DEVOPS}

_WARN_TIMER: Final = {
    ClockKind.FIRST_RESPONSE: TimerKind.FIRST_RESPONSE_WARN,
    ClockKind.RESOLUTION: TimerKind.RESOLUTION_WARN,
}
_BREACH_TIMER: Final = {
    ClockKind.FIRST_RESPONSE: TimerKind.FIRST_RESPONSE_BREACH,
    ClockKind.RESOLUTION: TimerKind.RESOLUTION_BREACH,
}
_CLOCK_OF: Final = {
    kind: clock for table in (_WARN_TIMER, _BREACH_TIMER) for clock, kind in table.items()
}


def goal_of(policy: str, kind: ClockKind, priority: Priority) -> timedelta:
    goals = PRESETS[policy][priority]
    return goals.first_response if kind is ClockKind.FIRST_RESPONSE else goals.resolution


def follow(
    clocks: Sequence[Clock],
    events: Sequence[Event],
    *,
    policy: str,
    at: datetime,
    promise_reply: bool,
) -> list[Event]:
    """What the clocks do because of `events`. `promise_reply` is False for a ticket an agent opened for somebody:
    the requester was already spoken to."""
    out: list[Event] = []
    for event in events:
        if isinstance(event, Opened):
            new = _on_open(event, at, policy=policy, promise_reply=promise_reply)
        else:
            new = _react(clocks, event, at, policy=policy)
        clocks = fold(clocks, new, at)
        out += new
    return out


def fold(clocks: Sequence[Clock], events: Sequence[Event], at: datetime) -> tuple[Clock, ...]:
    folded = tuple(clocks)
    for event in events:
        folded = evolve(folded, event, at)
    return folded


def _on_open(event: Opened, at: datetime, *, policy: str, promise_reply: bool) -> list[Event]:
    kinds = [ClockKind.FIRST_RESPONSE] if promise_reply else []
    kinds.append(ClockKind.RESOLUTION)
    return [_start(kind, goal_of(policy, kind, event.priority), at) for kind in kinds]


def _react(clocks: Sequence[Clock], event: Event, at: datetime, *, policy: str) -> list[Event]:
    match event:
        case Commented(by_agent=True):
            return _stop(clocks, ClockKind.FIRST_RESPONSE, at)
        case Moved():
            return _on_move(clocks, event, at)
        case PriorityChanged(to=priority):
            goals = ((clock, goal_of(policy, clock.kind, priority)) for clock in clocks)
            return [changed for clock, goal in goals for changed in _change(clock, goal, at)]
        case _:
            return []


def _start(kind: ClockKind, goal: timedelta, at: datetime) -> ClockStarted:
    return ClockStarted(kind, cycle=1, goal=goal, due_at=at + goal, warn_at=at + WARN_AT * goal)


def _on_move(clocks: Sequence[Clock], event: Moved, at: datetime) -> list[Event]:
    before, after = event.before.phase, event.to.phase
    if after in (Phase.DONE, Phase.CLOSED):
        return [stop for kind in ClockKind for stop in _stop(clocks, kind, at)]
    resolution = _find(clocks, ClockKind.RESOLUTION)
    if resolution is None:
        return []
    if after is Phase.WAITING and resolution.running:
        return [ClockPaused(resolution.kind, resolution.cycle)]
    if after is Phase.ACTIVE and before is not Phase.ACTIVE and not resolution.running:
        due = at + resolution.goal - resolution.used
        return [
            ClockResumed(
                resolution.kind,
                resolution.cycle,
                due_at=due,
                warn_at=due - (1 - WARN_AT) * resolution.goal,
            )
        ]
    return []


def _stop(clocks: Sequence[Clock], kind: ClockKind, at: datetime) -> list[Event]:
    clock = _find(clocks, kind)
    if clock is None or clock.stopped_at is not None:
        return []
    stop: Event = ClockStopped(clock.kind, clock.cycle)
    if clock.due_at and clock.running and at > clock.due_at and not clock.breached:
        return [Breached(clock.kind, clock.cycle, clock.due_at), stop]
    return [stop]


def _change(clock: Clock, goal: timedelta, at: datetime) -> list[Event]:
    """Recompute from the start; if that is already past, set the due time anew once."""
    if clock.stopped_at is not None or clock.breached or goal == clock.goal:
        return []
    left = goal - _used(clock, at)
    rebased = left <= timedelta() and not clock.rebased
    due = at + (goal if rebased else left)
    if not clock.running:
        return [ClockChanged(clock.kind, clock.cycle, goal, None, None, rebased)]
    warn = due - (1 - WARN_AT) * goal
    return [ClockChanged(clock.kind, clock.cycle, goal, due, warn, rebased)]


def _used(clock: Clock, at: datetime) -> timedelta:
    running = at - clock.running_since if clock.running_since else timedelta()
    return clock.used + running


def _find(clocks: Sequence[Clock], kind: ClockKind) -> Clock | None:
    return next((clock for clock in reversed(clocks) if clock.kind is kind), None)


def evolve(clocks: tuple[Clock, ...], event: Event, at: datetime) -> tuple[Clock, ...]:
    """The clocks after `event`; events that are not about clocks leave them alone."""
    if isinstance(event, ClockStarted):
        return (
            *clocks,
            Clock(
                kind=event.kind,
                cycle=event.cycle,
                goal=event.goal,
                started_at=at,
                running_since=at,
                due_at=event.due_at,
                warn_at=event.warn_at,
            ),
        )
    if not isinstance(
        event, ClockPaused | ClockResumed | ClockChanged | ClockStopped | Warned | Breached
    ):
        return clocks
    return tuple(
        _evolve_one(clock, event, at)
        if (clock.kind, clock.cycle) == (event.kind, event.cycle)
        else clock
        for clock in clocks
    )


def _evolve_one(clock: Clock, event: Event, at: datetime) -> Clock:
    changed = clock
    match event:
        case ClockPaused():
            changed = replace(
                clock, used=_used(clock, at), running_since=None, due_at=None, warn_at=None
            )
        case ClockStopped():
            changed = replace(clock, used=_used(clock, at), running_since=None, stopped_at=at)
        case ClockResumed(due_at=due, warn_at=warn):
            changed = replace(clock, running_since=at, stopped_at=None, due_at=due, warn_at=warn)
        case ClockChanged(goal=goal, due_at=due, warn_at=warn, rebased=rebased):
            changed = replace(clock, goal=goal, due_at=due, warn_at=warn)
            if rebased:
                start = at if clock.running else None
                changed = replace(changed, rebased=True, used=timedelta(), running_since=start)
        case Warned():
            changed = replace(clock, warned=True)
        case Breached(due_at=due):
            changed = replace(clock, breached_at=due)
        case _:
            pass
    return changed


def timers(ticket: Ticket) -> frozenset[Timer]:
    """Every timer row the ticket must have, derived from its state alone."""
    wanted: set[Timer] = set()
    for clock in ticket.clocks:
        if not clock.running or clock.breached or clock.due_at is None:
            continue
        if not clock.warned and clock.warn_at is not None:
            wanted.add(Timer(ticket.number, _WARN_TIMER[clock.kind], clock.cycle, clock.warn_at))
        breach_at = clock.due_at + JUST_AFTER
        wanted.add(Timer(ticket.number, _BREACH_TIMER[clock.kind], clock.cycle, breach_at))
    if ticket.state.phase is Phase.DONE and ticket.resolved_at is not None:
        closes_at = ticket.resolved_at + AUTO_CLOSE_AFTER
        wanted.add(Timer(ticket.number, TimerKind.AUTO_CLOSE, ticket.reopened, closes_at))
    return frozenset(wanted)


def ring(ticket: Ticket, timer: Timer, at: datetime) -> list[Event]:
    """What a due clock timer means now. A warning that comes when the promise is already broken is the breach."""
    clock = next(
        (c for c in ticket.clocks if c.kind is _CLOCK_OF[timer.kind] and c.cycle == timer.cycle),
        None,
    )
    if clock is None or not clock.running or clock.breached or clock.due_at is None:
        return []
    if at > clock.due_at:
        return [Breached(clock.kind, clock.cycle, clock.due_at)]
    if not clock.warned and clock.warn_at is not None and at >= clock.warn_at:
        return [Warned(clock.kind, clock.cycle, clock.due_at)]
    return []

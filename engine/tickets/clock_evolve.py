"""What an event makes of the clocks: how they run, pause, break. The decisions behind the events are sla.py's."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from engine.tickets.events import (
    Breached,
    ClockCancelled,
    ClockChanged,
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    Event,
    Waived,
    Warned,
)
from engine.tickets.promise_clock import PromiseClock


def clocks_after(
    clocks: Sequence[PromiseClock], events: Iterable[Event], at: datetime
) -> tuple[PromiseClock, ...]:
    after = tuple(clocks)
    for event in events:
        after = evolve(after, event, at)
    return after


def evolve(
    clocks: tuple[PromiseClock, ...], event: Event, at: datetime
) -> tuple[PromiseClock, ...]:
    """The clocks after `event`; events that are not about clocks leave them alone."""
    if isinstance(event, ClockStarted):
        return (*clocks, _started(event, at))
    if not isinstance(event, _AboutOne):
        return clocks
    return tuple(
        _evolve_one(clock, event, at)
        if (clock.kind, clock.cycle) == (event.kind, event.cycle)
        else clock
        for clock in clocks
    )


def _started(event: ClockStarted, at: datetime) -> PromiseClock:
    return PromiseClock(
        kind=event.kind,
        cycle=event.cycle,
        goal=event.goal,
        started_at=at,
        running_since=at,
        due_at=event.due_at,
        warn_at=event.warn_at,
        policy=event.policy,
        calendar=event.calendar,
        calendar_version=event.calendar_version,
    )


_AboutOne = (
    ClockPaused
    | ClockResumed
    | ClockChanged
    | ClockStopped
    | ClockCancelled
    | Warned
    | Breached
    | Waived
)


def _evolve_one(clock: PromiseClock, event: _AboutOne, at: datetime) -> PromiseClock:  # noqa: C901, PLR0911, PLR0912 - one flat match: mypy names the event that is missing
    match event:
        case ClockPaused(used=used):
            return replace(_halted(clock, used, at), due_at=None, warn_at=None, cancelled_at=None)
        case ClockStopped(used=used):
            return replace(_halted(clock, used, at), stopped_at=at)
        case ClockCancelled(used=used):
            return replace(_halted(clock, used, at), cancelled_at=at)
        case ClockResumed(due_at=due, warn_at=warn):
            goes_on = replace(clock, running_since=at, stopped_at=None, cancelled_at=None)
            return replace(goes_on, due_at=due, warn_at=warn)
        case ClockChanged():
            return _evolve_changed(clock, event, at)
        case Warned(next_at=next_at, given=given):
            return replace(clock, warnings=given, warn_at=next_at)
        case Breached(due_at=due):
            return replace(clock, breached_at=due)
        case Waived():
            return replace(clock, waived=True)
        case _ as never:
            assert_never(never)


def _halted(clock: PromiseClock, used: timedelta | None, at: datetime) -> PromiseClock:
    since = clock.running_since
    if since is None:
        return clock
    used = clock.used + (at - since) if used is None else used
    return replace(clock, used=used, running_since=None, runs=(*clock.runs, (since, at)))


def _evolve_changed(clock: PromiseClock, event: ClockChanged, at: datetime) -> PromiseClock:
    changed = replace(
        clock,
        goal=event.goal,
        due_at=event.due_at,
        warn_at=event.warn_at,
        used=clock.used if event.used is None else event.used,
        policy=event.policy,
        calendar=event.calendar,
        calendar_version=event.calendar_version,
    )
    if not event.rebased:
        return changed
    since = at if clock.running else None
    return replace(changed, rebased=True, used=timedelta(), runs=(), running_since=since)

"""What the due timer of a clock means for its ticket."""

from datetime import datetime

from engine.promises.sla import due_over
from engine.promises.step_context import StepContext
from engine.tickets.events import Breached, Event, Warned
from engine.tickets.promise_clock import CLOCK_OF, PromiseClock, Timer


def ring(timer: Timer, now: StepContext) -> list[Event]:
    """What a due clock timer means now. A warning that comes when the promise is already broken is the breach."""
    kind = CLOCK_OF[timer.kind]
    clock = next((c for c in now.ticket.clocks if (c.kind, c.cycle) == (kind, timer.cycle)), None)
    if clock is None or not clock.running or clock.breached or clock.due_at is None:
        return []
    if now.at > clock.due_at:
        return [Breached(clock.kind, clock.cycle, clock.due_at)]
    if clock.warn_at is not None and now.at >= clock.warn_at:
        return [_warned(clock, clock.due_at, now)]
    return []


def _warned(clock: PromiseClock, due: datetime, now: StepContext) -> Warned:
    """Shares that are past by now are given with it: after a downtime one warning is enough."""
    terms, since, given = now.terms, clock.running_since, clock.warnings + 1
    assert since is not None
    calendar = now.rules.calendar(clock.calendar)[1]
    for share in terms.warn_at[given:]:
        next_at = due_over(clock.runs, since, share * clock.goal, calendar)
        if next_at > now.at:
            return Warned(clock.kind, clock.cycle, due, next_at, given)
        given += 1
    return Warned(clock.kind, clock.cycle, due, None, given)

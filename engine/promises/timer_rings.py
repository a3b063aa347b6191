"""What a due timer means for its ticket, and due times that are moved earlier."""

from datetime import datetime
from typing import assert_never

from engine.promises import clock_rings, escalation, sla
from engine.promises.step_context import StepContext
from engine.tickets import lifecycle
from engine.tickets.events import ClockChanged, Event, Reminded, Woken
from engine.tickets.promise_clock import PromiseClock, Timer, TimerKind


def rung(timer: Timer, here: StepContext) -> list[Event]:
    """What a due timer means for its ticket as the ticket is now."""
    ticket = here.ticket
    match timer.kind:
        case TimerKind.AUTO_CLOSE:
            return lifecycle.expire(ticket)
        case TimerKind.PENDING_REMIND:
            return [Reminded()]
        case TimerKind.PENDING_RESOLVE:
            return lifecycle.give_up(ticket)
        case TimerKind.SNOOZE_ENDS:
            return [Woken("due")]
        case TimerKind.ACK_BREACH:
            return escalation.ring(timer, here)
        case (
            TimerKind.FIRST_RESPONSE_WARN
            | TimerKind.FIRST_RESPONSE_BREACH
            | TimerKind.NEXT_RESPONSE_WARN
            | TimerKind.NEXT_RESPONSE_BREACH
            | TimerKind.RESOLUTION_WARN
            | TimerKind.RESOLUTION_BREACH
        ):
            return clock_rings.ring(timer, here)
        case TimerKind.SHIFT_ENDS | TimerKind.OUT_ENDS:
            raise ValueError(f"{timer.kind} is no timer of a ticket")
        case _ as never:
            assert_never(never)


def tighten(clock: PromiseClock, due: datetime, now: StepContext) -> list[Event]:
    """Due no later than the clock of the ticket that joins, also when it waits for its requester now."""
    calendar = now.rules.calendar(clock.calendar)[1]
    goal = sla.used_by(clock, now.rules, now.at) + calendar.between(now.at, due)
    if clock.settled or (goal >= clock.goal if clock.due_at is None else due >= clock.due_at):
        return []
    warn = clock.warn_at if clock.warn_at and clock.warn_at < due else None
    return [
        ClockChanged(
            clock.kind,
            clock.cycle,
            goal,
            due if clock.running else None,
            warn,
            rebased=False,
            why="merge",
            used=clock.used,
            policy=clock.policy,
            calendar=clock.calendar,
            calendar_version=clock.calendar_version,
        )
    ]

"""Promises: clocks that run, pause and break, and the timers they need. Pure; what counts as time is calendar.py.

The rules (reasons: docs/decisions/0021). `first_response` runs from receipt to the first public words of a human
agent and is never paused; `next_response` from the oldest later question of the requester that nobody answered;
`resolution` pauses while the desk waits for the requester and stops when resolved, and a reopened ticket resumes
the same budget. `ack` is no promise: it is how long a page may go unacknowledged (escalation.py). A promise is
broken strictly after it was due, and the verdict is taken when the clock stops or its timer rings, whichever comes
first.

A due time is always calculated from the stretches in which the clock ran, so that a new goal, a new calendar and a
pause need one formula: `due_over`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, assert_never

from engine.calendars.calendar import Calendar
from engine.promises.rules import Rules, Terms
from engine.promises.step_context import StepContext
from engine.tickets.actions import Action
from engine.tickets.clock_evolve import clocks_after
from engine.tickets.events import (
    Acknowledged,
    Breached,
    CategoryChanged,
    ClockCancelled,
    ClockChanged,
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    Commented,
    Event,
    Merged,
    Moved,
    Opened,
    PolicyApplied,
    PriorityChanged,
    TeamChanged,
    TermsChanged,
    Unmerged,
)
from engine.tickets.lifecycle import UNDONE
from engine.tickets.promise_clock import (
    BREACH_TIMER,
    NO_POLICY,
    RESPONSES,
    WARN_TIMER,
    ClockKind,
    PromiseClock,
    Run,
    Timer,
    TimerKind,
    latest,
    owed_answer,
)
from engine.tickets.ticket import Phase, Ticket

AUTO_CLOSE_AFTER: Final = timedelta(hours=72)
"""A resolved ticket closes by itself after this time without a word."""

JUST_AFTER: Final = timedelta(microseconds=1)
"""An answer at the due instant itself is in time, so a breach rings the smallest moment later."""

_KEEPS_GOAL: Final = frozenset({"category", "team"})
"""What changes no goal unless it changes the policy: a clock that a merge made due earlier stays so."""

_CHANGE_TERMS: Final = {
    PriorityChanged: "priority",
    CategoryChanged: "category",
    TeamChanged: "team",
    PolicyApplied: "policy",
}


def follow(
    clocks: Sequence[PromiseClock], events: Sequence[Event], now: StepContext
) -> list[Event]:
    """What the clocks do because of `events`."""
    out: list[Event] = []
    for event in events:
        new = _react(clocks, event, now)
        clocks = clocks_after(clocks, new, now.at)
        out += new
    return out


_Moving = Opened | Commented | Acknowledged | Moved | Merged | Unmerged
"""The events that start, stop or change a clock."""


def _react(clocks: Sequence[PromiseClock], event: Event, now: StepContext) -> list[Event]:  # noqa: C901, PLR0911, PLR0912 - two guards before one flat match
    if isinstance(event, TermsChanged):
        return recount(clocks, now, why=_CHANGE_TERMS[type(event)])
    if not isinstance(event, _Moving):
        return []
    match event:
        case Commented(by_agent=by_agent, asks=asks):
            return _on_words(clocks, now, by_agent=by_agent, asks=asks)
        case Acknowledged():
            return _on_ack(clocks, now)
        case Moved():
            return _on_move(clocks, event, now)
        case Opened():
            return _on_open(now)
        case Merged():
            return [end for clock in clocks for end in cancel(clock, now.rules, now.at)]
        case Unmerged(merged_at=since):
            ended = [latest(clocks, kind) for kind in ClockKind]
            return [back for clock in ended if clock for back in _restore(clock, since, now)]
        case _ as never:
            assert_never(never)


def _on_words(
    clocks: Sequence[PromiseClock], now: StepContext, *, by_agent: bool, asks: bool
) -> list[Event]:
    if by_agent:
        return [end for kind in RESPONSES for end in stop(clocks, kind, now)]
    return _on_question(clocks, now) if asks else []


def _on_open(now: StepContext) -> list[Event]:
    kinds = [ClockKind.FIRST_RESPONSE] if now.promise_reply else []
    kinds += [ClockKind.RESOLUTION, ClockKind.ACK]
    return [started for kind in kinds for started in start(kind, 1, now.terms, now.at)]


def _on_question(clocks: Sequence[PromiseClock], now: StepContext) -> list[Event]:
    """The oldest unanswered one counts; before the first answer it is the first response that is owed."""
    if now.ticket.state.phase in (Phase.DONE, Phase.CLOSED):
        return []
    return [] if owed_answer(clocks) else next_answer(clocks, now)


def next_answer(clocks: Sequence[PromiseClock], now: StepContext) -> list[Event]:
    last = latest(clocks, ClockKind.NEXT_RESPONSE)
    return start(ClockKind.NEXT_RESPONSE, last.cycle + 1 if last else 1, now.terms, now.at)


def _on_ack(clocks: Sequence[PromiseClock], now: StepContext) -> list[Event]:
    stopped = stop(clocks, ClockKind.ACK, now)
    if now.terms.response_stop == "ack":
        stopped += stop(clocks, ClockKind.FIRST_RESPONSE, now)
    return stopped


def _on_move(clocks: Sequence[PromiseClock], event: Moved, now: StepContext) -> list[Event]:
    before, after = event.before.phase, event.to.phase
    if after is Phase.CLOSED and before is not Phase.DONE:
        # Never solved: withdrawn, or spam. What was promised is no longer owed.
        ends = _set_aside if event.why == Action.NOT_A_REQUEST else cancel
        return [end for clock in clocks for end in ends(clock, now.rules, now.at)]
    if after in (Phase.DONE, Phase.CLOSED):
        return [end for kind in ClockKind for end in stop(clocks, kind, now)]
    resolution = latest(clocks, ClockKind.RESOLUTION)
    if resolution is None:
        return []
    if after is Phase.WAITING and resolution.running:
        used = used_by(resolution, now.rules, now.at)
        paused = ClockPaused(resolution.kind, resolution.cycle, used)
        return [*_verdict(resolution, now.at), paused]
    owed = [*_owed_again(clocks, now)] if event.why == UNDONE else []
    if after is Phase.ACTIVE and before is not Phase.ACTIVE and not resolution.running:
        owed += [_resume(resolution, now)] if _is_owed(resolution, now) else []
    return owed


def _owed_again(clocks: Sequence[PromiseClock], now: StepContext) -> Iterator[Event]:
    """Answers that were no longer owed when it closed: it was a request after all."""
    ended = [clock.stopped_at or clock.cancelled_at for clock in clocks]
    closed_at = max((at for at in ended if at), default=None)
    for clock in (latest(clocks, kind) for kind in RESPONSES):
        if clock is not None and clock.cancelled_at is not None:
            yield from _restore(clock, closed_at, now)


def _is_owed(clock: PromiseClock, now: StepContext) -> bool:
    """A withdrawn ticket that is reopened owes again what it owed; what no policy promises any more, nobody owes."""
    return clock.cancelled_at is None or now.terms.goal(clock.kind, clock.started_at) is not None


def start(kind: ClockKind, cycle: int, terms: Terms, at: datetime) -> list[Event]:
    """One event, or none when nothing of this kind is promised."""
    goal = terms.goal(kind, at)
    if goal is None:
        return []
    due = terms.calendar.add(at, goal)
    warn = _warn_at(kind, 0, terms, lambda share: terms.calendar.add(at, share * goal))
    return [
        ClockStarted(
            kind, cycle, goal, due, warn, terms.policy, terms.calendar_id, terms.calendar_version
        )
    ]


def _resume(clock: PromiseClock, now: StepContext) -> ClockResumed:
    calendar = now.rules.calendar(clock.calendar)[1]
    runs: list[Run] = [*clock.runs]

    def due(goal: timedelta) -> datetime:
        return due_over(runs, now.at, goal, calendar)

    warn = _warn_at(clock.kind, clock.warnings, now.terms, lambda share: due(share * clock.goal))
    return ClockResumed(clock.kind, clock.cycle, due(clock.goal), warn)


def due_over(
    runs: Iterable[Run], running_since: datetime, goal: timedelta, calendar: Calendar
) -> datetime:
    """The instant at which `goal` is used up by a clock that ran in `runs` and runs again since `running_since`."""
    left = goal
    for begin, end in runs:
        here = calendar.between(begin, end)
        if here >= left:
            return calendar.add(begin, left)
        left -= here
    return calendar.add(running_since, left)


def _warn_at(
    kind: ClockKind, given: int, terms: Terms, at_share: Callable[[float], datetime]
) -> datetime | None:
    if kind is ClockKind.ACK or given >= len(terms.warn_at):
        return None
    return at_share(terms.warn_at[given])


def stop(clocks: Sequence[PromiseClock], kind: ClockKind, now: StepContext) -> list[Event]:
    """The latest of its kind, with the verdict if nobody took it yet."""
    clock = latest(clocks, kind)
    if clock is None or clock.stopped_at is not None or clock.cancelled_at is not None:
        return []
    used = used_by(clock, now.rules, now.at)
    return [*_verdict(clock, now.at), ClockStopped(clock.kind, clock.cycle, used)]


def _verdict(clock: PromiseClock, at: datetime) -> list[Event]:
    """Broken, when it is and nobody said so yet."""
    if clock.due_at and clock.running and at > clock.due_at and not clock.breached:
        return [Breached(clock.kind, clock.cycle, clock.due_at)]
    return []


def _set_aside(clock: PromiseClock, rules: Rules, at: datetime) -> list[Event]:
    """What was broken before somebody looked and found that it was no request stays broken, and counts."""
    ended = cancel(clock, rules, at)
    if not ended or not (clock.breached or len(ended) > 1):
        return ended
    return [*ended[:-1], ClockStopped(clock.kind, clock.cycle, used_by(clock, rules, at))]


def cancel(clock: PromiseClock, rules: Rules, at: datetime) -> list[Event]:
    if clock.stopped_at is not None or clock.cancelled_at is not None:
        return []
    cancelled = ClockCancelled(clock.kind, clock.cycle, used_by(clock, rules, at))
    return [*_verdict(clock, at), cancelled]


def _restore(clock: PromiseClock, merged_at: datetime | None, now: StepContext) -> list[Event]:
    """A merge undone: what was cancelled with it goes on with what was left."""
    if clock.cancelled_at is None or merged_at not in (None, clock.cancelled_at):
        return []
    if clock.kind is ClockKind.RESOLUTION and now.ticket.state.phase is not Phase.ACTIVE:
        return [ClockPaused(clock.kind, clock.cycle, clock.used)]
    return [_resume(clock, now)]


def used_by(clock: PromiseClock, rules: Rules, at: datetime) -> timedelta:
    """Working time used until `at`."""
    if clock.running_since is None:
        return clock.used
    return clock.used + rules.calendar(clock.calendar)[1].between(clock.running_since, at)


def recount(clocks: Sequence[PromiseClock], now: StepContext, *, why: str) -> list[Event]:
    """Other goals, or another edition of the calendar: every clock that is not settled, from its own start."""
    return [event for clock in clocks for event in _recount(clock, now, why)]


def _recount(clock: PromiseClock, now: StepContext, why: str) -> list[Event]:
    if clock.settled:
        return []
    # A level's own wait is no policy's: only its calendar may have become another.
    is_own = clock.policy == NO_POLICY
    terms = now.rules.no_goals(clock.calendar) if is_own else now.terms
    broken = _verdict(clock, now.rules.held_until(clock, now.at))
    if broken and clock.kind is ClockKind.ACK:
        return []  # a page that nobody acknowledged in time climbs: that is for its timer
    if broken:
        return broken  # by the rules that held until now: no change unbreaks it
    goal = clock.goal if is_own else terms.goal(clock.kind, clock.started_at)
    if goal is None:
        return cancel(clock, now.rules, now.at)
    counts_by = (clock.policy, clock.calendar, clock.calendar_version)
    same = counts_by == (terms.policy, terms.calendar_id, terms.calendar_version)
    if same and (clock.goal == goal or why in _KEEPS_GOAL):
        return []
    return [_changed(clock, goal, terms, now, why)]


def _changed(
    clock: PromiseClock, goal: timedelta, terms: Terms, now: StepContext, why: str
) -> ClockChanged:
    """From the start, by the new terms; if that was past as they came to hold, from now, once."""
    calendar, begun = terms.calendar, clock.running_since
    at = now.rules.held_until(clock, now.at) if why == "calendar" else now.at
    used = sum((calendar.between(*run) for run in clock.runs), timedelta())
    running = calendar.between(begun, at) if begun else timedelta()
    rebased = used + running >= goal and not clock.rebased
    runs = () if rebased else clock.runs
    since = now.at if rebased else begun
    due = warn = None
    if since and begun:
        due = due_over(runs, since, goal, calendar)
        given = clock.warnings
        warn = _warn_at(
            clock.kind, given, terms, lambda share: due_over(runs, since, share * goal, calendar)
        )
    return ClockChanged(
        clock.kind,
        clock.cycle,
        goal,
        due,
        warn,
        rebased,
        why,
        timedelta() if rebased else used,
        terms.policy,
        terms.calendar_id,
        terms.calendar_version,
    )


# Timers


def timers(ticket: Ticket) -> frozenset[Timer]:
    """Every timer row the ticket must have, derived from its state alone."""
    return frozenset((*_clock_timers(ticket), *_ticket_timers(ticket)))


def _clock_timers(ticket: Ticket) -> Iterable[Timer]:
    for clock in ticket.clocks:
        if not clock.running or clock.breached or clock.due_at is None:
            continue
        if clock.warn_at is not None:
            yield Timer(ticket.stream, WARN_TIMER[clock.kind], clock.cycle, clock.warn_at)
        breach_at = clock.due_at + JUST_AFTER
        yield Timer(ticket.stream, BREACH_TIMER[clock.kind], clock.cycle, breach_at)


def _ticket_timers(ticket: Ticket) -> Iterable[Timer]:
    phase = ticket.state.phase
    if phase is Phase.DONE and ticket.resolved_at is not None:
        closes_at = ticket.resolved_at + AUTO_CLOSE_AFTER
        yield Timer(ticket.stream, TimerKind.AUTO_CLOSE, ticket.reopened, closes_at)
    if phase is Phase.WAITING:
        if ticket.remind_at is not None:
            yield Timer(ticket.stream, TimerKind.PENDING_REMIND, 1, ticket.remind_at)
        if ticket.gives_up_at is not None:
            yield Timer(ticket.stream, TimerKind.PENDING_RESOLVE, 1, ticket.gives_up_at)
    if ticket.snoozed_until is not None:
        yield Timer(ticket.stream, TimerKind.SNOOZE_ENDS, 1, ticket.snoozed_until)

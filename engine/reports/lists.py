"""The lists of a report: the age of the backlog, what is about to be late, and what is late."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engine.reports.facts import TicketFacts
from engine.reports.kinds import DAY, Period
from engine.tickets.promise_clock import PromiseClock

Lateness = Callable[[PromiseClock, datetime], timedelta]
"""Working time, by the clock's own calendar, that a broken promise is late at an instant."""

AGES: Final = (DAY, 3 * DAY, 7 * DAY, 30 * DAY, None)
"""Upper ends, each excluded; None: older."""
SOON: Final = timedelta(hours=2)
"""Due within this is at risk, warned or not."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """What one agent closed as "not a request": nobody outside heard of it, so somebody inside looks at it."""

    agent: str
    tickets: tuple[int, ...]


def set_aside(facts: Sequence[TicketFacts], period: Period) -> tuple[SetAside, ...]:
    """Of the period, by agent."""
    found: dict[str, list[int]] = {}
    for each in facts:
        if each.no_request_by and period.holds(each.closed_at):
            found.setdefault(each.no_request_by, []).append(each.number)
    return tuple(
        SetAside(agent, tuple(sorted(found[agent]))) for agent in sorted(found, key=str.casefold)
    )


@dataclass(frozen=True, slots=True)
class Age:
    """Open tickets younger than `below` (None: any age) and not younger than the one before."""

    below: timedelta | None
    count: int


@dataclass(frozen=True, slots=True)
class Risk:
    """A promise that will break soon."""

    ticket: TicketFacts
    clock: PromiseClock
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Late:
    """A promise that broke: in the period, or earlier and still not met."""

    ticket: TicketFacts
    clock: PromiseClock
    due_at: datetime
    late: timedelta
    """In working time, until it was met or until now."""

    @property
    def open(self) -> bool:
        return self.clock.stopped_at is None


def ages(facts: Iterable[TicketFacts], now: datetime) -> tuple[Age, ...]:
    """By wall time since opening."""
    old = sorted(now - each.created_at for each in facts if each.open)
    below = [len(old) if top is None else sum(age < top for age in old) for top in AGES]
    return tuple(
        Age(top, count - less) for top, count, less in zip(AGES, below, [0, *below], strict=False)
    )


def at_risk(facts: Iterable[TicketFacts], now: datetime) -> tuple[Risk, ...]:
    """Running, in time, and warned or due within two hours; due first."""
    found = (
        Risk(each, clock, clock.due_at)
        for each in facts
        for clock in each.promises
        if clock.running and clock.due_at is not None and not _broken(clock, now)
    )
    soon = (risk for risk in found if risk.clock.warnings or risk.due_at - now <= SOON)
    return tuple(sorted(soon, key=lambda risk: (risk.due_at, risk.ticket.number)))


def late(
    facts: Iterable[TicketFacts], period: Period, now: datetime, lateness: Lateness
) -> tuple[Late, ...]:
    """Worst first."""
    found = (
        Late(each, clock, clock.breached_at or clock.due_at or now, lateness(clock, now))
        for each in facts
        for clock in each.promises
        if _broken(clock, now) and (clock.stopped_at is None or period.holds(clock.breached_at))
    )
    return tuple(sorted(found, key=lambda each: (-each.late, each.due_at, each.ticket.number)))


def _broken(clock: PromiseClock, now: datetime) -> bool:
    """Also in the moment before its timer has rung."""
    if clock.breached or clock.stopped_at is not None:
        return clock.breached
    return clock.due_at is not None and now > clock.due_at

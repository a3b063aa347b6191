"""How many agents a stream of tickets takes: Erlang's delay formula, kept stable at any size.

Work comes at random (Poisson), waits in one line and is done by whoever is free. The load is in erlangs: tickets that
arrive in an hour times the hours one takes. Erlang's loss, B(0) = 1 and B(n) = load * B(n-1) / (n + load * B(n-1)),
needs no factorial and stays within [0, 1]; the chance to wait follows from it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, floor
from typing import Final

from engine.reports.forecast import DAY_HOURS, HOUR, HOURS, Range, Rhythm

AGENTS_MAX: Final = 10_000
"""No team is larger: the search ends here, and this many stands for "or more"."""

MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Need:
    """How many agents the busiest hour of a local day takes."""

    hour: datetime
    agents: Range


def load(per_hour: float, handling: timedelta) -> float:
    """Erlangs: how many agents would be busy at any moment, were none ever waited for."""
    return per_hour * (handling / HOUR)


def chance_to_wait(erlangs: float, agents: int) -> float:
    """The share of tickets that find every agent busy; 1 when the line can only grow."""
    if erlangs <= 0:
        return 0.0 if agents else 1.0
    if agents <= erlangs:
        return 1.0
    lost = 1.0
    for busy in range(1, agents + 1):
        lost = erlangs * lost / (busy + erlangs * lost)
    return agents * lost / (agents - erlangs * (1 - lost))


def served_within(erlangs: float, agents: int, *, handling: timedelta, wait: timedelta) -> float:
    """The share of tickets that somebody takes up within `wait`; none when the line can only grow."""
    if agents <= erlangs:
        return 0.0
    free = (agents - erlangs) * (wait / handling)
    return 1.0 - chance_to_wait(erlangs, agents) * exp(-free)


def agents_needed(
    per_hour: float, *, handling: timedelta, wait: timedelta, share: float = 0.8
) -> int:
    """The fewest agents with whom `share` of the tickets is taken up within `wait`."""
    erlangs = load(per_hour, handling)
    if erlangs <= 0:
        return 0
    enough = (
        agents
        for agents in range(max(1, floor(erlangs)), AGENTS_MAX)
        if served_within(erlangs, agents, handling=handling, wait=wait) >= share
    )
    return next(enough, AGENTS_MAX)


def needs(came: Rhythm, *, minutes: Range, wait: timedelta) -> Iterable[Need]:
    """For each of the next seven days, when a ticket takes `minutes` of an agent's time and should wait no longer
    than `wait` before somebody takes it up."""
    for first in range(0, HOURS, DAY_HOURS):
        busiest = max(range(first, first + DAY_HOURS), key=came.expected)
        # That they come by chance is in Erlang's formula already.
        pairs = zip(_values(came.mean(busiest)), _values(minutes), strict=True)
        agents = (agents_needed(rate, handling=each * MINUTE, wait=wait) for rate, each in pairs)
        yield Need(came.ends + busiest * HOUR, Range(*map(float, agents)))


def _values(of: Range) -> tuple[float, float, float]:
    return of.low, of.likely, of.high

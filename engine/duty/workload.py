"""How much work everybody has: the figures that assigning uses. Nothing is assigned here.

A ticket weighs by its priority, less while it waits for its requester. The limit counts tickets that run, not weight:
long personal queues make answers late, however small each ticket is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from engine.duty.presence import Duty
from engine.tickets.people import PersonId
from engine.tickets.ticket import Phase, Priority, State

WEIGHT: Final[Mapping[Priority, float]] = {
    Priority.P1: 4.0,
    Priority.P2: 2.0,
    Priority.P3: 1.0,
    Priority.P4: 0.5,
}
WAITING_SHARE: Final = 0.25
"""Of its weight, while a ticket waits for its requester."""

LIMIT: Final = 3
"""Running tickets a person is assigned automatically, unless configured otherwise; P1 knows no limit."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one person has in hand. Points are eighths at the finest, so sums of them are exact."""

    points: float = 0.0
    running: int = 0
    waiting: int = 0
    """For their requesters."""

    def plus(self, priority: Priority, state: State, tickets: int = 1) -> "Load":
        """With so many more of these (fewer, when negative); what is done weighs nothing."""
        weight = WEIGHT[priority] * tickets
        if state.phase is Phase.ACTIVE:
            return Load(self.points + weight, self.running + tickets, self.waiting)
        if state.phase is Phase.WAITING:
            points = self.points + weight * WAITING_SHARE
            return Load(points, self.running, self.waiting + tickets)
        return self


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a team, as far as sharing out work goes."""

    person: PersonId
    duty: Duty
    skills: frozenset[str] = frozenset()
    limit: int = LIMIT
    """At least 1."""
    load: Load = field(default_factory=Load)
    last_assigned_at: datetime | None = None

    @property
    def share(self) -> float:
        """Load against what they take on: 1.0 is as many P3 as the limit allows."""
        return self.load.points / self.limit

    @property
    def has_room(self) -> bool:
        return self.load.running < self.limit

    def may_take(self, priority: Priority) -> bool:
        return priority is Priority.P1 or self.has_room


@dataclass(frozen=True, slots=True)
class Capacity:
    """A team's, over those who are there."""

    there: int
    on_duty: int
    """Of them: in a team in which nobody has started a shift, none."""
    limit: int
    running: int
    waiting: int
    free: int
    """Running tickets that may still be given out; somebody above the limit takes nothing from the others."""


def capacity(members: Iterable[Member]) -> Capacity:
    there = available(members)
    return Capacity(
        there=len(there),
        on_duty=sum(member.duty is Duty.ON for member in there),
        limit=sum(member.limit for member in there),
        running=sum(member.load.running for member in there),
        waiting=sum(member.load.waiting for member in there),
        free=sum(max(member.limit - member.load.running, 0) for member in there),
    )


def available(members: Iterable[Member]) -> list[Member]:
    """Those on duty; in a team that uses no shifts, all who did not say that they are off."""
    by_duty: dict[Duty, list[Member]] = {Duty.ON: [], Duty.UNSAID: [], Duty.OFF: []}
    for member in members:
        by_duty[member.duty].append(member)
    return by_duty[Duty.ON] or by_duty[Duty.UNSAID]


def ablest(members: Sequence[Member], needs: frozenset[str]) -> list[Member]:
    """Those with all the skills needed, else with the most of them; everybody, when nobody has any."""
    most = max((len(needs & member.skills) for member in members), default=0)
    return [member for member in members if len(needs & member.skills) == most]

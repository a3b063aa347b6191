"""Which agent is assigned which waiting ticket automatically, and why. Pure: the desk reads, asks, records.

Only people on duty are candidates. The best has all the skills that the ticket needs, or else most of them, which is
flagged. A ticket waits for a skilled person who is busy rather than go to one without the skill. A reopened ticket
goes back to the person who worked on it. A limit on running tickets holds for everything but a P1. A ticket is not
offered again to people who gave it back or did not accept it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from engine.duty.presence import Duty
from engine.duty.workload import Member, ablest
from engine.tickets.events import AssignReason
from engine.tickets.people import PersonId
from engine.tickets.ticket import Priority, State

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_NO_HURRY: Final = datetime.max.replace(tzinfo=UTC)


class Strategy(StrEnum):
    LEAST_LOADED = "least_loaded"
    ROUND_ROBIN = "round_robin"
    PULL = "pull"
    """Only to somebody who has nothing running: the rest stays in the team's one line."""
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ticket that nobody has."""

    number: int
    priority: Priority
    due_at: datetime | None
    needs: frozenset[str] = frozenset()
    """Skills."""
    former: PersonId | None = None
    """Who had it before it was reopened."""
    passed: frozenset[PersonId] = frozenset()
    """Who gave it back, or let the offer pass."""


@dataclass(frozen=True, slots=True)
class Choice:
    ticket: int
    to: PersonId
    why: AssignReason


def plan(strategy: Strategy, members: Iterable[Member], waiting: Iterable[Waiting]) -> list[Choice]:
    """Who gets what, in the order of giving; tickets that are not named go on waiting."""
    if strategy is Strategy.MANUAL:
        return []
    line = sorted((one for one in members if one.duty is Duty.ON), key=_turn)
    choices: list[Choice] = []
    for ticket in sorted(waiting, key=_urgency):
        member = _choose(strategy, line, ticket)
        if member is None:
            continue
        choices.append(Choice(ticket.number, member.person, _why(strategy, member, ticket)))
        line.remove(
            member
        )  # and to its end: the line is kept by who was given something least recently
        line.append(replace(member, load=member.load.plus(ticket.priority, State.OPEN)))
    return choices


def _turn(member: Member) -> tuple[datetime, str]:
    return member.last_assigned_at or _NEVER, member.person


def _urgency(ticket: Waiting) -> tuple[bool, datetime, int]:
    """P1 first, so that a heap of overdue tickets does not use up the room; then what is due first."""
    return ticket.priority is not Priority.P1, ticket.due_at or _NO_HURRY, ticket.number


def _choose(strategy: Strategy, line: Sequence[Member], ticket: Waiting) -> Member | None:
    asked = [member for member in line if member.person not in ticket.passed]
    home = [one for one in asked if one.person == ticket.former and one.may_take(ticket.priority)]
    if home:
        return home[0]
    free = [one for one in ablest(asked, ticket.needs) if _takes(strategy, one, ticket.priority)]
    if strategy is Strategy.ROUND_ROBIN:
        return free[0] if free else None
    return min(free, key=lambda member: member.share, default=None)  # the first of equals


def _takes(strategy: Strategy, member: Member, priority: Priority) -> bool:
    idle = strategy is not Strategy.PULL or member.load.running == 0 or priority is Priority.P1
    return idle and member.may_take(priority)


def _why(strategy: Strategy, member: Member, ticket: Waiting) -> AssignReason:
    return AssignReason(
        rule="former" if member.person == ticket.former else strategy.value,
        running=member.load.running,
        skills=tuple(sorted(ticket.needs & member.skills)),
        missing=tuple(sorted(ticket.needs - member.skills)),
    )

"""Policies as they hold now, and what applying them to open tickets changes."""

from collections.abc import Sequence

from pydantic import Field

from api.shapes.shape import Instant, Shape
from engine.calendars.durations import Duration
from engine.desk.rule_changes import Applied
from engine.promises.in_force import InForce, Use
from engine.promises.rules import Policy
from engine.tickets.promise_clock import ClockKind
from engine.tickets.ticket import Priority


class GoalsShape(Shape):
    """Durations as they are written: 30m, 8h, 5bd; null: nothing is promised."""

    first_response: str | None = Field(description="Until the first answer.")
    next_response: str | None = Field(description="Until each later answer.")
    resolution: str | None = Field(description="Until it is solved.")
    ack: str | None = Field(description="Until whoever is paged says so.")
    calendar: str = Field(description="By which hours these count: an id, or 24x7.")


class UseShape(Shape):
    categories: Sequence[str] = Field(description="That name it.")
    teams: Sequence[str] = Field(description="Ids of teams that name it.")
    departments: Sequence[str] = Field(description="That name it.")
    workspace: bool = Field(description="Everybody else lives by it.")


class PolicyShape(Shape):
    id: str = Field(description="As `[[policies]]` or a preset calls it.")
    since: Instant | None = Field(description="Of this edition; null: a preset as it comes.")
    calendar: str = Field(description="By which hours it counts: an id, or 24x7.")
    warn_at: list[int] = Field(description="Percent of a goal at which it warns.")
    response_stop: str = Field(description="What counts as an answer.")
    goals: dict[str, GoalsShape] = Field(description="By priority, P1 first.")
    used_by: UseShape = Field(description="Who lives by it.")


class AppliedShape(Shape):
    """One ticket whose due times are others by today's policies."""

    id: str = Field(description="T-123.")
    was_due_at: Instant | None = Field(description="By the policies of its opening.")
    due_at: Instant | None = Field(description="By today's.")
    counted_from_now: int = Field(description="Clocks that would be late, and count from now.")
    late: int = Field(description="Its promises that are late by today's and were not.")


class AppliedAllShape(Shape):
    dry_run: bool = Field(description="Nothing was changed.")
    tickets: int = Field(description="Looked at.")
    changed: int = Field(description="Of them, those with other due times.")
    due_times_moved: int = Field(description="Promises whose due time is another.")
    counted_from_now: int = Field(description="Clocks that would be late, and count from now.")
    late: int = Field(description="Promises that are late by today's policies and were not.")
    changes: list[AppliedShape] = Field(description="Those with other due times.")


def policy(one: InForce) -> PolicyShape:
    held = one.policy
    return PolicyShape(
        id=held.id,
        since=one.since,
        calendar=held.calendar,
        warn_at=[round(100 * share) for share in held.warn_at],
        response_stop=held.response_stop,
        goals={each.value: _goals(held, each) for each in sorted(held.goals)},
        used_by=_use(one.use),
    )


def _goals(policy: Policy, priority: Priority) -> GoalsShape:
    goals = policy.goals[priority]
    return GoalsShape(
        first_response=_written(goals.of(ClockKind.FIRST_RESPONSE)),
        next_response=_written(goals.of(ClockKind.NEXT_RESPONSE)),
        resolution=_written(goals.of(ClockKind.RESOLUTION)),
        ack=_written(goals.of(ClockKind.ACK)),
        calendar=policy.counts_by(priority),
    )


def _written(duration: Duration | None) -> str | None:
    return str(duration) if duration else None


def _use(use: Use) -> UseShape:
    return UseShape(
        categories=use.categories,
        teams=use.teams,
        departments=use.departments,
        workspace=use.workspace,
    )


def applied(found: Sequence[Applied], *, dry_run: bool) -> AppliedAllShape:
    changed = [one for one in found if one.moved]
    return AppliedAllShape(
        dry_run=dry_run,
        tickets=len(found),
        changed=len(changed),
        due_times_moved=sum(one.moved for one in found),
        counted_from_now=sum(one.rebased for one in found),
        late=sum(one.late for one in found),
        changes=[_applied(one) for one in changed],
    )


def _applied(one: Applied) -> AppliedShape:
    return AppliedShape(
        id=one.after.id,
        was_due_at=one.before.due_at,
        due_at=one.after.due_at,
        counted_from_now=one.rebased,
        late=one.late,
    )

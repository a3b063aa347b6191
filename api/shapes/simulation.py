"""What would have happened under other policies: both sides counted, and the promises that differ."""

from collections.abc import Callable
from datetime import datetime

from pydantic import Field

from api.shapes.shape import Instant, Shape
from engine.tickets.ticket import ticket_id
from engine.whatif.comparison import Changed, Comparison


class LateCountShape(Shape):
    priority: str = Field(description="P1 to P4.")
    clock: str = Field(description="first_response, next_response, resolution.")
    before: int = Field(description="Late under the policies in force.")
    after: int = Field(description="Late under the others.")


class ChangedPromiseShape(Shape):
    """Late in one world and not in the other."""

    ticket: str = Field(description="T-123.")
    subject: str = Field(description="One line; words from outside.")
    priority: str = Field(description="P1 to P4.")
    clock: str = Field(description="first_response, next_response, resolution.")
    cycle: int = Field(description="Which of its kind, from 1.")
    due_at: Instant = Field(description="When it is broken in the world in which it is.")


class LevelPagesShape(Shape):
    level: int = Field(description="From 0.")
    name: str = Field(description="As the teams' ladders call it.")
    before: int = Field(description="Pages under the policies in force.")
    after: int = Field(description="Pages under the others.")


class PersonPagesShape(Shape):
    name: str = Field(description="Who would be paged.")
    before: int = Field(description="Pages under the policies in force.")
    after: int = Field(description="Pages under the others.")


class SimulationShape(Shape):
    since: Instant = Field(description="Of tickets opened from then on.")
    timezone: str = Field(description="The desk's.")
    tickets: int = Field(description="How many.")
    judged_otherwise_today: int = Field(
        description="Those that the policies in force judge otherwise than they were judged."
    )
    late: list[LateCountShape] = Field(description="By priority and promise.")
    newly_late_count: int = Field(description="Promises late only under the others.")
    newly_late: list[ChangedPromiseShape] = Field(description="Of them, up to a thousand.")
    no_longer_late_count: int = Field(description="Promises late only under those in force.")
    no_longer_late: list[ChangedPromiseShape] = Field(description="Of them, up to a thousand.")
    pages_by_level: list[LevelPagesShape] = Field(description="Who is called, level by level.")
    pages_by_person: list[PersonPagesShape] = Field(description="And person by person.")


def simulation(
    found: Comparison,
    *,
    since: datetime,
    timezone: str,
    level_name: Callable[[int], str],
    person_name: Callable[[str], str],
) -> SimulationShape:
    levels = sorted(found.level_before.keys() | found.level_after.keys())
    people = sorted(found.person_before.keys() | found.person_after.keys())
    return SimulationShape(
        since=since,
        timezone=timezone,
        tickets=found.tickets,
        judged_otherwise_today=found.otherwise,
        late=_late(found),
        newly_late_count=found.newly_late_count,
        newly_late=[_changed(one) for one in found.newly_late],
        no_longer_late_count=found.no_longer_late_count,
        no_longer_late=[_changed(one) for one in found.no_longer_late],
        pages_by_level=[
            LevelPagesShape(
                level=level,
                name=level_name(level),
                before=found.level_before[level],
                after=found.level_after[level],
            )
            for level in levels
        ],
        pages_by_person=[
            PersonPagesShape(
                name=person_name(id), before=found.person_before[id], after=found.person_after[id]
            )
            for id in people
        ],
    )


def _late(found: Comparison) -> list[LateCountShape]:
    return [
        LateCountShape(
            priority=priority.value,
            clock=kind.value,
            before=found.late_before[priority, kind],
            after=found.late_after[priority, kind],
        )
        for priority, kind in sorted(found.late_before.keys() | found.late_after.keys())
    ]


def _changed(one: Changed) -> ChangedPromiseShape:
    return ChangedPromiseShape(
        ticket=ticket_id(one.number),
        subject=one.subject,
        priority=one.priority.value,
        clock=one.kind.value,
        cycle=one.cycle,
        due_at=one.broke_at,
    )

"""The workload of people, who is on duty, and what would be moved."""

from pydantic import Field

from api.shapes.people import PersonShape, person, person_if
from api.shapes.shape import Instant, Shape
from engine.desk.team_on_duty import TeamOnDuty
from engine.duty.rebalance_plan import Move
from engine.duty.workload import Member
from engine.shifts.rebalancing import Workload
from engine.tickets.ticket import ticket_id


class CarrierShape(Shape):
    person: PersonShape = Field(description="Of the team.")
    duty: str = Field(description="on, off, or unsaid: as they said, or nobody has.")
    in_work: int = Field(description="Tickets that run.")
    waiting_for_requester: int = Field(description="Tickets that wait for their requesters.")
    limit: int = Field(description="Tickets in work before none but a P1 is given to them.")
    load: float = Field(description="What they carry, in P3s.")
    share: float = Field(description="Load against limit; 1.0 is full.")
    last_assigned_at: Instant | None = Field(description="When they were last given one.")


class MoveShape(Shape):
    ticket: str = Field(description="T-123.")
    before: PersonShape | None = Field(description="Who has it.")
    to: PersonShape = Field(description="Who would get it.")
    why: str = Field(description="off or overloaded: who has it.")
    before_percent: int = Field(description="Load of who has it, of the team's average.")
    to_percent: int = Field(description="Load of who would get it, of the team's average.")


class WorkloadShape(Shape):
    team: str = Field(description="Id of the team.")
    there: int = Field(description="People who are there.")
    limit: int = Field(description="What those take on together.")
    in_work: int = Field(description="Tickets that run.")
    waiting_for_requester: int = Field(description="Tickets that wait for their requesters.")
    free: int = Field(description="How many more they can take.")
    unassigned: int = Field(description="Tickets that nobody has.")
    people: list[CarrierShape] = Field(description="Everybody of the team.")
    moves: list[MoveShape] = Field(description="What would even it out.")
    applied: bool = Field(description="Whether the moves were made.")


class ShiftShape(Shape):
    team: str = Field(description="Id of the team.")
    person: PersonShape = Field(description="Of the team.")
    duty: str = Field(description="on, off, or unsaid: as they said, or nobody has.")
    shift_since: Instant | None = Field(description="Null: no shift was started.")
    shift_until: Instant | None = Field(description="Null: until they end it.")
    out: str | None = Field(description="break or away; null: neither.")
    out_until: Instant | None = Field(description="Null: until they are back.")
    in_work: int = Field(description="Tickets that run.")
    limit: int = Field(description="Tickets in work before none but a P1 is given to them.")


def workload(load: Workload) -> WorkloadShape:
    capacity = load.capacity
    return WorkloadShape(
        team=load.team.id,
        there=capacity.there,
        limit=capacity.limit,
        in_work=capacity.running,
        waiting_for_requester=capacity.waiting,
        free=capacity.free,
        unassigned=load.waiting,
        people=[_carrier(load, one) for one in load.members],
        moves=[_move(load, move) for move in load.moves],
        applied=load.applied,
    )


def _carrier(load: Workload, one: Member) -> CarrierShape:
    return CarrierShape(
        person=person(load.people[one.person]),
        duty=one.duty.value,
        in_work=one.load.running,
        waiting_for_requester=one.load.waiting,
        limit=one.limit,
        load=one.load.points,
        share=round(one.share, 3),
        last_assigned_at=one.last_assigned_at,
    )


def _move(load: Workload, move: Move) -> MoveShape:
    return MoveShape(
        ticket=ticket_id(move.ticket),
        before=person_if(load.people.get(move.before)),
        to=person(load.people[move.to]),
        why=move.why,
        before_percent=move.before_percent,
        to_percent=move.to_percent,
    )


def shifts(crew: TeamOnDuty) -> list[ShiftShape]:
    return [_shift(crew, one) for one in crew.members]


def _shift(crew: TeamOnDuty, one: Member) -> ShiftShape:
    said = crew.presence(one.person)
    return ShiftShape(
        team=crew.team.id,
        person=person(crew.people[one.person]),
        duty=one.duty.value,
        shift_since=said.started_at,
        shift_until=said.ends_at,
        out=said.out.value if said.out else None,
        out_until=said.out_until,
        in_work=one.load.running,
        limit=one.limit,
    )

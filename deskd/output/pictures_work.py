"""Workloads and shifts as plain values for JSON. The keys are the outside contract: none is ever removed."""

from deskd.output.pictures import Json, instant, person
from engine.desk.team_on_duty import TeamOnDuty
from engine.duty.rebalance_plan import Move
from engine.duty.workload import Member
from engine.shifts.rebalancing import Workload
from engine.tickets.ticket import ticket_id


def workload(load: Workload) -> Json:
    capacity = load.capacity
    return {
        "team": load.team.id,
        "there": capacity.there,
        "limit": capacity.limit,
        "in_work": capacity.running,
        "waiting_for_requester": capacity.waiting,
        "free": capacity.free,
        "unassigned": load.waiting,
        "people": [
            {"person": person(load.people[one.person])} | _figures(one) for one in load.members
        ],
        "moves": [_move(load, move) for move in load.moves],
        "applied": load.applied,
    }


def crew(crew: TeamOnDuty) -> list[Json]:
    return [_there(crew, one) for one in crew.members]


def _there(crew: TeamOnDuty, one: Member) -> Json:
    said = crew.presence(one.person)
    return {
        "team": crew.team.id,
        "person": person(crew.people[one.person]),
        "duty": one.duty.value,
        "shift_since": instant(said.started_at),
        "shift_until": instant(said.ends_at),
        "out": said.out.value if said.out else None,
        "out_until": instant(said.out_until),
        "in_work": one.load.running,
        "limit": one.limit,
    }


def _figures(one: Member) -> Json:
    return {
        "duty": one.duty.value,
        "in_work": one.load.running,
        "waiting_for_requester": one.load.waiting,
        "limit": one.limit,
        "load": one.load.points,
        "share": round(one.share, 3),
        "last_assigned_at": instant(one.last_assigned_at),
    }


def _move(load: Workload, move: Move) -> Json:
    return {
        "ticket": ticket_id(move.ticket),
        "before": person(load.people.get(move.before)),
        "to": person(load.people[move.to]),
        "why": move.why,
        "before_percent": move.before_percent,
        "to_percent": move.to_percent,
    }

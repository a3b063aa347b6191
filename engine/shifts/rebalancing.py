"""Balancing a team's load: who has what, a proposal to read, and its moves once a lead has approved it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Final

from engine.desk import directory, permission, step, team_on_duty
from engine.desk.step import Now, Step
from engine.desk.team_on_duty import TeamOnDuty
from engine.duty import rebalance_plan
from engine.duty.rebalance_plan import Held, Move
from engine.duty.workload import Capacity, Member, capacity
from engine.ports.duty_store import Brief
from engine.ports.store import Transaction
from engine.shifts import giving_out
from engine.tickets import access, lifecycle, routing
from engine.tickets.access import Right, about_team
from engine.tickets.events import AssignReason
from engine.tickets.people import Caller, Person, PersonId, Team
from engine.tickets.ticket import Phase

HELD_MAX: Final = 500
"""How many tickets of a team are looked at, earliest due first."""
SEEN_LENGTH: Final = 12

Propose = Callable[[Sequence[Member], Sequence[Held]], Sequence[Move]]
"""rebalance.rebalance or rebalance.optimize."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Who of a team has what, and which moves would balance it."""

    reader: Person
    team: Team
    people: Mapping[PersonId, Person]
    members: Sequence[Member]
    """Only the reader themselves, when they may not see their colleagues' figures."""
    capacity: Capacity
    waiting: int
    """Tickets that nobody has; counted up to HELD_MAX."""
    moves: Sequence[Move] = ()
    briefs: Mapping[int, Brief] = field(default_factory=dict)
    applied: bool = False

    @property
    def seen(self) -> str:
        """What the reader saw proposed, in short: applied is that and nothing else."""
        text = "\n".join(f"{move.ticket} {move.before} {move.to}" for move in self.moves)
        return sha256(text.encode()).hexdigest()[:SEEN_LENGTH]


@dataclass(frozen=True, slots=True)
class LoadQuestion:
    """Who wants to see which team's load."""

    by: Caller
    given: Now
    team: str | None = None
    """By id or name; None: the reader's own, or the default team."""
    propose: Propose = rebalance_plan.rebalance


def look(transaction: Transaction, asked: LoadQuestion) -> Workload:
    given = asked.given
    reader = directory.identify(transaction, asked.by, given.ids, given.at)
    found = _team(transaction, reader, asked.team)
    permission.check(transaction, reader, Right.OWN_FIGURES, about_team(found))
    now = team_on_duty.crew(transaction, found, given.at)
    briefs = transaction.staff.held(team=found.id, limit=HELD_MAX)
    sees_all = access.may(reader, Right.TEAM_FIGURES, about_team(found))
    moves = asked.propose(now.members, [_held(transaction, brief) for brief in briefs])
    waiting = transaction.staff.unassigned(found.id, limit=HELD_MAX, critical_only=False)
    return Workload(
        reader=reader,
        team=found,
        people=_people(transaction, now, moves),
        members=[one for one in now.members if sees_all or one.person == reader.id],
        capacity=capacity(now.members),
        waiting=len(waiting),
        moves=moves if access.may(reader, Right.REBALANCE, about_team(found)) else (),
        briefs={brief.number: brief for brief in briefs},
    )


def all_crews(transaction: Transaction, by: Caller, given: Now) -> Sequence[TeamOnDuty]:
    """Of every team whose figures the reader may see."""
    reader = directory.identify(transaction, by, given.ids, given.at)
    return [
        team_on_duty.crew(transaction, team, given.at)
        for team in transaction.teams()
        if access.may(reader, Right.TEAM_FIGURES, about_team(team))
    ]


def apply(transaction: Transaction, asked: LoadQuestion, *, seen: str) -> Workload:
    """Make the moves that the reader saw. When they would be others by now nothing is moved: look again."""
    given = asked.given
    reader = directory.identify(transaction, asked.by, given.ids, given.at)
    found = _team(transaction, reader, asked.team)
    permission.check(transaction, reader, Right.REBALANCE, about_team(found))
    transaction.staff.lock(found.id, list(team_on_duty.crew(transaction, found, given.at).people))
    now = look(transaction, asked)
    if now.seen != seen:
        return now
    for move in now.moves:
        _move(transaction, asked, reader, move)
    return replace(now, applied=True)


def _move(transaction: Transaction, asked: LoadQuestion, reader: Person, move: Move) -> None:
    ticket = transaction.ticket(move.ticket)
    assert ticket is not None, move  # it was read in this transaction
    events = lifecycle.assign(ticket, to=move.to, why=AssignReason("rebalance", giver=move.why))
    here = step.context(transaction, ticket, asked.given.at, asked.by.via).by(reader)
    step.record(transaction, here, Step(events))


def _held(transaction: Transaction, brief: Brief) -> Held:
    assert brief.assignee is not None, brief
    return Held(
        number=brief.number,
        holder=brief.assignee,
        priority=brief.priority,
        due_at=brief.due_at,
        touched=brief.touched or brief.state.phase is not Phase.ACTIVE,
        needs=giving_out.needs(transaction, brief),
    )


def _team(transaction: Transaction, reader: Person, name: str | None) -> Team:
    teams = transaction.teams()
    if name:
        return routing.team_named(name, teams)
    own = [team for team in teams if team.id in reader.teams]
    return own[0] if own else routing.team_named(transaction.settings().default_team, teams)


def _people(
    transaction: Transaction, now: TeamOnDuty, moves: Sequence[Move]
) -> Mapping[PersonId, Person]:
    """Those of the team, and who holds its tickets without being in it any more."""
    gone = {move.before for move in moves} - now.people.keys()
    found = (transaction.person(id) for id in gone)
    return {**now.people, **{person.id: person for person in found if person}}

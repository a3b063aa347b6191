"""Assigning tickets: automatically, and the next one to somebody who asks.

The transaction that assigns a team's tickets locks the team and its people until the commit, so that several daemons
assign each ticket once and nobody gets more than the limit.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from engine.desk import directory, step, team_on_duty
from engine.desk.step import Authorised, Now, Step
from engine.desk.team_on_duty import TeamOnDuty
from engine.duty import assign
from engine.duty.assign import Choice, Strategy, Waiting
from engine.duty.presence import Duty
from engine.ports.duty_store import Brief, GivenBack
from engine.ports.store import Transaction
from engine.tickets import lifecycle
from engine.tickets.actions import Action
from engine.tickets.errors import Refused
from engine.tickets.message import Request
from engine.tickets.people import Caller, PersonId, Team, TeamId
from engine.tickets.ticket import Phase, State, Ticket

WAITING_MAX: Final = 50
"""Tickets looked at in one go: more than a team can be given at once."""
LINE_MAX: Final = 1000
"""Looked at when none of the first can be given to anybody there: they must not hold up those behind them."""
HELD_MAX: Final = 500
"""Tickets of absent people looked at in one go."""


def dispatch(transaction: Transaction, team: TeamId, at: datetime) -> int:
    """Give what waits in a team to those who are there; how many tickets found somebody."""
    found = transaction.team(team)
    if found is None or Strategy(found.strategy) is Strategy.MANUAL:
        return 0
    there = team_on_duty.crew(transaction, found, at).on_duty()
    if not there:
        return 0
    transaction.staff.lock(team, there)
    # Read again: another daemon may have given out what we saw, up to the commit we waited for.
    now = team_on_duty.crew(transaction, found, at)
    _bring_home(transaction, now, at)
    has_room = any(one.has_room for one in now.members if one.person in there)
    choices: list[Choice] = []
    for most in (WAITING_MAX, LINE_MAX):
        briefs = transaction.staff.unassigned(team, limit=most, critical_only=not has_room)
        choices = assign.plan(Strategy(found.strategy), now.members, _waiting(transaction, briefs))
        if choices or len(briefs) < most:
            break
    return sum(_give(transaction, choice, at) for choice in choices)


def _waiting(transaction: Transaction, briefs: Sequence[Brief]) -> list[Waiting]:
    if not briefs:
        return []
    back = transaction.staff.given_back([brief.number for brief in briefs])
    return [
        Waiting(
            number=brief.number,
            priority=brief.priority,
            due_at=brief.due_at,
            needs=needs(transaction, brief),
            former=_former(brief, back.get(brief.number, ())),
            passed=frozenset(one.by for one in back.get(brief.number, ()) if one.passed),
        )
        for brief in briefs
    ]


def needs(transaction: Transaction, brief: Brief) -> frozenset[str]:
    """Skills, by its category."""
    return frozenset(transaction.settings().category_skills.get(brief.category, ()))


def _former(brief: Brief, back: Sequence[GivenBack]) -> PersonId | None:
    """Whoever had it when it was solved, and had gone home when it turned out not to be."""
    return back[-1].by if back and brief.state is State.REOPENED else None


def _give(transaction: Transaction, choice: Choice, at: datetime) -> bool:
    ticket = transaction.ticket(choice.ticket)
    if ticket is None or not _waits(ticket):
        return False
    events = lifecycle.assign(ticket, to=choice.to, why=choice.why)
    step.record(transaction, step.context(transaction, ticket, at, "desk"), Step(events))
    transaction.staff.was_assigned(choice.to, at)
    return True


def _waits(ticket: Ticket) -> bool:
    waits = ticket.assignee is None and ticket.state.phase is Phase.ACTIVE
    return waits and ticket.snoozed_until is None


def _bring_home(transaction: Transaction, now: TeamOnDuty, at: datetime) -> None:
    """What was reopened while whoever had it is off waits in the team again."""
    off = [member.person for member in now.members if member.duty is Duty.OFF]
    held = transaction.staff.held(people=off, limit=HELD_MAX)
    for brief in held:
        if brief.state is State.REOPENED and brief.team == now.team.id and not brief.touched:
            hand_back(transaction, brief, at)


def hand_back(transaction: Transaction, brief: Brief, at: datetime) -> None:
    """To its team, because whoever has it is not there."""
    ticket = transaction.ticket(brief.number)
    if ticket is not None and ticket.assignee == brief.assignee:
        here = step.context(transaction, ticket, at, "shift")
        step.record(transaction, here, Step(lifecycle.release(ticket)))


# What next, for somebody who asks


def next_ticket(
    transaction: Transaction, by: Caller, given: Now, settles: int | None = None
) -> Ticket:
    """Claim the ticket that is due soonest among those that wait in the person's teams."""
    person = directory.identify(transaction, by, given.ids, given.at)
    teams = [team for team in transaction.teams() if team.id in person.teams]
    if not teams:
        raise Refused("no_shifts")
    for brief in sorted(_lines_of(transaction, teams), key=_by_due):
        ticket = transaction.ticket(brief.number)
        if ticket is not None and _waits(ticket):
            request = Request(transaction.workspace, brief.number, by, settles=settles)
            return step.change(transaction, request, Action.CLAIM, _claimed, given)
    raise Refused("nothing_waits")


def _claimed(acting: Authorised) -> Step:
    return Step(lifecycle.claim(acting.ticket, by=acting.person.id, holder=""))


def _lines_of(transaction: Transaction, teams: Sequence[Team]) -> Iterator[Brief]:
    for team in teams:
        yield from transaction.staff.unassigned(team.id, limit=WAITING_MAX, critical_only=False)


def _by_due(brief: Brief) -> tuple[bool, datetime | None, int]:
    return brief.due_at is None, brief.due_at, brief.number

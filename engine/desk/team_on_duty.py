"""Who of a team is on duty now, and how much work they have: people, presences, hours and loads put together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from engine.duty import presence as duty
from engine.duty.presence import Duty, Presence
from engine.duty.workload import LIMIT, Load, Member
from engine.ports.store import Transaction
from engine.promises.level_members import goes_by
from engine.tickets.people import Person, PersonId, Role, Team


class OnShift(StrEnum):
    """What puts the people of a team on duty, besides their own word."""

    SHIFTS = "shifts"
    """The plan of its rotations, if it has one."""
    HOURS = "hours"
    """Its calendar: everybody, while it is open."""
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class TeamOnDuty:
    team: Team
    people: Mapping[PersonId, Person]
    members: Sequence[Member]
    presences: Mapping[PersonId, Presence]

    def presence(self, person: PersonId) -> Presence:
        return self.presences.get(person, Presence())

    def on_duty(self) -> list[PersonId]:
        return [member.person for member in self.members if member.duty is Duty.ON]


def crew(transaction: Transaction, team: Team, at: datetime) -> TeamOnDuty:
    """Everybody active in the team, by id. Managers are in it when they are on duty, or hold something."""
    people = {person.id: person for person in _agents(transaction, team)}
    presences = transaction.staff.presences()
    loads = transaction.staff.loads(people)
    last = transaction.staff.last_assigned(people)
    covers = coverage(transaction, team, at)
    members = [
        Member(
            person=id,
            duty=duty.duty(presences.get(id, Presence()), at, covered=covers(person)),
            skills=person.skills,
            limit=limit_of(person),
            load=loads.get(id, Load()),
            last_assigned_at=last.get(id),
        )
        for id, person in people.items()
    ]
    return TeamOnDuty(team, people, [one for one in members if _works(people, one)], presences)


def _works(people: Mapping[PersonId, Person], member: Member) -> bool:
    """Managers are in a team to be told, not to be given its tickets, unless they start a shift."""
    manages = people[member.person].rank >= Role.MANAGER
    return not manages or member.duty is Duty.ON or member.load != Load()


def _agents(transaction: Transaction, team: Team) -> list[Person]:
    agents = transaction.agents()
    return [one for one in agents if team.id in one.teams and one.status == "active"]


def limit_of(person: Person) -> int:
    return person.limit or LIMIT


def reachable(transaction: Transaction, team: Team, at: datetime) -> Callable[[Person], bool]:
    """Whom a page about this team's tickets may wake: all who did not say that they are not there."""
    presences = transaction.staff.presences()
    covers = coverage(transaction, team, at)

    def may_be_woken(person: Person) -> bool:
        presence = presences.get(person.id, Presence())
        return duty.duty(presence, at, covered=covers(person)) is not Duty.OFF

    return may_be_woken


def coverage(transaction: Transaction, team: Team, at: datetime) -> Callable[[Person], bool]:
    """Whom the team's rotations or hours put on duty now, without a word of theirs."""
    rules = transaction.rules()
    match OnShift(team.on_shift):
        case OnShift.ALWAYS:
            return lambda person: person.rank < Role.MANAGER
        case OnShift.HOURS:
            is_open = rules.calendar(team.calendar)[1].is_open(at)
            return lambda person: is_open and person.rank < Role.MANAGER
        case OnShift.SHIFTS:
            names = rules.covering(team.id, at)
            return lambda person: any(goes_by(person, name) for name in names)
        case _ as never:
            assert_never(never)


def covered_until(transaction: Transaction, team: Team, at: datetime) -> datetime | None:
    """When the team's hours end that cover its people now; None: they do not end."""
    if OnShift(team.on_shift) is OnShift.ALWAYS or team.calendar is None:
        return None
    _, closes = next(transaction.rules().calendar(team.calendar)[1].periods(at))
    return closes

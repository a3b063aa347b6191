"""Who stands on a level of a ladder now: the people of a team whom a page would reach."""

from collections.abc import Callable, Sequence
from typing import Final

from engine.escalation import Reached
from engine.model import Person, Role, Team
from engine.rules import Level, Target

PEOPLE_MAX: Final = 20
"""A page to more people than this is a page to nobody."""


def reach(
    level: Level, agents: Sequence[Person], team: Team, *, is_there: Callable[[Person], bool]
) -> Reached:
    """`is_there`: False for who is off shift or away."""
    people = [
        person.id
        for person in agents
        if person.status == "active" and is_there(person) and _is_meant(level, person, team)
    ]
    groups = [target.name for target in level.targets if target.kind == "group"]
    return Reached(tuple(people[:PEOPLE_MAX]), tuple(groups))


def _is_meant(level: Level, person: Person, team: Team) -> bool:
    return any(_fits(target, person, team) for target in level.targets)


def _fits(target: Target, person: Person, team: Team) -> bool:
    if target.kind == "person":
        wanted = target.name.casefold()
        names = (person.mail, person.slack, person.name)
        return any(name.casefold() == wanted for name in names if name)
    if target.kind == "role":
        return person.rank.name.lower() == target.name and answers_for(person, team)
    return False


def answers_for(person: Person, team: Team) -> bool:
    """Its own people; from lead up, those of its department; admins."""
    if team.id in person.teams or person.rank >= Role.ADMIN:
        return True
    return person.rank >= Role.LEAD and person.department == team.department

"""Who is on a level of a ladder (escalation policy) now: the people of a team whom a page would reach."""

from collections.abc import Callable, Sequence
from typing import Final

from engine.promises.rules import Level, Target
from engine.promises.step_context import Reached
from engine.tickets.access import answers_for
from engine.tickets.people import Person, Team

PEOPLE_MAX: Final = 20
"""A page to more people than this is a page to nobody."""


def reach(
    level: Level,
    agents: Sequence[Person],
    team: Team,
    *,
    is_there: Callable[[Person], bool],
    on_duty: Callable[[str], Sequence[str]],
) -> Reached:
    """Of `agents`, who can all be told something. `is_there`: False for who is off shift or away. `on_duty`: the
    names that a rotation's plan has now."""
    targets = [one for target in level.targets for one in _whose_turn(target, on_duty)]
    people = [
        person.id
        for person in agents
        if person.status == "active"
        and is_there(person)
        and any(_fits(target, person, team) for target in targets)
    ]
    groups = [target.name for target in level.targets if target.kind == "group"]
    return Reached(tuple(people[:PEOPLE_MAX]), tuple(groups))


def _whose_turn(target: Target, on_duty: Callable[[str], Sequence[str]]) -> Sequence[Target]:
    """Rotations are read once: a plan is asked who, not whether it is this one."""
    if target.kind != "rotation":
        return [target]
    return [Target("person", name) for name in on_duty(target.name)]


def _fits(target: Target, person: Person, team: Team) -> bool:
    if target.kind == "person":
        return goes_by(person, target.name)
    if target.kind == "role":
        return person.rank.name.lower() == target.name and answers_for(
            person, team.id, team.department
        )
    return False


def goes_by(person: Person, name: str) -> bool:
    """Their name, or any name the outside knows them by, in any case."""
    own = (person.name, *(name.subject for name in person.identities))
    return name.casefold() in {one.casefold() for one in own if one}

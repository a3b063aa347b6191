"""Who is over which department, as deskd.toml says it."""

from deskd.settings.cross_checks import team_ids
from deskd.settings.settings import PersonSection, Settings, TeamSection
from engine.tickets.people import Role


def department_of(settings: Settings, person: PersonSection) -> str | None:
    """What they are over as written; a manager is also over the only department there is. With several, a guess
    would give somebody what nobody gave them."""
    if person.department is not None or settings.role(person.role) is not Role.MANAGER:
        return person.department
    departments = _departments(settings)
    return departments.pop() if len(departments) == 1 else None


def reaches_nothing(settings: Settings, person: PersonSection) -> bool:
    """A lead or manager, of no team and over no department that a team is of."""
    over = settings.role(person.role) in (Role.LEAD, Role.MANAGER)
    known = _departments(settings)
    return over and not person.teams and department_of(settings, person) not in known


def _departments(settings: Settings) -> set[str]:
    """Of all teams; a default team that the file does not describe is of the usual one."""
    described = {team.id for team in settings.teams}
    others = [id for id in team_ids(settings) if id not in described]
    teams = (*settings.teams, *(TeamSection(id=id) for id in others))
    return {team.department for team in teams}

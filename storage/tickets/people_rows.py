"""People, teams and what a workspace set up: rows to the nouns of the engine and back."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from engine.tickets.people import (
    Address,
    Identity,
    Person,
    PersonId,
    Role,
    Team,
    TeamId,
    WorkspaceId,
)
from engine.tickets.ticket import Priority
from engine.tickets.workspace import Workspace
from storage.tickets.rows import AnyRow, Values


def person_values(person: Person) -> Values:
    return {
        "name": person.name,
        "name_key": person.name.casefold(),
        "role": int(person.role),
        "mail": person.known_as("mail"),
        "slack": person.known_as("slack"),
        "timezone": person.timezone,
        "status": person.status,
        "department": person.department,
        "skills": sorted(person.skills) or None,
        "work_limit": person.limit,
    }


def person(row: AnyRow, identities: tuple[Identity, ...]) -> Person:
    """Without their teams."""
    return Person(
        id=PersonId(row.id),
        name=row.name,
        role=Role(row.role),
        identities=identities,
        timezone=row.timezone,
        status=row.status,
        department=row.department,
        skills=frozenset(row.skills or ()),
        limit=row.work_limit,
    )


def team_values(team: Team) -> Values:
    return {
        "name": team.name,
        "department": team.department,
        "slack_channel": team.place.place if team.place else None,
        "policy": team.policy or "",
        "open_to_agents": team.open_to_agents,
        "replies_public": team.replies_public,
        "calendar": team.calendar,
        "ladder": team.ladder,
        "strategy": team.strategy,
        "on_shift": team.on_shift,
    }


def team(row: AnyRow, addresses: Iterable[str]) -> Team:
    return Team(
        id=TeamId(row.id),
        name=row.name,
        department=row.department,
        place=Address("slack", row.slack_channel) if row.slack_channel else None,
        addresses=tuple(addresses),
        policy=row.policy or None,
        open_to_agents=row.open_to_agents,
        replies_public=row.replies_public,
        calendar=row.calendar,
        ladder=row.ladder,
        strategy=row.strategy,
        on_shift=row.on_shift,
    )


def settings_document(settings: Workspace) -> Values:
    return {
        "domains": sorted(settings.domains),
        "categories": list(settings.categories),
        "channels": list(settings.channels),
        "default_team": settings.default_team,
        "default_priority": settings.default_priority.value,
        "requester_priorities": [one.value for one in settings.requester_priorities],
        "timezone": settings.timezone,
        "policy": settings.policy,
        "department_policies": dict(settings.department_policies),
        "category_policies": dict(settings.category_policies),
        "category_skills": {name: list(of) for name, of in settings.category_skills.items()},
        "remind_after": settings.remind_after,
        "give_up_after": settings.give_up_after,
        "rules_version": settings.rules_version,
    }


def settings(workspace: WorkspaceId, document: Mapping[str, Any] | None) -> Workspace:
    """A workspace nobody has set up yet has the defaults, as has what an older version did not know."""
    known = {name: value for name, value in (document or {}).items() if name in _SETTINGS_FROM}
    return Workspace(workspace, **{name: _SETTINGS_FROM[name](known[name]) for name in known})


_SETTINGS_FROM: Final[Mapping[str, Callable[[Any], Any]]] = {
    "domains": frozenset,
    "categories": tuple,
    "channels": tuple,
    "default_team": TeamId,
    "default_priority": Priority,
    "requester_priorities": lambda names: tuple(Priority(name) for name in names),
    "timezone": str,
    "policy": str,
    "department_policies": dict,
    "category_policies": dict,
    "category_skills": lambda skills: {name: tuple(of) for name, of in skills.items()},
    "remind_after": lambda text: text,
    "give_up_after": lambda text: text,
    "rules_version": int,
}

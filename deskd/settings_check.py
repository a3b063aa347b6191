"""What no single value shows: names that must exist elsewhere, and names used twice."""

from collections.abc import Iterator
from typing import Final

from deskd.settings import PersonSection, Settings
from deskd.settings_lines import Path
from deskd.settings_names import near
from engine.model import Role

DEFAULT_TEAM: Final = "support"
"""Made by `slack.channel` and `mail.address` when no [[teams]] entry has this id."""

Odd = Iterator[tuple[Path, str]]


def odd(settings: Settings) -> Odd:
    yield from _teams(settings)
    for alias, role in settings.desk.roles.items():
        if settings.role(role) is None:
            yield ("desk", "roles", alias), f'"{role}" is no role; {_roles(role)}'
    for number, person in enumerate(settings.people):
        for name, what in _person(settings, person):
            yield ("people", number, name), what


def _teams(settings: Settings) -> Odd:
    teams = [team.id for team in settings.teams]
    addresses: list[str] = []
    for number, team in enumerate(settings.teams):
        if team.id in teams[:number]:
            yield ("teams", number, "id"), f'"{team.id}" is used twice'
        for address in team.addresses:
            if address in addresses:
                yield ("teams", number, "addresses"), f'"{address}" leads to another team already'
        addresses += team.addresses


def team_ids(settings: Settings) -> set[str]:
    declared = {team.id for team in settings.teams}
    return declared | {DEFAULT_TEAM} if settings.slack.channel or not declared else declared


def _person(settings: Settings, person: PersonSection) -> Iterator[tuple[str, str]]:
    if settings.role(person.role) is None:
        yield "role", f'"{person.role}" is no role; {_roles(person.role)}'
    known = sorted(team_ids(settings))
    for team in person.teams:
        if team not in known:
            yield "teams", f'"{team}" is no team; known: {", ".join(known)}'
    if person.mail is None and person.slack is None:
        yield "name", f'"{person.name}" needs a mail address or a Slack id'


def _roles(wrong: str) -> str:
    names = [role.name.lower() for role in Role]
    close = near(wrong.lower(), names)
    return f'did you mean "{close}"?' if close else "known: " + ", ".join(names)

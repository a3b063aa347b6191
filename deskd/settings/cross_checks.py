"""What no single value shows: names that must exist elsewhere, names used twice, and an extra not installed."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

from deskd.settings.lines import Path
from deskd.settings.names import meant
from deskd.settings.settings import PersonSection, Settings
from engine.tickets.people import Role

DEFAULT_TEAM: Final = "support"
"""Made by `slack.channel` and `mail.address` when no [[teams]] entry has this id."""
POSTGRES_DRIVER: Final = "asyncpg"


@dataclass(frozen=True, slots=True)
class Oddity:
    path: Path
    what: str
    first: Path | None = None
    """Where the same stands already."""


Odd = Iterator[Oddity]


def is_installed(package: str) -> bool:
    return find_spec(package) is not None


def odd(settings: Settings, installed: Callable[[str], bool] = is_installed) -> Odd:
    url = settings.database.url.get_secret_value()
    if url.startswith("postgresql") and not installed(POSTGRES_DRIVER):
        extra = ": PostgreSQL needs the extra: pip install 'deskd[postgres]'"
        yield Oddity(("database", "url"), extra)
    yield from _teams(settings)
    for alias, role in settings.desk.roles.items():
        if settings.role(role) is None:
            yield Oddity(("desk", "roles", alias), f' "{role}" is no role; {roles(role)}')
    for number, person in enumerate(settings.people):
        yield from _person(settings, person, ("people", number))
    yield from _people_twice(settings)


def unknown(path: Path, kind: str, name: str, known: Collection[str]) -> Odd:
    if name not in known:
        yield Oddity(path, f' "{name}" is no {kind}; {meant(name, known)}')


def used_twice(section: str, ids: Sequence[str]) -> Odd:
    for number, id in enumerate(ids):
        first = ids.index(id)
        if first < number:
            path: Path = (section, number, "id")
            yield Oddity(path, f' "{id}" is used twice', (section, first, "id"))


def _teams(settings: Settings) -> Odd:
    addresses: dict[str, Path] = {}
    yield from used_twice("teams", [team.id for team in settings.teams])
    for number, team in enumerate(settings.teams):
        here: Path = ("teams", number)
        for address in team.addresses:
            if address in addresses:
                what = f' "{address}" leads to another team already'
                yield Oddity((*here, "addresses"), what, addresses[address])
        for address in team.addresses:
            addresses.setdefault(address, (*here, "addresses"))


def _people_twice(settings: Settings) -> Odd:
    """One mail or Slack id leads to one person: of two, the second would take the first one's place unseen."""
    seen: dict[tuple[str, str], Path] = {}
    for number, person in enumerate(settings.people):
        for name, value in (("mail", person.mail), ("slack", person.slack)):
            if value is None:
                continue
            path: Path = ("people", number, name)
            if (name, value) in seen:
                what = f' "{value}" belongs to another person already'
                yield Oddity(path, what, seen[name, value])
            seen.setdefault((name, value), path)


def team_ids(settings: Settings) -> set[str]:
    declared = {team.id for team in settings.teams}
    return declared | {DEFAULT_TEAM} if settings.slack.channel or not declared else declared


def _person(settings: Settings, person: PersonSection, here: Path) -> Odd:
    if settings.role(person.role) is None:
        yield Oddity((*here, "role"), f' "{person.role}" is no role; {roles(person.role)}')
    for team in person.teams:
        yield from unknown((*here, "teams"), "team", team, team_ids(settings))
    if person.mail is None and person.slack is None:
        yield Oddity((*here, "name"), f' "{person.name}" needs a mail address or a Slack id')


def roles(wrong: str) -> str:
    return meant(wrong.lower(), [role.name.lower() for role in Role])

"""What no single value of `[[policies]]`, `[[ladders]]` and `[[mutes]]` shows: who is named, and is not there."""

from collections.abc import Iterator
from typing import Final

from deskd.config.check_time import is_somebody, nobody
from deskd.declared.declared_calendars import people_by_name
from deskd.declared.declared_policies import base_of, category_named, window
from deskd.settings.cross_checks import Odd, Oddity, roles, team_ids, unknown, used_twice
from deskd.settings.lines import Path
from deskd.settings.names import meant
from deskd.settings.rules import PolicySection, target
from deskd.settings.settings import DEFAULT_DEPARTMENT, Settings
from engine.promises.rules import BY_ROLE, PRESETS, Target
from engine.tickets.people import Role
from engine.tickets.promise_clock import ALWAYS_OPEN, TEAMS_OWN
from engine.tickets.routing import priority_named
from engine.tickets.ticket import Priority

_RESERVED: Final = (ALWAYS_OPEN, TEAMS_OWN)
"""What a policy may count by besides [[calendars]]."""


def odd_rules(settings: Settings) -> Odd:
    yield from used_twice("policies", [policy.id for policy in settings.policies])
    yield from used_twice("ladders", [ladder.id for ladder in settings.ladders])
    for number, calendar in enumerate(settings.calendars):
        if calendar.id in _RESERVED:
            yield Oddity(("calendars", number, "id"), f' "{calendar.id}" has a meaning of its own')
    yield from _desk(settings)
    yield from _teams(settings)
    for number, policy in enumerate(settings.policies):
        yield from _policy(settings, policy, ("policies", number))
    yield from _ladders(settings)
    yield from _mutes(settings)


def _desk(settings: Settings) -> Odd:
    desk, policies = settings.desk, _policies(settings)
    yield from unknown(("desk", "policy"), "policy", desk.policy, policies)
    for department, policy in desk.department_policies.items():
        path: Path = ("desk", "department_policies", department)
        yield from unknown(path, "department of a team", department, _departments(settings))
        yield from unknown(path, "policy", policy, policies)
    for category, policy in desk.category_policies.items():
        path = ("desk", "category_policies", category)
        yield from _category(path, category, settings)
        yield from unknown(path, "policy", policy, policies)
    for category in desk.skills:
        yield from _category(("desk", "skills", category), category, settings)


def _teams(settings: Settings) -> Odd:
    ladders = [*(ladder.id for ladder in settings.ladders), BY_ROLE.id]
    for number, team in enumerate(settings.teams):
        for name, id, known in (
            ("policy", team.policy, _policies(settings)),
            ("calendar", team.calendar, _calendars(settings)),
            ("ladder", team.ladder, ladders),
        ):
            if id is not None:
                yield from unknown(("teams", number, name), name, id, known)


def _category(path: Path, name: str, settings: Settings) -> Odd:
    """Their case does not matter."""
    if category_named(name, settings) is None:
        yield from unknown(path, "category", name, settings.desk.categories)


def _policies(settings: Settings) -> list[str]:
    return [*dict.fromkeys((*(policy.id for policy in settings.policies), *PRESETS))]


def _calendars(settings: Settings) -> list[str]:
    return [calendar.id for calendar in settings.calendars]


def _departments(settings: Settings) -> list[str]:
    """The team that is made without an entry is of the usual department."""
    declared = {team.department for team in settings.teams}
    is_made = len(team_ids(settings)) > len({team.id for team in settings.teams})
    return sorted(declared | {DEFAULT_DEPARTMENT} if is_made else declared)


def _policy(settings: Settings, policy: PolicySection, here: Path) -> Odd:
    calendars = [*_calendars(settings), *_RESERVED]
    yield from unknown((*here, "calendar"), "calendar", policy.calendar, calendars)
    seen: dict[Priority, str] = {}
    for name, goals in policy.goals.items():
        path: Path = (*here, "goals", name)
        if goals.calendar is not None:
            yield from unknown((*path, "calendar"), "calendar", goals.calendar, calendars)
        first = seen.setdefault(priority_named(name), name)
        if first != name:
            yield Oddity(path, f" is {first} by another name")
    if not policy.goals and policy.base is None:
        yield Oddity(here, " promises nothing: it needs a base, or goals: [policies.goals.P1]")
    yield from _base(settings, policy, (*here, "base"))


def _base(settings: Settings, policy: PolicySection, path: Path) -> Odd:
    if policy.base is None:
        return
    if policy.base == policy.id and policy.id not in PRESETS:
        yield Oddity(path, f' "{policy.base}" is this policy itself')
        return
    yield from unknown(path, "policy", policy.base, _policies(settings))
    others = {one.id: one for one in settings.policies}
    seen = [policy.id]
    base = base_of(policy, others)
    while base is not None and base.id not in seen:
        seen.append(base.id)
        base = base_of(base, others)
    if base is not None and base.id == policy.id:
        yield Oddity(path, f' "{policy.base}" leads back to this policy')


def _ladders(settings: Settings) -> Odd:
    for number, ladder in enumerate(settings.ladders):
        for place, level in enumerate(ladder.levels):
            path: Path = ("ladders", number, "levels", place, "notify")
            for text in level.notify:
                for what in _no_target(target(text), settings):
                    yield Oddity(path, f' "{text}" is {what}')


def _no_target(one: Target, settings: Settings) -> Iterator[str]:
    if one.kind == "role" and settings.role(one.name) in (None, Role.REQUESTER):
        yield f"no role of agents; {roles(one.name)}"
    rotations = [rotation.id for rotation in settings.rotations]
    if one.kind == "rotation" and one.name not in rotations:
        yield f"no rotation; {meant(one.name, rotations)}"
    if one.kind == "person":
        known = people_by_name(settings)
        if not is_somebody(one.name, known):
            yield nobody(one.name, known)
        elif known.get(one.name) in _requesters(settings):
            yield "no agent: nobody pages a requester"


def _requesters(settings: Settings) -> set[str | None]:
    asking = [one for one in settings.people if settings.role(one.role) is Role.REQUESTER]
    return {one.mail or one.slack for one in asking if not one.teams}


def _mutes(settings: Settings) -> Odd:
    for number, mute in enumerate(settings.mutes):
        here: Path = ("mutes", number)
        starts_at, ends_at = window(mute, settings)
        if ends_at <= starts_at:
            yield Oddity((*here, "end"), f" {mute.end} must be after the start {mute.start}")
        if mute.team is not None:
            yield from unknown((*here, "team"), "team", mute.team, team_ids(settings))
        if mute.category is not None:
            yield from _category((*here, "category"), mute.category, settings)

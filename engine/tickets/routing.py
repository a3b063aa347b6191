"""Which team a new ticket waits at. Which agent gets it comes with shifts and workload."""

from collections.abc import Sequence
from typing import Final

from engine.tickets.errors import Refused
from engine.tickets.message import Draft, Inbound
from engine.tickets.people import Person, Role, Team
from engine.tickets.ticket import Priority
from engine.tickets.workspace import Workspace


def team_for(inbound: Inbound, teams: Sequence[Team], settings: Workspace) -> Team:
    """The first team that one of the message's own addresses leads to, else the default team."""
    wanted = set(inbound.recipients)
    for team in teams:
        if wanted & set(team.addresses):
            return team
    return team_named(settings.default_team, teams)


def team_named(name: str | None, teams: Sequence[Team]) -> Team:
    """By id or by name, any case."""
    wanted = (name or "").casefold()
    for team in teams:
        if wanted in (team.id.casefold(), team.name.casefold()):
            return team
    raise Refused("unknown_team", name=name or "", known=sorted(team.id for team in teams))


def team_for_draft(draft: Draft, teams: Sequence[Team], settings: Workspace) -> Team:
    return team_named(draft.team or settings.default_team, teams)


URGENT: Final = "urgent"
"""What many say for critical."""


def priority_named(name: str) -> Priority:
    """ "P2", "p2" or its label "high"; "urgent" is P1."""
    wanted = name.strip().casefold()
    if wanted == URGENT:
        return Priority.P1
    for priority in Priority:
        if wanted in (priority.value.casefold(), priority.label.casefold()):
            return priority
    known = [f"{priority.value} {priority.label}" for priority in Priority]
    raise Refused("unknown_priority", name=name, known=known)


def priorities_for(person: Person, settings: Workspace) -> tuple[Priority, ...]:
    """What they may ask for when they open a ticket."""
    if person.rank >= Role.AGENT:
        return tuple(Priority)
    chosen = {*settings.requester_priorities, settings.default_priority}
    return tuple(priority for priority in Priority if priority in chosen)


def category_named(name: str, settings: Workspace) -> str:
    wanted = name.strip().casefold()
    for category in settings.categories:
        if category.casefold() == wanted:
            return category
    raise Refused("unknown_category", name=name, known=list(settings.categories))


def default_category(settings: Workspace) -> str:
    """The last one listed: presets end with "Other"."""
    return settings.categories[-1]

"""What deskd.toml declares of the workspace `default`, in the engine's words."""

from collections.abc import Mapping
from typing import Final, TypeVar

from deskd.declared import declared_calendars, declared_policies
from deskd.declared.departments import department_of
from deskd.settings.cross_checks import DEFAULT_TEAM, team_ids
from deskd.settings.settings import PersonSection, Settings, TeamSection
from engine.desk.directory import DeclaredPerson, DeclaredWorkspace
from engine.promises.rules import Declared
from engine.tickets.people import DEFAULT, Address, Identity, Role, Team, TeamId
from engine.tickets.workspace import Workspace

T = TypeVar("T")

CHANNELS: Final = ("slack", "mail")
"""What people can be told something on: deskd.build has a courier for each. The first is taken first."""


def roster(settings: Settings, *, slack_team: str | None = None) -> DeclaredWorkspace:
    """`slack_team`: whose Slack ids [[people]] holds; known once Slack was asked. Without it they wait."""
    teams = _teams(settings)
    return DeclaredWorkspace(
        settings=Workspace(
            id=DEFAULT,
            domains=frozenset(domain.lower().lstrip("@") for domain in settings.desk.domains),
            categories=settings.desk.categories,
            channels=CHANNELS,
            default_team=_default_team(settings),
            default_priority=settings.desk.default_priority,
            requester_priorities=settings.desk.requester_priorities,
            timezone=settings.desk.timezone,
            policy=settings.desk.policy,
            department_policies=settings.desk.department_policies,
            category_policies=_by_category(settings, settings.desk.category_policies),
            category_skills=_by_category(settings, settings.desk.skills),
            remind_after=settings.desk.pending_reminder,
            give_up_after=settings.desk.pending_resolve,
        ),
        teams=teams,
        people=tuple(_person(settings, person, slack_team) for person in settings.people),
        rules=Declared(
            calendars=declared_calendars.calendars(settings),
            policies=declared_policies.policies(settings),
            ladders=declared_policies.ladders(settings),
            mutes=declared_policies.mutes(settings),
            rotations=declared_calendars.rotations(settings),
        ),
    )


def _by_category(settings: Settings, given: Mapping[str, T]) -> dict[str, T]:
    """By the category as it is spelt in the list."""
    named = {
        declared_policies.category_named(name, settings): value for name, value in given.items()
    }
    return {category: value for category, value in named.items() if category}


def _default_team(settings: Settings) -> TeamId:
    known = team_ids(settings)
    return TeamId(DEFAULT_TEAM if DEFAULT_TEAM in known else settings.teams[0].id)


def _teams(settings: Settings) -> tuple[Team, ...]:
    declared = {team.id: _team(team) for team in settings.teams}
    default = _default_team(settings)
    sections = [section for section in settings.teams if section.id == default]
    section = sections[0] if sections else TeamSection(id=default, name=settings.desk.name)
    taken = [address for team in settings.teams for address in team.addresses]
    own = () if settings.mail.address in taken else (settings.mail.address,)
    channel = section.slack_channel
    if channel is None and default == DEFAULT_TEAM:
        channel = settings.slack.channel
    first = _team(
        section.model_copy(update={"slack_channel": channel, "addresses": own + section.addresses})
    )
    others = [team for id, team in declared.items() if id != default]
    return (first, *others)


def _team(section: TeamSection) -> Team:
    return Team(
        id=TeamId(section.id),
        name=section.name or section.id,
        department=section.department,
        place=Address("slack", section.slack_channel) if section.slack_channel else None,
        addresses=section.addresses,
        policy=section.policy,
        open_to_agents=section.open_to_agents,
        replies_public=section.replies_public,
        calendar=section.calendar,
        ladder=section.ladder,
        strategy=section.strategy,
        on_shift=section.on_shift,
    )


def _person(settings: Settings, section: PersonSection, slack_team: str | None) -> DeclaredPerson:
    mail = (Identity("mail", "", section.mail),) if section.mail else ()
    known = section.slack and slack_team
    slack = (Identity("slack", slack_team or "", section.slack or ""),) if known else ()
    return DeclaredPerson(
        name=section.name,
        role=settings.role(section.role) or Role.REQUESTER,
        teams=frozenset(TeamId(team) for team in section.teams),
        identities=(*mail, *slack),
        timezone=section.timezone,
        department=department_of(settings, section),
        skills=frozenset(section.skills),
        limit=section.limit,
    )

"""Settings that are allowed and most likely not meant: half a Slack, a name for an id. None of them stops a start."""

import re
from collections.abc import Iterator
from typing import Final

from pydantic import SecretStr

from deskd.declared.declared_policies import policies
from deskd.declared.departments import reaches_nothing
from deskd.settings.lines import Path
from deskd.settings.settings import Settings, TeamSection
from engine.promises.rules import PRESETS, Policy
from engine.tickets.promise_clock import TEAMS_OWN
from engine.tickets.ticket import Priority

_CHANNEL: Final = re.compile(r"[CGD][A-Z0-9]+")
BOT: Final = "xoxb-"
APP: Final = "xapp-"
NOT_AN_ID: Final = (
    " should be the channel's id (C…), not its name:"
    " in Slack click the channel's name, the id is at the end of what opens"
)

Doubts = Iterator[tuple[Path, str]]


def doubts(settings: Settings) -> Doubts:
    yield from _tokens(settings)
    yield from _channels(settings)
    yield from _doors(settings)
    yield from _unpromised(settings)
    yield from _idle_calendars(settings)
    yield from _over_nothing(settings)


def has_slack(settings: Settings) -> bool:
    return settings.slack.bot_token is not None and settings.slack.app_token is not None


def _tokens(settings: Settings) -> Doubts:
    given = {"bot_token": settings.slack.bot_token, "app_token": settings.slack.app_token}
    missing = [name for name, token in given.items() if token is None]
    if len(missing) == 1:
        [there] = given.keys() - missing
        yield (
            ("slack", there),
            f" is set and slack.{missing[0]} is not: Slack needs both, it is off",
        )
    if _begins(given["bot_token"], APP) and _begins(given["app_token"], BOT):
        what = (
            f" and slack.app_token: these two are swapped ({BOT}… is the bot's, {APP}… the app's)"
        )
        yield ("slack", "bot_token"), what
        return
    for name, start in (("bot_token", BOT), ("app_token", APP)):
        if given[name] is not None and not _begins(given[name], start):
            yield ("slack", name), f" should begin with {start}: Slack will not take this one"


def _begins(token: SecretStr | None, start: str) -> bool:
    return token is not None and token.get_secret_value().startswith(start)


def _places(settings: Settings) -> Iterator[tuple[Path, str]]:
    if settings.slack.channel is not None:
        yield ("slack", "channel"), settings.slack.channel
    for number, team in enumerate(settings.teams):
        if team.slack_channel is not None:
            yield ("teams", number, "slack_channel"), team.slack_channel


def _channels(settings: Settings) -> Doubts:
    places = list(_places(settings))
    for path, channel in places:
        if not _CHANNEL.fullmatch(channel):
            yield path, NOT_AN_ID
    if has_slack(settings) and not places:
        yield ("slack", "channel"), " is off and no team has a channel: nobody will see the tickets"
    if settings.slack.bot_token is None and settings.slack.app_token is None:
        for path, _ in places:
            yield path, " is set but Slack is off: slack.bot_token and slack.app_token are missing"


def _doors(settings: Settings) -> Doubts:
    if settings.mail.smtp_in.listen is None and not has_slack(settings):
        what = " is off and so is Slack: no mail and no message reaches the desk"
        yield ("mail", "smtp_in", "listen"), what


def _unpromised(settings: Settings) -> Doubts:
    """Where no other policy says more, a ticket of this priority is never late."""
    own = _by_id(settings)[settings.desk.policy]
    without = [
        priority.value
        for priority in Priority
        if not (goals := own.goals.get(priority)) or not (goals.first_response or goals.resolution)
    ]
    if without:
        yield ("desk", "policy"), f': "{own.id}" promises nothing for {", ".join(without)}'


def _idle_calendars(settings: Settings) -> Doubts:
    known = _by_id(settings)
    for number, team in enumerate(settings.teams):
        # On shift by its hours, it has a use without any promise.
        if team.calendar is None or team.on_shift == "hours":
            continue
        ids = _policies_of(team, settings)
        if not any(_counts_by(known[id], team.calendar) for id in ids):
            what = (
                f': nothing counts by it; a policy does with calendar = "{TEAMS_OWN}"'
                f" (its own: {', '.join(dict.fromkeys(ids))})"
            )
            yield ("teams", number, "calendar"), what


def _over_nothing(settings: Settings) -> Doubts:
    """Only a private channel could still make them an agent of its team."""
    for number, person in enumerate(settings.people):
        if reaches_nothing(settings, person):
            what = (
                f': "{person.name}" is in no team and over no department that a team is of, so reaches no tickets;'
                " set teams or department"
            )
            yield ("people", number, "role"), what


def _policies_of(team: TeamSection, settings: Settings) -> list[str]:
    desk = settings.desk
    usual = team.policy or desk.department_policies.get(team.department) or desk.policy
    return [usual, *desk.category_policies.values()]


def _counts_by(policy: Policy, calendar: str) -> bool:
    named = {policy.calendar, *(goals.calendar for goals in policy.goals.values())}
    return not named.isdisjoint({calendar, TEAMS_OWN})


def _by_id(settings: Settings) -> dict[str, Policy]:
    return {**PRESETS, **{policy.id: policy for policy in policies(settings)}}

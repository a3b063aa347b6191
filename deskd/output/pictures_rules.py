"""Policies as `deskd sla policies` shows them: what each promises now, and who lives by it.

The keys are the outside contract: none is ever removed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from deskd.output.pictures import Json, instant
from engine.calendars.durations import Duration
from engine.promises.rules import Goals, Policy, Rules
from engine.tickets.people import Team
from engine.tickets.promise_clock import ClockKind


@dataclass(frozen=True, slots=True)
class Use:
    """What names a policy; of several the first of these wins."""

    categories: Sequence[str]
    teams: Sequence[str]
    departments: Sequence[str]
    workspace: bool


@dataclass(frozen=True, slots=True)
class InForce:
    policy: Policy
    since: datetime | None
    """Of this edition; None: a preset as it comes."""
    use: Use


def in_force(rules: Rules, teams: Sequence[Team]) -> list[InForce]:
    """By id, for a ticket opened now."""
    return [
        InForce(policy, _since(rules, policy), _use(rules, teams, policy.id))
        for policy in rules.policies_in_force()
    ]


def _since(rules: Rules, policy: Policy) -> datetime | None:
    editions = rules.policies.get(policy.id, ())
    since = next((since for since, one in reversed(editions) if one is policy), None)
    return None if since is None else rules.declared_at.get((policy.id, since))


def _use(rules: Rules, teams: Sequence[Team], id: str) -> Use:
    own = rules.workspace
    return Use(
        categories=_naming(id, own.category_policies.items()),
        teams=_naming(id, ((team.id, team.policy) for team in teams)),
        departments=_naming(id, own.department_policies.items()),
        workspace=own.policy == id,
    )


def _naming(id: str, given: Iterable[tuple[str, str | None]]) -> list[str]:
    return sorted(name for name, policy in given if policy == id)


def picture(one: InForce) -> Json:
    policy, use = one.policy, one.use
    return {
        "id": policy.id,
        "since": instant(one.since),
        "calendar": policy.calendar,
        "warn_at": _percents(policy),
        "response_stop": policy.response_stop,
        "goals": {
            priority.value: _goals(goals) | {"calendar": policy.counts_by(priority)}
            for priority, goals in sorted(policy.goals.items())
        },
        "used_by": {
            "categories": use.categories,
            "teams": use.teams,
            "departments": use.departments,
            "workspace": use.workspace,
        },
    }


def _goals(goals: Goals) -> Json:
    return {kind.value: _written(goals.of(kind)) for kind in ClockKind}


def _written(duration: Duration | None) -> str | None:
    return str(duration) if duration else None


def _percents(policy: Policy) -> list[int]:
    return [round(100 * share) for share in policy.warn_at]


HEAD = ("POLICY", "PRIORITY", "FIRST", "NEXT", "RESOLVE", "ACK", "COUNTS BY", "WARNS", "USED BY")


def rows(one: InForce) -> Iterator[tuple[object, ...]]:
    """One for each priority; what they have in common stands in the first."""
    policy = one.policy
    warns = ", ".join(f"{percent}%" for percent in _percents(policy)) or None
    first = policy.id, warns, used(one.use)
    for priority, goals in sorted(policy.goals.items()):
        spans = [_written(goals.of(kind)) for kind in ClockKind]
        yield (first[0], priority, *spans, policy.counts_by(priority), *first[1:])
        first = "", "", ""


def used(use: Use) -> str:
    named = [f"category {name}" for name in use.categories]
    named += [f"team {name}" for name in use.teams]
    named += [f"department {name}" for name in use.departments]
    return ", ".join([*named, "everybody else"] if use.workspace else named) or "nobody"

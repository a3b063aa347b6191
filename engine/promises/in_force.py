"""Which policies are in force now, and which teams, departments and categories use each. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.promises.rules import Policy, Rules
from engine.tickets.people import Team


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

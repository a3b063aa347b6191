"""Policies as lines of a table, for `deskd sla policies`."""

from collections.abc import Iterator

from engine.promises.in_force import InForce, Use
from engine.tickets.promise_clock import ClockKind

HEAD = ("POLICY", "PRIORITY", "FIRST", "NEXT", "RESOLVE", "ACK", "COUNTS BY", "WARNS", "USED BY")


def rows(one: InForce) -> Iterator[tuple[object, ...]]:
    """One for each priority; what they have in common stands in the first."""
    policy = one.policy
    warns = ", ".join(f"{round(100 * share)}%" for share in policy.warn_at) or None
    first = policy.id, warns, used(one.use)
    for priority, goals in sorted(policy.goals.items()):
        spans = [str(goal) if (goal := goals.of(kind)) else None for kind in ClockKind]
        yield (first[0], priority, *spans, policy.counts_by(priority), *first[1:])
        first = "", "", ""


def used(use: Use) -> str:
    named = [f"category {name}" for name in use.categories]
    named += [f"team {name}" for name in use.teams]
    named += [f"department {name}" for name in use.departments]
    return ", ".join([*named, "everybody else"] if use.workspace else named) or "nobody"

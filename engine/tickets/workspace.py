"""What the rules need to know of the tenant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.tickets.people import TeamId, WorkspaceId
from engine.tickets.ticket import Priority

DEFAULT_TEAM: Final = TeamId("support")


@dataclass(frozen=True, slots=True)
class Workspace:
    """What the rules need to know of the tenant."""

    id: WorkspaceId
    domains: frozenset[str] = frozenset()
    """The workspace's own mail domains: first-mail Cc inside them are copied on public replies."""
    categories: tuple[str, ...] = (
        "VM",
        "Network",
        "Storage",
        "Database",
        "Security",
        "Access",
        "Other",
    )
    channels: tuple[str, ...] = ()
    """Those that people can be told something on, the one to be taken first in front; empty: any they are on."""
    default_team: TeamId = DEFAULT_TEAM
    default_priority: Priority = Priority.P3
    requester_priorities: tuple[Priority, ...] = tuple(Priority)
    """What a requester may ask for when they open a ticket; agents may ask for any."""
    timezone: str = "UTC"
    policy: str = "devops"
    """Where neither category, team nor department has one of its own."""
    department_policies: Mapping[str, str] = field(default_factory=dict)
    category_policies: Mapping[str, str] = field(default_factory=dict)
    category_skills: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remind_after: str | None = "2bd"
    """The requester is reminded of a question after this Duration; None: never."""
    give_up_after: str | None = "5bd"
    """A question without an answer resolves the ticket after this Duration; None: never."""
    rules_version: int = 0
    """Rises with every change of calendars, policies, ladders, mutes, and teams with their addresses and channels."""

"""Who there is: people by the names the outside knows them by, their roles, their teams."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final, NewType

WorkspaceId = NewType("WorkspaceId", str)
PersonId = NewType("PersonId", str)
TeamId = NewType("TeamId", str)

OPERATOR: Final = "operator"
"""The kind of a name at the daemon's own machine: who has it may do everything, and nobody is written to there."""

DEFAULT: Final = WorkspaceId("default")
"""The workspace that deskd.toml declares; others live in the database alone."""


class Owner(StrEnum):
    """Who may change a row: what deskd.toml declares is changed and taken back there alone."""

    FILE = "file"
    RUN = "run"
    """Run time: a command, a face."""


class Role(IntEnum):
    """Roles by rank; names used by companies are aliases in configuration."""

    REQUESTER = 0
    AGENT = 10
    SENIOR = 20
    LEAD = 30
    MANAGER = 40
    ADMIN = 50


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """Where something can be said: the channel picks the courier, the place is the courier's own.

    Mail: a normalised address. Slack: a channel id (C…, G…) or a person's id (U…, W…: a direct message).
    """

    channel: str
    place: str


@dataclass(frozen=True, slots=True)
class Identity:
    """A name by which the outside knows a person: an address, a Slack (team, user), an operator."""

    kind: str  # "mail" | "slack" | "operator"
    issuer: str  # Slack team id; "" for mail and operator
    subject: str  # normalised address; Slack user id; login


@dataclass(frozen=True, slots=True)
class Person:
    id: PersonId
    name: str
    role: Role = Role.REQUESTER
    teams: frozenset[TeamId] = frozenset()
    """Teams the person is an agent of."""
    identities: tuple[Identity, ...] = ()
    """The names the outside knows them by; of several of one kind the one to be used stands first."""
    timezone: str | None = None
    """IANA name ("Europe/Berlin") or a fixed offset ("+02:00") when only a mail's Date header is known."""
    status: str = "active"  # pending | active | suspended
    department: str | None = None
    skills: frozenset[str] = frozenset()
    limit: int | None = None
    """Tickets in work at a time before no more are assigned automatically; None: the usual number."""
    vouched: frozenset[TeamId] = frozenset()
    """Those of `teams` that only a private place vouches for: they end with it. The others are listed."""

    @property
    def rank(self) -> Role:
        """Agents by a team's private channel are listed nowhere: being in a team makes them agents."""
        return max(self.role, Role.AGENT if self.teams else Role.REQUESTER)

    def known_as(self, kind: str) -> str | None:
        """Their address, chat id or login, when they have one of this kind."""
        return next((name.subject for name in self.identities if name.kind == kind), None)


@dataclass(frozen=True, slots=True)
class Team:
    id: TeamId
    name: str
    department: str
    place: Address | None = None
    """Where its people read: the cards of its tickets stand there, and what is told to the team."""
    addresses: tuple[str, ...] = ()
    """The desk's own mail addresses that lead to this team; the first is the one it answers from."""
    policy: str | None = None
    """Its promises; None: its department's, else the workspace's."""
    open_to_agents: bool = False
    """Agents of other teams may read and work these tickets too."""
    replies_public: bool = False
    """Plain replies in a ticket's thread go to the requester (the default is: they are notes)."""
    calendar: str | None = None
    """When its people are there; None: around the clock."""
    ladder: str | None = None
    """Who is paged when nobody acknowledges; None: role by role."""
    strategy: str = "least_loaded"
    """Who gets a waiting ticket: least_loaded | round_robin | pull | manual."""
    on_shift: str = "shifts"
    """Who counts as there: shifts (who began one) | hours (everybody in its calendar) | always."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts, as the face saw them; the desk finds the Person inside the transaction that acts."""

    identity: Identity
    name: str
    via: str  # slack | mail | cli | api
    confirmed: tuple[Identity, ...] = ()
    """Other names of the same person that the face vouches for (Slack's confirmed e-mail of the own workspace)."""
    timezone: str | None = None
    member_of: frozenset[str] | None = None
    """Private places the face has just seen this full member in; None: it is no face that can tell."""
    source: Address | None = None
    """Where the words were written, so that they are not echoed there."""

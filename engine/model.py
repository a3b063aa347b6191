"""The nouns of the desk: what a ticket, a person, a clock is. Nothing here decides or acts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final, NewType

from engine.promises import PROMISES, Clock, ClockKind, latest

WorkspaceId = NewType("WorkspaceId", str)
PersonId = NewType("PersonId", str)
TeamId = NewType("TeamId", str)
MessageId = NewType("MessageId", str)
"""The id of a comment or a note inside the desk (not a mail's Message-ID)."""

Fact = str | int | bool | None | list[str]
"""What may travel in effects and refusals: plain, frozen, and the same after a trip through JSON."""

DEFAULT: Final = WorkspaceId("default")
"""The workspace that deskd.toml declares; others live in the database alone."""


class Role(IntEnum):
    """Roles by rank; names used by companies are aliases in configuration."""

    REQUESTER = 0
    AGENT = 10
    SENIOR = 20
    LEAD = 30
    MANAGER = 40
    ADMIN = 50


class Phase(StrEnum):
    ACTIVE = "active"
    WAITING = "waiting"
    DONE = "done"
    CLOSED = "closed"


class State(StrEnum):
    NEW = "NEW"
    OPEN = "OPEN"
    IN_PROGRESS = "IN_PROGRESS"
    PENDING_INFO = "PENDING_INFO"
    RESOLVED = "RESOLVED"
    CLOSED = "CLOSED"
    REOPENED = "REOPENED"
    MERGED = "MERGED"

    @property
    def phase(self) -> Phase:
        return _PHASES[self]


_PHASES: Final = {
    State.NEW: Phase.ACTIVE,
    State.OPEN: Phase.ACTIVE,
    State.IN_PROGRESS: Phase.ACTIVE,
    State.REOPENED: Phase.ACTIVE,
    State.PENDING_INFO: Phase.WAITING,
    State.RESOLVED: Phase.DONE,
    State.CLOSED: Phase.CLOSED,
    State.MERGED: Phase.CLOSED,
}


class Priority(StrEnum):
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"

    @property
    def label(self) -> str:
        return _PRIORITY_LABELS[self]


_PRIORITY_LABELS: Final = {
    Priority.P1: "Critical",
    Priority.P2: "High",
    Priority.P3: "Medium",
    Priority.P4: "Low",
}


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
    """Teams the person is an agent of (listed in configuration, or vouched for by a private channel)."""
    mail: str | None = None
    slack: str | None = None
    timezone: str | None = None
    """IANA name ("Europe/Berlin") or a fixed offset ("+02:00") when only a mail's Date header is known."""
    status: str = "active"  # pending | active | suspended
    department: str | None = None
    skills: frozenset[str] = frozenset()
    limit: int | None = None
    """Tickets in work at a time before no more are assigned by themselves; None: the usual number."""

    @property
    def rank(self) -> Role:
        """Agents by a team's private channel are listed nowhere: being in a team makes them agents."""
        return max(self.role, Role.AGENT if self.teams else Role.REQUESTER)


@dataclass(frozen=True, slots=True)
class Team:
    id: TeamId
    name: str
    department: str
    slack_channel: str | None = None
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
class Ticket:
    workspace: WorkspaceId
    number: int
    subject: str
    state: State
    priority: Priority
    category: str
    team: TeamId
    requester: PersonId
    channel: str  # where it came from: mail | slack | cli
    created_at: datetime
    updated_at: datetime
    version: int = 0
    """The seq of the last event: what a button saw, so that a stale click is noticed."""
    assignee: PersonId | None = None
    escalation_level: int = 0
    acknowledged: bool = False
    pages: int = 0
    """How often the present level was paged."""
    muted: bool = False
    """A page was held back by a mute window; it is made up for when the window ends."""
    offered: bool = False
    """Assigned by the desk itself and not accepted yet: a colleague may still claim it."""
    reopened: int = 0
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    remind_at: datetime | None = None
    """While waiting for the requester: when they are reminded, and when the desk gives up waiting."""
    gives_up_at: datetime | None = None
    merged_into: int | None = None
    rules_at: datetime | None = None
    """Whose editions of policies and ladders hold: those of this instant; None: of its opening."""
    clocks: tuple[Clock, ...] = ()

    @property
    def id(self) -> str:
        return ticket_id(self.number)

    @property
    def due_at(self) -> datetime | None:
        """The next promise to break, or None when none runs."""
        due = (c.due_at for c in self.clocks if c.kind in PROMISES and c.running and c.due_at)
        return min(due, default=None)

    @property
    def escalated(self) -> bool:
        """Climbed, and nobody has acknowledged; shown as a state, though work may be going on."""
        return self.escalation_level > 0 and not self.acknowledged

    @property
    def ruled_at(self) -> datetime:
        return self.rules_at or self.created_at

    def clock(self, kind: ClockKind) -> Clock | None:
        """The latest of its kind."""
        return latest(self.clocks, kind)


def ticket_id(number: int) -> str:
    return f"T-{number}"


@dataclass(frozen=True, slots=True)
class Comment:
    """Words the requester sees."""

    id: MessageId
    author: PersonId | None
    via: str
    text: str
    at: datetime
    source: Address | None = None
    """Where the words were written, so that they are not echoed there."""


@dataclass(frozen=True, slots=True)
class Note:
    """Words only agents see. A type of its own, so that no flag can leak it."""

    id: MessageId
    author: PersonId | None
    via: str
    text: str
    at: datetime
    source: Address | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message; `refused` says why its bytes were not kept."""

    name: str
    type: str
    size: int
    sha256: str | None = None
    refused: str | None = None
    """A code: too_large | blocked_type | too_many; its sentence is in templates."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An id of the outside world that stands for a ticket: a Message-ID, a Slack ts.

    kind: "message" (one message), "card" (the ticket's card in a channel), "root" (first message
    of its direct thread), "page" (a call for somebody, which says later who answered it).
    """

    channel: str
    place: str
    kind: str
    ref: str


@dataclass(frozen=True, slots=True)
class Audience:
    """Who follows a ticket, as addresses."""

    requester: Address | None
    copied: tuple[Address, ...] = ()
    team: Address | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """Evidence, verified by the channel, that a message belongs to a ticket."""

    ticket: int
    how: str  # "token" (signed address) | "message-id" (our signed Message-ID) | "thread" (a Slack thread of ours)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a message asks for by the address it was sent to: signed by us, for whom the message is from."""

    action: str  # acknowledge
    ticket: int
    page: int  # the seq of the page that it answers


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message as any channel hands it in."""

    channel: str
    key: str
    """Dedupe key: the same message handed in twice has the same key."""
    sender: Identity
    sender_name: str
    subject: str
    text: str
    received_at: datetime
    recipients: tuple[str, ...] = ()
    """The desk's own addresses it was sent to: they pick the team."""
    copied: tuple[str, ...] = ()
    reference: Reference | None = None
    """What this message is called outside (its Message-ID, its Slack ts)."""
    replies_to: tuple[str, ...] = ()
    """Message-IDs it answers, nearest first; unproven."""
    proofs: tuple[Proof, ...] = ()
    asks: Asked | None = None
    named: tuple[int, ...] = ()
    """Ticket numbers it merely names, e.g. in the subject: never enough to join one."""
    automatic: str | None = None
    """None for a human's words, else why we think a machine wrote it: auto-reply | bounce | list | own."""
    attachments: tuple[Attachment, ...] = ()
    utc_offset: timedelta | None = None
    """The sender's own offset (a mail's Date header): their time zone when nothing better is known."""
    source: Address | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts, as the face saw them; the desk finds the Person inside the transaction that acts."""

    identity: Identity
    name: str
    via: str  # slack | mail | cli | api
    mail: str | None = None
    """A confirmed address of the same person (Slack's confirmed e-mail of the own workspace), else None."""
    timezone: str | None = None
    member_of: frozenset[str] = frozenset()
    """Private Slack channels the face has just seen this full member in."""
    source: Address | None = None
    """Where the words were written, so that they are not echoed there."""


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
    default_team: TeamId = TeamId("support")
    default_priority: Priority = Priority.P3
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
    """Rises with every change of calendars, policies, ladders and mutes."""


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants something of which ticket, and what they had seen of it."""

    workspace: WorkspaceId
    ticket: int
    by: Caller
    seen: int | None = None
    """The ticket's version on the card that was clicked; None when nothing was shown."""
    settles: int | None = None
    """The spool row that is done when this is done, in the same transaction."""
    reference: Reference | None = None
    """What the words are called outside (a Slack ts), so that edits and repeats find them."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A ticket about to be opened by hand (a command, a form, the command line)."""

    subject: str
    text: str
    priority: str | None = None
    """P1..P4 or a label ("high"), any case; None: the workspace's default."""
    category: str | None = None
    team: str | None = None

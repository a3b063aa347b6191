"""The rules of a workspace: which targets, by which calendar, and who is paged when nobody acknowledges.

Policies and ladders come in editions: a ticket keeps the number of those of its opening, until an admin applies newer
ones to it. A number, since instants lie: two transactions that overlap may each believe to be the first.
Calendars and rotations have none: a holiday added this morning counts for every open clock, and who is on duty is
asked when somebody is paged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar, assert_never

from engine.calendars.calendar import AROUND_THE_CLOCK, Calendar, Hours
from engine.calendars.durations import Duration
from engine.duty.rotation import Schedule, on_duty
from engine.tickets.people import Role, Team
from engine.tickets.promise_clock import ALWAYS_OPEN, NO_POLICY, TEAMS_OWN, ClockKind, PromiseClock
from engine.tickets.ticket import Priority, Ticket
from engine.tickets.workspace import Workspace

T = TypeVar("T")

Editions = Sequence[tuple[int, T | None]]
"""(since, what holds then), oldest first: `since` is the workspace's number of rules. None: from then on it was not
declared."""


@dataclass(frozen=True, slots=True)
class Goals:
    """What is promised at one priority; None: nothing."""

    first_response: Duration | None = None
    resolution: Duration | None = None
    ack: Duration | None = None
    """How long a page may go unacknowledged before the next level is paged."""
    next_response: Duration | None = None
    """For every later question of the requester; None: as first_response."""
    calendar: str | None = None
    """None: the policy's, but P1 stays around the clock."""

    def of(self, kind: ClockKind) -> Duration | None:
        match kind:
            case ClockKind.FIRST_RESPONSE:
                return self.first_response
            case ClockKind.NEXT_RESPONSE:
                return self.next_response or self.first_response
            case ClockKind.RESOLUTION:
                return self.resolution
            case ClockKind.ACK:
                return self.ack
            case _ as never:
                assert_never(never)


@dataclass(frozen=True, slots=True)
class Policy:
    id: str
    goals: Mapping[Priority, Goals]
    """A priority that is missing is left to the next policy: team, department, workspace."""
    calendar: str = ALWAYS_OPEN
    """A calendar's id, or TEAMS_OWN: the hours of the ticket's team."""
    warn_at: tuple[float, ...] = (0.8,)
    """Shares of a goal at which a warning comes, rising."""
    response_stop: str = "reply"
    """What ends a first response: "reply", or "ack" for desks that measure how soon somebody took it."""

    def counts_by(self, priority: Priority) -> str:
        """A calendar's id, or TEAMS_OWN."""
        own = self.goals[priority].calendar if priority in self.goals else None
        return own or (ALWAYS_OPEN if priority is Priority.P1 else self.calendar)


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody a level pages: everybody of a role, one person, whose rotation it is, a Slack user group."""

    kind: str  # role | person | rotation | group
    name: str


@dataclass(frozen=True, slots=True)
class Level:
    targets: tuple[Target, ...]
    via: tuple[str, ...] = ()
    """Channels a person is paged on; whoever has none of them is paged on the one they have."""
    wait: Duration | None = None
    """Until the next level; None: the policy's ack goal."""
    ack_required: bool = True
    """False: this level is only told, and the climb ends here."""

    @property
    def called(self) -> str:
        """In one word: its role, "duty" (whose turn it is), "group", or a person's name."""
        by_kind = {target.kind: target for target in reversed(self.targets)}
        if "role" in by_kind:
            return by_kind["role"].name
        if "rotation" in by_kind:
            return "duty"
        return by_kind["person"].name if "person" in by_kind else "group"


@dataclass(frozen=True, slots=True)
class Ladder:
    id: str
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Mute:
    """From `starts_at` until `ends_at` nobody is paged for these tickets; what was due is sent when it ends."""

    starts_at: datetime
    ends_at: datetime
    team: str | None = None
    category: str | None = None
    reason: str = ""

    def covers(self, ticket: Ticket, at: datetime) -> bool:
        return (
            self.starts_at <= at < self.ends_at
            and self.team in (None, ticket.team)
            and self.category in (None, ticket.category)
        )


def _goals(first: str, resolution: str, ack: str) -> Goals:
    return Goals(Duration.read(first), Duration.read(resolution), Duration.read(ack))


DEVOPS: Final = Policy(
    "devops",
    {
        Priority.P1: _goals("5m", "4h", "15m"),
        Priority.P2: _goals("30m", "8h", "1h"),
        Priority.P3: _goals("2h", "24h", "4h"),
        Priority.P4: _goals("1d", "5d", "2d"),
    },
)
ITIL: Final = Policy(
    "itil",
    {
        # Three priorities; whatever is called critical all the same is promised what High is.
        Priority.P1: _goals("1h", "4h", "1h"),
        Priority.P2: _goals("1h", "4h", "1h"),
        Priority.P3: _goals("4h", "24h", "4h"),
        Priority.P4: _goals("8h", "72h", "1d"),
    },
)
PRESETS: Final[Mapping[str, Policy]] = {policy.id: policy for policy in (DEVOPS, ITIL)}

BY_ROLE: Final = Ladder(
    "roles",
    tuple(
        Level((Target("role", role.name.lower()),))
        for role in (Role.AGENT, Role.SENIOR, Role.LEAD, Role.MANAGER, Role.ADMIN)
    ),
)
"""The ladder of teams that name none: agent, senior, lead, manager, admin. One declared by its id takes its place."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The goals that hold for a ticket, and the calendar they count by."""

    policy: str
    goals: Goals
    calendar_id: str
    calendar_version: int
    calendar: Calendar
    warn_at: tuple[float, ...] = (0.8,)
    response_stop: str = "reply"

    def goal(self, kind: ClockKind, start: datetime) -> timedelta | None:
        """In working time; None: not promised."""
        duration = self.goals.of(kind)
        return duration.working(start, self.calendar) if duration else None


@dataclass(frozen=True, slots=True)
class Subject:
    """What goals depend on."""

    priority: Priority
    category: str
    team: Team
    rules: int
    """The number of the ticket's rules."""


@dataclass(frozen=True, slots=True)
class Rules:
    """All of one workspace. Presets and the ladder by role are always there."""

    workspace: Workspace
    calendars: Mapping[str, tuple[int, Calendar]] = field(default_factory=dict)
    """(edition, compiled) by id. One that is no longer declared stays for the clocks that use it."""
    policies: Mapping[str, Editions[Policy]] = field(default_factory=dict)
    ladders: Mapping[str, Editions[Ladder]] = field(default_factory=dict)
    mutes: tuple[Mute, ...] = ()
    rotations: Mapping[str, tuple[str, Schedule]] = field(default_factory=dict)
    """(team, plan) by id. Their people are written by mail address, or Slack id if they have none."""
    former: frozenset[str] = frozenset()
    """Calendars that are no longer declared."""
    edited_on: Mapping[str, datetime] = field(default_factory=dict)
    """Since when a calendar's edition holds, by id."""
    declared_at: Mapping[tuple[str, int], datetime] = field(default_factory=dict)
    """When a policy's edition was declared, by id and number."""

    @property
    def number(self) -> int:
        """Of today's."""
        return self.workspace.rules_version

    def terms(self, subject: Subject) -> Terms:
        """The most specific policy that says anything of the priority: category, team, department, workspace."""
        for policy in self._policies(subject):
            goals = policy.goals.get(subject.priority)
            if goals is not None:
                return self._terms(policy, goals, subject)
        return self.no_goals(ALWAYS_OPEN)

    def no_goals(self, calendar_id: str) -> Terms:
        version, calendar = self.calendar(calendar_id)
        return Terms(NO_POLICY, Goals(), calendar_id, version, calendar)

    def _policies(self, subject: Subject) -> Sequence[Policy]:
        own, team = self.workspace, subject.team
        ids = (
            own.category_policies.get(subject.category),
            team.policy,
            own.department_policies.get(team.department),
            own.policy,
        )
        found = (self._policy(id, subject.rules) for id in ids if id)
        return [policy for policy in found if policy is not None]

    def _policy(self, id: str, number: int) -> Policy | None:
        return as_of(self.policies.get(id, ()), number, PRESETS.get(id))

    def _terms(self, policy: Policy, goals: Goals, subject: Subject) -> Terms:
        id = policy.counts_by(subject.priority)
        if id == TEAMS_OWN:
            id = subject.team.calendar or ALWAYS_OPEN
        version, calendar = self.calendar(id)
        return Terms(policy.id, goals, id, version, calendar, policy.warn_at, policy.response_stop)

    def policies_in_force(self) -> list[Policy]:
        """Every policy that holds for a ticket opened now, presets included, by id."""
        found = (self._policy(id, self.number) for id in sorted({*self.policies, *PRESETS}))
        return [policy for policy in found if policy is not None]

    @property
    def edited(self) -> int:
        """The number with which a policy or ladder last became another; 0: none ever did."""
        editions = [*self.policies.values(), *self.ladders.values()]
        return max((since for several in editions for since, _ in several), default=0)

    def calendar(self, id: str | None) -> tuple[int, Calendar]:
        """(edition, calendar); around the clock for an id that never was there."""
        return self.calendars.get(id or ALWAYS_OPEN, (0, AROUND_THE_CLOCK))

    def is_reckoned_by(self, clock: PromiseClock) -> bool:
        """False: its calendar was edited since, and it has to be recalculated."""
        return clock.calendar_version >= self.calendar(clock.calendar)[0]

    def held_until(self, clock: PromiseClock, at: datetime) -> datetime:
        """Until when the calendar that the clock was calculated with was in force: `at`, or when it was edited."""
        edited = at if self.is_reckoned_by(clock) else self.edited_on.get(clock.calendar, at)
        return min(edited, at)

    def ladder(self, team: Team, number: int) -> Ladder:
        id = team.ladder or BY_ROLE.id
        usual = BY_ROLE if id == BY_ROLE.id else None
        return as_of(self.ladders.get(id, ()), number, usual) or BY_ROLE

    def muted_until(self, ticket: Ticket, at: datetime) -> datetime | None:
        return max((m.ends_at for m in self.mutes if m.covers(ticket, at)), default=None)

    def on_duty(self, rotation: str, at: datetime) -> Sequence[str]:
        """Nobody for a rotation that is not there any more."""
        _, plan = self.rotations.get(rotation, ("", Schedule()))
        return on_duty(plan, at)

    def covering(self, team: str, at: datetime) -> frozenset[str]:
        """Everybody whom a rotation of the team has on duty."""
        ids = [id for id, (own, _) in self.rotations.items() if own == team]
        return frozenset(name for id in ids for name in self.on_duty(id, at))


@dataclass(frozen=True, slots=True)
class DeclaredRotation:
    """`document` as engine.schedules reads it."""

    id: str
    team: str
    document: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Declared:
    """What deskd.toml says of them: it owns the editions it made."""

    calendars: Mapping[str, Hours] = field(default_factory=dict)
    policies: tuple[Policy, ...] = ()
    ladders: tuple[Ladder, ...] = ()
    mutes: tuple[Mute, ...] = ()
    rotations: tuple[DeclaredRotation, ...] = ()


NOTHING_DECLARED: Final = Declared()


def as_of(editions: Editions[T], number: int, usual: T | None) -> T | None:
    """The edition that held then, or `usual` while there was none.

    What is older than its first edition and has no usual one lives by the first: it was given the name since.
    """
    first = next((thing for _, thing in editions), None)
    held = [usual or first, *(thing for since, thing in editions if since <= number)]
    return held[-1] or usual

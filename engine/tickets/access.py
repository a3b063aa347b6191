"""May this person: one table, one function, default deny, asked by every face and by every use case.

A right is asked for about a ticket, a team, or the workspace (`About`). People with the rank have it where they
work: in their own teams; a department's head (a lead who is listed with it) and its managers in that department;
admins everywhere. A team that is open shares its tickets with other teams' agents. Anyone paged for a ticket
may read, claim and acknowledge it while they are active.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from engine.tickets.errors import Refused
from engine.tickets.people import Person, PersonId, Role, Team, TeamId
from engine.tickets.ticket import Phase, Ticket


class Right(StrEnum):
    # on what one asked for oneself
    OPEN = "open"
    READ_OWN = "read_own"
    COMMENT = "comment"
    REOPEN_OWN = "reopen_own"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    RATE = "rate"
    # of those who answer
    READ = "read"  # with its notes
    NOTE = "note"
    REPLY = "reply"
    CLAIM = "claim"
    RELEASE = "release"
    ASK = "ask"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    PRIORITY = "priority"
    CATEGORY = "category"
    ESCALATE = "escalate"
    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    MERGE = "merge"
    SPLIT = "split"
    LINK = "link"
    NOT_A_REQUEST = "not_a_request"
    TEAM = "team"  # move to another team
    SNOOZE = "snooze"
    SUBJECT = "subject"
    TAGS = "tags"
    COPIES = "copies"
    RETRY = "retry"  # what could not be delivered, of one's own ticket
    # about oneself
    SHIFT = "shift"
    ABSENCE = "absence"
    SWAP = "swap"
    OWN_FIGURES = "own_figures"
    OWN_TOKEN = "own_token"  # noqa: S105 - a right, no password
    CANNED = "canned"
    # of seniors
    DEPARTMENT = "department"  # move to another department
    CLOSE = "close"  # unsolved, with a reason
    PAUSE = "pause"
    PRIVATE = "private"
    REQUESTER = "requester"  # change who asked
    # of leads
    UNMERGE = "unmerge"
    BULK = "bulk"
    TEAM_RULES = "team_rules"
    TEAM_FIGURES = "team_figures"
    REBALANCE = "rebalance"
    SWAP_OTHERS = "swap_others"
    CALENDARS = "calendars"
    ROTATIONS = "rotations"
    CATEGORIES = "categories"
    FORMS = "forms"
    SENDERS = "senders"
    TEAM_WEBHOOKS = "team_webhooks"
    JOIN_PEOPLE = "join_people"
    TAKE_BACK = "take_back"  # also its author, within its time
    # of managers
    POLICIES = "policies"
    LADDERS = "ladders"
    WAIVE = "waive"
    FIGURES = "figures"
    EXPORTS = "exports"
    # of admins
    PEOPLE = "people"
    WORKSPACES = "workspaces"
    WEBHOOKS = "webhooks"
    TOKENS = "tokens"
    PURGE = "purge"
    CONFIGURE = "configure"


_BY_ROLE: Final[Mapping[Role, str]] = MappingProxyType(
    {
        Role.REQUESTER: "open read_own comment reopen_own confirm cancel rate",
        Role.AGENT: "read note reply claim release ask resolve reopen priority category escalate acknowledge"
        " assign merge split link not_a_request team snooze subject tags copies retry"
        " shift absence swap own_figures own_token canned",
        Role.SENIOR: "department close pause private requester",
        Role.LEAD: "unmerge bulk team_rules team_figures rebalance swap_others calendars rotations categories forms"
        " senders team_webhooks join_people take_back",
        Role.MANAGER: "policies ladders waive figures exports",
        Role.ADMIN: "people workspaces webhooks tokens purge configure",
    }
)
LEAST_ROLE: Final[Mapping[Right, Role]] = MappingProxyType(
    {Right(right): role for role, rights in _BY_ROLE.items() for right in rights.split()}
)

OWN: Final = frozenset(
    {
        Right.READ_OWN,
        Right.COMMENT,
        Right.REOPEN_OWN,
        Right.CONFIRM,
        Right.CANCEL,
        Right.RATE,
    }
)
"""Rights on the tickets one asked for, and on no other."""
PERSONAL: Final = frozenset(
    {
        Right.OPEN,
        Right.SHIFT,
        Right.ABSENCE,
        Right.SWAP,
        Right.OWN_FIGURES,
        Right.OWN_TOKEN,
        Right.CANNED,
    }
)
"""About nobody but oneself: these ask for a rank and for no place."""
CALLED: Final = frozenset({Right.READ, Right.CLAIM, Right.ACKNOWLEDGE})
"""Rights of a person who was paged for a ticket."""
CALLED_FOR: Final = timedelta(days=7)
"""So long after the ticket came to rest."""
HOLDERS_MAX: Final = 3
"""Names in a refusal; more are a list that nobody reads."""


@dataclass(frozen=True, slots=True)
class About:
    """What a right is asked about: a ticket of a team, a team, or, without either, the workspace."""

    team: TeamId | None = None
    department: str = ""
    is_open: bool = False
    """The team lets other teams' agents work on its tickets."""
    ticket: Ticket | None = None
    called: bool = False
    """The person was paged for the ticket, and still may answer."""
    author: PersonId | None = None
    """Who did what is to be taken back."""


WORKSPACE: Final = About()


def about_team(team: Team) -> About:
    return About(team.id, team.department, team.open_to_agents)


def about_ticket(ticket: Ticket, team: Team, *, called: bool = False) -> About:
    return About(team.id, team.department, team.open_to_agents, ticket, called)


def may(who: Person, right: Right, about: About) -> bool:
    """The one answer to "may this person"."""
    if who.status != "active":
        return False
    if right in OWN:
        return about.ticket is not None and about.ticket.requester == who.id
    if right is Right.TAKE_BACK and about.author == who.id:
        return True
    if who.rank < LEAST_ROLE[right]:
        return False
    if right is Right.OPEN or (right in PERSONAL and about.team is None):
        return True
    return (about.called and right in CALLED) or _is_theirs(who, about)


def could_have(who: Person, about: About) -> bool:
    """Whether a ticket can be given to them: they could work on it once it is theirs, private or not."""
    assert about.ticket is not None
    theirs = replace(about.ticket, assignee=who.id)
    return may(who, Right.CLAIM, replace(about, ticket=theirs))


def sees(who: Person, about: About) -> bool:
    """Whether they may know that the ticket is there."""
    return may(who, Right.READ, about) or may(who, Right.READ_OWN, about)


def _is_theirs(who: Person, about: About) -> bool:
    if about.team is None:
        return who.rank >= Role.ADMIN
    theirs = answers_for(who, about.team, about.department)
    if about.ticket is None:
        return theirs
    if about.ticket.private and about.ticket.assignee != who.id:
        return theirs and who.rank >= Role.LEAD
    if theirs:
        return True
    # Whoever was called in and took it works on it, or claiming would be a dead end.
    has_it = about.called and about.ticket.assignee == who.id
    return about.is_open or has_it


def answers_for(who: Person, team: TeamId, department: str) -> bool:
    """Whether what waits at a team is this person's business: its own people, those over its department, admins."""
    if team in who.teams or who.rank >= Role.ADMIN:
        return True
    return who.rank >= Role.LEAD and who.department == department


def is_called(ticket: Ticket, at: datetime) -> bool:
    """Whether those who were paged for it still may answer: while it is open, and a week more."""
    if ticket.state.phase in (Phase.ACTIVE, Phase.WAITING):
        return True
    ended = ticket.resolved_at or ticket.closed_at
    return ended is not None and at - ended <= CALLED_FOR


def authorize(who: Person, right: Right, about: About, people: Sequence[Person]) -> None:
    """Raise Refused: "absent" to those who may not even know of the ticket, else "forbidden", with the names of some
    of `people` who can."""
    if may(who, right, about):
        return
    if about.ticket is not None and not sees(who, about):
        raise Refused("absent", ticket=about.ticket.id)
    raise forbidden(right, about, people)


def forbidden(right: Right, about: About, people: Sequence[Person] = ()) -> Refused:
    role = LEAST_ROLE[right].name.lower()
    return Refused("forbidden", right=right.value, role=role, holders=holders(right, about, people))


def holders(right: Right, about: About, people: Iterable[Person]) -> list[str]:
    """Whom to ask, nearest rank first."""
    able = sorted((one.rank, one.name) for one in people if may(one, right, about))
    return list(dict.fromkeys(name for _, name in able))[:HOLDERS_MAX]

"""Who may do what: one table, one authorize, default deny, used by every face inside the transaction that acts."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from engine.tickets import lifecycle
from engine.tickets.errors import Refused
from engine.tickets.lifecycle import Action
from engine.tickets.people import Person, Role, Team
from engine.tickets.ticket import Ticket


class Right(StrEnum):
    OPEN = "open"
    READ = "read"
    COMMENT = "comment"  # the requester's own words
    REOPEN_OWN = "reopen_own"
    CANCEL = "cancel"  # also: confirm that it is solved
    NOTE = "note"
    REPLY = "reply"
    CLAIM = "claim"
    RELEASE = "release"
    ASK = "ask"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    PRIORITY = "priority"
    CATEGORY = "category"
    TEAM = "team"  # move to another team
    REASSIGN = "reassign"
    ESCALATE = "escalate"
    ACKNOWLEDGE = "acknowledge"
    MERGE = "merge"
    UNMERGE = "unmerge"
    WAIVE = "waive"
    CLOSE = "close"  # as manager
    OWN_FIGURES = "own_figures"
    TEAM_FIGURES = "team_figures"
    FIGURES = "figures"  # of the whole department
    SHIFT = "shift"  # say that one is there
    REBALANCE = "rebalance"
    CONFIGURE = "configure"


LEAST_ROLE: Final[Mapping[Right, Role]] = {
    Right.OPEN: Role.REQUESTER,
    Right.READ: Role.REQUESTER,
    Right.COMMENT: Role.REQUESTER,
    Right.REOPEN_OWN: Role.REQUESTER,
    Right.CANCEL: Role.REQUESTER,
    Right.NOTE: Role.AGENT,
    Right.REPLY: Role.AGENT,
    Right.CLAIM: Role.AGENT,
    Right.RELEASE: Role.AGENT,
    Right.ASK: Role.AGENT,
    Right.RESOLVE: Role.AGENT,
    Right.REOPEN: Role.AGENT,
    Right.PRIORITY: Role.AGENT,
    Right.CATEGORY: Role.AGENT,
    Right.TEAM: Role.AGENT,
    Right.REASSIGN: Role.SENIOR,
    Right.ESCALATE: Role.AGENT,
    Right.ACKNOWLEDGE: Role.AGENT,
    Right.MERGE: Role.SENIOR,
    Right.UNMERGE: Role.LEAD,
    Right.WAIVE: Role.MANAGER,
    Right.CLOSE: Role.MANAGER,
    Right.OWN_FIGURES: Role.AGENT,
    Right.TEAM_FIGURES: Role.LEAD,
    Right.FIGURES: Role.MANAGER,
    Right.SHIFT: Role.AGENT,
    Right.REBALANCE: Role.LEAD,
    Right.CONFIGURE: Role.ADMIN,
}

OWN: Final = frozenset({Right.READ, Right.COMMENT, Right.REOPEN_OWN, Right.CANCEL})
"""Rights a requester has on the tickets they asked for, and nobody else by this table."""


def authorize(who: Person, right: Right, ticket: Ticket, team: Team) -> None:
    """Raise Refused: "absent" to those who may not even know of the ticket, "forbidden" to those who may."""
    if allows(who, right, ticket, team):
        return
    if not allows(who, Right.READ, ticket, team):
        raise Refused("absent", ticket=ticket.id)
    raise Refused("forbidden", right=right.value, holders=LEAST_ROLE[right].name.lower())


def allows(who: Person, right: Right, ticket: Ticket, team: Team) -> bool:
    if who.status != "active":
        return False
    if right in OWN and ticket.requester == who.id:
        return True
    if not works_on(who, ticket, team):
        return False
    return right is Right.READ or (right not in OWN and who.rank >= LEAST_ROLE[right])


def authorize_over(who: Person, right: Right, team: Team) -> None:
    """As authorize, for what is about a team and no ticket; who is there is no secret, so the refusal says why."""
    if not is_over(who, right, team):
        raise Refused("forbidden", right=right.value, holders=LEAST_ROLE[right].name.lower())


def is_over(who: Person, right: Right, team: Team) -> bool:
    """The team's own people of that rank, managers of its department, admins."""
    if who.status != "active" or who.rank < LEAST_ROLE[right]:
        return False
    in_department = who.rank >= Role.MANAGER and who.department == team.department
    return team.id in who.teams or in_department or who.rank >= Role.ADMIN


def may_be_paged(who: Person) -> bool:
    return who.status == "active" and who.rank >= LEAST_ROLE[Right.ACKNOWLEDGE]


def works_on(who: Person, ticket: Ticket, team: Team) -> bool:
    """Agents: their teams' tickets, others' only when the team is open. Managers: their department's. Admins: all."""
    if who.status != "active" or who.rank < Role.AGENT:
        return False
    if who.rank >= Role.ADMIN or ticket.team in who.teams or team.open_to_agents:
        return True
    return who.rank >= Role.MANAGER and who.department == team.department


RIGHT_FOR: Final[Mapping[Action, Right]] = {
    Action.CLAIM: Right.CLAIM,
    Action.ASSIGN: Right.REASSIGN,
    Action.RELEASE: Right.RELEASE,
    Action.REPLY: Right.REPLY,
    Action.NOTE: Right.NOTE,
    Action.ASK: Right.ASK,
    Action.RESOLVE: Right.RESOLVE,
    Action.REOPEN: Right.REOPEN,
    Action.CLOSE: Right.CLOSE,
    Action.PRIORITY: Right.PRIORITY,
    Action.CATEGORY: Right.CATEGORY,
    Action.TEAM: Right.TEAM,
    Action.ESCALATE: Right.ESCALATE,
    Action.ACKNOWLEDGE: Right.ACKNOWLEDGE,
    Action.END_ESCALATION: Right.ESCALATE,
    Action.MERGE: Right.MERGE,
    Action.UNMERGE: Right.UNMERGE,
    Action.SPLIT: Right.MERGE,
    Action.WAIVE: Right.WAIVE,
}
RIGHT_FOR_OWN: Final[Mapping[Action, Right]] = {
    Action.REOPEN: Right.REOPEN_OWN,
    Action.CLOSE: Right.CANCEL,
}


def right_for(action: Action, who: Person, ticket: Ticket) -> Right:
    """The right an action takes: less on one's own ticket, more on work that a colleague holds."""
    if ticket.requester == who.id and action in RIGHT_FOR_OWN:
        return RIGHT_FOR_OWN[action]
    if action is Action.RELEASE and ticket.assignee not in (None, who.id):
        return Right.REASSIGN
    return RIGHT_FOR[action]


def allowed_actions(ticket: Ticket, who: Person, team: Team) -> frozenset[Action]:
    """The legal buttons that this person may press."""
    return frozenset(
        action
        for action in lifecycle.legal(ticket)
        if allows(who, right_for(action, who, ticket), ticket, team)
    )

"""Who may do what: one table, one authorize, default deny, used by every face inside the transaction that acts."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from engine.errors import Refused
from engine.model import Person, Role, Team, Ticket


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
    CLOSE = "close"  # as manager
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
    Right.CLOSE: Role.MANAGER,
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


def works_on(who: Person, ticket: Ticket, team: Team) -> bool:
    """Agents: their teams' tickets, others' only when the team is open. Managers: their department's. Admins: all."""
    if who.status != "active" or who.rank < Role.AGENT:
        return False
    if who.rank >= Role.ADMIN or ticket.team in who.teams or team.open_to_agents:
        return True
    return who.rank >= Role.MANAGER and who.department in (None, team.department)

"""What somebody may read of all tickets: their rights, each of which is one branch of a list's query.

`may_read` says the same of one ticket; a test holds the two together, over lists and over search.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from engine.tickets.access import LEAST_ROLE, Right, answers_for
from engine.tickets.people import Person, PersonId, Role, Team, TeamId
from engine.tickets.ticket import Ticket

OPERATOR: Final = Person(PersonId("operator"), "", Role.ADMIN)
"""Whoever may run commands on the daemon's machine reads everything; that is no row of anybody's."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The rights of one reader. Whoever asked for a ticket, has it or follows it may read it in any case."""

    person: PersonId
    everything: bool = False
    teams: frozenset[TeamId] = frozenset()
    """Their tickets, private ones apart; with what agents wrote about them."""
    private: frozenset[TeamId] = frozenset()
    """Of those, the teams whose private tickets they may read too."""
    nothing: bool = False
    """Suspended, or not yet welcome."""


def reading(who: Person, teams: Iterable[Team]) -> Reading:
    if who.status != "active":
        return Reading(who.id, nothing=True)
    if who.rank >= Role.ADMIN:
        return Reading(who.id, everything=True)
    theirs = [team for team in teams if works_in(who, team)]
    return Reading(
        who.id,
        teams=frozenset(team.id for team in theirs),
        private=frozenset(team.id for team in theirs if leads(who, team)),
    )


def may_read(who: Person, ticket: Ticket, team: Team, *, follows: bool) -> bool:
    """`follows`: they stand among those who are copied."""
    if who.status != "active":
        return False
    if who.id in (ticket.requester, ticket.assignee) or follows:
        return True
    return works_in(who, team) and (not ticket.private or leads(who, team))


def works_in(who: Person, team: Team) -> bool:
    """Their own teams' tickets, a department's for those over it, and those of teams that are open."""
    if who.status != "active" or who.rank < LEAST_ROLE[Right.READ]:
        return False
    return team.open_to_agents or answers_for(who, team.id, team.department)


def leads(who: Person, team: Team) -> bool:
    """May read its private tickets."""
    is_lead = who.status == "active" and who.rank >= Role.LEAD
    return is_lead and answers_for(who, team.id, team.department)

"""What somebody may read of all tickets: their rights, each of which is one branch of a list's query.

`may_read` says the same of one ticket; tests hold the two together, over lists and over search, and both to
`engine.tickets.access.sees`. Whoever was paged from outside opens the ticket by its number: lists leave it out.
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
    """The rights of one reader. Whoever asked for a ticket may read it in any case, without its notes."""

    person: PersonId
    everything: bool = False
    teams: frozenset[TeamId] = frozenset()
    """Their tickets, with what agents wrote about them; of private ones those that the reader has."""
    private: frozenset[TeamId] = frozenset()
    """Of those, the teams whose private tickets they may read too, whoever has them."""
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


def may_read(who: Person, ticket: Ticket, team: Team) -> bool:
    if who.status != "active":
        return False
    return ticket.requester == who.id or may_read_notes(who, ticket, team)


def may_read_notes(who: Person, ticket: Ticket, team: Team) -> bool:
    """Having a ticket is no right where one does not work, or no more; it opens a private one."""
    has_it = ticket.assignee == who.id
    return works_in(who, team) and (not ticket.private or has_it or leads(who, team))


def works_in(who: Person, team: Team) -> bool:
    """Their own teams' tickets, a department's for those over it, and those of teams that are open."""
    if who.status != "active" or who.rank < LEAST_ROLE[Right.READ]:
        return False
    return team.open_to_agents or answers_for(who, team.id, team.department)


def leads(who: Person, team: Team) -> bool:
    """May read its private tickets."""
    is_lead = who.status == "active" and who.rank >= Role.LEAD
    return is_lead and answers_for(who, team.id, team.department)

"""The end of a shift: tickets not started go back to the team, tickets in work stay. The person and the channels of
their teams are told of both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engine.announcing.places import places
from engine.announcing.recorded_step import instant, who
from engine.messages.digests import ListedTicket, ListedTickets, ShiftHandover
from engine.messages.effects import Tell
from engine.messages.values import Foreign, TicketRef, zone
from engine.ports.duty_store import Brief
from engine.ports.store import Transaction
from engine.shifts import giving_out
from engine.tickets.people import Address, Person, Team
from engine.tickets.ticket import Priority

HELD_MAX: Final = 1000
"""Tickets looked at when somebody goes: what is beyond would stay with whoever is not there."""
COUNTED_MAX: Final = 100
"""Tickets of the team that are counted in its digest: "100 tickets wait" says enough."""
NEXT_SHIFT: Final = timedelta(hours=8)
"""What breaks within this is named: whoever comes next has to see to it."""
LISTED_MAX: Final = 10
"""Of each kind in a digest; the rest is counted."""

URGENT: Final = (Priority.P1, Priority.P2)


@dataclass(frozen=True, slots=True)
class HandOver:
    """What became of somebody's tickets when they went."""

    given_back: tuple[Brief, ...] = ()
    """Untouched: their teams have them again."""
    stays: tuple[Brief, ...] = ()
    """Still theirs."""

    @property
    def urgent(self) -> tuple[Brief, ...]:
        """Critical and high ones in work: somebody must be told what is to be done meanwhile."""
        return tuple(brief for brief in self.stays if brief.priority in URGENT)


def hand_over(transaction: Transaction, person: Person, at: datetime) -> HandOver:
    held = transaction.staff.held(people=[person.id], limit=HELD_MAX)
    given_back = [brief for brief in held if not brief.touched]
    for brief in given_back:
        giving_out.hand_back(transaction, brief, at)
    handed = HandOver(tuple(given_back), tuple(brief for brief in held if brief.touched))
    transaction.tell(_digests(transaction, person, handed, at))
    return handed


def _digests(
    transaction: Transaction, person: Person, handed: HandOver, at: datetime
) -> list[Tell]:
    teams = [team for team in transaction.teams() if team.id in person.teams]
    told = [_to_team(transaction, team, person, handed, at) for team in teams]
    own = places(person, (), transaction.settings().channels)[:1]
    return [*(tell for tell in told if tell), *_to_person(person, own, handed, at)]


def _to_team(
    transaction: Transaction, team: Team, person: Person, handed: HandOver, at: datetime
) -> Tell | None:
    """Silent when there is nothing to take over."""
    place = team.place
    own = [brief for brief in handed.stays if brief.team == team.id]
    back = [brief for brief in handed.given_back if brief.team == team.id]
    named = {brief.number for brief in (*own, *back)}
    due_soon = transaction.staff.due_until(team.id, at + NEXT_SHIFT, limit=COUNTED_MAX)
    due = [brief for brief in due_soon if brief.number not in named]
    waiting = transaction.staff.unassigned(team.id, limit=COUNTED_MAX, critical_only=False)
    if place is None or not (own or back or due or waiting):
        return None
    said = ShiftHandover(
        timezone=zone(person.timezone),
        agent=who(person, place),
        stays=_listed(own),
        back=_listed(back),
        due=_listed(due),
        urgent=_urgent(own),
        waiting=len(waiting),
    )
    return _tell(place, person, said, at)


def _to_person(
    person: Person, places: Sequence[Address], handed: HandOver, at: datetime
) -> list[Tell]:
    if not (handed.stays or handed.given_back):
        return []
    said = ShiftHandover(
        timezone=zone(person.timezone),
        agent=None,
        stays=_listed(handed.stays),
        back=_listed(handed.given_back),
        due=_listed(()),
        urgent=_urgent(handed.stays),
        waiting=0,
    )
    return [_tell(place, person, said, at) for place in places]


def _tell(place: Address, person: Person, said: ShiftHandover, at: datetime) -> Tell:
    key = f"handover.{person.id}.{instant(at)}.{place.channel}.{place.place}"
    return Tell(place, said, key)


def _urgent(own: Sequence[Brief]) -> tuple[TicketRef, ...]:
    urgent = [TicketRef(brief.number) for brief in own if brief.priority in URGENT]
    return tuple(urgent[:LISTED_MAX])


def _listed(briefs: Sequence[Brief]) -> ListedTickets:
    lines = (
        ListedTicket(TicketRef(each.number), each.priority, each.due_at, Foreign(each.subject))
        for each in briefs[:LISTED_MAX]
    )
    return ListedTickets(tuple(lines), more=max(len(briefs) - LISTED_MAX, 0))

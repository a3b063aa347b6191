"""The end of a shift: tickets not started go back to the team, tickets in work stay. The person and the channels of
their teams are told of both.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engine.announcing.places import name_at, places
from engine.announcing.recorded_step import instant
from engine.ports.duty_store import Brief
from engine.ports.store import Transaction
from engine.shifts import giving_out
from engine.tickets.effects import Tell
from engine.tickets.message import Fact
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
    facts = _facts(person, own, back, due) | {"waiting": len(waiting), "for_team": True}
    facts |= {"agent_slack": name_at(person, place)}
    return _tell(place, person, facts, at)


def _to_person(
    person: Person, places: Sequence[Address], handed: HandOver, at: datetime
) -> list[Tell]:
    if not (handed.stays or handed.given_back):
        return []
    facts = _facts(person, handed.stays, handed.given_back)
    # A mail to them is not from them.
    facts |= {"agent": "", "waiting": 0, "for_team": False}
    return [
        _tell(place, person, facts | {"agent_slack": name_at(person, place)}, at)
        for place in places
    ]


def _facts(
    person: Person, own: Sequence[Brief], back: Sequence[Brief], due: Sequence[Brief] = ()
) -> dict[str, Fact]:
    lists = {"stays": own, "back": back, "due": due}
    facts: dict[str, Fact] = {
        "agent": person.name,
        "timezone": person.timezone or "",
        "urgent": [brief.id for brief in own if brief.priority in URGENT][:LISTED_MAX],
    }
    for name, briefs in lists.items():
        facts[name] = _lines(briefs[:LISTED_MAX])
        facts[f"{name}_more"] = max(len(briefs) - LISTED_MAX, 0)
    return facts


def _tell(place: Address, person: Person, facts: dict[str, Fact], at: datetime) -> Tell:
    key = f"handover.{person.id}.{instant(at)}.{place.channel}.{place.place}"
    return Tell(place, "handover", key, facts)


def _lines(briefs: Iterable[Brief]) -> list[str]:
    """ "T-12|P1|2026-11-26T17:00:00Z|VPN is down"; the subject comes last, it may hold anything."""
    return [
        f"{brief.id}|{brief.priority}|{instant(brief.due_at)}|{brief.subject}" for brief in briefs
    ]

"""A message to a person could not be delivered: a team is told, so that somebody reaches them another way."""

from engine.announcing import announce
from engine.desk import step
from engine.ports.outbox import Parcel
from engine.ports.store import Change, Transaction
from engine.tickets.effects import Tell
from engine.tickets.message import Fact


def tell_team(transaction: Transaction, parcel: Parcel, reason: str) -> None:
    tell = parcel.effect
    if not isinstance(tell, Tell) or tell.template == "undelivered":
        return
    if any(team.place == tell.to for team in transaction.teams()):
        return  # a team's own place is dead: who reads there is told by the channel's own trouble
    facts: dict[str, Fact] = {"place": tell.to.place, "reason": reason, "what": tell.template}
    if parcel.ticket is None:
        _tell_default_team(transaction, parcel.key, facts)
    else:
        _tell_with_ticket(transaction, parcel.ticket, parcel.key, facts)


def _tell_with_ticket(
    transaction: Transaction, number: int, key: str, facts: dict[str, Fact]
) -> None:
    ticket = transaction.ticket(number)
    if ticket is None:
        return
    team = step.team_of(transaction, ticket).place
    effects = announce.undelivered(ticket, team, key=key, facts=facts)
    transaction.record(Change(ticket, ticket, (), effects=effects))


def _tell_default_team(transaction: Transaction, key: str, facts: dict[str, Fact]) -> None:
    """What belongs to no ticket belongs to no team either: the one that takes in what nobody else does hears it."""
    team = transaction.team(transaction.settings().default_team)
    place = team.place if team else None
    if place is not None:
        transaction.tell([Tell(place, "undelivered", f"undelivered.{key}", facts)])

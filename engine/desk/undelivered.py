"""A message to a person could not be delivered: a team is told, so that somebody reaches them another way."""

from typing import Final

from engine.announcing import announce
from engine.desk import step
from engine.messages.conversation import Undelivered
from engine.messages.effects import Show
from engine.messages.values import Code, Foreign
from engine.ports.outbox import Parcel
from engine.ports.store import Change, Transaction

_OWN_KIND: Final = "undelivered"


def tell_team(transaction: Transaction, parcel: Parcel, reason: str) -> None:
    lost = parcel.effect
    if isinstance(lost, Show) or lost.kind == _OWN_KIND:
        return  # a card is drawn again; and telling of what was told would never end
    if any(team.place == lost.to for team in transaction.teams()):
        return  # a team's own place is dead: who reads there is told by the channel's own trouble
    said = Undelivered(Foreign(lost.to.place), Foreign(reason), Code(lost.kind))
    if parcel.ticket is None:
        _tell_default_team(transaction, parcel.key, said)
    else:
        _tell_with_ticket(transaction, parcel.ticket, parcel.key, said)


def _tell_with_ticket(transaction: Transaction, number: int, key: str, said: Undelivered) -> None:
    ticket = transaction.ticket(number)
    if ticket is None:
        return
    team = step.team_of(transaction, ticket).place
    effects = announce.undelivered(team, said, key=key)
    transaction.record(Change(ticket, ticket, (), effects=effects))


def _tell_default_team(transaction: Transaction, key: str, said: Undelivered) -> None:
    """What belongs to no ticket belongs to no team either: the one that takes in what nobody else does hears it."""
    team = transaction.team(transaction.settings().default_team)
    place = team.place if team else None
    transaction.tell(announce.undelivered(place, said, key=key))

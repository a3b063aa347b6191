"""Moves that would even out a team's load: a proposal in a table; a lead applies it, and then every move is checked
again against the ticket as it is by then.

Only tickets that nobody has touched move: from those who are off, or carry more than 130 % of what each would carry
if all were shared evenly, to those who carry less than 70 %. Between two people who are there a move never widens the
gap: neither ends up beyond where the other began.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from engine.duty.presence import Duty
from engine.duty.workload import WEIGHT, Member, ablest, available
from engine.tickets.people import PersonId
from engine.tickets.ticket import Priority, State

OVER: Final = 1.30
UNDER: Final = 0.70
"""Shares of the mean: above the one a person gives, below the other they take."""

MOVES_MAX: Final = 20
"""At a time: more than a lead reads through is not a proposal."""

_NO_HURRY: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Held:
    """A running ticket in somebody's hands."""

    number: int
    holder: PersonId
    priority: Priority
    due_at: datetime | None
    touched: bool
    """Its holder accepted it, started it or said something."""
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Move:
    ticket: int
    before: PersonId
    to: PersonId
    why: str  # off | overloaded
    before_percent: int
    """What they carried, in percent of the mean."""
    to_percent: int


def rebalance(members: Iterable[Member], held: Iterable[Held]) -> list[Move]:
    """The fewest moves: first from those who are off, then from the most loaded; of each the heaviest first."""
    board = _Board(members, held)
    return board.moves(sorted(board.movable, key=board.by_weight))


def optimize(members: Iterable[Member], held: Iterable[Held]) -> list[Move]:
    """The same with what is due first going first."""
    board = _Board(members, held)
    return board.moves(sorted(board.movable, key=_by_due))


class _Board:
    """Who carries what, while moves are tried out."""

    def __init__(self, members: Iterable[Member], held: Iterable[Held]) -> None:
        self._members = {member.person: member for member in members}
        self._there = {member.person for member in available(self._members.values())}
        self.movable = [ticket for ticket in held if not ticket.touched]
        gone = [ticket for ticket in self.movable if ticket.holder not in self._members]
        for ticket in gone:  # its holder left the team
            member = self._members.get(ticket.holder) or Member(ticket.holder, Duty.OFF)
            load = member.load.plus(ticket.priority, State.OPEN)
            self._members[ticket.holder] = replace(member, load=load)
        self._mean = self._even_share()

    def moves(self, ordered: Iterable[Held]) -> list[Move]:
        moves: list[Move] = []
        for ticket in ordered:
            giver = self._members[ticket.holder]
            taker = self._taker(ticket, giver) if self._gives(giver) else None
            if taker is not None and len(moves) < MOVES_MAX:
                moves.append(self._move(ticket, giver, taker))
        return moves

    def by_weight(self, ticket: Held) -> tuple[bool, float, float, int]:
        holder = self._members[ticket.holder]
        return holder.duty is not Duty.OFF, -holder.share, -WEIGHT[ticket.priority], ticket.number

    def _even_share(self) -> float:
        there = [self._members[person] for person in self._there]
        left = (t for t in self.movable if self._members[t.holder].duty is Duty.OFF)
        points = sum(one.load.points for one in there) + sum(WEIGHT[t.priority] for t in left)
        return points / sum(member.limit for member in there) if there else 0.0

    def _gives(self, giver: Member) -> bool:
        return giver.duty is Duty.OFF or giver.share > OVER * self._mean

    def _taker(self, ticket: Held, giver: Member) -> Member | None:
        there = [self._members[person] for person in sorted(self._there)]
        takers = (
            member
            for member in ablest(there, ticket.needs)
            if member.share < UNDER * self._mean and member.may_take(ticket.priority)
        )
        evens_out = (one for one in takers if _evens_out(giver, one, WEIGHT[ticket.priority]))
        return min(evens_out, key=lambda member: member.share, default=None)

    def _move(self, ticket: Held, giver: Member, taker: Member) -> Move:
        for member, tickets in ((giver, -1), (taker, 1)):
            load = member.load.plus(ticket.priority, State.OPEN, tickets)
            self._members[member.person] = replace(member, load=load)
        return Move(
            ticket=ticket.number,
            before=giver.person,
            to=taker.person,
            why="off" if giver.duty is Duty.OFF else "overloaded",
            before_percent=round(100 * giver.share / self._mean),
            to_percent=round(100 * taker.share / self._mean),
        )


def _evens_out(giver: Member, taker: Member, weight: float) -> bool:
    """Somebody who is off can not keep it, however little it is."""
    if giver.duty is Duty.OFF:
        return True
    left, gained = giver.share - weight / giver.limit, taker.share + weight / taker.limit
    return gained < giver.share and left >= taker.share


def _by_due(ticket: Held) -> tuple[datetime, int]:
    return ticket.due_at or _NO_HURRY, ticket.number

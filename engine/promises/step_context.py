"""The facts of one step of one ticket that every decision may need: who, where, when, by which rules.

One value from the desk down to the clocks, so that no function packs the same facts again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from engine.promises.rules import Ladder, Level, Rules, Subject, Terms
from engine.tickets import evolve
from engine.tickets.events import Entry, Event
from engine.tickets.people import Address, Person, PersonId, Team
from engine.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Reached:
    """Whom a level reaches now."""

    people: tuple[PersonId, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepContext:
    """The ticket as far as it is decided, and who does what to it, when, from where and by which rules."""

    ticket: Ticket
    team: Team
    """The ticket's team as the decided events leave it."""
    rules: Rules
    reach: Callable[[Level], Reached]
    """Who stands on a level of the team's ladder now; looked up when it is asked for."""
    at: datetime
    via: str
    actor: Person | None = None
    source: Address | None = None
    """Where the words were written."""
    promise_reply: bool = True
    """False for a ticket an agent opened for somebody: the requester was already spoken to."""

    @property
    def terms(self) -> Terms:
        ticket = self.ticket
        return self.rules.terms(Subject(ticket.priority, ticket.category, self.team, ticket.rules))

    @property
    def ladder(self) -> Ladder:
        return self.rules.ladder(self.team, self.ticket.rules)

    @property
    def actor_id(self) -> PersonId | None:
        return self.actor.id if self.actor else None

    def by(self, actor: Person, source: Address | None = None) -> Self:
        """The same, done by a person."""
        return replace(self, actor=actor, source=source)

    def entries(self, events: Sequence[Event]) -> list[Entry]:
        """As the history will hold them, numbered on from the ticket's own."""
        at, actor, via = self.at, self.actor_id, self.via
        numbered = enumerate(events, start=self.ticket.version + 1)
        return [Entry(seq, at, actor, via, event) for seq, event in numbered]

    def after(self, entries: Sequence[Entry]) -> Self:
        """With the ticket as they leave it."""
        if not entries:
            return self
        return replace(self, ticket=evolve.evolve_all(self.ticket, entries))

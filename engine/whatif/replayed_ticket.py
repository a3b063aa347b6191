"""One ticket replayed without a store: what is decided takes effect, and its timers fire when they are due.

The same as tail.py and the desk do with a transaction around it: for questions that begin with "what if".
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self

from engine.promises import follow_up, sla
from engine.promises.step_context import StepContext
from engine.promises.timer_rings import rung
from engine.tickets import evolve
from engine.tickets.events import Entry, Event, Opened
from engine.tickets.people import Person, PersonId, WorkspaceId
from engine.tickets.promise_clock import Timer, TimerKind
from engine.tickets.ticket import Ticket

EVERY: Final = frozenset(TimerKind)

Surroundings = Callable[[Ticket, Sequence[Event], datetime], StepContext]
"""What is around a ticket when these events are decided at this instant."""


@dataclass(frozen=True, slots=True)
class ReplayedTicket:
    """How far a ticket has come, and by what."""

    ticket: Ticket
    entries: tuple[Entry, ...]

    @classmethod
    def of(
        cls,
        workspace: WorkspaceId,
        number: int,
        first: Entry,
        more: Sequence[Event],
        around: Surroundings,
    ) -> Self:
        """Opened by its first entry, with whatever was recorded in the same step."""
        assert isinstance(first.event, Opened), first
        born = evolve.born(workspace, number, replace(first, seq=0))
        here = _done_by(around(born, (), first.at), first.actor)
        entries, ticket = follow_up.unfold([first.event, *more], here)
        return cls(ticket, tuple(entries))

    def after(
        self,
        events: Sequence[Event],
        at: datetime,
        around: Surroundings,
        *,
        actor: PersonId | None = None,
    ) -> Self:
        """With `events` decided at `at` and everything that follows from them."""
        here = _done_by(around(self.ticket, events, at), actor)
        entries, ticket = follow_up.unfold(events, here)
        return type(self)(ticket, (*self.entries, *entries))

    def until(
        self, at: datetime, around: Surroundings, kinds: Collection[TimerKind] = EVERY
    ) -> Self:
        """With every timer of `kinds` rung that is due at `at` or before, each at its instant."""
        course = self
        while (timer := course._next_timer(kinds)) is not None and timer.due_at <= at:
            when = max(timer.due_at, course.ticket.updated_at)
            events = rung(timer, around(course.ticket, (), when))
            assert events, timer  # a timer that means nothing would ring for ever
            course = course.after(events, when, around)
        return course

    def _next_timer(self, kinds: Collection[TimerKind]) -> Timer | None:
        wanted = (timer for timer in sla.timers(self.ticket) if timer.kind in kinds)
        return min(wanted, key=_when, default=None)


def _when(timer: Timer) -> tuple[datetime, str]:
    return timer.due_at, timer.kind


def _done_by(here: StepContext, actor: PersonId | None) -> StepContext:
    """Nobody reads names here, so an id is a person enough."""
    return replace(here, actor=Person(actor, "")) if actor else replace(here, via="timer")

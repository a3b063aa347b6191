"""A ticket's way through time without a store: what is decided takes effect, and its timers ring as they are due.

The same as step.py and ringing.py do with a transaction around it: for questions that begin with "what if".
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final, Self

from engine import consequences, escalation, evolve, lifecycle, sla
from engine.consequences import Around, situation
from engine.events import Entry, Event, Opened, Reminded
from engine.model import PersonId, Ticket, WorkspaceId
from engine.promises import Timer, TimerKind

EVERY: Final = frozenset(TimerKind)

Surroundings = Callable[[Ticket, Sequence[Event], datetime], Around]
"""What is around a ticket when these events are decided at this instant."""


@dataclass(frozen=True, slots=True)
class Course:
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
        born = evolve.born(workspace, number, replace(first, seq=1))
        decided = [first.event, *more]
        events = consequences.unfold(born, decided, around(born, decided, first.at))
        entries = _entries(events, 0, first.at, first.actor)
        return cls(evolve.evolve_all(born, entries[1:]), entries)

    def after(
        self,
        events: Sequence[Event],
        at: datetime,
        around: Surroundings,
        *,
        actor: PersonId | None = None,
    ) -> Self:
        """With `events` decided at `at` and everything that follows from them."""
        here = replace(around(self.ticket, events, at), actor=actor)
        entries = _entries(
            consequences.unfold(self.ticket, events, here), self.ticket.version, at, actor
        )
        return type(self)(evolve.evolve_all(self.ticket, entries), (*self.entries, *entries))

    def until(
        self, at: datetime, around: Surroundings, kinds: Collection[TimerKind] = EVERY
    ) -> Self:
        """With every timer of `kinds` rung that is due at `at` or before, each at its instant."""
        course = self
        while (timer := course._next_timer(kinds)) is not None and timer.due_at <= at:
            when = max(timer.due_at, course.ticket.updated_at)
            events = rung(course.ticket, timer, partial(around, course.ticket, (), when))
            assert events, timer  # a timer that means nothing would ring for ever
            course = course.after(events, when, around)
        return course

    def _next_timer(self, kinds: Collection[TimerKind]) -> Timer | None:
        wanted = (timer for timer in sla.timers(self.ticket) if timer.kind in kinds)
        return min(wanted, key=_when, default=None)


def rung(ticket: Ticket, timer: Timer, around: Callable[[], Around]) -> list[Event]:
    """What a due timer means for its ticket as the ticket is now; not every kind needs to look around."""
    match timer.kind:
        case TimerKind.AUTO_CLOSE:
            return lifecycle.expire(ticket)
        case TimerKind.PENDING_REMIND:
            return [Reminded()]
        case TimerKind.PENDING_RESOLVE:
            return lifecycle.give_up(ticket)
        case _:
            here = around()
            now = situation(ticket, here)
            if timer.kind is TimerKind.ACK_BREACH:
                return escalation.ring(ticket, timer, now, here.climb)
            return sla.ring(ticket, timer, now)


def _when(timer: Timer) -> tuple[datetime, str]:
    return timer.due_at, timer.kind


def _entries(
    events: Sequence[Event], version: int, at: datetime, actor: PersonId | None
) -> tuple[Entry, ...]:
    via = "" if actor else "timer"
    numbered = enumerate(events, start=version + 1)
    return tuple(Entry(seq, at, actor, via, event) for seq, event in numbered)

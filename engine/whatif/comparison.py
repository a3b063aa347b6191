"""Two replays compared ticket by ticket: what would be late that was not, and who would be paged how often. Pure."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from engine.explain.clock_recount import Key
from engine.tickets.promise_clock import ClockKind
from engine.tickets.ticket import Priority, Ticket
from engine.whatif.simulate import Lived, late

LISTED_MAX: Final = 1000
"""Of each list; beyond that they are counted, so that a comparison of any number of tickets stays small."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A promise of a ticket that is late in one world and not in the other."""

    number: int
    subject: str
    priority: Priority
    kind: ClockKind
    cycle: int
    broke_at: datetime


@dataclass(slots=True)
class Comparison:
    """It grows with each ticket; `before` are the rules in force, `after` the others."""

    tickets: int = 0
    otherwise: int = 0
    """Tickets that the rules in force judge otherwise than they were judged: which policy a team lives by was changed
    since, or timers rang late."""
    late_before: Counter[tuple[Priority, ClockKind]] = field(default_factory=Counter)
    late_after: Counter[tuple[Priority, ClockKind]] = field(default_factory=Counter)
    newly_late: list[Changed] = field(default_factory=list)
    newly_late_count: int = 0
    no_longer_late: list[Changed] = field(default_factory=list)
    no_longer_late_count: int = 0
    level_before: Counter[int] = field(default_factory=Counter)
    level_after: Counter[int] = field(default_factory=Counter)
    person_before: Counter[str] = field(default_factory=Counter)
    person_after: Counter[str] = field(default_factory=Counter)

    def add(self, recorded: Ticket, before: Lived, after: Lived) -> None:
        self.tickets += 1
        self.otherwise += before.late != late(recorded)
        self.late_before += Counter(_kinds(before))
        self.late_after += Counter(_kinds(after))
        newly = list(_only(after, before))
        self.newly_late += newly[: LISTED_MAX - len(self.newly_late)]
        self.newly_late_count += len(newly)
        gone = list(_only(before, after))
        self.no_longer_late += gone[: LISTED_MAX - len(self.no_longer_late)]
        self.no_longer_late_count += len(gone)
        self.level_before.update(page.level for page in before.pages)
        self.level_after.update(page.level for page in after.pages)
        self.person_before.update(id for page in before.pages for id in page.people)
        self.person_after.update(id for page in after.pages for id in page.people)


def _kinds(lived: Lived) -> Iterator[tuple[Priority, ClockKind]]:
    return ((lived.ticket.priority, kind) for kind, _ in lived.late)


def _only(here: Lived, there: Lived) -> Iterator[Changed]:
    """Late here and not there."""
    ticket = here.ticket
    for key, broke_at in sorted(here.late.items()):
        if key not in there.late:
            yield _changed(ticket, key, broke_at)


def _changed(ticket: Ticket, key: Key, broke_at: datetime) -> Changed:
    return Changed(ticket.number, ticket.subject, ticket.priority, *key, broke_at)

"""A ticket lived by hand through the real rules: somebody does something at an instant, timers ring in between."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from engine.calendars.calendar_history import CalendarHistory, Edition
from engine.promises import sla
from engine.promises.escalation import page
from engine.promises.rules import Rules
from engine.promises.step_context import StepContext
from engine.tickets import lifecycle
from engine.tickets.events import Commented, Entry, Event, Moved, Opened, Paged, TeamChanged
from engine.tickets.message import MessageId
from engine.tickets.people import DEFAULT, PersonId, Team
from engine.tickets.promise_clock import ClockKind, PromiseClock
from engine.tickets.ticket import Priority, State, Ticket
from engine.whatif.replayed_ticket import ReplayedTicket
from tests.engine.make import ANA, BOB, TEAM, around

WORDS = MessageId("words")
BEFORE = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class Life:
    """One ticket."""

    rules: Rules
    team: Team = TEAM
    promise_reply: bool = True
    others: tuple[Team, ...] = ()
    """Teams it may be moved to."""
    course: ReplayedTicket = field(init=False)
    almanac: CalendarHistory = field(init=False)

    def __post_init__(self) -> None:
        known = self.rules.calendars.items()
        first = {id: (Edition(version, each, BEFORE),) for id, (version, each) in known}
        self.almanac = CalendarHistory(first)

    def born(
        self,
        at: datetime,
        priority: Priority = Priority.P3,
        *,
        said: bool = True,
        by: PersonId = BOB.id,
    ) -> Self:
        opened = Opened("VPN is down", "mail", BOB.id, priority, "Other", self.team.id)
        words = [Commented(WORDS, by_agent=False)] if said else []
        first = Entry(1, at, by, "mail", opened)
        self.course = ReplayedTicket.of(DEFAULT, 1, first, words, self.around)
        return self

    @property
    def ticket(self) -> Ticket:
        return self.course.ticket

    @property
    def entries(self) -> Sequence[Entry]:
        return self.course.entries

    def around(self, ticket: Ticket, events: Sequence[Event], at: datetime) -> StepContext:
        """Ana alone stands on every level."""
        moved = [event.to for event in events if isinstance(event, TeamChanged)]
        id = moved[-1] if moved else ticket.team
        team = next(team for team in (self.team, *self.others) if team.id == id)
        return around(ticket, at=at, rules=self.rules, team=team, promise_reply=self.promise_reply)

    def until(self, at: datetime) -> Self:
        self.course = self.course.until(at, self.around)
        return self

    def before(self, at: datetime) -> Ticket:
        """As somebody finds it who acts at `at`: what was due before has rung, what is due then has not."""
        return self.until(at - sla.JUST_AFTER).ticket

    def does(self, at: datetime, events: Sequence[Event], *, by: PersonId | None = ANA.id) -> Self:
        self.before(at)
        if events:
            self.course = self.course.after(events, at, self.around, actor=by)
        return self

    # What people do

    def answers(self, at: datetime) -> Self:
        return self.does(at, [Commented(WORDS, by_agent=True)])

    def writes(self, at: datetime) -> Self:
        """The requester."""
        said = lifecycle.answer(self.before(at), message=WORDS, moves=True)
        return self.does(at, said, by=BOB.id)

    def asks(self, at: datetime) -> Self:
        """The requester, with words that leave the ticket where it is."""
        said = lifecycle.answer(self.before(at), message=WORDS, moves=False)
        return self.does(at, said, by=BOB.id)

    def claims(self, at: datetime) -> Self:
        return self.does(at, lifecycle.claim(self.before(at), by=ANA.id, holder=""))

    def acknowledges(self, at: datetime) -> Self:
        return self.does(at, lifecycle.acknowledge(self.before(at)))

    def moves(self, at: datetime, to: State, *, why: str = "test") -> Self:
        """Without words."""
        before = self.before(at).state
        return self.does(at, [] if to is before else [Moved(before, to, why)])

    def waits(self, at: datetime) -> Self:
        """For the requester."""
        return self.does(at, lifecycle.ask(self.before(at), message=WORDS))

    def resolves(self, at: datetime, *, words: bool = False) -> Self:
        said = WORDS if words else None
        return self.does(at, lifecycle.resolve(self.before(at), message=said))

    def merges(self, at: datetime, into: Ticket) -> Self:
        return self.does(at, lifecycle.merge(self.before(at), into=into))

    def becomes(self, at: datetime, priority: Priority) -> Self:
        return self.does(at, lifecycle.set_priority(self.before(at), to=priority))

    def escalates(self, at: datetime) -> Self:
        level = self.before(at).escalation_level + 1
        return self.does(at, page(level, "manual", self.situation(at)))

    def lives_by(self, at: datetime, rules: Rules) -> Self:
        """A calendar was edited: open clocks are counted anew at once."""
        ticket = self.before(at)
        self.rules = rules
        known = rules.calendars.items()
        newer = {id: Edition(version, each, at) for id, (version, each) in known}
        older = self.almanac.editions
        self.almanac = CalendarHistory(
            {id: (*older.get(id, ()), each) for id, each in newer.items()}
        )
        counted = sla.recount(ticket.clocks, self.situation(at), why="calendar")
        return self.does(at, counted, by=None)

    def situation(self, at: datetime) -> StepContext:
        return self.around(self.ticket, (), at)

    # What is asked of it

    def clock(self, kind: ClockKind) -> PromiseClock | None:
        return self.ticket.clock(kind)

    def all_of(self, kind: ClockKind) -> list[PromiseClock]:
        return [clock for clock in self.ticket.clocks if clock.kind is kind]

    def used(self, clock: PromiseClock, at: datetime) -> float:
        return sla.used_by(clock, self.rules, at).total_seconds()

    def pages(self) -> list[tuple[datetime, Paged]]:
        return [(one.at, one.event) for one in self.entries if isinstance(one.event, Paged)]

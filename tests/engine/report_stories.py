"""Random lives of tickets, told twice: to the engine's own rules, and to a ledger that knows nothing of clocks.

Times are whole minutes from START and all time counts, so the ledger can do with additions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from itertools import accumulate, islice
from typing import Any

from hypothesis import strategies as st

from engine.promises.sla import JUST_AFTER
from engine.reports.facts import PageFacts, TicketFacts
from engine.tickets.events import Breached, Commented, Event, Moved
from engine.tickets.message import MessageId
from engine.tickets.people import PersonId, TeamId
from engine.tickets.promise_clock import PROMISES, PromiseClock
from engine.tickets.ticket import Phase, Priority, State, Ticket
from tests.engine import make

DAY = 24 * 60
END = 15 * DAY
"""When everybody looks: what would come later has not happened yet."""
RESPONSE = {"P1": 5, "P2": 30, "P3": 120, "P4": DAY}
RESOLUTION = {"P1": 240, "P2": 480, "P3": DAY, "P4": 5 * DAY}
LABELS = {"P1": "P1 Critical", "P2": "P2 High", "P3": "P3 Medium", "P4": "P4 Low"}
TEAMS = {"net": "Network", "db": "Databases"}
AGENTS = {"": "", "ana": "Ana", "ben": "Ben"}


@dataclass(frozen=True)
class Page:
    at: int
    after: int | None  # minutes until somebody acknowledged


@dataclass(frozen=True)
class Life:
    """One ticket: opened at a minute, then acts, each so many minutes after the one before."""

    number: int
    opened: int
    priority: str
    category: str
    team: str
    agent: str
    gaps: tuple[tuple[int, str], ...]
    pages: tuple[Page, ...]

    @property
    def acts(self) -> list[tuple[int, str]]:
        """With the minute of each."""
        minutes = accumulate((gap for gap, _ in self.gaps), initial=self.opened)
        acts = [(at, act) for at, (_, act) in zip(islice(minutes, 1, None), self.gaps, strict=True)]
        return [(at, act) for at, act in acts if at <= END]


# Made once: Hypothesis takes longer to make a strategy than to draw from it.
_GAPS = st.integers(1, 90) | st.integers(1, 3 * DAY) | st.sampled_from([5, 30, 120, 240, DAY])
_ACTS = st.sampled_from("answer question wait back resolve reopen close".split())
_DEEDS = st.lists(st.tuples(_GAPS, _ACTS), max_size=8).map(tuple)
_PAGES = st.lists(
    st.builds(Page, st.integers(0, END), st.none() | st.integers(0, 500)), max_size=2
).map(tuple)


def _life(number: int) -> st.SearchStrategy[Life]:
    return st.builds(
        Life,
        st.just(number),
        st.integers(0, END),
        st.sampled_from(list(RESPONSE)),
        st.sampled_from(["VM", "Network"]),
        st.sampled_from(list(TEAMS)),
        st.sampled_from(list(AGENTS)),
        _DEEDS,
        _PAGES,
    )


_LIVES = [_life(number) for number in range(1, 13)]
_SO_MANY = [st.tuples(*_LIVES[:count]) for count in range(13)]
lives = st.integers(0, 12).flatmap(_SO_MANY.__getitem__)


# Told to the engine


def facts(life: Life) -> TicketFacts:
    """Lived by the engine's rules from START on, then moved to when it was opened."""
    ticket = make.ticket(priority=Priority(life.priority))
    for at, act in life.acts:
        now = minute(at - life.opened)
        ticket = _rung(ticket, now)
        event = _event(ticket, act)
        ticket = make.follow(ticket, [event], at=now) if event else ticket
    ticket = _rung(ticket, minute(END - life.opened))
    later = timedelta(minutes=life.opened)
    ticket = _moved(ticket, later)
    return TicketFacts(
        number=life.number,
        subject="VPN",
        priority=ticket.priority,
        category=life.category,
        team=TeamId(life.team),
        team_name=TEAMS[life.team],
        department="it",
        state=ticket.state,
        created_at=ticket.created_at,
        assignee=PersonId(life.agent) if life.agent else None,
        assignee_name=AGENTS[life.agent],
        resolved_at=ticket.resolved_at,
        closed_at=ticket.closed_at,
        reopened=ticket.reopened,
        clocks=tuple(_moved(clock, later) for clock in ticket.clocks),
        pages=tuple(map(_page, life.pages)),
    )


def _rung(ticket: Ticket, now: datetime) -> Ticket:
    """As the timers do, the smallest moment after the promise was due."""
    for clock in ticket.clocks:
        owed = clock.kind in PROMISES and clock.running and not clock.breached
        if owed and clock.due_at and clock.due_at < now:
            broken = Breached(clock.kind, clock.cycle, clock.due_at)
            ticket = make.follow(ticket, [broken], at=clock.due_at + JUST_AFTER)
    return ticket


def _event(ticket: Ticket, act: str) -> Event | None:
    phase = ticket.state.phase
    to = {
        "wait": State.PENDING_INFO if phase is Phase.ACTIVE else None,
        "back": State.OPEN if phase is Phase.WAITING else None,
        "resolve": State.RESOLVED if phase in (Phase.ACTIVE, Phase.WAITING) else None,
        "reopen": State.REOPENED if phase in (Phase.DONE, Phase.CLOSED) else None,
        "close": State.CLOSED if phase is Phase.DONE else None,
    }
    if act in to:
        aim = to[act]
        return Moved(ticket.state, aim, why="test") if aim else None
    return Commented(MessageId("m"), by_agent=act == "answer")


def _moved(thing: Any, later: timedelta) -> Any:
    """Any frozen thing, with all its instants so much later."""
    instants = {f.name: getattr(thing, f.name) for f in fields(thing)}
    return replace(
        thing, **{name: at + later for name, at in instants.items() if isinstance(at, datetime)}
    )


def _page(page: Page) -> PageFacts:
    at = minute(page.at)
    acknowledged = None if page.after is None else at + timedelta(minutes=page.after)
    return PageFacts(0, "p1", at, acknowledged)


def minute(at: int) -> datetime:
    return make.START + timedelta(minutes=at)


def lateness(clock: PromiseClock, now: datetime) -> timedelta:
    """All time counts, so what was used is what ran."""
    running = now - clock.running_since if clock.running_since else timedelta()
    return clock.used + running - clock.goal


# Told to the ledger


@dataclass
class Debt:
    """One promise: when it started to be owed, the stretches in which it ran, when it ended."""

    kind: str
    goal: int
    since: int | None
    ran: list[tuple[int, int]] = field(default_factory=list)
    ended: int | None = None

    def halt(self, at: int) -> None:
        if self.since is not None:
            self.ran.append((self.since, at))
            self.since = None

    def end(self, at: int) -> None:
        if self.ended is None:
            self.halt(at)
            self.ended = at

    @property
    def stretches(self) -> list[tuple[int, int]]:
        return [*self.ran, *([(self.since, END)] if self.since is not None else [])]

    @property
    def used(self) -> int:
        return sum(end - start for start, end in self.stretches)

    @property
    def broken(self) -> int | None:
        """The minute at which the goal was used up, when more than it was used."""
        left = self.goal
        for start, end in self.stretches if self.used > self.goal else ():
            if end - start >= left:
                return start + left
            left -= end - start
        return None

    @property
    def judged(self) -> int | None:
        return self.broken if self.broken is not None else self.ended


@dataclass
class Ledger:
    life: Life
    debts: list[Debt]
    state: str = "active"
    resolved: int | None = None
    reopened: int = 0

    @property
    def open(self) -> bool:
        return self.state in ("active", "waiting")


def ledger(life: Life) -> Ledger:
    first = Debt("first_response", RESPONSE[life.priority], life.opened)
    whole = Debt("resolution", RESOLUTION[life.priority], life.opened)
    book = Ledger(life, [first, whole])
    for at, act in life.acts:
        _enter(book, act, at)
    return book


def _enter(book: Ledger, act: str, at: int) -> None:
    if act in ("answer", "question"):
        _speak(book, act, at)
    elif book.open:
        _work(book, act, at)
    elif act == "close" and book.state == "done":
        book.state = "closed"
    elif act == "reopen":
        book.state, book.resolved, book.reopened = "active", None, book.reopened + 1
        book.debts[1].since, book.debts[1].ended = at, None


def _speak(book: Ledger, act: str, at: int) -> None:
    answers = [debt for debt in book.debts if debt.kind != "resolution"]
    if act == "answer":
        for debt in answers:
            debt.end(at)
    elif book.open and all(debt.ended is not None for debt in answers):
        book.debts.append(Debt("next_response", RESPONSE[book.life.priority], at))


def _work(book: Ledger, act: str, at: int) -> None:
    if act == "wait" and book.state == "active":
        book.state = "waiting"
        book.debts[1].halt(at)
    elif act == "back" and book.state == "waiting":
        book.state, book.debts[1].since = "active", at
    elif act == "resolve":
        book.state, book.resolved = "done", at
        for debt in book.debts:
            debt.end(at)


def books(told: Sequence[Life]) -> Iterator[Ledger]:
    return map(ledger, told)

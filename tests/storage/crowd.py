"""A drawn workspace: people of every rank, teams, tickets in every state; and by hand who may read what of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random

from sqlalchemy import Connection, text

from engine.lists.asking import ALWAYS, Asked, Sort, Span, TicketFilter, Whose
from engine.lists.reading import may_read
from engine.ports.store import Transaction
from engine.tickets.events import Noted
from engine.tickets.message import Attachment, Audience, Comment, MessageId, Note
from engine.tickets.people import (
    Address,
    Identity,
    Person,
    PersonId,
    Role,
    Team,
    TeamId,
    WorkspaceId,
)
from engine.tickets.promise_clock import ClockKind, PromiseClock
from engine.tickets.ticket import Phase, Priority, State, Ticket
from storage.open.open_storage import Storage
from tests.clock import MORNING
from tests.storage.make import after, opening, step, ticket

TEAMS = (
    Team(TeamId("support"), "Support", "IT"),
    Team(TeamId("network"), "Network", "IT"),
    Team(TeamId("payroll"), "Payroll", "HR"),
    Team(TeamId("open"), "Open", "HR", open_to_agents=True),
)
WORDS = ("printer", "vpn", "Straße", "invoice", "router")
NOTED = ("secret", "vpn")


@dataclass(frozen=True)
class Drawn:
    """A ticket with what else decides who finds it."""

    ticket: Ticket
    said: str
    noted: str = ""
    file: str = ""
    copied: tuple[Address, ...] = ()


@dataclass(frozen=True)
class Crowd:
    workspace: WorkspaceId
    people: tuple[Person, ...]
    tickets: tuple[Drawn, ...]
    teams: tuple[Team, ...] = field(default=TEAMS)

    def team(self, id: TeamId) -> Team:
        return next(team for team in self.teams if team.id == id)

    def readable(self, who: Person) -> list[Drawn]:
        return [
            drawn
            for drawn in self.tickets
            if may_read(who, drawn.ticket, self.team(drawn.ticket.team))
        ]


def drawn_crowd(seed: int, workspace: WorkspaceId, *, tickets: int = 24) -> Crowd:
    draw = Random(seed)
    people = tuple(_person(draw, number) for number in range(8))
    return Crowd(
        workspace, people, tuple(_ticket(draw, workspace, people, n + 1) for n in range(tickets))
    )


def _person(draw: Random, number: int) -> Person:
    return Person(
        PersonId(f"p{number}"),
        f"Person {number}",
        draw.choice(tuple(Role)),
        frozenset(draw.sample([team.id for team in TEAMS], draw.randint(0, 2))),
        identities=(Identity("mail", "", f"p{number}@example.com"),),
        status=draw.choice(("active", "active", "active", "suspended")),
        department=draw.choice((None, "IT", "HR")),
    )


def _ticket(draw: Random, workspace: WorkspaceId, people: Sequence[Person], number: int) -> Drawn:
    state = draw.choice(tuple(State))
    runs = state.phase is Phase.ACTIVE and draw.random() < 0.7
    level = draw.randint(0, 2)
    made = ticket(
        number,
        workspace=workspace,
        state=state,
        team=draw.choice(TEAMS).id,
        priority=draw.choice(tuple(Priority)),
        category=draw.choice(("VM", "Network")),
        requester=draw.choice(people).id,
        assignee=draw.choice((None, draw.choice(people).id)),
        # Equal instants on purpose: the number must decide between them.
        created_at=after(hours=number),
        updated_at=after(hours=draw.randint(0, 6)),
        escalation_level=level,
        acknowledged=bool(level) and draw.random() < 0.5,
        private=draw.random() < 0.3,
        clocks=(_clock(after(hours=draw.randint(-3, 3))),) if runs else (),
    )
    return Drawn(
        made,
        said=" ".join(draw.sample(WORDS, 2)),
        noted=draw.choice(("", *NOTED)),
        file=draw.choice(("", "", "router.pdf")),
        copied=tuple(
            Address("mail", who.known_as("mail") or "")
            for who in draw.sample(list(people), draw.choice((0, 0, 1)))
        ),
    )


def _clock(due: datetime) -> PromiseClock:
    return PromiseClock(
        ClockKind.RESOLUTION,
        0,
        after(hours=1) - MORNING,
        MORNING,
        running_since=MORNING,
        due_at=due,
    )


async def settle(storage: Storage, crowd: Crowd) -> None:
    """Into the database, in one transaction."""

    def work(transaction: Transaction) -> None:
        for team in crowd.teams:
            transaction.keep_team(team)
        for person in crowd.people:
            transaction.keep_person(person)
        for drawn in crowd.tickets:
            _open(transaction, drawn)

    await storage.store.run(crowd.workspace, work)


def make_private(connection: Connection, workspace: WorkspaceId, numbers: Iterable[int]) -> None:
    """No verb does that yet."""
    for number in numbers:
        connection.execute(
            text("UPDATE tickets SET private = true WHERE workspace = :w AND number = :n"),
            {"w": workspace, "n": number},
        )


def _open(transaction: Transaction, drawn: Drawn) -> None:
    new, id = drawn.ticket, f"{drawn.ticket.number:04}"
    said = Comment(MessageId(f"c{id}"), new.requester, "mail", drawn.said, MORNING)
    change = opening(
        new.number,
        after=new,
        comments=(said,),
        attachments=(Attachment(drawn.file, "application/pdf", 1),) if drawn.file else (),
        audience=Audience(None, drawn.copied),
    )
    transaction.record(change)
    if drawn.noted:
        note = Note(MessageId(f"n{id}"), None, "slack", drawn.noted, MORNING)
        noted = step(new, Noted(note.id), notes=(note,))
        transaction.record(replace(noted, after=replace(noted.after, updated_at=new.updated_at)))


def drawn_question(seed: int, crowd: Crowd) -> Asked:
    draw = Random(seed)

    def some(*values: object) -> tuple[object, ...]:
        return tuple(draw.sample(values, min(len(values), draw.choice((0, 0, 0, 1, 2)))))

    wanted = TicketFilter(
        everything=draw.random() < 0.5,
        statuses=some(*(state.value for state in State), "ESCALATED"),
        phases=some(*Phase) if draw.random() < 0.3 else (),
        priorities=some(*Priority),
        teams=some("support", "NETWORK", "Payroll", "nowhere"),
        departments=some("it", "HR") if draw.random() < 0.3 else (),
        categories=some("VM") if draw.random() < 0.3 else (),
        assignees=some("p1", "p2@example.com", "nobody"),
        requesters=some("person 3", "p4") if draw.random() < 0.5 else (),
        whose=draw.choice((None, None, *Whose)),
        updated=draw.choice((ALWAYS, ALWAYS, Span(after(hours=1), after(hours=5)))),
        due=draw.choice((ALWAYS, ALWAYS, Span(after(hours=-1)))),
        created=draw.choice((ALWAYS, ALWAYS, Span(until=after(hours=15)))),
        late=draw.random() < 0.15,
    )
    return Asked(wanted, draw.choice(tuple(Sort)), late_first=draw.random() < 0.5, limit=100)


def expected(crowd: Crowd, who: Person, asked: Asked, now: datetime) -> list[int]:
    """By hand: everything readable, filtered one by one, sorted."""
    fitting = [
        d.ticket for d in crowd.readable(who) if _fits(crowd, who, d.ticket, asked.filter, now)
    ]
    fitting.sort(key=lambda ticket: ticket.number, reverse=True)
    match asked.sort:
        case Sort.UPDATED:
            fitting.sort(key=lambda ticket: ticket.updated_at, reverse=True)
        case Sort.PRIORITY:
            fitting.sort(key=lambda ticket: ticket.priority)
        case Sort.DUE:
            fitting = _by_due(fitting)
        case Sort.CREATED:
            fitting = _by_due(fitting) if asked.filter.late else fitting
    if asked.late_first:
        late = [each for each in fitting if _is_late(each, now)]
        fitting = [*_by_due(late), *(each for each in fitting if each not in late)]
    return [each.number for each in fitting]


def _by_due(tickets: Sequence[Ticket]) -> list[Ticket]:
    due = sorted((t for t in tickets if t.due_at), key=lambda t: (t.due_at or MORNING, t.number))
    return [*due, *(t for t in tickets if not t.due_at)]


def _is_late(ticket: Ticket, now: datetime) -> bool:
    return ticket.due_at is not None and ticket.due_at < now


def _fits(crowd: Crowd, who: Person, ticket: Ticket, wanted: TicketFilter, now: datetime) -> bool:
    return (
        _state_fits(ticket, wanted)
        and _people_fit(crowd, who, ticket, wanted)
        and (not wanted.priorities or ticket.priority in wanted.priorities)
        and (not wanted.categories or ticket.category in wanted.categories)
        and (not wanted.late or _is_late(ticket, now))
        and _within(ticket.created_at, wanted.created)
        and _within(ticket.updated_at, wanted.updated)
        and _within(ticket.due_at, wanted.due)
    )


def _state_fits(ticket: Ticket, wanted: TicketFilter) -> bool:
    is_open = ticket.state.phase is not Phase.CLOSED
    if wanted.phases and ticket.state.phase not in wanted.phases:
        return False
    if wanted.statuses:
        escalated = "ESCALATED" in wanted.statuses and ticket.escalated and is_open
        return ticket.state.value in wanted.statuses or escalated
    return is_open or bool(wanted.phases) or (wanted.everything and not wanted.late)


def _people_fit(crowd: Crowd, who: Person, ticket: Ticket, wanted: TicketFilter) -> bool:
    team = crowd.team(ticket.team)
    names = {name.casefold() for name in wanted.teams}
    if names and not names & {team.id, team.name.casefold()}:
        return False
    if wanted.departments and team.department.casefold() not in {
        d.casefold() for d in wanted.departments
    }:
        return False
    if wanted.whose and not _is_whose(who, ticket, wanted.whose):
        return False
    unassigned = "nobody" in wanted.assignees and ticket.assignee is None
    if wanted.assignees and not (unassigned or _is_called(ticket.assignee, wanted.assignees)):
        return False
    return not wanted.requesters or _is_called(ticket.requester, wanted.requesters)


def _is_whose(who: Person, ticket: Ticket, whose: Whose) -> bool:
    match whose:
        case Whose.MINE:
            return who.id in (ticket.requester, ticket.assignee)
        case Whose.HELD:
            return who.id == ticket.assignee
        case Whose.ASKED:
            return who.id == ticket.requester
        case Whose.OTHERS:
            return ticket.assignee not in (None, who.id)


def _is_called(id: PersonId | None, names: Sequence[str]) -> bool:
    """p3 is "p3", "p3@example.com" and "person 3"."""
    return id is not None and any(
        name.partition("@")[0].replace("person ", "p") == id for name in names if name != "nobody"
    )


def _within(at: datetime | None, span: Span) -> bool:
    if span == ALWAYS:
        return True
    if at is None:
        return False
    return (span.since is None or at >= span.since) and (span.until is None or at < span.until)

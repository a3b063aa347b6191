"""Tickets by hand, for tests of what is pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.views.modals import Choices
from bot.views.promise_line import Moment
from engine.ports.views import ConversationLine, TicketFile, TicketLine
from engine.promises.rules import Rules
from engine.tickets.message import Attachment, Comment, MessageId, Note
from engine.tickets.people import DEFAULT, Identity, Person, PersonId, Team, TeamId
from engine.tickets.promise_clock import ClockKind, PromiseClock
from engine.tickets.ticket import Priority, State, Ticket
from engine.tickets.workspace import Workspace

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
RULES = Rules(Workspace(DEFAULT))
NOW = Moment(RULES, NOON + timedelta(hours=1))
CHOICES = Choices(RULES, (Team(TeamId("network"), "Network", "IT"),))
DORA = Person(PersonId("p1"), "Dora")
ANA = Person(PersonId("p2"), "Ana", identities=(Identity("slack", "T1", "U0ANA"),))


def line(
    state: State = State.NEW,
    *,
    text: str = "It does not connect.",
    name: str = "Dora",
    assigned: bool = False,
    files: int = 0,
) -> TicketLine:
    clock = PromiseClock(
        ClockKind.FIRST_RESPONSE,
        1,
        timedelta(hours=2),
        NOON,
        running_since=NOON,
        due_at=NOON + timedelta(hours=2),
    )
    ticket = Ticket(
        DEFAULT,
        7,
        text or "VPN",
        state,
        Priority.P2,
        "Other",
        TeamId("support"),
        DORA.id,
        "mail",
        NOON,
        NOON,
        version=3,
        assignee=ANA.id if assigned else None,
        clocks=(clock,) if state is State.NEW else (),
    )
    attachments = tuple(
        Attachment(f"{text}{n}.pdf", "application/pdf", 10, refused="too_large" if n else None)
        for n in range(files)
    )
    return TicketLine(
        ticket,
        replace(DORA, name=name),
        replace(ANA, name=name) if assigned else None,
        Team(TeamId("support"), name, "IT"),
        opening=text,
        attachments=attachments,
    )


def paged(shown: TicketLine, *, level: int = 1, pages: int = 1, muted: bool = False) -> TicketLine:
    """Waits for somebody to say "I have it", since half past twelve."""
    since = NOON + timedelta(minutes=30)
    wait = timedelta(hours=1)
    ack = PromiseClock(ClockKind.ACK, 2, wait, since, running_since=since, due_at=since + wait)
    ticket = replace(
        shown.ticket,
        escalation_level=level,
        pages=pages,
        muted=muted,
        clocks=(*shown.ticket.clocks, ack),
    )
    return replace(shown, ticket=ticket)


def late(shown: TicketLine) -> TicketLine:
    """Its first answer came too late, and counts."""
    clock = PromiseClock(
        ClockKind.FIRST_RESPONSE,
        1,
        timedelta(hours=2),
        NOON - timedelta(hours=3),
        breached_at=NOON - timedelta(hours=1),
        due_at=NOON - timedelta(hours=1),
        stopped_at=NOON,
    )
    return replace(shown, ticket=replace(shown.ticket, clocks=(clock,)))


def file(text: str, *, many: int = 12) -> TicketFile:
    comments = [Comment(MessageId(f"c{n}"), DORA.id, "mail", text, NOON) for n in range(many)]
    notes = [Note(MessageId(f"n{n}"), ANA.id, "slack", f"note: {text}", NOON) for n in range(many)]
    return TicketFile(
        line(text=text),
        comments=tuple(ConversationLine(one, DORA) for one in comments),
        notes=tuple(ConversationLine(one, ANA) for one in notes),
    )


def strings(part: Any) -> Iterator[str]:
    """Every string that a person may read in a payload, ids and values left out."""
    if isinstance(part, dict):
        for key, value in part.items():
            if isinstance(value, str):
                if key == "text":
                    yield value
            else:
                yield from strings(value)
    elif isinstance(part, Iterable) and not isinstance(part, str):
        for one in part:
            yield from strings(one)

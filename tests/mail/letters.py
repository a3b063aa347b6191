"""Tickets and parcels for the tests of what the desk writes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.messages.conversation import NoteWritten, Question, Receipt, Reminder, Reply
from engine.messages.digests import (
    ListedTicket,
    ListedTickets,
    Overdue,
    OverdueDigest,
    OverdueLine,
    ShiftHandover,
)
from engine.messages.effects import Tell
from engine.messages.message import Message, kind_of
from engine.messages.page_messages import PageOver, PersonPaged, PromiseBroken
from engine.messages.values import Code, Foreign, Handle, TicketRef, Who, Words, Zone
from engine.messages.work import TicketClosed, TicketMerged, TicketResolved
from engine.ports.outbox import Parcel
from engine.ports.views import TicketLine
from engine.reports.kinds import ReportKind
from engine.reports.report_message import report_message
from engine.tickets.message import Comment, MessageId, Reference
from engine.tickets.people import DEFAULT, Address
from engine.tickets.promise_clock import ClockKind
from engine.tickets.ticket import Priority
from mail.outgoing.compose import Letterhead, Occasion, compose
from mail.outgoing.message import Letter
from tests.clock import MORNING
from tests.engine.make import ANA, BOB, TEAM, ticket
from tests.engine.report_sample import sample
from tests.mail.stage import SIGNER, SUPPORT

HOUSE = Letterhead(SIGNER, SUPPORT)
NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)
"""In Berlin."""
CLOSES = datetime(2026, 3, 5, 9, tzinfo=UTC)
_ABOUT = (TicketRef(1), Foreign("VPN is down"), Zone("Europe/Berlin"))
_ANA = Foreign("Ana")

MESSAGES: dict[str, Message] = {
    kind_of(each): each
    for each in (
        Receipt(*_ABOUT, Priority.P3, None, NOON, follows=None, refused=(), copied=False),
        Reply(*_ABOUT, _ANA),
        Question(*_ABOUT, _ANA),
        TicketResolved(*_ABOUT, _ANA, CLOSES, gave_up=False),
        TicketClosed(*_ABOUT, _ANA, no_request=False),
        TicketMerged(*_ABOUT, TicketRef(3), _ANA),
        Reminder(*_ABOUT, CLOSES),
        NoteWritten(*_ABOUT, _ANA, Code("slack")),
        PromiseBroken(*_ABOUT, ClockKind.RESOLUTION, NOON, Who(_ANA)),
        PersonPaged(
            *_ABOUT,
            role=Foreign("lead"),
            next_role=Foreign("manager"),
            is_top=False,
            cause=Code("unacknowledged"),
            by=None,
            next_at=NOON - timedelta(hours=1),
            clock=ClockKind.RESOLUTION,
            due_at=NOON,
            groups=(),
            page=9,
            version=9,
            priority=Priority.P1,
            requester=Foreign("Bob"),
            is_late=False,
            others=(Foreign("Ben"), Foreign("Lea")),
            reason=Words("They cannot pay."),
        ),
        PageOver(
            *_ABOUT,
            how=Code("acknowledged"),
            by=_ANA,
            yours=False,
            claimable=True,
            version=9,
            answered_at=NOON - timedelta(hours=1),
            paged_at=None,
        ),
        ShiftHandover(
            timezone=Zone("Europe/Berlin"),
            agent=None,
            stays=ListedTickets(
                (
                    ListedTicket(TicketRef(7), Priority.P1, NOON, Foreign("VPN is down")),
                    ListedTicket(TicketRef(8), Priority.P3, None, Foreign("No mail | again")),
                ),
                more=2,
            ),
            back=ListedTickets(
                (ListedTicket(TicketRef(9), Priority.P4, None, Foreign("A second monitor")),), 0
            ),
            due=ListedTickets((), 0),
            urgent=(TicketRef(7),),
            waiting=0,
        ),
        report_message(sample(), kind=ReportKind.WEEKLY, scope="Support", listed=5),
        OverdueDigest(
            timezone=Zone("Europe/Berlin"),
            count=3,
            groups=(),
            lines=(
                OverdueLine(
                    Overdue.LATE,
                    TicketRef(7),
                    Foreign("VPN is down"),
                    NOON,
                    ClockKind.RESOLUTION,
                    Handle("U0ANA"),
                ),
                OverdueLine(
                    Overdue.CALLED,
                    TicketRef(8),
                    Foreign("No mail"),
                    NOON + timedelta(hours=1),
                    None,
                    None,
                ),
            ),
        ),
    )
}
_WITH_WORDS = ("reply", "question", "ticket_resolved", "reminder")
WORDS = "Please restart the client.\n\nThen tell me <b>what</b> you see."


def line() -> TicketLine:
    team = replace(TEAM, addresses=(SUPPORT,))
    return TicketLine(ticket(), BOB, ANA, team)


def comment(text: str = WORDS) -> Comment:
    return Comment(MessageId("m1"), ANA.id, "slack", text, MORNING)


def parcel(kind: str, *, to: str = "bob@example.com", **changes: Any) -> Parcel:
    """`changes`: fields of the message that are not as in MESSAGES."""
    message = replace(MESSAGES[kind], **changes)
    said = MessageId("m1") if kind in _WITH_WORDS else None
    tell = Tell(Address("mail", to), message, f"key.{kind}", comment=said)
    return Parcel(41, DEFAULT, 1, tell.key, tell, 0, MORNING)


def apart() -> Parcel:
    """It belongs to no ticket."""
    return replace(parcel("ticket_closed", agent=None), ticket=None)


def letter(
    kind: str,
    *,
    references: Sequence[str] = (),
    words: str = WORDS,
    house: Letterhead = HOUSE,
    **changes: Any,
) -> Letter:
    sent = parcel(kind, **changes)
    assert isinstance(sent.effect, Tell)
    said = comment(words) if sent.effect.comment else None
    known = [Reference("mail", "", "message", id) for id in references]
    return compose(Occasion(sent, sent.effect, line(), said, known), house, at=MORNING)

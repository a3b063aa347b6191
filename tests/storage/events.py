"""One event of each kind, every field away from its default where it can be."""

from datetime import timedelta

from engine.tickets.events import (
    Acknowledged,
    AnswerAwaited,
    Assigned,
    Breached,
    CategoryChanged,
    ClockCancelled,
    ClockChanged,
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    Commented,
    EscalationEnded,
    Event,
    LevelEmpty,
    Linked,
    Merged,
    Moved,
    Noted,
    Opened,
    Paged,
    PageHeld,
    PolicyApplied,
    PriorityChanged,
    Released,
    Reminded,
    Snoozed,
    TeamChanged,
    Unmerged,
    Waived,
    Warned,
    Woken,
)
from engine.tickets.message import MessageId
from engine.tickets.people import TeamId
from engine.tickets.promise_clock import ClockKind
from engine.tickets.ticket import Priority, State
from tests.storage.make import ANA, BEN, BOB, after

ODD = timedelta(hours=3, microseconds=7)
FIRST = ClockKind.FIRST_RESPONSE

EVERY_EVENT: tuple[Event, ...] = (
    Opened("Zürich ☎", "mail", BOB.id, Priority.P1, "VM", TeamId("support")),
    Commented(MessageId("m1"), by_agent=True),
    Noted(MessageId("n1")),
    Assigned(None, ANA.id),
    Assigned(ANA.id, BEN.id),
    Released(BEN.id),
    Moved(State.NEW, State.OPEN, "claim"),
    PriorityChanged(Priority.P3, Priority.P1),
    CategoryChanged("Other", "VM"),
    TeamChanged(TeamId("support"), TeamId("network")),
    Linked(1, "follows"),
    ClockStarted(FIRST, 0, ODD, after(microseconds=1), after(seconds=1)),
    ClockPaused(ClockKind.RESOLUTION, 2),
    ClockResumed(ClockKind.RESOLUTION, 2, after(days=1), after(hours=1)),
    ClockChanged(FIRST, 0, ODD, None, None, rebased=True),
    ClockChanged(FIRST, 0, ODD, after(days=2), after(days=1), rebased=False),
    ClockStopped(FIRST, 0),
    Warned(FIRST, 0, after(minutes=1)),
    Breached(FIRST, 0, after(minutes=2)),
    ClockPaused(ClockKind.NEXT_RESPONSE, 2, used=ODD),
    ClockChanged(*(ClockKind.ACK, 1, ODD, None, None, False, "calendar", ODD, "itil", "office", 9)),
    ClockCancelled(FIRST, 0, ODD),
    Waived(FIRST, 0, MessageId("why")),
    PolicyApplied(7),
    LevelEmpty(2),
    Paged(3, "manual", (ANA.id, BOB.id), ("S1",), MessageId("why")),
    PageHeld(after(hours=9)),
    Acknowledged(3),
    EscalationEnded(3),
    AnswerAwaited(after(days=2), None),
    Reminded(),
    Snoozed(after(hours=2, microseconds=7)),
    Woken("answer"),
    Merged(7, State.PENDING_INFO),
    Unmerged(7, State.PENDING_INFO),
    Unmerged(7, State.OPEN, merged_at=after(hours=1)),
)

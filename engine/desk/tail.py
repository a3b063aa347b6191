"""The tail that every history has: timers follow from the state, and all of a step is recorded together.

Heads are separate: who may change a ticket or a presence, and what is decided, is in step.py and shifts.py.
"""

from dataclasses import replace
from typing import assert_never

from engine.duty import presence
from engine.duty.presence import Presence
from engine.ports.store import Change, State, Transaction
from engine.promises import sla
from engine.tickets.people import PersonId
from engine.tickets.promise_clock import Stream, StreamKind, Timer
from engine.tickets.ticket import Ticket


def timers_of(state: State) -> frozenset[Timer]:
    """All that it waits for, no more, no less."""
    match state:
        case Ticket():
            return sla.timers(state)
        case Presence():
            return presence.timers(state)
        case _ as never:
            assert_never(never)


def state_of(transaction: Transaction, stream: Stream) -> State | None:
    """Locked until the end of the transaction."""
    match stream.kind:
        case StreamKind.TICKET:
            return transaction.ticket(stream.number)
        case StreamKind.PERSON:
            return transaction.staff.presence(PersonId(stream.id))
        case _ as never:
            assert_never(never)


def record(transaction: Transaction, change: Change) -> None:
    """With the timers that `change.after` wants, in the place of those that `change.before` wanted."""
    wanted = timers_of(change.after)
    standing = timers_of(change.before) if change.before else frozenset()
    fresh = sorted(wanted - standing, key=lambda timer: timer.due_at)
    transaction.record(
        replace(change, timers_set=tuple(fresh), timers_dropped=tuple(standing - wanted))
    )

"""A timer is due: whose it is says what it means."""

from datetime import datetime
from typing import assert_never

from engine.desk import timer_due
from engine.ports.store import Transaction
from engine.shifts import shifts
from engine.tickets.promise_clock import Timer
from engine.tickets.stream import StreamKind


def ring(transaction: Transaction, timer: Timer, at: datetime) -> bool:
    """False: it is not wanted any more, or there is nothing left to do for it."""
    match timer.stream.kind:
        case StreamKind.TICKET:
            return timer_due.ring(transaction, timer, at)
        case StreamKind.PERSON:
            return shifts.lapse(transaction, timer, at)
        case _ as never:
            assert_never(never)

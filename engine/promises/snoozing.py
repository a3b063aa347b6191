"""What ends a snooze early. The ticket was put aside because nothing was to be done; here something is."""

from collections.abc import Sequence
from typing import assert_never

from engine.promises.step_context import StepContext
from engine.tickets.events import (
    Assigned,
    Breached,
    Commented,
    Event,
    Merged,
    Moved,
    Paged,
    Released,
    TeamChanged,
    Warned,
    Woken,
)

_Waking = Warned | Breached | Paged | Commented | Assigned | Released | TeamChanged | Moved | Merged


def follow(events: Sequence[Event], now: StepContext) -> list[Event]:
    """Once per step, for the first reason. The requester's word wakes in lifecycle.answer, which knows whose."""
    if now.ticket.snoozed_until is None:
        return []
    reasons = (_why(event) for event in events if isinstance(event, _Waking))
    why = next(filter(None, reasons), "")
    return [Woken(why)] if why else []


def _why(event: _Waking) -> str:
    """ "" for words of others than an agent: somebody copied wakes nobody."""
    match event:
        case Warned():
            return "warning"
        case Breached():
            return "breach"
        case Paged():
            return "page"
        case Commented(by_agent=by_agent):
            return "reply" if by_agent else ""
        case Assigned() | Released() | TeamChanged() | Moved() | Merged():
            return "work"
        case _ as never:
            assert_never(never)

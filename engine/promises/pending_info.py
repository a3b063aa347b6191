"""A question to the requester: when they are reminded, and when the desk gives up waiting."""

from collections.abc import Sequence
from datetime import datetime

from engine.calendars.durations import Duration
from engine.promises.step_context import StepContext
from engine.tickets.events import AnswerAwaited, Commented, Event, Moved
from engine.tickets.ticket import Phase


def follow(events: Sequence[Event], now: StepContext) -> list[Event]:
    """Every new question restarts the wait."""
    if now.ticket.state.phase is not Phase.WAITING or not any(_asks(event) for event in events):
        return []
    own = now.rules.workspace
    return [AnswerAwaited(_after(own.remind_after, now), _after(own.give_up_after, now))]


def _asks(event: Event) -> bool:
    asked = isinstance(event, Commented) and event.by_agent
    return asked or (isinstance(event, Moved) and event.to.phase is Phase.WAITING)


def _after(duration: str | None, now: StepContext) -> datetime | None:
    calendar = now.rules.calendar(now.team.calendar)[1]
    return Duration.read(duration).after(now.at, calendar) if duration else None

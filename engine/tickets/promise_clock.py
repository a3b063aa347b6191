"""The nouns of promises: a clock that is kept or broken, a timer that is due for a stream. What they do is sla.py.

A stream is whatever is remembered step by step: a ticket, what somebody says of being there. Streams of every kind
share one tail (what is recorded, and how); what decides for them is their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from engine.tickets.people import PersonId

ALWAYS_OPEN: Final = "24x7"
"""The id of the calendar in which all time counts."""

TEAMS_OWN: Final = "team"
"""Written in a policy for the calendar of whichever team has the ticket."""

NO_POLICY: Final = ""
"""Whose goal it is when it is no policy's: a level's own wait, a mute window. No change of policy moves it."""

Run = tuple[datetime, datetime]
"""A stretch [from, to) in which a clock ran."""


class ClockKind(StrEnum):
    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"
    ACK = "ack"
    """How long a page may go unacknowledged. It drives the escalation and is no promise to the requester."""


PROMISES: Final = (ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE, ClockKind.RESOLUTION)
"""What a requester was promised, and what is judged as kept or broken."""

RESPONSES: Final = (ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE)


class TimerKind(StrEnum):
    FIRST_RESPONSE_WARN = "first_response.warn"
    FIRST_RESPONSE_BREACH = "first_response.breach"
    NEXT_RESPONSE_WARN = "next_response.warn"
    NEXT_RESPONSE_BREACH = "next_response.breach"
    RESOLUTION_WARN = "resolution.warn"
    RESOLUTION_BREACH = "resolution.breach"
    ACK_BREACH = "ack.breach"
    PENDING_REMIND = "pending.remind"
    PENDING_RESOLVE = "pending.resolve"
    AUTO_CLOSE = "auto_close"
    SNOOZE_ENDS = "snooze.ends"
    SHIFT_ENDS = "shift.ends"
    OUT_ENDS = "out.ends"
    """A break or an absence that was said to end."""


WARN_TIMER: Final = {
    ClockKind.FIRST_RESPONSE: TimerKind.FIRST_RESPONSE_WARN,
    ClockKind.NEXT_RESPONSE: TimerKind.NEXT_RESPONSE_WARN,
    ClockKind.RESOLUTION: TimerKind.RESOLUTION_WARN,
}
BREACH_TIMER: Final = {
    ClockKind.FIRST_RESPONSE: TimerKind.FIRST_RESPONSE_BREACH,
    ClockKind.NEXT_RESPONSE: TimerKind.NEXT_RESPONSE_BREACH,
    ClockKind.RESOLUTION: TimerKind.RESOLUTION_BREACH,
    ClockKind.ACK: TimerKind.ACK_BREACH,
}
CLOCK_OF: Final = {
    kind: clock for table in (WARN_TIMER, BREACH_TIMER) for clock, kind in table.items()
}
"""The clock a timer belongs to; timers of the ticket itself are not in it."""


@dataclass(frozen=True, slots=True)
class PromiseClock:
    """A promise being kept or broken. All instants UTC; `goal` and `used` are working time of its calendar."""

    kind: ClockKind
    cycle: int
    goal: timedelta
    started_at: datetime
    used: timedelta = timedelta()
    """Working time in `runs`: what was used before `running_since`."""
    running_since: datetime | None = None
    due_at: datetime | None = None
    """None while paused; kept as it was once stopped."""
    warn_at: datetime | None = None
    """The next warning; None while paused and when all were given."""
    stopped_at: datetime | None = None
    warnings: int = 0
    """How many warnings were given."""
    breached_at: datetime | None = None
    """The instant the promise broke (= due_at), not when somebody noticed."""
    rebased: bool = False
    """Its due time was reset once, because a raised priority would have broken it in the past."""
    cancelled_at: datetime | None = None
    """The ticket was merged, or no policy promises this any more."""
    waived: bool = False
    """A manager said, with a reason, that this breach does not count."""
    policy: str = "devops"
    """Whose goal it is."""
    calendar: str = ALWAYS_OPEN
    calendar_version: int = 0
    """The edition of the calendar that `due_at` was calculated with."""
    runs: tuple[Run, ...] = ()
    """Where it ran before `running_since`, since it started or was rebased."""

    @property
    def running(self) -> bool:
        return self.running_since is not None

    @property
    def settled(self) -> bool:
        """Nothing moves its due time any more."""
        return self.breached or self.stopped_at is not None or self.cancelled_at is not None

    @property
    def paused(self) -> bool:
        return self.running_since is None and self.stopped_at is None and not self.cancelled_at

    @property
    def breached(self) -> bool:
        return self.breached_at is not None


def latest(clocks: Sequence[PromiseClock], kind: ClockKind) -> PromiseClock | None:
    return next((clock for clock in reversed(clocks) if clock.kind is kind), None)


def owed_answer(clocks: Sequence[PromiseClock]) -> PromiseClock | None:
    """The response that somebody waits for."""
    found = (latest(clocks, kind) for kind in RESPONSES)
    return next((clock for clock in found if clock is not None and clock.running), None)


class StreamKind(StrEnum):
    TICKET = "ticket"
    PERSON = "person"


@dataclass(frozen=True, slots=True, order=True)
class Stream:
    """Within one workspace."""

    kind: StreamKind
    id: str

    @property
    def number(self) -> int:
        """Of the ticket that it is."""
        assert self.kind is StreamKind.TICKET, self
        return int(self.id)


def of_ticket(number: int) -> Stream:
    return Stream(StreamKind.TICKET, str(number))


def of_person(person: PersonId) -> Stream:
    return Stream(StreamKind.PERSON, person)


@dataclass(frozen=True, slots=True)
class Timer:
    """A row that is due at an instant; unique per stream, kind and cycle."""

    stream: Stream
    kind: TimerKind
    cycle: int
    due_at: datetime

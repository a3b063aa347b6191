"""Who is there: what people say of themselves (`/shift`), and what follows from it at an instant.

Duty has three values on purpose. ON: tickets are assigned to them automatically. OFF: they said that they are not
there. UNSAID: they said nothing and no plan covers them: nothing is assigned to them, but a page may reach them. So a
desk whose people never start a shift works as if there were no shifts.

What a presence means is judged by the clock, to the instant; what lapses is written down when its timer rings, and
that changes nobody's duty.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, assert_never

from engine.tickets.people import PersonId
from engine.tickets.promise_clock import Stream, Timer, TimerKind, of_person

BREAK: Final = timedelta(minutes=30)
"""A break lasts this long when nothing else is said."""

FORGOTTEN_AFTER: Final = timedelta(hours=16)
"""A shift without a planned end ends by itself after this: somebody went home without a word."""


class Duty(StrEnum):
    ON = "on"
    OFF = "off"
    UNSAID = "unsaid"


class Out(StrEnum):
    """Not there for a while, in or outside a shift."""

    BREAK = "break"
    AWAY = "away"


class PresenceReason(StrEnum):
    SAID = "said"
    PLANNED = "planned"  # its time was up
    FORGOTTEN = "forgotten"  # no end was planned, and none was said


@dataclass(frozen=True, slots=True)
class Presence:
    """What one person said of being there. Instants UTC."""

    started_at: datetime | None = None
    """Of the shift that runs; None when none does."""
    until: datetime | None = None
    """Its planned end; None: until they say so."""
    ended_at: datetime | None = None
    """Of the last shift, while none runs."""
    out: Out | None = None
    out_until: datetime | None = None
    """None: until they say that they are back."""
    version: int = 0
    """The seq of the last thing they said; 0: they never said anything."""
    person: PersonId | None = None
    """None only where nobody asks whose it is."""

    @property
    def stream(self) -> Stream:
        assert self.person is not None, self
        return of_person(self.person)

    @property
    def ends_at(self) -> datetime | None:
        """When the shift that runs ends by itself."""
        if self.started_at is None:
            return None
        return self.until or self.started_at + FORGOTTEN_AFTER


@dataclass(frozen=True, slots=True)
class ShiftStarted:
    """Also said within a shift, to plan another end."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class ShiftEnded:
    at: datetime
    """When it ended; written down later when its time was up."""
    why: PresenceReason


@dataclass(frozen=True, slots=True)
class WentOut:
    how: Out
    until: datetime | None


@dataclass(frozen=True, slots=True)
class CameBack:
    at: datetime
    why: PresenceReason


Said = ShiftStarted | ShiftEnded | WentOut | CameBack


def duty(presence: Presence, at: datetime, *, covered: bool = False) -> Duty:
    """`covered`: a rotation, a schedule or the team's hours say that they are there now."""
    if is_out(presence, at):
        return Duty.OFF
    if covered or on_shift(presence, at):
        return Duty.ON
    return Duty.OFF if _uses_shifts(presence) else Duty.UNSAID


def on_shift(presence: Presence, at: datetime) -> bool:
    """Between start and end, breaks included."""
    return presence.ends_at is not None and at < presence.ends_at


def is_out(presence: Presence, at: datetime) -> bool:
    return presence.out is not None and (presence.out_until is None or at < presence.out_until)


def start(presence: Presence, at: datetime, *, length: timedelta | None = None) -> list[Said]:
    """Start a shift, or plan another end of the one that runs. Whoever starts is back."""
    events = back(presence, at)
    if length is not None or not on_shift(presence, at):
        events.append(ShiftStarted(at + length if length is not None else None))
    return events


def end(presence: Presence, at: datetime) -> list[Said]:
    """End the shift, and a break with it; whoever never had one says by this that they are not there."""
    if _uses_shifts(presence) and not on_shift(presence, at):
        return []
    rests = presence.out is Out.BREAK
    return [*(back(presence, at) if rests else ()), ShiftEnded(at, PresenceReason.SAID)]


def go_out(at: datetime, how: Out, *, length: timedelta | None = None) -> list[Said]:
    """A break (30 minutes unless said), or away (until back, unless said)."""
    lasts = BREAK if length is None and how is Out.BREAK else length
    return [WentOut(how, at + lasts if lasts is not None else None)]


def back(presence: Presence, at: datetime) -> list[Said]:
    return [CameBack(at, PresenceReason.SAID)] if is_out(presence, at) else []


def lapsed(presence: Presence, at: datetime) -> list[Said]:
    """What has ended by itself until `at`, in order, each at its own instant."""
    events: list[ShiftEnded | CameBack] = []
    if presence.out_until is not None and presence.out_until <= at:
        events.append(CameBack(presence.out_until, PresenceReason.PLANNED))
    if presence.ends_at is not None and presence.ends_at <= at:
        why = PresenceReason.PLANNED if presence.until else PresenceReason.FORGOTTEN
        events.append(ShiftEnded(presence.ends_at, why))
    return [*sorted(events, key=lambda event: event.at)]


def timers(presence: Presence) -> frozenset[Timer]:
    """When something of it ends by itself."""
    ends = {TimerKind.SHIFT_ENDS: presence.ends_at, TimerKind.OUT_ENDS: presence.out_until}
    return frozenset(
        Timer(presence.stream, kind, 0, at) for kind, at in ends.items() if at is not None
    )


def evolve(presence: Presence, event: Said, at: datetime) -> Presence:
    presence = replace(presence, version=presence.version + 1)
    match event:
        case ShiftStarted(until=until):
            running = presence.started_at if on_shift(presence, at) else None
            return replace(presence, started_at=running or at, until=until, ended_at=None)
        case ShiftEnded(at=ended_at):
            return replace(presence, started_at=None, until=None, ended_at=ended_at)
        case WentOut(how=how, until=until):
            return replace(presence, out=how, out_until=until)
        case CameBack():
            return replace(presence, out=None, out_until=None)
        case _ as never:
            assert_never(never)


def evolve_all(presence: Presence, events: Sequence[Said], at: datetime) -> Presence:
    for event in events:
        presence = evolve(presence, event, at)
    return presence


def _uses_shifts(presence: Presence) -> bool:
    return presence.started_at is not None or presence.ended_at is not None

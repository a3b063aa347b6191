"""Clocks counted a second time, from their history and the editions of calendars.

sla.py counts while things happen. Here nothing that it stored is used, only when a clock was started, paused,
reset and stopped. For explanations (explain.py) and for checks (verify.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, assert_never

from engine.calendars.calendar_history import NO_EDITION, CalendarHistory, Edition
from engine.tickets.events import (
    ClockCancelled,
    ClockChanged,
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    Entry,
    Event,
    Merged,
    Moved,
    Unmerged,
)
from engine.tickets.promise_clock import ClockKind
from engine.tickets.ticket import Phase

NEAR: Final = timedelta(minutes=1)
"""Who counted so soon before or after a calendar was edited may have known the other edition."""

Key = tuple[ClockKind, int]
"""A clock of a ticket: its kind and cycle."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch [since, until) in which a clock ran, or rested for a reason."""

    since: datetime
    until: datetime
    rest: str = ""
    """Empty: it ran. waiting | resolved | merged | withdrawn | unpromised | set_aside (before it was set anew)."""
    calendar: str = ""
    edition: Edition = NO_EDITION

    @property
    def counted(self) -> timedelta:
        if self.rest:
            return timedelta()
        return self.edition.calendar.between(self.since, self.until)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Working time that an event recorded, beside what it is by this count."""

    seq: int
    recorded: timedelta
    counted: timedelta


@dataclass(frozen=True, slots=True)
class ClockRecount:
    """One clock, counted again."""

    kind: ClockKind
    cycle: int
    calendar: str
    parts: tuple[Stretch, ...] = ()
    since: datetime | None = None
    """Of the present part; None: the clock has ended."""
    resting: str = ""
    said: tuple[Recorded, ...] = ()

    @property
    def used(self) -> timedelta:
        return sum((part.counted for part in self.parts), timedelta())

    def until(self, now: datetime, almanac: CalendarHistory) -> "ClockRecount":
        """With the present part, if there is one, as it is at `now`."""
        if self.since is None or self.since > now:
            return self
        edition = almanac.held(self.calendar, now)
        return replace(self, parts=(*self.parts, self.part(now, edition)), since=now)

    def part(self, until: datetime, edition: Edition) -> Stretch:
        assert self.since is not None
        return Stretch(self.since, until, self.resting, self.calendar, edition)


def tallies(entries: Iterable[Entry], almanac: CalendarHistory) -> Mapping[Key, ClockRecount]:
    """By clock, in the order in which they began; a running or resting one up to its last event."""
    found: dict[Key, ClockRecount] = {}
    why_ended = ""
    for entry in entries:
        event = entry.event
        why_ended = _why_ended(event) or why_ended
        if isinstance(event, ClockStarted):
            began = ClockRecount(event.kind, event.cycle, event.calendar, since=entry.at)
            found[event.kind, event.cycle] = began
        elif isinstance(event, _AboutOne):
            key = (event.kind, event.cycle)
            found[key] = _after(found[key], event, entry, almanac, why_ended)
    return found


_AboutOne = ClockPaused | ClockResumed | ClockChanged | ClockStopped | ClockCancelled


def _why_ended(event: Event) -> str:
    """What a clock that ends after this rests for, if it goes on later."""
    if isinstance(event, Moved):
        return _REST.get(event.to.phase, "unpromised")
    if isinstance(event, Unmerged):
        return "unpromised"
    return "merged" if isinstance(event, Merged) else ""


_REST: Final = {Phase.DONE: "resolved", Phase.CLOSED: "withdrawn"}


def _after(
    tally: ClockRecount, event: _AboutOne, entry: Entry, almanac: CalendarHistory, why: str
) -> ClockRecount:
    match event:
        case ClockPaused(used=used):
            return replace(_halted(tally, used, entry, almanac), resting="waiting", since=entry.at)
        case ClockStopped(used=used) | ClockCancelled(used=used):
            ended = _halted(tally, used, entry, almanac)
            return replace(ended, since=None, resting=why or "unpromised")
        case ClockResumed():
            return _resumed(tally, entry.at)
        case ClockChanged():
            return _changed(tally, event, entry, almanac)
        case _ as never:
            assert_never(never)


def _halted(
    tally: ClockRecount, used: timedelta | None, entry: Entry, almanac: CalendarHistory
) -> ClockRecount:
    """With the present part ended; a history from before calendars counted all of its time."""
    if tally.since is None:
        return tally
    if used is None:
        return _with(tally, tally.part(entry.at, NO_EDITION))
    nearby = (almanac.held(tally.calendar, entry.at + near) for near in (-NEAR, NEAR))
    editions = (almanac.held(tally.calendar, entry.at), *nearby)
    ended = [_with(tally, tally.part(entry.at, edition)) for edition in editions]
    best = next((one for one in ended if one.used == used), ended[0])
    return _said(best, used, entry)


def _resumed(tally: ClockRecount, at: datetime) -> ClockRecount:
    since = tally.parts[-1].until if tally.since is None else tally.since
    rested = Stretch(since, at, tally.resting or "resolved")
    return replace(tally, parts=(*tally.parts, rested), since=at, resting="")


def _changed(
    tally: ClockRecount, event: ClockChanged, entry: Entry, almanac: CalendarHistory
) -> ClockRecount:
    changed = replace(tally, calendar=event.calendar)
    if event.rebased:
        changed = _set_aside(changed, entry.at)
    elif event.used is not None and event.why != "merge":
        edition = almanac.edition(event.calendar, event.calendar_version)
        again = (replace(part, calendar=event.calendar, edition=edition) for part in tally.parts)
        changed = replace(changed, parts=tuple(again))
    return changed if event.used is None else _said(changed, event.used, entry)


def _set_aside(tally: ClockRecount, at: datetime) -> ClockRecount:
    """What ran until now counts no more."""
    if tally.since is not None and not tally.resting:
        tally = replace(_with(tally, tally.part(at, NO_EDITION)), since=at)
    parts = (replace(part, rest=part.rest or "set_aside") for part in tally.parts)
    return replace(tally, parts=tuple(parts))


def _with(tally: ClockRecount, part: Stretch) -> ClockRecount:
    return replace(tally, parts=(*tally.parts, part))


def _said(tally: ClockRecount, recorded: timedelta, entry: Entry) -> ClockRecount:
    return replace(tally, said=(*tally.said, Recorded(entry.seq, recorded, tally.used)))

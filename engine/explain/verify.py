"""A ticket's clocks checked against their history and the calendars: no stored figure is trusted. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.calendars.calendar import Calendar
from engine.calendars.calendar_history import CalendarHistory, Edition
from engine.explain.clock_recount import NEAR, ClockRecount, Key, tallies
from engine.promises import sla
from engine.tickets.events import Breached, ClockChanged, ClockResumed, ClockStarted, Entry
from engine.tickets.promise_clock import ClockKind, PromiseClock, Run
from engine.tickets.ticket import Ticket

Known = timedelta | datetime | bool | tuple[Run, ...] | None


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something stored that is another by the second count."""

    kind: ClockKind
    cycle: int
    what: str
    """used | runs | running_since | due_at | breached: of the clock; recorded: what the event `seq` says was used."""
    stored: Known
    counted: Known
    seq: int | None = None


def doubts(ticket: Ticket, entries: Sequence[Entry], almanac: CalendarHistory) -> Iterator[Doubt]:
    """Nothing when all agrees."""
    counted = tallies(entries, almanac)
    due_since = _due_since(entries)
    for clock in ticket.clocks:
        tally = counted.get((clock.kind, clock.cycle))
        if tally is None:
            yield Doubt(clock.kind, clock.cycle, "used", clock.used, None)
            continue
        yield from _counted_otherwise(clock, tally)
        yield from _due_otherwise(clock, due_since[clock.kind, clock.cycle], almanac)


def _counted_otherwise(clock: PromiseClock, tally: ClockRecount) -> Iterator[Doubt]:
    for said in tally.said:
        if said.recorded != said.counted:
            yield Doubt(*_key(clock), "recorded", said.recorded, said.counted, said.seq)
    ran = tuple((part.since, part.until) for part in tally.parts if not part.rest)
    since = None if tally.resting else tally.since
    pairs: Mapping[str, tuple[Known, Known]] = {
        "used": (clock.used, tally.used),
        "runs": (clock.runs, ran),
        "running_since": (clock.running_since, since),
    }
    for what, (stored, told) in pairs.items():
        if stored != told:
            yield Doubt(*_key(clock), what, stored, told)


def _due_otherwise(clock: PromiseClock, last: Entry, almanac: CalendarHistory) -> Iterator[Doubt]:
    """The edition it was calculated with, or the one in force at that time."""
    due = clock.breached_at or clock.due_at
    since = clock.running_since or (clock.runs[-1][0] if clock.runs else None)
    if due is None or since is None:
        return
    before = clock.runs if clock.running else clock.runs[:-1]
    calendars = [each.calendar for each in _editions(clock, last.at, almanac)]
    told = [sla.due_over(before, since, clock.goal, calendar) for calendar in calendars]
    runs = (*before, (since, due))
    if due not in told and not (_was_tightened(last) and _is_used_up(clock, runs, calendars)):
        yield Doubt(*_key(clock), "due_at", due, told[0])
    if clock.stopped_at is not None and clock.breached != (clock.stopped_at > due):
        yield Doubt(*_key(clock), "breached", clock.breached, clock.stopped_at > due)


def _editions(clock: PromiseClock, at: datetime, almanac: CalendarHistory) -> list[Edition]:
    held = (almanac.held(clock.calendar, at + near) for near in (timedelta(), -NEAR, NEAR))
    return [almanac.edition(clock.calendar, clock.calendar_version), *held]


def _was_tightened(last: Entry) -> bool:
    """It is due when another ticket was, which may be in hours that its own calendar has closed."""
    return isinstance(last.event, ClockChanged) and last.event.why == "merge"


def _is_used_up(clock: PromiseClock, runs: Sequence[Run], calendars: Sequence[Calendar]) -> bool:
    """By then it has run for its goal and no longer, though perhaps not at the first such instant."""
    return any(
        sum((calendar.between(*run) for run in runs), timedelta()) == clock.goal
        for calendar in calendars
    )


def _due_since(entries: Sequence[Entry]) -> Mapping[Key, Entry]:
    """What last set each clock's due time; a broken one keeps it for good."""
    found: dict[Key, Entry] = {}
    broken: set[Key] = set()
    for entry in entries:
        event = entry.event
        if isinstance(event, Breached):
            broken.add((event.kind, event.cycle))
        elif isinstance(event, ClockStarted | ClockResumed | ClockChanged):
            key = (event.kind, event.cycle)
            if key not in broken:
                found[key] = entry
    return found


def _key(clock: PromiseClock) -> Key:
    return clock.kind, clock.cycle

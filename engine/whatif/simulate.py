"""What would have happened under other rules: a recorded ticket replayed with them. Pure.

Only what people did is taken from the record (words, moves, priorities, who had it), and what the desk moved or gave
out by itself. Clocks, pages and what follows are computed again, timers at their exact instant. Two things stay
as they were: when calendars were edited, and how early a ticket that was merged into this one was due.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Final, assert_never

from engine.calendars.calendar import Calendar, Hours
from engine.calendars.calendar_history import CalendarHistory
from engine.explain.clock_recount import Key
from engine.promises import escalation, sla
from engine.promises.rules import Level, Mute, Policy, Rules
from engine.promises.sla import JUST_AFTER
from engine.promises.step_context import Reached, StepContext
from engine.promises.timer_rings import tighten
from engine.tickets.clock_evolve import clocks_after
from engine.tickets.events import (
    Acknowledged,
    Assigned,
    Breached,
    CategoryChanged,
    ClockChanged,
    ClockStarted,
    Commented,
    Entry,
    EscalationEnded,
    Event,
    Linked,
    Merged,
    Moved,
    Paged,
    PageHeld,
    PolicyApplied,
    PriorityChanged,
    Released,
    TeamChanged,
    Unmerged,
    Waived,
)
from engine.tickets.message import MessageId
from engine.tickets.people import PersonId, Team, TeamId, WorkspaceId
from engine.tickets.promise_clock import CLOCK_OF, PROMISES, ClockKind, latest, owed_answer
from engine.tickets.ticket import Ticket
from engine.whatif.replayed_ticket import ReplayedTicket


@dataclass(frozen=True, slots=True)
class Stage:
    """By what tickets live again."""

    rules: Sequence[tuple[datetime, Rules]]
    """From when on each held: another with every edit of a calendar, after which open clocks were recalculated."""
    teams: Mapping[TeamId, Team]
    reach: Callable[[Level, Team], Reached]
    """Whom a level reaches: nobody knows any more who was there at the time."""

    def rules_at(self, at: datetime) -> Rules:
        return [rules for since, rules in self.rules if since <= at][-1]

    @property
    def edits(self) -> list[datetime]:
        return [since for since, _ in self.rules[1:]]


def editions(rules: Rules, almanac: CalendarHistory) -> Sequence[tuple[datetime, Rules]]:
    """The rules with the calendars as they were, since each of their edits."""
    edits = {each.valid_from for several in almanac.editions.values() for each in several}
    return [(at, _as_of(rules, almanac, at)) for at in (_BEFORE, *sorted(edits))]


def _as_of(rules: Rules, almanac: CalendarHistory, at: datetime) -> Rules:
    held = {id: almanac.held(id, at) for id in almanac.editions}
    there = {id: edition for id, edition in held.items() if edition.version}
    return replace(
        rules,
        calendars={id: (edition.version, edition.calendar) for id, edition in there.items()},
        edited_on={id: edition.valid_from for id, edition in there.items()},
    )


def tried_out(rules: Rules, policies: Iterable[Policy], hours: Mapping[str, Hours]) -> Rules:
    """With these policies and calendars as if they had always held, in the place of those with the same id."""
    calendars = {id: (1, Calendar(each)) for id, each in hours.items()}
    editions = {policy.id: ((0, policy),) for policy in policies}
    return replace(
        rules,
        calendars={**rules.calendars, **calendars},
        policies={**rules.policies, **editions},
    )


_BEFORE: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Lived:
    """What became of one ticket."""

    ticket: Ticket
    pages: tuple[Paged, ...]

    @property
    def late(self) -> Mapping[Key, datetime]:
        """Promises that broke, and when."""
        return late(self.ticket)


def late(ticket: Ticket) -> Mapping[Key, datetime]:
    return {
        (clock.kind, clock.cycle): clock.breached_at
        for clock in ticket.clocks
        if clock.kind in PROMISES and clock.breached_at is not None
    }


def live(
    workspace: WorkspaceId, number: int, recorded: Sequence[Entry], stage: Stage, until: datetime
) -> Lived:
    around = _Around(stage, tuple(_quiet(recorded)))
    steps = [list(step) for _, step in groupby(recorded, lambda one: (one.at, one.actor))]
    [first, *said], *later = steps
    words = [one.event for one in said if isinstance(one.event, Commented)]
    course = ReplayedTicket.of(workspace, number, first, words, around)
    edits = [at for at in stage.edits if first.at < at <= until]
    for step in later:
        while edits and edits[0] <= step[0].at:
            course = _edited(course, edits.pop(0), around)
        course = _done(course, step, around)
    for at in edits:
        course = _edited(course, at, around)
    course = course.until(until, around, CLOCK_OF)
    paged = (one.event for one in course.entries if isinstance(one.event, Paged))
    return Lived(course.ticket, tuple(paged))


@dataclass(frozen=True, slots=True)
class _Around:
    """What is around the ticket, for its course."""

    stage: Stage
    quiet: tuple[Mute, ...]

    def __call__(self, ticket: Ticket, events: Sequence[Event], at: datetime) -> StepContext:
        moved = [event.to for event in events if isinstance(event, TeamChanged)]
        team = self.stage.teams[moved[-1] if moved else ticket.team]
        rules = self.stage.rules_at(at)
        if self.quiet:
            rules = replace(rules, mutes=(*rules.mutes, *self.quiet))
        return StepContext(ticket, team, rules, lambda level: self.stage.reach(level, team), at, "")


def _quiet(recorded: Sequence[Entry]) -> Iterator[Mute]:
    """A mute window that is no longer declared is known by the pages it held back."""
    for entry in recorded:
        if isinstance(entry.event, PageHeld):
            yield Mute(entry.at, entry.event.until)


def _edited(course: ReplayedTicket, at: datetime, around: _Around) -> ReplayedTicket:
    course = course.until(at - JUST_AFTER, around, CLOCK_OF)
    events = sla.recount(course.ticket.clocks, around(course.ticket, (), at), why="calendar")
    return course.after(events, at, around) if events else course


def _done(course: ReplayedTicket, step: Sequence[Entry], around: _Around) -> ReplayedTicket:
    at, actor = step[0].at, step[0].actor
    course = course.until(at - JUST_AFTER, around, CLOCK_OF)
    again = _Again(course.ticket, [entry.event for entry in step], at, actor, around)
    events = [one for event in again.events for one in again.of(event)]
    return course.after(events, at, around, actor=actor) if events else course


_DoneByPeople = (
    Commented
    | PolicyApplied
    | Merged
    | Unmerged
    | Linked
    | Assigned
    | Released
    | Moved
    | PriorityChanged
    | CategoryChanged
    | TeamChanged
    | Acknowledged
    | EscalationEnded
    | Waived
    | Paged
)
"""Of a history the events that people may have caused; the rest follows from the rules."""


@dataclass(frozen=True, slots=True)
class _Again:
    """A recorded step, to be done to a ticket that may have come elsewhere by now."""

    ticket: Ticket
    events: Sequence[Event]
    at: datetime
    actor: PersonId | None
    around: _Around

    def of(self, event: Event) -> list[Event]:
        """What of it people did and still makes sense; none of what followed from it."""
        if not isinstance(event, _DoneByPeople):
            return []
        match event:
            case Commented() | PolicyApplied() | Merged() | Unmerged():
                return [event]
            case Linked(how=how):
                return self._joined() if how == "merged_from" else []
            case Assigned() | Released() | Moved():
                return self._of_work(event)
            case PriorityChanged() | CategoryChanged() | TeamChanged():
                return self._other(event)
            case Acknowledged() | EscalationEnded() | Waived() | Paged():
                return self._of_promises(event)
            case _ as never:
                assert_never(never)

    def _of_work(self, event: Assigned | Released | Moved) -> list[Event]:
        assignee, state = self.ticket.assignee, self.ticket.state
        match event:
            case Assigned(to=agent):
                return [] if assignee == agent else [replace(event, before=assignee)]
            case Released():
                return [] if assignee is None or self.by_ring else [Released(assignee)]
            case Moved(to=to):
                return [] if state is to or self.by_ring else [replace(event, before=state)]
            case _ as never:
                assert_never(never)

    @property
    def by_ring(self) -> bool:
        """An offer that nobody accepted in time: it goes back when that time is over by these rules."""
        rang = any(isinstance(e, Breached) and e.kind is ClockKind.ACK for e in self.events)
        return self.actor is None and rang

    def _other(self, event: PriorityChanged | CategoryChanged | TeamChanged) -> list[Event]:
        match event:
            case PriorityChanged(to=priority):
                before = self.ticket.priority
                return [] if before is priority else [PriorityChanged(before, priority)]
            case CategoryChanged(to=category):
                was = self.ticket.category
                return [] if was == category else [CategoryChanged(was, category)]
            case TeamChanged(to=team):
                had = self.ticket.team
                return [] if had == team else [TeamChanged(had, team)]
            case _ as never:
                assert_never(never)

    def _of_promises(self, event: Acknowledged | EscalationEnded | Waived | Paged) -> list[Event]:
        level = self.ticket.escalation_level
        match event:
            case Acknowledged():
                waits = self.ticket.awaits_ack and not self._has_it()
                return [Acknowledged(level)] if waits else []
            case EscalationEnded():
                return [EscalationEnded(level)] if level else []
            case Waived():
                return self._waived(event)
            case Paged(cause=cause, message=message):
                return self._by_hand(level + 1, message) if cause == "manual" else []
            case _ as never:
                assert_never(never)

    def _by_hand(self, level: int, message: MessageId | None) -> list[Event]:
        now = self.around(self.ticket, (), self.at)
        return escalation.page(level, "manual", now, message)

    def _joined(self) -> list[Event]:
        """Another ticket was merged into this one: an answer owed there is owed here, and no time was bought."""
        now, clocks = self.around(self.ticket, (), self.at), self.ticket.clocks
        answers = list[Event]()
        started = [one.kind for one in self.events if isinstance(one, ClockStarted)]
        if ClockKind.NEXT_RESPONSE in started and owed_answer(clocks) is None:
            answers = sla.next_answer(clocks, now)
        clocks = clocks_after(clocks, answers, self.at)
        for event in self.events:
            mine = latest(clocks, event.kind) if isinstance(event, ClockChanged) else None
            if mine and isinstance(event, ClockChanged) and event.why == "merge":
                answers += tighten(mine, _due(event, now), now)
        return answers

    def _waived(self, event: Waived) -> list[Event]:
        """Whatever is broken by now, by the first of the step."""
        if event is not next(one for one in self.events if isinstance(one, Waived)):
            return []
        broken = self.ticket.unexcused
        return [Waived(clock.kind, clock.cycle, event.message) for clock in broken]

    def _has_it(self) -> bool:
        """Who claims or answers acknowledges by that."""
        kept = [event for event in self.events if not isinstance(event, Acknowledged)]
        return bool(escalation.acknowledgements(self.ticket, kept, self.actor))


def _due(event: ClockChanged, now: StepContext) -> datetime:
    """When the other ticket was due; while this one waited, it is known by what was left of the goal."""
    if event.due_at is not None:
        return event.due_at
    left = event.goal - (event.used or timedelta())
    return now.rules.calendar(event.calendar)[1].add(now.at, left)

"""An explanation as lines: intervals joined into sentences, what happened between them, and a bar of it all."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any, Final, assert_never

from engine.explain.explain import CountedBy, Explained, Interval, IntervalKind
from engine.tickets.events import (
    Acknowledged,
    Breached,
    CategoryChanged,
    Entry,
    EscalationEnded,
    Event,
    LevelEmpty,
    Paged,
    PageHeld,
    PriorityChanged,
    TeamChanged,
    Waived,
)
from engine.tickets.people import PersonId

BRIEF: Final = timedelta(minutes=1)
"""What is shorter has no sentence of its own when there is more to tell."""
BRIEF_SHARE: Final = 0.01
"""Of what was promised: where that is minutes, seconds are told."""
SIGNS: Final = {IntervalKind.COUNTED: "c", IntervalKind.PAUSED: "p", IntervalKind.CLOSED: "x"}
LEFT: Final = "l"
"""Of a clock that runs: from now until it is due."""
DUE: Final = "!"


@dataclass(frozen=True, slots=True)
class Closure:
    """Closed hours inside a passage, `times` over for the same reason."""

    why: str
    days: tuple[date, ...]
    times: int


@dataclass(frozen=True, slots=True)
class Passage:
    """Neighbouring intervals that one sentence tells."""

    since: datetime
    until: datetime
    kind: IntervalKind
    """Counted also when it was closed in between."""
    why: str
    who: PersonId | None
    counted: timedelta
    used: timedelta
    """Of the goal, at its end."""
    closed: tuple[Closure, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at an instant; `what` is promised, rule, or the event's own word."""

    at: datetime
    what: str
    who: PersonId | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def passages(intervals: Sequence[Interval], *, named: bool) -> Iterator[Passage]:
    """`named`: a sentence for each who had it; else the desk is one."""
    used = timedelta()
    grouped = [tuple(group) for _, group in groupby(intervals, lambda each: _told(each, named))]
    several = len(grouped) > 1
    for group in grouped:
        counted = sum((each.counted for each in group), timedelta())
        used += counted
        brief = min(BRIEF, group[0].rule.goal * BRIEF_SHARE)
        if several and group[-1].until - group[0].since < brief:
            continue
        yield _passage(group, counted, used)


def _told(each: Interval, named: bool) -> tuple[object, ...]:
    """What is alike here is told by one sentence."""
    if each.kind is IntervalKind.PAUSED:
        return each.kind, each.why, each.who if named and each.why == "set_aside" else None
    return IntervalKind.COUNTED, each.rule.goal, each.who if named else None


def _passage(group: Sequence[Interval], counted: timedelta, used: timedelta) -> Passage:
    first, last = group[0], group[-1]
    kind = first.kind if first.kind is IntervalKind.PAUSED or counted else IntervalKind.CLOSED
    if counted:
        kind = IntervalKind.COUNTED
    closed = tuple(_closures(group)) if first.kind is not IntervalKind.PAUSED else ()
    return Passage(first.since, last.until, kind, first.why, first.who, counted, used, closed)


def _closures(group: Iterable[Interval]) -> Iterator[Closure]:
    """In the order in which they first come; a holiday is told by its dates."""
    closed = [each for each in group if each.kind is IntervalKind.CLOSED]
    for why in dict.fromkeys(each.why for each in closed):
        same = [each for each in closed if each.why == why]
        days = tuple(dict.fromkeys(day for each in same for day in each.days))
        yield Closure(why, days, len(same))


# What happened


def marks(each: Explained, entries: Sequence[Entry], *, pages: bool) -> Iterator[Mark]:
    """Of this clock, in order; `pages`: also who was paged while it ran, and what came of it."""
    own = (each.clock.kind, each.clock.cycle)
    found = [*_rule_marks(each, entries)]
    for entry in entries:
        event = entry.event
        if isinstance(event, Breached | Waived) and (event.kind, event.cycle) == own:
            found.append(_end_mark(event, entry))
        elif pages and each.clock.started_at <= entry.at <= each.until:
            found += _page_marks(entry)
    return iter(sorted(found, key=lambda mark: mark.at))


def _end_mark(event: Breached | Waived, entry: Entry) -> Mark:
    if isinstance(event, Breached):
        return Mark(event.due_at, "breached")
    return Mark(entry.at, "waived", entry.actor)


def _rule_marks(each: Explained, entries: Sequence[Entry]) -> Iterator[Mark]:
    for number, (at, rule) in enumerate(each.rules):
        changed = next((one for one in entries if one.at == at and _changes(one.event, rule)), None)
        before, after = _pair(changed.event) if changed else ("", "")
        facts = {"rule": rule, "before": before, "after": after}
        yield Mark(at, "rule" if number else "promised", changed.actor if changed else None, facts)


def _changes(event: Event, rule: CountedBy) -> bool:
    return isinstance(event, _CHANGING.get(rule.why, ()))


_CHANGING: Final[Mapping[str, type]] = {
    "priority": PriorityChanged,
    "category": CategoryChanged,
    "team": TeamChanged,
}


def _pair(event: Event) -> tuple[str, str]:
    assert isinstance(event, PriorityChanged | CategoryChanged | TeamChanged)
    return str(event.before), str(event.to)


_Pages = Paged | LevelEmpty | PageHeld | Acknowledged | EscalationEnded


def _page_marks(entry: Entry) -> list[Mark]:
    if not isinstance(entry.event, _Pages):
        return []
    match entry.event:
        case Paged(level=level, cause=cause, people=people, groups=groups):
            reached = {"level": level, "cause": cause, "people": people, "groups": len(groups)}
            return [Mark(entry.at, "paged", entry.actor, reached)]
        case LevelEmpty(level=level):
            return [Mark(entry.at, "level_empty", None, {"level": level})]
        case PageHeld(until=until):
            return [Mark(entry.at, "page_held", None, {"until": until})]
        case Acknowledged(level=level):
            return [Mark(entry.at, "acknowledged", entry.actor, {"level": level})]
        case EscalationEnded():
            return [Mark(entry.at, "escalation_ended", entry.actor)]
        case _ as never:
            assert_never(never)


# The bar


def bar(each: Explained, cells: int) -> tuple[str, timedelta]:
    """A sign of SIGNS for each equal share of the time, whatever took most of it; DUE where it broke, LEFT for what
    is to come. And how long a share is."""
    if not each.intervals:
        return "", timedelta()
    start, end = each.intervals[0].since, each.intervals[-1].until
    if not each.verdict.over and each.verdict.due_at is not None:
        end = max(end, each.verdict.due_at)
    share = (end - start) / cells
    edges = [start + share * cell for cell in range(cells + 1)]
    signs = [_sign(each.intervals, a, b) for a, b in pairwise(edges)]
    due = each.verdict.due_at
    if due is not None and each.verdict.wall > timedelta() and start <= due < end:
        signs[min(int((due - start) / share), cells - 1)] = DUE
    return "".join(signs), share


def _sign(intervals: Sequence[Interval], since: datetime, until: datetime) -> str:
    longest: dict[IntervalKind, timedelta] = {}
    for each in intervals:
        here = min(each.until, until) - max(each.since, since)
        if here > timedelta():
            longest[each.kind] = longest.get(each.kind, timedelta()) + here
    return SIGNS[max(longest, key=lambda kind: longest[kind])] if longest else LEFT

"""An explanation for one reader: the values that templates and the JSON shape are made from.

A requester is told when and how long, and neither who of the desk had it nor who was paged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from engine.explain.explain import CountedBy, Explained, Explanation, Interval, IntervalKind
from engine.explain.narrative import Closure, Mark, Passage, bar, marks, passages
from engine.tickets.promise_clock import PROMISES

BAR_CELLS: Final = 40
"""Fine enough to see a night, and one line also in Slack."""


@dataclass(frozen=True, slots=True)
class ToldRule:
    """Of an interval or a mark, `at` is None: it says so itself."""

    at: datetime | None
    why: str
    policy: str
    goal: timedelta
    calendar: str
    edition: int
    rebased: bool


@dataclass(frozen=True, slots=True)
class ToldInterval:
    since: datetime
    until: datetime
    kind: str
    why: str
    days: tuple[date, ...]
    counted: timedelta
    who: str
    rule: ToldRule


@dataclass(frozen=True, slots=True)
class ToldClosure:
    why: str
    days: tuple[date, ...]
    times: int


@dataclass(frozen=True, slots=True)
class ToldPassage:
    """Intervals that one sentence tells: `used` is what the clock had used at its end."""

    since: datetime
    until: datetime
    kind: str
    why: str
    who: str
    counted: timedelta
    used: timedelta
    closed: tuple[ToldClosure, ...]
    line: str = "passage"


@dataclass(frozen=True, slots=True)
class ToldMark:
    """Something that happened: `what` is the event's name, or rule for a change of what is promised."""

    at: datetime
    what: str
    who: str
    facts: Mapping[str, Any]
    line: str = "mark"


@dataclass(frozen=True, slots=True)
class ToldShare:
    who: str
    counted: timedelta


@dataclass(frozen=True, slots=True)
class ToldClock:
    clock: str
    cycle: int
    started_at: datetime
    until: datetime
    due_at: datetime | None
    outcome: str
    over: bool
    is_late: bool
    goal: timedelta
    used: timedelta
    late: timedelta
    late_wall: timedelta
    left: timedelta
    bar: str
    cell: timedelta
    shares: tuple[ToldShare, ...]
    rested: Mapping[str, timedelta]
    rules: tuple[ToldRule, ...]
    intervals: tuple[ToldInterval, ...]
    lines: tuple[ToldPassage | ToldMark, ...]


@dataclass(frozen=True, slots=True)
class ToldExplanation:
    ticket: str
    subject: str
    priority: str
    priority_label: str
    state: str
    team: str
    opened_at: datetime
    at: datetime
    timezone: str
    short: bool
    """For the requester."""
    clocks: tuple[ToldClock, ...]


@dataclass(frozen=True, slots=True)
class ExplainReader:
    """Who reads it, and by which names they know people, teams and levels."""

    timezone: str = "UTC"
    people: Mapping[str, str] = field(default_factory=dict)
    levels: Sequence[str] = ()
    team: str = ""
    short: bool = False

    def name(self, id: str | None) -> str:
        return self.people.get(id, id) if id else ""


def told(explanation: Explanation, reader: ExplainReader) -> ToldExplanation:
    """Only promises, in the order people ask for them; pages stand with the last of them."""
    ticket = explanation.ticket
    kinds = list(PROMISES)
    promised = [each for each in explanation.clocks if each.clock.kind in PROMISES]
    promised.sort(key=lambda each: (kinds.index(each.clock.kind), each.clock.cycle))
    clocks = [_clock(each, explanation, reader, pages=each is promised[-1]) for each in promised]
    return ToldExplanation(
        ticket=ticket.id,
        subject=ticket.subject,
        priority=ticket.priority.value,
        priority_label=ticket.priority.label,
        state=ticket.state.value,
        team=reader.team,
        opened_at=ticket.created_at,
        at=explanation.now,
        timezone=reader.timezone,
        short=reader.short,
        clocks=tuple(clocks),
    )


def _clock(
    each: Explained, explanation: Explanation, reader: ExplainReader, *, pages: bool
) -> ToldClock:
    clock, verdict = each.clock, each.verdict
    is_late = verdict.wall > timedelta()
    signs, share = bar(each, BAR_CELLS)
    happened = [*marks(each, explanation.marks, pages=pages and not reader.short)]
    return ToldClock(
        clock=clock.kind.value,
        cycle=clock.cycle,
        started_at=clock.started_at,
        until=each.until,
        due_at=verdict.due_at,
        outcome=verdict.outcome.value,
        over=verdict.over,
        is_late=is_late,
        goal=clock.goal,
        used=each.used,
        late=verdict.working if is_late else timedelta(),
        late_wall=verdict.wall,
        left=timedelta() if is_late else verdict.working,
        bar=signs,
        cell=share,
        shares=_shares(each.intervals, reader),
        rested=_rested(each),
        rules=tuple(_rule(at, rule) for at, rule in each.rules),
        intervals=tuple(_interval(one, reader) for one in each.intervals),
        lines=_lines(passages(each.intervals, named=not reader.short), happened, reader),
    )


def _shares(intervals: Iterable[Interval], reader: ExplainReader) -> tuple[ToldShare, ...]:
    """Who had it for how much of what counted, in the order in which they first did."""
    counted: dict[str, timedelta] = {}
    for each in intervals:
        if each.kind is IntervalKind.COUNTED:
            who = "" if reader.short else reader.name(each.who)
            counted[who] = counted.get(who, timedelta()) + each.counted
    return tuple(ToldShare(who, took) for who, took in counted.items())


def _rested(each: Explained) -> dict[str, timedelta]:
    """How long it rested since it was last set anew, by why."""
    anew = max((at for at, rule in each.rules if rule.rebased), default=each.clock.started_at)
    rested: dict[str, timedelta] = {}
    for one in each.intervals:
        if one.kind is IntervalKind.PAUSED and one.since >= anew:
            rested[one.why] = rested.get(one.why, timedelta()) + (one.until - one.since)
    return rested


def _lines(
    told: Iterable[Passage], happened: Iterable[Mark], reader: ExplainReader
) -> tuple[ToldPassage | ToldMark, ...]:
    """In order; what happens as a passage begins is told first."""
    lines: list[tuple[datetime, int, ToldPassage | ToldMark]] = []
    lines += [(one.at, 0, _mark(one, reader)) for one in happened]
    lines += [(one.since, 1, _passage(one, reader)) for one in told]
    return tuple(line for _, _, line in sorted(lines, key=lambda line: line[:2]))


def _passage(one: Passage, reader: ExplainReader) -> ToldPassage:
    return ToldPassage(
        since=one.since,
        until=one.until,
        kind=one.kind.value,
        why=one.why,
        who="" if reader.short else reader.name(one.who),
        counted=one.counted,
        used=one.used,
        closed=tuple(_closure(each) for each in one.closed),
    )


def _closure(one: Closure) -> ToldClosure:
    return ToldClosure(one.why, tuple(one.days), one.times)


def _mark(one: Mark, reader: ExplainReader) -> ToldMark:
    facts = {key: _fact(key, value, reader) for key, value in one.facts.items()}
    return ToldMark(one.at, one.what, "" if reader.short else reader.name(one.who), facts)


def _fact(key: str, value: Any, reader: ExplainReader) -> Any:
    if isinstance(value, CountedBy):
        rule = _rule(None, value)
        return replace(rule, policy="", edition=0) if reader.short else rule
    if key == "people":
        return [reader.name(id) for id in value]
    if key == "level":
        return reader.levels[value] if value < len(reader.levels) else str(value)
    return value


def _rule(at: datetime | None, rule: CountedBy) -> ToldRule:
    return ToldRule(
        at=at,
        why=rule.why,
        policy=rule.policy,
        goal=rule.goal,
        calendar=rule.calendar,
        edition=rule.edition,
        rebased=rule.rebased,
    )


def _interval(one: Interval, reader: ExplainReader) -> ToldInterval:
    return ToldInterval(
        since=one.since,
        until=one.until,
        kind=one.kind.value,
        why=one.why,
        days=tuple(one.days),
        counted=one.counted,
        who="" if reader.short else reader.name(one.who),
        rule=_rule(None, one.rule),
    )

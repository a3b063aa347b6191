"""An explanation as plain values: what JSON shows, and what templates make sentences of.

Instants are RFC 3339 in UTC, days ISO dates, durations seconds. A requester is told when and how long, and neither
who of the desk had it nor who was paged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypedDict

from engine.announcing.recorded_step import instant
from engine.explain.explain import CountedBy, Explained, Explanation, Interval, IntervalKind
from engine.explain.narrative import Closure, Mark, Passage, bar, marks, passages
from engine.tickets.promise_clock import PROMISES

BAR_CELLS: Final = 40
"""Fine enough to see a night, and one line also in Slack."""


class PlainRule(TypedDict):
    """Of an interval or a mark, `at` is empty: it says so itself."""

    at: str
    why: str
    policy: str
    goal_seconds: float
    calendar: str
    edition: int
    rebased: bool


class PlainInterval(TypedDict):
    since: str
    until: str
    kind: str
    why: str
    days: list[str]
    counted_seconds: float
    who: str
    rule: PlainRule


class PlainClosure(TypedDict):
    why: str
    days: list[str]
    times: int


class PlainPassage(TypedDict):
    """Intervals that one sentence tells: `used_seconds` is what the clock had used at its end."""

    line: str  # "passage"
    since: str
    until: str
    kind: str
    why: str
    who: str
    counted_seconds: float
    used_seconds: float
    closed: list[PlainClosure]


class PlainMark(TypedDict):
    """Something that happened: `what` is the event's name, or rule for a change of what is promised."""

    line: str  # "mark"
    at: str
    what: str
    who: str
    facts: Mapping[str, Any]


class PlainShare(TypedDict):
    who: str
    counted_seconds: float


class PlainClock(TypedDict):
    clock: str
    cycle: int
    started_at: str
    until: str
    due_at: str
    outcome: str
    over: bool
    is_late: bool
    goal_seconds: float
    used_seconds: float
    late_seconds: float
    late_wall_seconds: float
    left_seconds: float
    bar: str
    cell_seconds: float
    shares: list[PlainShare]
    rested_seconds: Mapping[str, float]
    rules: list[PlainRule]
    intervals: list[PlainInterval]
    lines: list[PlainPassage | PlainMark]


class PlainExplanation(TypedDict):
    ticket: str
    subject: str
    priority: str
    priority_label: str
    state: str
    team: str
    opened_at: str
    at: str
    timezone: str
    short: bool
    """For the requester."""
    clocks: list[PlainClock]


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


def plain(explanation: Explanation, reader: ExplainReader) -> PlainExplanation:
    """Only promises, in the order people ask for them; pages stand with the last of them."""
    ticket = explanation.ticket
    kinds = list(PROMISES)
    promised = [each for each in explanation.clocks if each.clock.kind in PROMISES]
    promised.sort(key=lambda each: (kinds.index(each.clock.kind), each.clock.cycle))
    clocks = [_clock(each, explanation, reader, pages=each is promised[-1]) for each in promised]
    return {
        "ticket": ticket.id,
        "subject": ticket.subject,
        "priority": ticket.priority.value,
        "priority_label": ticket.priority.label,
        "state": ticket.state.value,
        "team": reader.team,
        "opened_at": instant(ticket.created_at),
        "at": instant(explanation.now),
        "timezone": reader.timezone,
        "short": reader.short,
        "clocks": clocks,
    }


def _clock(
    each: Explained, explanation: Explanation, reader: ExplainReader, *, pages: bool
) -> PlainClock:
    clock, verdict = each.clock, each.verdict
    is_late = verdict.wall > timedelta()
    signs, share = bar(each, BAR_CELLS)
    told = [*marks(each, explanation.marks, pages=pages and not reader.short)]
    return {
        "clock": clock.kind.value,
        "cycle": clock.cycle,
        "started_at": instant(clock.started_at),
        "until": instant(each.until),
        "due_at": instant(verdict.due_at),
        "outcome": verdict.outcome.value,
        "over": verdict.over,
        "is_late": is_late,
        "goal_seconds": _seconds(clock.goal),
        "used_seconds": _seconds(each.used),
        "late_seconds": _seconds(verdict.working) if is_late else 0,
        "late_wall_seconds": _seconds(verdict.wall),
        "left_seconds": 0 if is_late else _seconds(verdict.working),
        "bar": signs,
        "cell_seconds": _seconds(share),
        "shares": _shares(each.intervals, reader),
        "rested_seconds": _rested(each),
        "rules": [_rule(at, rule) for at, rule in each.rules],
        "intervals": [_interval(one, reader) for one in each.intervals],
        "lines": _lines(passages(each.intervals, named=not reader.short), told, reader),
    }


def _shares(intervals: Iterable[Interval], reader: ExplainReader) -> list[PlainShare]:
    """Who had it for how much of what counted, in the order in which they first did."""
    counted: dict[str, timedelta] = {}
    for each in intervals:
        if each.kind is IntervalKind.COUNTED:
            who = "" if reader.short else reader.name(each.who)
            counted[who] = counted.get(who, timedelta()) + each.counted
    return [{"who": who, "counted_seconds": _seconds(took)} for who, took in counted.items()]


def _rested(each: Explained) -> dict[str, float]:
    """How long it rested since it was last set anew, by why."""
    anew = max((at for at, rule in each.rules if rule.rebased), default=each.clock.started_at)
    rested: dict[str, float] = {}
    for one in each.intervals:
        if one.kind is IntervalKind.PAUSED and one.since >= anew:
            rested[one.why] = rested.get(one.why, 0) + _seconds(one.until - one.since)
    return rested


def _lines(
    told: Iterable[Passage], happened: Iterable[Mark], reader: ExplainReader
) -> list[PlainPassage | PlainMark]:
    """In order; what happens as a passage begins is told first."""
    lines: list[tuple[datetime, int, PlainPassage | PlainMark]] = []
    lines += [(one.at, 0, _mark(one, reader)) for one in happened]
    lines += [(one.since, 1, _told(one, reader)) for one in told]
    return [line for _, _, line in sorted(lines, key=lambda line: line[:2])]


def _told(one: Passage, reader: ExplainReader) -> PlainPassage:
    return {
        "line": "passage",
        "since": instant(one.since),
        "until": instant(one.until),
        "kind": one.kind.value,
        "why": one.why,
        "who": "" if reader.short else reader.name(one.who),
        "counted_seconds": _seconds(one.counted),
        "used_seconds": _seconds(one.used),
        "closed": [_closure(each) for each in one.closed],
    }


def _closure(one: Closure) -> PlainClosure:
    return {"why": one.why, "days": [day.isoformat() for day in one.days], "times": one.times}


def _mark(one: Mark, reader: ExplainReader) -> PlainMark:
    facts = {key: _fact(key, value, reader) for key, value in one.facts.items()}
    who = "" if reader.short else reader.name(one.who)
    return {"line": "mark", "at": instant(one.at), "what": one.what, "who": who, "facts": facts}


def _fact(key: str, value: Any, reader: ExplainReader) -> Any:
    if isinstance(value, CountedBy):
        rule = _rule(None, value)
        return {**rule, "policy": "", "edition": 0} if reader.short else rule
    if isinstance(value, datetime):
        return instant(value)
    if key == "people":
        return [reader.name(id) for id in value]
    if key == "level":
        return reader.levels[value] if value < len(reader.levels) else str(value)
    return value


def _rule(at: datetime | None, rule: CountedBy) -> PlainRule:
    return {
        "at": instant(at),
        "why": rule.why,
        "policy": rule.policy,
        "goal_seconds": _seconds(rule.goal),
        "calendar": rule.calendar,
        "edition": rule.edition,
        "rebased": rule.rebased,
    }


def _interval(one: Interval, reader: ExplainReader) -> PlainInterval:
    return {
        "since": instant(one.since),
        "until": instant(one.until),
        "kind": one.kind.value,
        "why": one.why,
        "days": [day.isoformat() for day in one.days],
        "counted_seconds": _seconds(one.counted),
        "who": "" if reader.short else reader.name(one.who),
        "rule": _rule(None, one.rule),
    }


def _seconds(length: timedelta) -> float:
    """Whole seconds as a whole number."""
    seconds = length.total_seconds()
    return int(seconds) if seconds.is_integer() else seconds

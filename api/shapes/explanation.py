"""Why a promise was kept or broken: every interval by which rule, and the story in lines. Empty text is "none"."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field, PlainSerializer

from api.shapes.shape import Instant, Shape, instant
from engine.explain.told import (
    ToldClock,
    ToldExplanation,
    ToldInterval,
    ToldMark,
    ToldPassage,
    ToldRule,
)


def _seconds(length: timedelta) -> float:
    """Whole seconds as a whole number."""
    seconds = length.total_seconds()
    return int(seconds) if seconds.is_integer() else seconds


def _instant_or_empty(at: datetime | None) -> str:
    return instant(at) or ""


ExactSeconds = Annotated[timedelta, PlainSerializer(_seconds, return_type=int | float)]
InstantOrEmpty = Annotated[datetime | None, PlainSerializer(_instant_or_empty, return_type=str)]


class RuleShape(Shape):
    at: InstantOrEmpty = Field(description="Since when; empty in an interval or a mark.")
    why: str = Field(description="Why this rule: opened, priority, team, calendar ...")
    policy: str = Field(description="Id of the policy.")
    goal_seconds: ExactSeconds = Field(description="What was promised.")
    calendar: str = Field(description="By which hours it counts: an id, or 24x7.")
    edition: int = Field(description="Of the calendar.")
    rebased: bool = Field(description="It counts from here on.")


class IntervalShape(Shape):
    since: Instant = Field(description="From when.")
    until: Instant = Field(description="To when.")
    kind: str = Field(description="counted, paused or closed.")
    why: str = Field(description="Why it did not count; or in which way it did.")
    days: list[date] = Field(description="Holidays and overrides that closed it.")
    counted_seconds: ExactSeconds = Field(description="Working time in it.")
    who: str = Field(description="Who had the ticket; empty: nobody.")
    rule: RuleShape = Field(description="By which it counts.")


class ClosureShape(Shape):
    why: str = Field(description="night, weekend, holiday ...")
    days: list[date] = Field(description="Which; empty when they need no names.")
    times: int = Field(description="How often.")


class PassageShape(Shape):
    """Intervals that one sentence tells."""

    line: str = Field(description="passage.")
    since: Instant = Field(description="From when.")
    until: Instant = Field(description="To when.")
    kind: str = Field(description="counted, paused or closed.")
    why: str = Field(description="Why it did not count; or in which way it did.")
    who: str = Field(description="Who had the ticket; empty: nobody.")
    counted_seconds: ExactSeconds = Field(description="Working time in it.")
    used_seconds: ExactSeconds = Field(description="What the clock had used at its end.")
    closed: list[ClosureShape] = Field(description="What of it was closed.")


class MarkShape(Shape):
    """Something that happened."""

    line: str = Field(description="mark.")
    at: Instant = Field(description="When.")
    what: str = Field(description="The event, or rule: another promise.")
    who: str = Field(description="Who did it; empty: the desk.")
    facts: Mapping[str, Any] = Field(description="Of this kind of mark.")


class ShareShape(Shape):
    who: str = Field(description="Who had the ticket; empty: nobody.")
    counted_seconds: ExactSeconds = Field(description="Working time meanwhile.")


class ExplainedClockShape(Shape):
    clock: str = Field(description="first_response, next_response, resolution.")
    cycle: int = Field(description="Which of its kind, from 1.")
    started_at: Instant = Field(description="When it began to count.")
    until: Instant = Field(description="When it ended, or now.")
    due_at: InstantOrEmpty = Field(description="When its goal is or was used up; empty: it rests.")
    outcome: str = Field(description="running, paused, met, breached, waived, cancelled ...")
    over: bool = Field(description="It has ended.")
    is_late: bool = Field(description="It is or was late.")
    goal_seconds: ExactSeconds = Field(description="What was promised.")
    used_seconds: ExactSeconds = Field(description="What was used.")
    late_seconds: ExactSeconds = Field(description="Past the goal, in working time.")
    late_wall_seconds: ExactSeconds = Field(description="Past it, on the wall.")
    left_seconds: ExactSeconds = Field(description="Of the goal; 0 when late.")
    bar: str = Field(description="c counted, p paused, x closed, ! due, l left.")
    cell_seconds: ExactSeconds = Field(description="What one sign of the bar stands for.")
    shares: list[ShareShape] = Field(description="Who had it for how much of what counted.")
    rested_seconds: dict[str, ExactSeconds] = Field(description="By why: waiting, resolved ...")
    rules: list[RuleShape] = Field(description="What was promised, and when that changed.")
    intervals: list[IntervalShape] = Field(description="All of the time, without gaps.")
    lines: list[PassageShape | MarkShape] = Field(description="The story, in order.")


class ExplanationShape(Shape):
    ticket: str = Field(description="T-123.")
    subject: str = Field(description="One line; words from outside.")
    priority: str = Field(description="P1 to P4.")
    priority_label: str = Field(description="As people read it.")
    state: str = Field(description="Of the ticket.")
    team: str = Field(description="Name of the team; empty for its requester.")
    opened_at: Instant = Field(description="When it was opened.")
    at: Instant = Field(description="When this was asked.")
    timezone: str = Field(description="Of whoever asked.")
    short: bool = Field(description="For the requester: without who, and without pages.")
    clocks: list[ExplainedClockShape] = Field(description="Promises, as people ask for them.")


def explanation(told: ToldExplanation) -> ExplanationShape:
    return ExplanationShape(
        ticket=told.ticket,
        subject=told.subject,
        priority=told.priority,
        priority_label=told.priority_label,
        state=told.state,
        team=told.team,
        opened_at=told.opened_at,
        at=told.at,
        timezone=told.timezone,
        short=told.short,
        clocks=[_clock(each) for each in told.clocks],
    )


def _clock(each: ToldClock) -> ExplainedClockShape:
    return ExplainedClockShape(
        clock=each.clock,
        cycle=each.cycle,
        started_at=each.started_at,
        until=each.until,
        due_at=each.due_at,
        outcome=each.outcome,
        over=each.over,
        is_late=each.is_late,
        goal_seconds=each.goal,
        used_seconds=each.used,
        late_seconds=each.late,
        late_wall_seconds=each.late_wall,
        left_seconds=each.left,
        bar=each.bar,
        cell_seconds=each.cell,
        shares=[ShareShape(who=one.who, counted_seconds=one.counted) for one in each.shares],
        rested_seconds=dict(each.rested),
        rules=[_rule(one) for one in each.rules],
        intervals=[_interval(one) for one in each.intervals],
        lines=[_passage(one) if isinstance(one, ToldPassage) else _mark(one) for one in each.lines],
    )


def _rule(one: ToldRule) -> RuleShape:
    return RuleShape(
        at=one.at,
        why=one.why,
        policy=one.policy,
        goal_seconds=one.goal,
        calendar=one.calendar,
        edition=one.edition,
        rebased=one.rebased,
    )


def _interval(one: ToldInterval) -> IntervalShape:
    return IntervalShape(
        since=one.since,
        until=one.until,
        kind=one.kind,
        why=one.why,
        days=list(one.days),
        counted_seconds=one.counted,
        who=one.who,
        rule=_rule(one.rule),
    )


def _passage(one: ToldPassage) -> PassageShape:
    return PassageShape(
        line=one.line,
        since=one.since,
        until=one.until,
        kind=one.kind,
        why=one.why,
        who=one.who,
        counted_seconds=one.counted,
        used_seconds=one.used,
        closed=[
            ClosureShape(why=each.why, days=list(each.days), times=each.times)
            for each in one.closed
        ],
    )


def _mark(one: ToldMark) -> MarkShape:
    facts = {key: _fact(value) for key, value in one.facts.items()}
    return MarkShape(line=one.line, at=one.at, what=one.what, who=one.who, facts=facts)


def _fact(value: Any) -> Any:
    if isinstance(value, ToldRule):
        return _rule(value).plain()
    return instant(value) if isinstance(value, datetime) else value

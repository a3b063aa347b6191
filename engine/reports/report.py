"""Figures for managers: what came and went, which promises were kept, how long things took, and what is late.

A promise is judged when it breaks or is met, and counts in the period that holds that instant: a reopened ticket's
resolution is judged again when it is resolved again. A share of nothing is None, "no data", never 0 % or 100 %.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Final

from engine.reports.facts import TicketFacts
from engine.reports.kinds import DAY, Period
from engine.reports.lists import (
    Age,
    Late,
    Lateness,
    Risk,
    SetAside,
    ages,
    at_risk,
    late,
    set_aside,
)
from engine.tickets.promise_clock import PROMISES, ClockKind, PromiseClock

DAYS_MAX: Final = 20
"""A trend longer than this goes by weeks."""
TREND_DAYS_MIN: Final = 7
"""A shorter period is shown at the end of so many days: one day alone is no trend."""
PERCENTILE: Final = 0.9


class By(StrEnum):
    PRIORITY = "priority"
    CATEGORY = "category"
    TEAM = "team"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Rate:
    part: int
    whole: int

    @property
    def share(self) -> float | None:
        """Between 0 and 1; None when there is no data."""
        return self.part / self.whole if self.whole else None

    @property
    def percent(self) -> float | None:
        """With one decimal; all or nothing only when it is exactly that."""
        if self.share is None or self.share in (0, 1):
            return None if self.share is None else 100 * self.share
        return min(max(round(100 * self.share, 1), 0.1), 99.9)


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took, over `count` times."""

    count: int
    mean: timedelta
    median: timedelta
    p90: timedelta
    """Nine of ten took no longer."""


@dataclass(frozen=True, slots=True)
class Figures:
    opened: int
    resolved: int
    open_now: int
    kept: Mapping[ClockKind, Rate]
    """Promises met of those judged in the period."""
    response: Spread | None
    """First responses in working time."""
    resolution_working: Spread | None
    """MTTR in working time: without closed hours and without waiting for the requester."""
    resolution_wall: Spread | None
    """MTTR as the requester lived it: from opening to resolved."""
    acknowledged: Spread | None
    """MTTA: pages of the period that were acknowledged."""
    unacknowledged: int
    """Pages of the period that nobody has acknowledged."""
    reopened: Rate
    """Of the tickets resolved in the period, those that had been reopened before."""

    @property
    def kept_all(self) -> Rate:
        rates = self.kept.values()
        return Rate(sum(rate.part for rate in rates), sum(rate.whole for rate in rates))

    @property
    def anything(self) -> bool:
        pages = self.unacknowledged or self.acknowledged
        return bool(self.opened or self.resolved or self.open_now or self.kept_all.whole or pages)


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of one priority, category, team or agent; `key` "" is: no agent has it."""

    key: str
    name: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Flow:
    """One day, or the days of one week (Monday to Sunday) that lie in the period."""

    first: date
    opened: int
    resolved: int
    kept: Rate


@dataclass(frozen=True, slots=True)
class Report:
    period: Period
    now: datetime
    whole: Figures
    before: Figures
    """The same for as many days just before; its `open_now` is that of now."""
    by: Mapping[By, tuple[Group, ...]]
    trend: tuple[Flow, ...]
    """Of the period, or of the week that ends with it."""
    trend_before: tuple[Flow, ...]
    """Of as many days just before."""
    ages: tuple[Age, ...]
    at_risk: tuple[Risk, ...]
    late: tuple[Late, ...]
    set_aside: tuple[SetAside, ...] = ()

    @property
    def weekly(self) -> bool:
        return by_weeks(self.period)


def report(
    facts: Sequence[TicketFacts], *, period: Period, now: datetime, lateness: Lateness
) -> Report:
    """`facts`: every ticket that is open, or of which anything happened since `looks_back(period)`."""
    drawn = drawn_over(period)
    return Report(
        period=period,
        now=now,
        whole=figures(facts, period),
        before=figures(facts, period.before),
        by={by: _groups(facts, by, period) for by in By},
        trend=trend(facts, drawn),
        trend_before=trend(facts, drawn.before),
        ages=ages(facts, now),
        at_risk=at_risk(facts, now),
        late=late(facts, period, now, lateness),
        set_aside=set_aside(facts, period),
    )


def figures(facts: Sequence[TicketFacts], period: Period) -> Figures:
    """`open_now` is as the facts are; everything else is of the period."""
    resolved = [each for each in facts if period.holds(each.resolved_at)]
    pages = [page for each in facts for page in each.pages if period.holds(page.at)]
    acknowledged = [page.acknowledged_at - page.at for page in pages if page.acknowledged_at]
    return Figures(
        opened=sum(period.holds(each.created_at) for each in facts),
        resolved=len(resolved),
        open_now=sum(each.open for each in facts),
        kept=_kept(facts, period),
        response=spread(_responses(facts, period)),
        resolution_working=spread(_worked(resolved)),
        resolution_wall=spread(
            each.resolved_at - each.created_at for each in resolved if each.resolved_at
        ),
        acknowledged=spread(acknowledged),
        unacknowledged=len(pages) - len(acknowledged),
        reopened=Rate(sum(each.reopened > 0 for each in resolved), len(resolved)),
    )


def judged_at(clock: PromiseClock) -> datetime | None:
    """When the promise was broken or met; None while it is open."""
    return clock.breached_at or clock.stopped_at


def _kept(facts: Iterable[TicketFacts], period: Period) -> Mapping[ClockKind, Rate]:
    met: Counter[ClockKind] = Counter()
    judged: Counter[ClockKind] = Counter()
    for each in facts:
        for clock in each.promises:
            if period.holds(judged_at(clock)):
                judged[clock.kind] += 1
                met[clock.kind] += not clock.breached
    return {kind: Rate(met[kind], judged[kind]) for kind in PROMISES}


def _responses(facts: Iterable[TicketFacts], period: Period) -> Iterable[timedelta]:
    for each in facts:
        for clock in each.promises:
            if clock.kind is ClockKind.FIRST_RESPONSE and period.holds(clock.stopped_at):
                yield from _taken(clock)


def _worked(resolved: Iterable[TicketFacts]) -> Iterable[timedelta]:
    for each in resolved:
        for clock in each.promises:
            if clock.kind is ClockKind.RESOLUTION and clock.stopped_at is not None:
                yield from _taken(clock)


def _taken(clock: PromiseClock) -> Iterable[timedelta]:
    """Nothing for a clock that was reset: it does not know what was before."""
    return () if clock.rebased else (clock.used,)


def spread(durations: Iterable[timedelta]) -> Spread | None:
    """None when there is no data."""
    line = sorted(durations)
    if not line:
        return None
    count = len(line)
    return Spread(
        count=count,
        mean=sum(line, timedelta()) / count,
        median=(line[(count - 1) // 2] + line[count // 2]) / 2,
        p90=line[ceil(PERCENTILE * count) - 1],
    )


def _groups(facts: Sequence[TicketFacts], by: By, period: Period) -> tuple[Group, ...]:
    parts: dict[tuple[str, str], list[TicketFacts]] = {}
    for each in facts:
        parts.setdefault(_GROUP_OF[by](each), []).append(each)
    found = (Group(key, name, figures(part, period)) for (key, name), part in parts.items())
    known = [group for group in found if group.figures.anything]
    return tuple(sorted(known, key=lambda group: (not group.key, group.name.casefold(), group.key)))


_GROUP_OF: Final[Mapping[By, Callable[[TicketFacts], tuple[str, str]]]] = {
    By.PRIORITY: lambda each: (each.priority, f"{each.priority} {each.priority.label}"),
    By.CATEGORY: lambda each: (each.category, each.category),
    By.TEAM: lambda each: (each.team, each.team_name),
    By.AGENT: lambda each: (each.assignee or "", each.assignee_name),
}


def drawn_over(period: Period) -> Period:
    """The days of the trend."""
    return replace(period, first=min(period.first, period.end - TREND_DAYS_MIN * DAY))


def looks_back(period: Period) -> datetime:
    """What happened before this instant (UTC) is in no figure of the period."""
    return drawn_over(period).before.starts_at


def by_weeks(period: Period) -> bool:
    return period.end - period.first > DAYS_MAX * DAY


def trend(facts: Iterable[TicketFacts], period: Period) -> tuple[Flow, ...]:
    """Day by day, or week by week when there are many."""
    opened: Counter[date] = Counter()
    resolved: Counter[date] = Counter()
    met: Counter[date] = Counter()
    judged: Counter[date] = Counter()
    step = _monday if by_weeks(period) else _same
    for each in facts:
        for count, at in ((opened, each.created_at), (resolved, each.resolved_at)):
            if at is not None and period.holds(at):
                count[step(period.day_of(at))] += 1
        for clock in each.promises:
            at = judged_at(clock)
            if at is not None and period.holds(at):
                judged[step(period.day_of(at))] += 1
                met[step(period.day_of(at))] += not clock.breached
    steps = sorted({step(day) for day in period.days})
    return tuple(
        Flow(day, opened[day], resolved[day], Rate(met[day], judged[day])) for day in steps
    )


def _monday(day: date) -> date:
    return day - day.weekday() * DAY


def _same(day: date) -> date:
    return day

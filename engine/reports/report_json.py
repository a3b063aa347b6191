"""A report as plain values: what JSON shows.

Instants are RFC 3339 in UTC, days ISO dates, durations seconds, shares percent with one decimal; None is "no data".
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypedDict

from engine.reports.kinds import ReportKind
from engine.reports.lists import Age, Late, Risk
from engine.reports.report import By, Figures, Flow, Group, Rate, Report, Spread


class PlainRate(TypedDict):
    part: int
    whole: int
    percent: float | None


class PlainSpread(TypedDict):
    count: int
    mean_seconds: int
    median_seconds: int
    p90_seconds: int


class PlainFigures(TypedDict):
    opened: int
    resolved: int
    open_now: int
    kept: Mapping[str, PlainRate]
    kept_all: PlainRate
    response: PlainSpread | None
    resolution_working: PlainSpread | None
    resolution_wall: PlainSpread | None
    acknowledged: PlainSpread | None
    unacknowledged: int
    reopened: PlainRate


class PlainGroup(TypedDict):
    key: str
    name: str
    figures: PlainFigures


class PlainFlow(TypedDict):
    first: str
    opened: int
    resolved: int
    kept: PlainRate


class PlainAge(TypedDict):
    """Open tickets at least `above_days` and less than `below_days` old (None: any age above)."""

    above_days: int
    below_days: int | None
    count: int


class PlainPromise(TypedDict):
    """A promise that is late or at risk; `late_seconds` is working time, 0 while in time."""

    ticket: str
    subject: str
    priority: str
    team: str
    assignee: str
    clock: str
    due_at: str
    late_seconds: int
    open: bool


PlainReport = TypedDict(
    "PlainReport",
    {
        "kind": str,
        "scope": str,
        "from": str,
        "to": str,
        "timezone": str,
        "at": str,
        "figures": PlainFigures,
        "before": PlainFigures,
        "by": Mapping[str, Sequence[PlainGroup]],
        "step": str,
        "trend": Sequence[PlainFlow],
        "trend_before": Sequence[PlainFlow],
        "ages": Sequence[PlainAge],
        "late": Sequence[PlainPromise],
        "late_count": int,
        "at_risk": Sequence[PlainPromise],
        "at_risk_count": int,
    },
)


def plain(
    report: Report,
    *,
    kind: ReportKind,
    scope: str,
    listed: int | None = None,
    by: Collection[By] = tuple(By),
) -> PlainReport:
    """`scope`: whose figures, as people read it. `listed`: how many late and at-risk promises to name (None: all);
    their counts are always whole. `by`: the groupings to show."""
    period = report.period
    return {
        "kind": kind.value,
        "scope": scope,
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "timezone": str(period.zone),
        "at": _instant(report.now),
        "figures": figures(report.whole),
        "before": figures(report.before),
        "by": {each.value: _groups(report.by[each]) for each in by},
        "step": "week" if report.weekly else "day",
        "trend": _flows(report.trend),
        "trend_before": _flows(report.trend_before),
        "ages": _ages(report.ages),
        "late": [_late(each) for each in report.late[:listed]],
        "late_count": len(report.late),
        "at_risk": [_risk(each) for each in report.at_risk[:listed]],
        "at_risk_count": len(report.at_risk),
    }


def figures(of: Figures) -> PlainFigures:
    return {
        "opened": of.opened,
        "resolved": of.resolved,
        "open_now": of.open_now,
        "kept": {kind.value: _rate(rate) for kind, rate in of.kept.items()},
        "kept_all": _rate(of.kept_all),
        "response": _spread(of.response),
        "resolution_working": _spread(of.resolution_working),
        "resolution_wall": _spread(of.resolution_wall),
        "acknowledged": _spread(of.acknowledged),
        "unacknowledged": of.unacknowledged,
        "reopened": _rate(of.reopened),
    }


def _rate(rate: Rate) -> PlainRate:
    return {"part": rate.part, "whole": rate.whole, "percent": rate.percent}


def _spread(of: Spread | None) -> PlainSpread | None:
    if of is None:
        return None
    return {
        "count": of.count,
        "mean_seconds": _seconds(of.mean),
        "median_seconds": _seconds(of.median),
        "p90_seconds": _seconds(of.p90),
    }


def _groups(groups: Iterable[Group]) -> list[PlainGroup]:
    return [
        {"key": group.key, "name": group.name, "figures": figures(group.figures)}
        for group in groups
    ]


def _flows(flows: Iterable[Flow]) -> list[PlainFlow]:
    return [
        {
            "first": flow.first.isoformat(),
            "opened": flow.opened,
            "resolved": flow.resolved,
            "kept": _rate(flow.kept),
        }
        for flow in flows
    ]


def _ages(ages: Sequence[Age]) -> list[PlainAge]:
    ends = [age.below.days if age.below else None for age in ages]
    starts = [0, *(end for end in ends if end is not None)]
    return [
        {"above_days": start, "below_days": end, "count": age.count}
        for start, end, age in zip(starts, ends, ages, strict=True)
    ]


def _late(of: Late) -> PlainPromise:
    promise = _promise(of)
    return {**promise, "late_seconds": _seconds(of.late), "open": of.open}


def _risk(of: Risk) -> PlainPromise:
    return _promise(of)


def _promise(of: Late | Risk) -> PlainPromise:
    ticket = of.ticket
    return {
        "ticket": ticket.id,
        "subject": ticket.subject,
        "priority": ticket.priority.value,
        "team": ticket.team_name,
        "assignee": ticket.assignee_name,
        "clock": of.clock.kind.value,
        "due_at": _instant(of.due_at),
        "late_seconds": 0,
        "open": True,
    }


def _seconds(duration: timedelta) -> int:
    return round(duration.total_seconds())


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")

"""What stands in exported tables: the figures of a report, its tickets and their clocks.

Figures stand one to a line, so that a program finds each by name whatever else is added; a workbook has the same ones
side by side as well, for people. Durations are seconds.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from deskd.output.export import Cell, Table
from engine.reports.facts import TicketFacts
from engine.reports.lists import Late, Risk
from engine.reports.report import Figures, Group, Rate, Report, Spread
from engine.tickets.promise_clock import PROMISES, PromiseClock, latest

NAMES = ("figures", "groups", "trend", "late", "at_risk", "tickets", "clocks")
"""Of the tables there are, and of the sheets of a workbook in this order."""

_TICKET = (
    "ticket",
    "subject",
    "status",
    "priority",
    "category",
    "department",
    "team",
    "assignee",
    "created_at",
    "resolved_at",
    "closed_at",
    "reopened",
    "pages",
)
_CLOCK = (
    "ticket",
    "clock",
    "cycle",
    "goal_seconds",
    "started_at",
    "due_at",
    "stopped_at",
    "used_seconds",
    "breached_at",
    "outcome",
    "rebased",
)
_GROUP = (
    "by",
    "name",
    "opened",
    "resolved",
    "open_now",
    "judged",
    "kept",
    "kept_percent",
    "response_median_seconds",
    "resolution_working_mean_seconds",
    "resolution_wall_mean_seconds",
    "reopened",
)
_PROMISE = ("ticket", "subject", "priority", "team", "assignee", "clock", "due_at")


def tables(report: Report, facts: Sequence[TicketFacts]) -> Iterator[Table]:
    """`facts`: what the report was made from; of it, the tickets of its period."""
    mine = [each for each in facts if _touched(each, report)]
    yield Table("figures", ("figure", "value"), list(_figures(report)))
    yield Table("groups", _GROUP, list(_groups(report)))
    yield Table("trend", ("from", "opened", "resolved", "judged", "kept"), _trend(report))
    late = (*_PROMISE, "late_seconds", "stopped_at")
    yield Table("late", late, [_late(each) for each in report.late])
    yield Table("at_risk", _PROMISE, [_promise(each) for each in report.at_risk])
    latest_of = (
        f"{kind}_{what}" for kind in PROMISES for what in ("due_at", "stopped_at", "outcome")
    )
    yield Table("tickets", (*_TICKET, *latest_of), [_ticket(each) for each in mine])
    yield Table("clocks", _CLOCK, list(_clocks(mine)))


def _touched(facts: TicketFacts, report: Report) -> bool:
    """Open, or anything happened to it in the period."""
    moments = [facts.created_at, facts.resolved_at, facts.closed_at]
    moments += [at for clock in facts.clocks for at in (clock.breached_at, clock.stopped_at)]
    return facts.open or any(map(report.period.holds, moments))


def _figures(report: Report) -> Iterator[Sequence[Cell]]:
    period = report.period
    yield "from", period.first.isoformat()
    yield "to", period.last.isoformat()
    yield "timezone", str(period.zone)
    yield "at", report.now
    for name, value in _named(report.whole):
        yield name, value
    for name, value in _named(report.before):
        yield f"before.{name}", value
    for age in report.ages:
        yield (
            f"open_for_less_than_{age.below.days}_days" if age.below else "open_for_longer",
            age.count,
        )
    yield "late", len(report.late)
    yield "at_risk", len(report.at_risk)


def _named(of: Figures) -> Iterator[tuple[str, Cell]]:
    yield from (("opened", of.opened), ("resolved", of.resolved), ("open_now", of.open_now))
    rates = [*((kind.value, rate) for kind, rate in of.kept.items()), ("all", of.kept_all)]
    for kind, rate in rates:
        yield f"{kind}.judged", rate.whole
        yield f"{kind}.kept", rate.part
        yield f"{kind}.kept_percent", percent(rate)
    for name in ("response", "resolution_working", "resolution_wall", "acknowledged"):
        yield from _spread(name, getattr(of, name))
    yield "unacknowledged", of.unacknowledged
    yield "reopened", of.reopened.part
    yield "reopened_percent", percent(of.reopened)


def _spread(name: str, of: Spread | None) -> Iterator[tuple[str, Cell]]:
    yield f"{name}.count", of.count if of else 0
    for what in ("mean", "median", "p90"):
        yield f"{name}.{what}_seconds", seconds(getattr(of, what)) if of else None


def _groups(report: Report) -> Iterator[Sequence[Cell]]:
    for by, groups in report.by.items():
        for group in groups:
            yield by.value, group.name, *_side_by_side(group)


def _side_by_side(group: Group) -> Sequence[Cell]:
    of = group.figures
    kept = of.kept_all
    return (
        of.opened,
        of.resolved,
        of.open_now,
        kept.whole,
        kept.part,
        percent(kept),
        seconds(of.response.median) if of.response else None,
        seconds(of.resolution_working.mean) if of.resolution_working else None,
        seconds(of.resolution_wall.mean) if of.resolution_wall else None,
        of.reopened.part,
    )


def _trend(report: Report) -> Sequence[Sequence[Cell]]:
    return [
        (flow.first.isoformat(), flow.opened, flow.resolved, flow.kept.whole, flow.kept.part)
        for flow in (*report.trend_before, *report.trend)
    ]


def _promise(of: Late | Risk) -> Sequence[Cell]:
    ticket = of.ticket
    who = ticket.assignee_name or None
    kind = of.clock.kind.value
    return (ticket.id, ticket.subject, ticket.priority, ticket.team_name, who, kind, of.due_at)


def _late(of: Late) -> Sequence[Cell]:
    return (*_promise(of), seconds(of.late), of.clock.stopped_at)


def _ticket(facts: TicketFacts) -> Sequence[Cell]:
    last = [latest(facts.clocks, kind) for kind in PROMISES]
    return (
        facts.id,
        facts.subject,
        facts.state.value,
        facts.priority.value,
        facts.category,
        facts.department,
        facts.team_name,
        facts.assignee_name or None,
        facts.created_at,
        facts.resolved_at,
        facts.closed_at,
        facts.reopened,
        len(facts.pages),
        *(cell for clock in last for cell in _outline(clock)),
    )


def _outline(clock: PromiseClock | None) -> Sequence[Cell]:
    return (clock.due_at, clock.stopped_at, outcome(clock)) if clock else (None, None, None)


def _clocks(facts: Iterable[TicketFacts]) -> Iterator[Sequence[Cell]]:
    for each in facts:
        for clock in each.clocks:
            yield (
                each.id,
                clock.kind.value,
                clock.cycle,
                seconds(clock.goal),
                clock.started_at,
                clock.due_at,
                clock.stopped_at,
                seconds(clock.used),
                clock.breached_at,
                outcome(clock),
                clock.rebased,
            )


def outcome(clock: PromiseClock) -> str:
    """waived | cancelled | broken | met | paused | running."""
    if clock.waived:
        return "waived"
    if clock.cancelled_at is not None:
        return "cancelled"
    if clock.breached:
        return "broken"
    if clock.stopped_at is not None:
        return "met"
    return "paused" if clock.paused else "running"


def seconds(duration: timedelta) -> float:
    return round(duration.total_seconds(), 3)


def percent(rate: Rate) -> float | None:
    """None: no data."""
    return None if rate.share is None else round(100 * rate.share, 1)

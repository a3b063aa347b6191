"""The figures of a period. Shares are percent with one decimal; null is "no data"."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from pydantic import Field

from api.shapes.shape import Instant, Seconds, Shape
from engine.reports.kinds import ReportKind
from engine.reports.lists import Age, Late, Risk
from engine.reports.report import By, Figures, Flow, Group, Rate, Report, Spread
from engine.tickets.ticket import ticket_id


class RateShape(Shape):
    part: int = Field(description="How many of them.")
    whole: int = Field(description="Of how many.")
    percent: float | None = Field(description="0 or 100 only when it is exactly that.")


class SpreadShape(Shape):
    """How long something took."""

    count: int = Field(description="How often.")
    mean_seconds: Seconds = Field(description="On average.")
    median_seconds: Seconds = Field(description="Half of them took no longer.")
    p90_seconds: Seconds = Field(description="Nine of ten took no longer.")


class FiguresShape(Shape):
    opened: int = Field(description="Tickets opened in the period.")
    resolved: int = Field(description="Tickets resolved in the period.")
    open_now: int = Field(description="Open when the report was made.")
    kept: dict[str, RateShape] = Field(description="By promise: met of those judged.")
    kept_all: RateShape = Field(description="Of all promises together.")
    response: SpreadShape | None = Field(description="First answers, in working time.")
    resolution_working: SpreadShape | None = Field(description="Solutions, in working time.")
    resolution_wall: SpreadShape | None = Field(description="Solutions, as the requester waited.")
    acknowledged: SpreadShape | None = Field(description="Pages that were acknowledged.")
    unacknowledged: int = Field(description="Pages that nobody has acknowledged.")
    reopened: RateShape = Field(description="Of the resolved ones, those reopened before.")


class GroupShape(Shape):
    key: str = Field(description="Its id; empty: nobody has it.")
    name: str = Field(description="As people read it.")
    figures: FiguresShape = Field(description="Its own.")


class FlowShape(Shape):
    first: date = Field(description="The day, or the first of the week.")
    opened: int = Field(description="Tickets opened.")
    resolved: int = Field(description="Tickets resolved.")
    kept: RateShape = Field(description="Promises met of those judged.")


class AgeShape(Shape):
    above_days: int = Field(description="At least so old.")
    below_days: int | None = Field(description="Less than so old; null: any age above.")
    count: int = Field(description="Open tickets.")


class DuePromiseShape(Shape):
    """A promise that is late or at risk."""

    ticket: str = Field(description="T-123.")
    subject: str = Field(description="One line; words from outside.")
    priority: str = Field(description="P1 to P4.")
    team: str = Field(description="Name of the team.")
    assignee: str = Field(description="Name of who has it; empty: nobody.")
    clock: str = Field(description="first_response, next_response, resolution.")
    due_at: Instant = Field(description="When it was or is due.")
    late_seconds: Seconds = Field(description="Working time past it; 0 while in time.")
    open: bool = Field(description="It is not met yet.")


class SetAsideShape(Shape):
    """What an agent closed as "not a request": nobody outside heard of it."""

    agent: str = Field(description="Their name.")
    tickets: list[str] = Field(description="T-123.")


class ReportShape(Shape):
    kind: str = Field(description="daily, weekly, today, week, month or range.")
    scope: str = Field(description="Whose figures, as people read it.")
    first: date = Field(serialization_alias="from", description="The first day.")
    last: date = Field(serialization_alias="to", description="The last day.")
    timezone: str = Field(description="Whose days they are.")
    at: Instant = Field(description="When it was made.")
    figures: FiguresShape = Field(description="Of the period.")
    before: FiguresShape = Field(description="Of as many days just before.")
    by: dict[str, list[GroupShape]] = Field(description="By priority, category, team, agent.")
    step: str = Field(description="day or week: what one line of the trend is.")
    trend: list[FlowShape] = Field(description="Step by step.")
    trend_before: list[FlowShape] = Field(description="Of as many days just before.")
    ages: list[AgeShape] = Field(description="How old open tickets are.")
    late: list[DuePromiseShape] = Field(description="Worst first.")
    late_count: int = Field(description="All of them.")
    at_risk: list[DuePromiseShape] = Field(description="Soonest due first.")
    at_risk_count: int = Field(description="All of them.")
    not_a_request: list[SetAsideShape] = Field(description="By agent, what was closed so.")


def report(made: Report, *, kind: ReportKind, scope: str) -> ReportShape:
    """`scope`: whose figures, as people read it."""
    period = made.period
    return ReportShape(
        kind=kind.value,
        scope=scope,
        first=period.first,
        last=period.last,
        timezone=str(period.zone),
        at=made.now,
        figures=_figures(made.whole),
        before=_figures(made.before),
        by={each.value: _groups(made.by[each]) for each in By},
        step="week" if made.weekly else "day",
        trend=_flows(made.trend),
        trend_before=_flows(made.trend_before),
        ages=_ages(made.ages),
        late=[_promise(each, late=each.late, open=each.open) for each in made.late],
        late_count=len(made.late),
        at_risk=[_promise(each) for each in made.at_risk],
        at_risk_count=len(made.at_risk),
        not_a_request=[
            SetAsideShape(agent=one.agent, tickets=[ticket_id(n) for n in one.tickets])
            for one in made.set_aside
        ],
    )


def _figures(of: Figures) -> FiguresShape:
    return FiguresShape(
        opened=of.opened,
        resolved=of.resolved,
        open_now=of.open_now,
        kept={kind.value: _rate(rate) for kind, rate in of.kept.items()},
        kept_all=_rate(of.kept_all),
        response=_spread(of.response),
        resolution_working=_spread(of.resolution_working),
        resolution_wall=_spread(of.resolution_wall),
        acknowledged=_spread(of.acknowledged),
        unacknowledged=of.unacknowledged,
        reopened=_rate(of.reopened),
    )


def _rate(rate: Rate) -> RateShape:
    return RateShape(part=rate.part, whole=rate.whole, percent=rate.percent)


def _spread(of: Spread | None) -> SpreadShape | None:
    if of is None:
        return None
    return SpreadShape(
        count=of.count, mean_seconds=of.mean, median_seconds=of.median, p90_seconds=of.p90
    )


def _groups(groups: Iterable[Group]) -> list[GroupShape]:
    return [GroupShape(key=one.key, name=one.name, figures=_figures(one.figures)) for one in groups]


def _flows(flows: Iterable[Flow]) -> list[FlowShape]:
    return [
        FlowShape(
            first=flow.first, opened=flow.opened, resolved=flow.resolved, kept=_rate(flow.kept)
        )
        for flow in flows
    ]


def _ages(ages: Sequence[Age]) -> list[AgeShape]:
    ends = [age.below.days if age.below else None for age in ages]
    starts = [0, *(end for end in ends if end is not None)]
    return [
        AgeShape(above_days=start, below_days=end, count=age.count)
        for start, end, age in zip(starts, ends, ages, strict=True)
    ]


def _promise(
    of: Late | Risk, *, late: timedelta = timedelta(), open: bool = True
) -> DuePromiseShape:
    ticket = of.ticket
    return DuePromiseShape(
        ticket=ticket.id,
        subject=ticket.subject,
        priority=ticket.priority.value,
        team=ticket.team_name,
        assignee=ticket.assignee_name,
        clock=of.clock.kind.value,
        due_at=of.due_at,
        late_seconds=late,
        open=open,
    )

"""A report as the message that carries it: frozen when it was made, whoever delivers it however late."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

from engine.messages.digests import (
    GroupedBy,
    HowLong,
    KeptPromises,
    NoRequests,
    ReportAge,
    ReportDigest,
    ReportFigures,
    ReportFlow,
    ReportGroup,
    ReportGroups,
    ReportPromise,
    Share,
)
from engine.messages.values import Code, Foreign, TicketRef, Zone, foreign
from engine.reports.kinds import ReportKind
from engine.reports.lists import Age, Late, Risk, SetAside
from engine.reports.report import By, Figures, Flow, Group, Rate, Report, Spread


def report_message(
    report: Report,
    *,
    kind: ReportKind,
    scope: str,
    listed: int | None = None,
    by: Collection[By] = tuple(By),
) -> ReportDigest:
    """`scope`: whose figures, as people read it. `listed`: how many late and at-risk promises to name (None: all);
    their counts are always whole. `by`: the groupings to show."""
    period = report.period
    return ReportDigest(
        kind=Code(kind.value),
        scope=Foreign(scope),
        first=period.first,
        last=period.last,
        timezone=Zone(str(period.zone)),
        at=report.now,
        figures=_figures(report.whole),
        before=_figures(report.before),
        by=tuple(ReportGroups(GroupedBy(each.value), _groups(report.by[each])) for each in by),
        weekly=report.weekly,
        trend=tuple(map(_flow, report.trend)),
        ages=_ages(report.ages),
        late=tuple(map(_late, report.late[:listed])),
        late_count=len(report.late),
        at_risk=tuple(map(_risk, report.at_risk[:listed])),
        at_risk_count=len(report.at_risk),
        not_a_request=tuple(map(_no_requests, report.set_aside)),
    )


def _no_requests(of: SetAside) -> NoRequests:
    return NoRequests(Foreign(of.agent), tuple(map(TicketRef, of.tickets)))


def _figures(of: Figures) -> ReportFigures:
    return ReportFigures(
        opened=of.opened,
        resolved=of.resolved,
        open_now=of.open_now,
        kept=tuple(KeptPromises(clock, _share(rate)) for clock, rate in of.kept.items()),
        kept_all=_share(of.kept_all),
        response=_how_long(of.response),
        resolution_working=_how_long(of.resolution_working),
        resolution_wall=_how_long(of.resolution_wall),
        acknowledged=_how_long(of.acknowledged),
        unacknowledged=of.unacknowledged,
        reopened=_share(of.reopened),
    )


def _share(rate: Rate) -> Share:
    return Share(rate.part, rate.whole, rate.percent)


def _how_long(of: Spread | None) -> HowLong | None:
    return HowLong(_seconds(of.mean), _seconds(of.median), _seconds(of.p90)) if of else None


def _groups(groups: Iterable[Group]) -> tuple[ReportGroup, ...]:
    return tuple(ReportGroup(foreign(each.name), _figures(each.figures)) for each in groups)


def _flow(of: Flow) -> ReportFlow:
    return ReportFlow(of.first, of.opened, of.resolved, _share(of.kept))


def _ages(ages: Sequence[Age]) -> tuple[ReportAge, ...]:
    ends = [age.below.days if age.below else None for age in ages]
    starts = [0, *(end for end in ends if end is not None)]
    return tuple(
        ReportAge(start, end, age.count) for start, end, age in zip(starts, ends, ages, strict=True)
    )


def _late(of: Late) -> ReportPromise:
    ticket = of.ticket
    return ReportPromise(
        ticket=TicketRef(ticket.number),
        subject=Foreign(ticket.subject),
        priority=ticket.priority,
        assignee=foreign(ticket.assignee_name),
        clock=of.clock.kind,
        due_at=of.due_at,
        late=_seconds(of.late),
        open=of.open,
    )


def _risk(of: Risk) -> ReportPromise:
    ticket = of.ticket
    return ReportPromise(
        ticket=TicketRef(ticket.number),
        subject=Foreign(ticket.subject),
        priority=ticket.priority,
        assignee=foreign(ticket.assignee_name),
        clock=of.clock.kind,
        due_at=of.due_at,
        late=timedelta(),
        open=True,
    )


def _seconds(of: timedelta) -> timedelta:
    """To the second, as the same figure is exported."""
    return timedelta(seconds=round(of.total_seconds()))

"""The forecast of a desk as a whole: what comes, whether its people are enough, and which promises will break.

People's time is what the calendars of their teams say. People whose teams have none cannot be counted; when
nobody can be counted, there are no staffing figures.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from engine.calendars.calendar import Calendar
from engine.promises.rules import Rules
from engine.reports.facts import TicketFacts
from engine.reports.forecast import Forecast, NotEnough, Range, forecast, per_week, rhythm
from engine.reports.kinds import DAY
from engine.reports.shortfall import Owed, Shortfall, Worked, handling, shortfall
from engine.reports.staffing import Need, needs
from engine.tickets.people import Person, Team
from engine.tickets.promise_clock import ClockKind, PromiseClock

WAIT: Final = timedelta(hours=2)
"""How long a ticket may wait for somebody where no first response is promised."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """What one agent resolves in a week."""

    name: str
    resolved: Range


@dataclass(frozen=True, slots=True)
class Staffing:
    """What the people there are can do."""

    minutes: Range
    """An agent's time for one ticket, learnt from the days just past."""
    needs: tuple[Need, ...]
    """How many agents the busiest hour of each day to come takes."""
    shortfall: Shortfall


@dataclass(frozen=True, slots=True)
class Outlook:
    at: datetime
    zone: tzinfo
    forecast: Forecast
    agents: tuple[Throughput, ...]
    staffing: Staffing | None
    """None: nobody's hours are known, or nothing was resolved."""


def outlook(
    facts: Sequence[TicketFacts], hours: Sequence[Calendar], *, now: datetime, zone: tzinfo
) -> Outlook | NotEnough:
    """`facts`: tickets open now, and those of the weeks before (LOOK_BACK); `hours`: one calendar an agent."""
    arrived = [each.created_at for each in facts]
    resolved = [each.resolved_at for each in facts if each.resolved_at]
    open_now = sum(each.open for each in facts)
    ahead = forecast(arrived, resolved, open_now=open_now, now=now, zone=zone)
    if isinstance(ahead, NotEnough):
        return ahead
    return Outlook(
        at=now,
        zone=zone,
        forecast=ahead,
        agents=tuple(_throughput(facts, weeks=ahead.weeks, now=now, zone=zone)),
        staffing=_staffing(facts, hours, ahead.weeks, now, zone),
    )


def hours_of(people: Iterable[Person], teams: Iterable[Team], rules: Rules) -> list[Calendar]:
    """The calendar of each agent of these teams, by the first of their teams that has one."""
    calendars = {team.id: rules.calendars.get(team.calendar or "") for team in teams}
    found = (
        next((known for team in sorted(who.teams) if (known := calendars.get(team))), None)
        for who in people
        if who.status == "active"
    )
    return [known[1] for known in found if known is not None]


def _throughput(
    facts: Iterable[TicketFacts], *, weeks: int, now: datetime, zone: tzinfo
) -> Iterator[Throughput]:
    by: dict[tuple[str, str], list[datetime]] = {}
    for each in facts:
        if each.assignee and each.resolved_at:
            by.setdefault((each.assignee_name, each.assignee), []).append(each.resolved_at)
    for (name, _), instants in sorted(by.items()):
        yield Throughput(name, per_week(instants, now=now, weeks=weeks, zone=zone))


def _staffing(
    facts: Sequence[TicketFacts],
    hours: Sequence[Calendar],
    weeks: int,
    now: datetime,
    zone: tzinfo,
) -> Staffing | None:
    minutes = handling(_days(facts, hours, weeks, now))
    if minutes is None:
        return None

    def staffed(until: datetime) -> timedelta:
        return sum((each.between(now, until) for each in hours), timedelta())

    came = rhythm((each.created_at for each in facts), now=now, weeks=weeks, zone=zone)
    return Staffing(
        minutes,
        tuple(needs(came, minutes=minutes, wait=_wait(facts))),
        shortfall(list(owed(facts, now)), minutes=minutes, staffed=staffed),
    )


def _days(
    facts: Iterable[TicketFacts], hours: Sequence[Calendar], weeks: int, now: datetime
) -> Iterator[Worked]:
    """The last ones, each of 24 hours until now."""
    ago = Counter((now - each.resolved_at) // DAY for each in facts if each.resolved_at)
    for day in range(weeks * 7):
        ends = now - day * DAY
        staffed = sum((each.between(ends - DAY, ends) for each in hours), timedelta())
        yield Worked(staffed, ago[day])


def owed(facts: Iterable[TicketFacts], now: datetime) -> Iterator[Owed]:
    """Of each open ticket the earliest due promise, if it can still be kept."""
    for each in facts:
        due = [clock.due_at for clock in each.promises if _keepable(clock, now) and clock.due_at]
        if due:
            yield Owed(each.number, min(due))


def _keepable(clock: PromiseClock, now: datetime) -> bool:
    return clock.running and not clock.breached and clock.due_at is not None and clock.due_at >= now


def _wait(facts: Iterable[TicketFacts]) -> timedelta:
    """What half of the first responses were promised within."""
    goals = sorted(
        clock.goal
        for each in facts
        for clock in each.clocks
        if clock.kind is ClockKind.FIRST_RESPONSE
    )
    return goals[(len(goals) - 1) // 2] if goals else WAIT

"""What is likely to come, and how wrong the same method was so far. Local hours stand without a zone."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, PlainSerializer

from api.shapes.shape import Instant, Shape
from engine.reports.forecast import Error, NotEnough, Range
from engine.reports.outlook import Outlook, Staffing
from engine.tickets.ticket import ticket_id


def _to_the_minute(at: datetime) -> str:
    return at.isoformat(timespec="minutes")


LocalHour = Annotated[datetime, PlainSerializer(_to_the_minute, return_type=str)]


class RangeShape(Shape):
    """The likeliest value, and where the truth lies four times out of five."""

    low: float = Field(description="Seldom less.")
    likely: float = Field(description="The likeliest.")
    high: float = Field(description="Seldom more.")


class DayAheadShape(Shape):
    begins: LocalHour = Field(description="Local time; the day is 24 hours from then on.")
    arrivals: RangeShape = Field(description="Tickets that come.")
    backlog: RangeShape = Field(description="Tickets open at its end.")


class ThroughputShape(Shape):
    name: str = Field(description="Of the agent.")
    per_week: RangeShape = Field(description="Tickets that they resolve in a week.")


class NeedShape(Shape):
    hour: LocalHour = Field(description="The busiest hour of a day to come, local time.")
    agents: RangeShape = Field(description="How many it takes.")


class LikelyLateShape(Shape):
    ticket: str = Field(description="T-123.")
    due_at: Instant = Field(description="When its promise is due.")


class StaffingShape(Shape):
    minutes_per_ticket: RangeShape = Field(description="An agent's time for one ticket.")
    needs: list[NeedShape] = Field(description="Day by day.")
    breaks: RangeShape = Field(
        description="Open promises that will break with the people there are."
    )
    likely: list[LikelyLateShape] = Field(description="Those that are likeliest to.")


class PastErrorShape(Shape):
    days: int = Field(description="Of the past that were foretold and compared.")
    mean: float = Field(description="Tickets a day.")
    percent: float | None = Field(description="Of what came; null: nothing came.")
    inside_percent: float = Field(description="Days that lay in their brackets.")


class TooLittleShape(Shape):
    weeks: int | float = Field(description="Weeks of tickets so far.")
    needed: int = Field(description="So many tell a habit from chance.")


class NoForecastShape(Shape):
    scope: str = Field(description="Whose it would be, as people read it.")
    not_enough: TooLittleShape = Field(description="Why there is none.")


class ForecastShape(Shape):
    scope: str = Field(description="Whose it is, as people read it.")
    not_enough: None = Field(default=None, description="Always null: there is a forecast.")
    at: Instant = Field(description="When it was made.")
    timezone: str = Field(description="Whose hours they are.")
    weeks: int = Field(description="Of the past that it learnt from.")
    days: list[DayAheadShape] = Field(description="The next seven.")
    arrivals_by_hour_of_week: list[float] = Field(description="Monday 00:00 first.")
    throughput_by_hour_of_week: list[float] = Field(description="Resolved; Monday 00:00 first.")
    agents: list[ThroughputShape] = Field(description="What each resolves.")
    staffing: StaffingShape | None = Field(
        description="Null: nobody's hours are known, or nothing was resolved."
    )
    error: PastErrorShape = Field(description="How wrong it was.")


def forecast(of: Outlook | NotEnough, *, scope: str) -> ForecastShape | NoForecastShape:
    if isinstance(of, NotEnough):
        lacking = TooLittleShape(weeks=of.weeks, needed=of.needed)
        return NoForecastShape(scope=scope, not_enough=lacking)
    ahead = of.forecast
    return ForecastShape(
        scope=scope,
        at=of.at,
        timezone=str(of.zone),
        weeks=ahead.weeks,
        days=[
            DayAheadShape(
                begins=day.begins, arrivals=_range(day.arrivals), backlog=_range(day.backlog)
            )
            for day in ahead.days
        ],
        arrivals_by_hour_of_week=[round(each, 3) for each in ahead.arrivals],
        throughput_by_hour_of_week=[round(each, 3) for each in ahead.throughput],
        agents=[
            ThroughputShape(name=each.name, per_week=_range(each.resolved)) for each in of.agents
        ],
        staffing=_staffing(of.staffing) if of.staffing else None,
        error=_error(ahead.error),
    )


def _staffing(of: Staffing) -> StaffingShape:
    return StaffingShape(
        minutes_per_ticket=_range(of.minutes),
        needs=[NeedShape(hour=each.hour, agents=_range(each.agents)) for each in of.needs],
        breaks=_range(of.shortfall.breaks),
        likely=[
            LikelyLateShape(ticket=ticket_id(each.ticket), due_at=each.due_at)
            for each in of.shortfall.likely
        ],
    )


def _range(of: Range) -> RangeShape:
    return RangeShape(low=round(of.low, 1), likely=round(of.likely, 1), high=round(of.high, 1))


def _error(of: Error) -> PastErrorShape:
    return PastErrorShape(
        days=of.days,
        mean=round(of.mean, 2),
        percent=None if of.percent is None else round(of.percent, 1),
        inside_percent=round(100 * of.inside, 1),
    )

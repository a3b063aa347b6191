"""An outlook as plain values, for JSON and for templates. Instants RFC 3339 in UTC, local hours without a zone."""

from datetime import datetime

from engine.reports.forecast import NotEnough, Range
from engine.reports.outlook import Outlook, Staffing

Plain = dict[str, object]


def plain(of: Outlook | NotEnough, *, scope: str) -> Plain:
    if isinstance(of, NotEnough):
        return {"scope": scope, "not_enough": {"weeks": of.weeks, "needed": of.needed}}
    ahead, error = of.forecast, of.forecast.error
    return {
        "scope": scope,
        "not_enough": None,
        "at": of.at.isoformat().replace("+00:00", "Z"),
        "timezone": str(of.zone),
        "weeks": ahead.weeks,
        "days": [
            {
                "begins": _hour(day.begins),
                "arrivals": _range(day.arrivals),
                "backlog": _range(day.backlog),
            }
            for day in ahead.days
        ],
        "arrivals_by_hour_of_week": [round(each, 3) for each in ahead.arrivals],
        "throughput_by_hour_of_week": [round(each, 3) for each in ahead.throughput],
        "agents": [{"name": each.name, "per_week": _range(each.resolved)} for each in of.agents],
        "staffing": _staffing(of.staffing),
        "error": {
            "days": error.days,
            "mean": round(error.mean, 2),
            "percent": None if error.percent is None else round(error.percent, 1),
            "inside_percent": round(100 * error.inside, 1),
        },
    }


def _staffing(of: Staffing | None) -> Plain | None:
    if of is None:
        return None
    return {
        "minutes_per_ticket": _range(of.minutes),
        "needs": [{"hour": _hour(each.hour), "agents": _range(each.agents)} for each in of.needs],
        "breaks": _range(of.shortfall.breaks),
        "likely": [
            {"ticket": f"T-{each.ticket}", "due_at": each.due_at.isoformat().replace("+00:00", "Z")}
            for each in of.shortfall.likely
        ],
    }


def _range(of: Range) -> Plain:
    return {"low": round(of.low, 1), "likely": round(of.likely, 1), "high": round(of.high, 1)}


def _hour(at: datetime) -> str:
    return at.isoformat(timespec="minutes")

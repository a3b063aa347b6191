"""Calendars as the public cases write them."""

from datetime import date, datetime, time
from typing import Any

from engine.calendars.calendar import Calendar, Hours, Span


def spans(written: list[list[str]]) -> tuple[Span, ...]:
    return tuple((time.fromisoformat(a), _close(b)) for a, b in written)


def _close(written: str) -> time | None:
    return None if written == "24:00" else time.fromisoformat(written)


def calendar(written: dict[str, Any]) -> Calendar:
    def dated(key: str) -> dict[date, tuple[Span, ...]]:
        return {date.fromisoformat(day): spans(one) for day, one in written.get(key, {}).items()}

    yearly = written.get("yearly_holidays", [])
    return Calendar(
        Hours(
            zone=written["tz"],
            week={day: spans(one) for day, one in written.get("hours", {}).items()},
            holidays=frozenset(map(date.fromisoformat, written.get("holidays", []))),
            yearly_holidays=frozenset((int(day[:2]), int(day[3:])) for day in yearly),
            overrides=dated("overrides"),
            breaks=dated("breaks"),
        )
    )


def instant(written: str) -> datetime:
    return datetime.fromisoformat(written)

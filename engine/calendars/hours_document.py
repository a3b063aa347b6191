"""Hours as a plain document, for a file, a column or an editor: strings, lists and tables, and nothing else.

    {"timezone": "Europe/Berlin", "hours": {"mon-thu": ["09:00-12:00", "13:00-17:00"], "fri": ["22:00-06:00"]},
     "holidays": ["2026-04-03"], "yearly_holidays": ["12-25"],
     "overrides": {"2026-12-24": ["09:00-12:00"]}, "breaks": {"2026-07-01": ["12:00-15:00"]}}

Times are local; "24:00" is the next midnight, and a stretch that ends at or before it begins ends on the next day.
Every part but `hours` may be left out. What cannot be read is refused with a ValueError that says where and what.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from typing import Final
from zlib import crc32
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from engine.calendars.calendar import WEEKDAYS, Calendar, Hours, NeverOpenError, Span
from engine.calendars.document_checks import Wrong, known, listed, read, table

PARTS: Final = ("timezone", "hours", "holidays", "yearly_holidays", "overrides", "breaks")
MIDNIGHT: Final = "24:00"

_SPAN: Final = re.compile(r"(\d\d:\d\d(?::\d\d)?) ?- ?(\d\d:\d\d(?::\d\d)?)", re.ASCII)
_MONTH_AND_DAY: Final = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
_LEAP_YEAR: Final = 2000
_YEARS: Final = (2020, 2040)
"""Promises are made for days in between."""
_LOOK_FROM: Final = datetime(2000, 1, 1, tzinfo=UTC)


def hours_of(document: Mapping[str, object]) -> Hours:
    """Raises Wrong (a ValueError) naming the wrong part, day or time, also for hours that are never open."""
    known("a calendar", PARTS, document)
    hours = Hours(
        zone=read("timezone", zone_name, document.get("timezone", "UTC")),
        week=_week(document.get("hours", {})),
        holidays=frozenset(listed("holidays", day, document.get("holidays", ()))),
        yearly_holidays=frozenset(
            listed("yearly_holidays", month_and_day, document.get("yearly_holidays", ()))
        ),
        overrides=_dated("overrides", document.get("overrides", {})),
        breaks=_dated("breaks", document.get("breaks", {})),
    )
    check_opens(hours)
    return hours


def document_of(hours: Hours) -> dict[str, object]:
    """Reads back as the same; the same hours always give the same document."""
    return {
        "timezone": hours.zone,
        "hours": {
            name: spans_written(hours.week[name]) for name in WEEKDAYS if hours.week.get(name)
        },
        "holidays": sorted(one.isoformat() for one in hours.holidays),
        "yearly_holidays": sorted(f"{month:02}-{at:02}" for month, at in hours.yearly_holidays),
        "overrides": {
            str(one): spans_written(spans) for one, spans in sorted(hours.overrides.items())
        },
        "breaks": {str(one): spans_written(spans) for one, spans in sorted(hours.breaks.items())},
    }


def zone_rules(zone: str) -> str:
    """What the clocks of a zone show, put short: another text when the zone database got other rules for it."""
    first, where = datetime(_YEARS[0], 1, 1, tzinfo=UTC), ZoneInfo(zone)
    days = range((datetime(_YEARS[1], 1, 1, tzinfo=UTC) - first).days)
    offsets = ((first + timedelta(days=day)).astimezone(where).utcoffset() for day in days)
    return f"{crc32(' '.join(map(str, offsets)).encode()):08x}"


# One value each


def zone_name(text: str) -> str:
    """A name of the IANA zone database."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        near = get_close_matches(text, available_timezones(), n=1)
        hint = f'did you mean "{near[0]}"?' if near else 'write one such as "Europe/Berlin"'
        raise ValueError(f'"{text}" is no time zone; {hint}') from error
    return text


def weekdays(text: str) -> tuple[str, ...]:
    """("mon", "tue", "wed") for "mon-wed"; a range may go over the weekend."""
    first, dash, last = (piece.strip() for piece in text.lower().partition("-"))
    last = last if dash else first
    if first not in WEEKDAYS or last not in WEEKDAYS:
        known = ", ".join(WEEKDAYS)
        raise ValueError(f'"{text}" is no weekday; write {known}, or a range such as mon-fri')
    begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last)
    return (WEEKDAYS + WEEKDAYS)[begin : end + 1 if end >= begin else end + 1 + len(WEEKDAYS)]


def span(text: str) -> Span:
    """A stretch of one day: "09:00-17:00", "22:00-06:00", "00:00-24:00"."""
    found = _SPAN.fullmatch(text.strip())
    try:
        opens, closes = found.groups() if found else ("", "")
        return time.fromisoformat(opens), None if closes == MIDNIGHT else time.fromisoformat(closes)
    except ValueError:
        raise ValueError(
            f'"{text}" is no stretch of a day; write one such as "09:00-17:00"'
        ) from None


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f'"{text}" is no date; write one such as "2026-12-24"') from None


def month_and_day(text: str) -> tuple[int, int]:
    found = _MONTH_AND_DAY.fullmatch(text)
    try:
        month, at = (int(piece) for piece in (found.groups() if found else ("0", "0")))
        date(_LEAP_YEAR, month, at)
    except ValueError:
        raise ValueError(f'"{text}" is no day of the year; write one such as "12-25"') from None
    return month, at


def check_opens(hours: Hours) -> None:
    """Raises Wrong when a promise made in these hours might never be due."""
    if not any(hours.week.values()):
        raise Wrong("hours", 'at least one weekday must be open, such as mon-fri = ["09:00-17:00"]')
    try:
        Calendar(hours).next_open(_LOOK_FROM)
    except NeverOpenError:
        raise Wrong("hours", "holidays and breaks leave no time that is open") from None


# The parts of a document


def _week(value: object) -> Mapping[str, tuple[Span, ...]]:
    week: dict[str, tuple[Span, ...]] = {}
    for name, spans in table("hours", value).items():
        for weekday in read("hours", weekdays, name):
            if weekday in week:
                raise Wrong(f"hours.{name}", f"{weekday} has its hours already")
            week[weekday] = tuple(listed(f"hours.{name}", span, spans))
    return week


def _dated(part: str, value: object) -> Mapping[date, tuple[Span, ...]]:
    return {
        read(part, day, name): tuple(listed(f"{part}.{name}", span, spans))
        for name, spans in table(part, value).items()
    }


def spans_written(spans: Iterable[Span]) -> list[str]:
    """As `span` reads them."""
    return [f"{_clock(opens)}-{_clock(closes) if closes else MIDNIGHT}" for opens, closes in spans]


def _clock(at: time) -> str:
    return at.isoformat("seconds" if at.second else "minutes")

"""Holidays out of an iCalendar file: its all-day events, and those that come back every year.

A yearly event on a fixed date is a yearly holiday. One that moves ("the 4th Thursday of November"), ends, or skips
years is written out date by date for YEARS. What repeats in any other way is left out, and said so: a free Friday
every week is no holiday but hours. Events with a time of day are appointments and left out without a word.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from icalendar import Event

LIBRARY: Final = "icalendar"
"""Loaded when a file is there to be read: every command checks the settings, and few desks name a file."""
BYTES_MAX: Final = 1024 * 1024
"""A country's holidays of ten years take a tenth of it."""
DAYS_MAX: Final = 10_000
"""Holidays of one file: what holds more is no list of holidays."""
EVENT_DAYS_MAX: Final = 366
YEARS: Final = range(2020, 2061)
"""For which events that move from year to year are written out."""

_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WEEK: Final = len(_WEEKDAYS)
_RULE_PARTS: Final = {
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYMONTH",
    "BYMONTHDAY",
    "BYDAY",
    "WKST",
}
_NOT_READ: Final = "repeats in a way that is not read; write its dates by hand"
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Holidays:
    """With what each is called there. `left_out`: a sentence for each event that cannot be read."""

    days: dict[date, str] = field(default_factory=dict)
    yearly: dict[tuple[int, int], str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def holidays_in(content: bytes) -> Holidays:
    """Raises ValueError with a sentence for what is no iCalendar file, or too much of one."""
    events = _events(content)
    found, moved = Holidays(), _moved(events)
    for event in events:
        try:
            _add(event, moved.get(event.uid, set()), found)
        except Exception as error:  # noqa: BLE001 - icalendar meets broken values with any error
            found.left_out.append(f'"{_name(event)}": {error}')
        if len(found.days) + len(found.yearly) > DAYS_MAX:
            raise ValueError(f"holds more than {DAYS_MAX} holidays")
    return found


def holidays_in_file(file: Path) -> Holidays:
    """Raises ValueError also for a file that cannot be read."""
    try:
        with file.open("rb") as opened:
            content = opened.read(BYTES_MAX + 1)
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error
    return holidays_in(content)


def _events(content: bytes) -> "list[Event]":
    if len(content) > BYTES_MAX:
        raise ValueError(f"is larger than {BYTES_MAX} bytes")
    calendar = import_module(LIBRARY).Calendar
    try:
        parts = calendar.from_ical(content, multiple=True)
    except Exception as error:  # icalendar meets broken files with any error
        raise ValueError(f"is no iCalendar file: {error}") from error
    calendars = [one for one in parts if isinstance(one, calendar)]
    if not calendars:
        raise ValueError("is no iCalendar file: it holds no calendar")
    return [event for one in calendars for event in one.events]


def _moved(events: "Sequence[Event]") -> dict[str, set[date]]:
    """By uid: the days that an event of their own takes the place of."""
    moved: dict[str, set[date]] = {}
    for event in events:
        with suppress(Exception):  # told when the event itself is read
            if event.RECURRENCE_ID is not None:
                moved.setdefault(event.uid, set()).add(_date(event.RECURRENCE_ID))
    return moved


def _add(event: "Event", moved: set[date], found: Holidays) -> None:
    whole = _whole_days(event)
    if whole is None or event.status == "CANCELLED":
        return
    first, length = whole
    rule = _rule(event, first)
    added = {_date(start) for start, *_ in event.rdates}
    without = {_date(one) for one in event.exdates} | moved
    offsets = [n * _DAY for n in range(length)]
    if rule and rule.is_fixed and not added and not without:
        days = (date(first.year, rule.month, rule.day) + offset for offset in offsets)
        found.yearly.update({(day.month, day.day): _name(event) for day in days})
        return
    begins = added.union(rule.dates(first) if rule else [first]) - without
    for day in (begin + offset for begin in begins for offset in offsets):
        found.days.setdefault(day, _name(event))


def _whole_days(event: "Event") -> tuple[date, int] | None:
    """The first day, and how many; None for an appointment. Some write days as times from midnight to midnight."""
    start, end = event.start, event.end
    times = [at.time() for at in (start, end) if isinstance(at, datetime)]
    length = (_date(end) - _date(start)).days
    if any(at != time() for at in times) or (times and length < 1):
        return None
    if length > EVENT_DAYS_MAX:
        raise ValueError(f"lasts more than {EVENT_DAYS_MAX} days")
    return _date(start), max(length, 1)


def _date(at: date) -> date:
    if not isinstance(at, date):
        raise ValueError(f"{at} is no date")  # noqa: TRY004 - what a file holds is no wrong call
    return at.date() if isinstance(at, datetime) else at


def _name(event: "Event") -> str:
    return " ".join(str(event.summary or "").split())


@dataclass(frozen=True, slots=True)
class _Yearly:
    month: int
    day: int
    """Of the month; of its weekday, when there is one: 1 is the first, -1 the last."""
    weekday: int | None
    every: int
    times: int | None
    until: date

    @property
    def is_fixed(self) -> bool:
        is_endless = self.times is None and self.until == date.max
        return is_endless and self.weekday is None and self.day > 0 and self.every == 1

    def dates(self, first: date) -> Iterator[date]:
        """Those in YEARS; all of them count for `times`."""
        left = self.times
        for year in range(first.year, YEARS.stop, self.every):
            day = self._on(year)
            if day is None or day < first:
                continue
            if day > self.until or left == 0:
                return
            left = None if left is None else left - 1
            if year in YEARS:
                yield day

    def _on(self, year: int) -> date | None:
        begins, length = monthrange(year, self.month)
        if self.weekday is None:
            day = self.day if self.day > 0 else length + 1 + self.day
        elif self.day > 0:
            day = 1 + (self.weekday - begins) % _WEEK + (self.day - 1) * _WEEK
        else:
            ends = (begins + length - 1) % _WEEK
            day = length - (ends - self.weekday) % _WEEK + (self.day + 1) * _WEEK
        return date(year, self.month, day) if 1 <= day <= length else None


def _rule(event: "Event", first: date) -> _Yearly | None:
    """Raises ValueError for a rule that is not yearly, or more than one date a year."""
    if not event.rrules:
        return None
    parts = _parts(event.rrules)
    one_each = all(len(values) == 1 for values in parts.values())
    weekday = parts["BYDAY"][0] if "BYDAY" in parts else None
    nth = weekday.relative if weekday is not None else None
    is_whole = weekday is None or (nth and "BYMONTH" in parts and "BYMONTHDAY" not in parts)
    is_read = (
        one_each and is_whole and parts.keys() <= _RULE_PARTS and parts.get("FREQ") == ["YEARLY"]
    )
    if not is_read:
        raise ValueError(_NOT_READ)
    return _Yearly(
        month=int(parts.get("BYMONTH", [first.month])[0]),
        day=nth or int(parts.get("BYMONTHDAY", [first.day])[0]),
        weekday=None if weekday is None else _WEEKDAYS.index(weekday.weekday),
        every=max(int(parts.get("INTERVAL", [1])[0]), 1),
        times=int(parts["COUNT"][0]) if "COUNT" in parts else None,
        until=_date(parts["UNTIL"][0]) if "UNTIL" in parts else date.max,
    )


def _parts(rules: Sequence[object]) -> dict[str, list[Any]]:
    (rule,) = rules if len(rules) == 1 else (None,)
    if not isinstance(rule, Mapping):
        raise ValueError(_NOT_READ)  # noqa: TRY004 - what a file holds is no wrong call
    return dict(rule)

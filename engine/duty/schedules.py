"""A plan of duty as a plain document, for a file or a column.

    {"timezone": "Europe/Berlin", "kind": "weekly", "length": 1, "start": "2026-03-02T09:00",
     "people": ["ann@example.com", "U123"], "hours": ["09:00-17:00"], "days": ["mon-fri"],
     "overrides": [{"start": "2026-03-05T09:00", "end": "2026-03-06T09:00", "add": "U124", "remove": "U123"}],
     "temporary": [{"start": "2026-12-24T00:00", "end": "2026-12-27T00:00",
                    "turns": [{"person": "U123", "start": "2026-12-24T09:00", "end": "2026-12-24T17:00"}]}]}

Times are local to `timezone`; those of exceptions may also carry an offset. `people`, `kind` and `start` are needed.
Without `hours` and `days` somebody is always on duty. What cannot be read is refused with a ValueError that says
where and what.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from engine.calendars.calendar import WEEKDAYS, first_instant
from engine.calendars.document_checks import Wrong, items, known, listed, read, table
from engine.calendars.hours_document import span, weekdays, zone_name
from engine.duty.rotation import (
    DutyHours,
    Override,
    Rotation,
    RotationKind,
    RotationRule,
    Schedule,
    Temporary,
    Turn,
)

PARTS: Final = tuple("timezone kind length start people hours days overrides temporary".split())
_OVERRIDE: Final = ("start", "end", "add", "remove")
_TEMPORARY: Final = ("start", "end", "turns")
_TURN: Final = ("person", "start", "end")
_ALL_DAY: Final = "00:00-24:00"

_Read = TypeVar("_Read")


def schedule_of(document: Mapping[str, object]) -> Schedule:
    """Raises ValueError naming the wrong part."""
    known("a rotation", PARTS, document)
    zone = ZoneInfo(read("timezone", zone_name, document.get("timezone", "UTC")))
    who = _rotation(document, zone.key)
    return Schedule(
        tuple(RotationRule(who, when) for when in _whens(document, zone.key)),
        _each("overrides", document, partial(_override, zone=zone)),
        _each("temporary", document, partial(_temporary, zone=zone)),
    )


# One value each


def kind(text: str) -> RotationKind:
    try:
        return RotationKind(text)
    except ValueError:
        raise ValueError(
            f'"{text}" is no kind of rotation; write {", ".join(RotationKind)}'
        ) from None


def moment(text: str) -> datetime:
    """Naive when no offset is written."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f'"{text}" is no time; write one such as "2026-03-02T09:00"') from None


def instant(text: str, zone: ZoneInfo) -> datetime:
    """UTC; local to `zone` when no offset is written."""
    at = moment(text)
    return first_instant(at, zone) if at.tzinfo is None else at.astimezone(UTC)


# The parts of a document


def _rotation(document: Mapping[str, object], zone: str) -> Rotation:
    people = tuple(listed("people", str, document.get("people", ())))
    if not people:
        raise Wrong("people", "at least one must be named")
    length = document.get("length", 1)
    if not isinstance(length, int):
        raise Wrong("length", f"{length!r} must be a whole number")
    turns = read("kind", kind, document.get("kind"))
    start = read("start", moment, document.get("start"))
    return Rotation(zone, turns, start, people, length)


def _whens(document: Mapping[str, object], zone: str) -> Iterator[DutyHours | None]:
    """One for each stretch of hours; None is always."""
    named = listed("days", weekdays, document.get("days", WEEKDAYS))
    days = frozenset(day for several in named for day in several)
    spans = listed("hours", span, document.get("hours", (_ALL_DAY,)))
    if not days or not spans:
        raise Wrong("hours" if days else "days", "must not be empty")
    for opens, closes in spans:
        when = DutyHours(zone, opens, closes, days)
        yield None if when == DutyHours(zone) else when


def _override(where: str, one: Mapping[str, object], zone: ZoneInfo) -> Override:
    known("an override", _OVERRIDE, one)
    start, end = _between(where, one, zone)
    add, remove = (
        read(f"{where}.{name}", str, one[name]) if one.get(name) is not None else None
        for name in ("add", "remove")
    )
    if not add and not remove:
        raise Wrong(where, "needs somebody to add or to remove")
    return Override(start, end, add, remove)


def _temporary(where: str, one: Mapping[str, object], zone: ZoneInfo) -> Temporary:
    known("a temporary plan", _TEMPORARY, one)
    start, end = _between(where, one, zone)
    return Temporary(start, end, _each("turns", one, partial(_turn, zone=zone), f"{where}."))


def _turn(where: str, one: Mapping[str, object], zone: ZoneInfo) -> Turn:
    known("a turn", _TURN, one)
    start, end = _between(where, one, zone)
    return Turn(read(f"{where}.person", str, one.get("person")), start, end)


def _each(
    name: str,
    document: Mapping[str, object],
    reader: Callable[[str, Mapping[str, object]], _Read],
    inside: str = "",
) -> tuple[_Read, ...]:
    where = inside + name
    return tuple(
        reader(f"{where}.{number}", table(f"{where}.{number}", one))
        for number, one in enumerate(items(where, document.get(name, ())))
    )


def _between(where: str, one: Mapping[str, object], zone: ZoneInfo) -> tuple[datetime, datetime]:
    start, end = (
        read(f"{where}.{name}", partial(instant, zone=zone), one.get(name))
        for name in ("start", "end")
    )
    if end <= start:
        raise Wrong(f"{where}.end", f"{one['end']} must be after the start {one['start']}")
    return start, end

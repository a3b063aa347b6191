"""Who is on duty by plan: turns that people take, rules for when they hold, and exceptions with dates.

A rotation hands over at local time in its zone. A hand-over in the hour that a spring night skips happens
when the clocks have moved, one in the hour that an autumn night repeats the first time the clocks show it. Rotations
reach back before their start as they go on after it. A rule may hold for some hours of some days; a night belongs to
the day it begins on. An override adds somebody, removes somebody, or puts one in the place of another. A temporary
plan replaces rules and overrides alike while it lasts. Everything is half-open: who ends at an instant is gone then.

People are whatever texts the plan names them by. Instants are aware, answers are UTC.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from heapq import merge
from itertools import chain, count, takewhile
from typing import Final
from zoneinfo import ZoneInfo

from engine.calendars.calendar import Calendar, Hours, first_instant
from engine.calendars.document_checks import Wrong

DAY_OF_MONTH_MAX: Final = 28
"""Later days are missing in some months."""
LENGTH_MAX: Final = 1000
"""Of a turn, in its unit; longer ones leave the years that dates have."""
_MONTHS: Final = 12


class RotationKind(StrEnum):
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


_UNIT: Final = {
    RotationKind.HOURLY: timedelta(hours=1),
    RotationKind.DAILY: timedelta(days=1),
    RotationKind.WEEKLY: timedelta(weeks=1),
}


@dataclass(frozen=True, slots=True)
class Rotation:
    """Raises Wrong for a length outside 1..LENGTH_MAX, a start with a zone, a month after DAY_OF_MONTH_MAX."""

    zone: str
    kind: RotationKind
    start: datetime
    """Local: when the first of them takes over."""
    people: tuple[str, ...]
    length: int = 1
    """So many hours, days, weeks or months each."""

    def __post_init__(self) -> None:
        if not 1 <= self.length <= LENGTH_MAX:
            raise Wrong("length", f"must be 1 to {LENGTH_MAX}; it is {self.length}")
        if self.start.tzinfo is not None:
            raise Wrong("start", "must be local time, without a zone")
        if self.kind is RotationKind.MONTHLY and self.start.day > DAY_OF_MONTH_MAX:
            raise Wrong("start", f"of a month must be day {DAY_OF_MONTH_MAX} at the latest")

    def begins(self, number: int) -> datetime:
        """When turn `number` begins; 0 is the first, earlier ones are negative."""
        return first_instant(self._wall(number), ZoneInfo(self.zone))

    def number(self, at: datetime) -> int:
        """Of the turn that `at` lies in."""
        number = self._guess(at.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None))
        while self.begins(number + 1) <= at:
            number += 1
        while self.begins(number) > at:
            number -= 1
        return number

    def _wall(self, number: int) -> datetime:
        steps = number * self.length
        if self.kind is not RotationKind.MONTHLY:
            return self.start + steps * _UNIT[self.kind]
        years, month = divmod(self.start.month - 1 + steps, _MONTHS)
        return self.start.replace(year=self.start.year + years, month=month + 1)

    def _guess(self, local: datetime) -> int:
        """Right but for clock changes and the days of months."""
        if self.kind is not RotationKind.MONTHLY:
            return (local - self.start) // (self.length * _UNIT[self.kind])
        months = (local.year - self.start.year) * _MONTHS + local.month - self.start.month
        return months // self.length


@dataclass(frozen=True, slots=True)
class DutyHours:
    """Some hours of some days; closing at or before opening is on the next day."""

    zone: str
    opens: time = time()
    closes: time | None = None
    """None: at midnight."""
    days: frozenset[str] = frozenset({"mon", "tue", "wed", "thu", "fri", "sat", "sun"})


@dataclass(frozen=True, slots=True)
class RotationRule:
    who: Rotation | str
    when: DutyHours | None = None
    """None: always."""


@dataclass(frozen=True, slots=True)
class Override:
    """In [start, end): `add` joins, `remove` is off; both: `add` stands in while `remove` would be on duty."""

    start: datetime
    end: datetime
    add: str | None = None
    remove: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody's, on duty in [start, end)."""

    person: str
    start: datetime
    end: datetime
    goes_on: bool = False
    """`end` is only where the question ended."""


@dataclass(frozen=True, slots=True)
class Temporary:
    """In [start, end) these turns are the whole plan, also when there are none."""

    start: datetime
    end: datetime
    turns: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    rules: tuple[RotationRule, ...] = ()
    overrides: tuple[Override, ...] = ()
    temporary: tuple[Temporary, ...] = ()


def on_duty(schedule: Schedule, at: datetime) -> tuple[str, ...]:
    """In the order of the plan, each once."""
    running = [plan for plan in schedule.temporary if plan.start <= at < plan.end]
    if running:
        turns = chain.from_iterable(plan.turns for plan in running)
        return _once(one.person for one in turns if one.start <= at < one.end)
    exceptions = [one for one in schedule.overrides if one.start <= at < one.end]
    planned = _once(chain.from_iterable(_planned(rule, at) for rule in schedule.rules))
    added = (one.add for one in exceptions if one.add and not one.remove)
    kept = chain.from_iterable(_instead_of(person, exceptions) for person in planned)
    return _once(chain(kept, added))


def handoffs(rotation: Rotation, since: datetime) -> Iterator[datetime]:
    """When the turn that `since` lies in began, then every hand-over after it, without end."""
    last = None
    for number in count(rotation.number(since)):
        at = rotation.begins(number)
        if at != last:
            yield at
        last = at


def turns(schedule: Schedule, start: datetime, end: datetime) -> tuple[Turn, ...]:
    """Who is on duty in [start, end), cut to it, by start and then in the order of the plan."""
    since: dict[str, datetime] = {}
    found: list[Turn] = []
    for at in chain([start], takewhile(lambda edge: edge < end, _edges(schedule, start))):
        people = on_duty(schedule, at)
        found += [Turn(one, since.pop(one), at) for one in tuple(since) if one not in people]
        since.update({one: at for one in people if one not in since})
    staying = on_duty(schedule, end)
    found += [Turn(one, begun, end, goes_on=one in staying) for one, begun in since.items()]
    return tuple(sorted(found, key=lambda one: one.start))


def _planned(rule: RotationRule, at: datetime) -> tuple[str, ...]:
    if rule.when is not None and not _calendar(rule.when).is_open(at):
        return ()
    if isinstance(rule.who, str):
        return (rule.who,)
    people = rule.who.people
    return (people[rule.who.number(at) % len(people)],) if people else ()


def _instead_of(person: str, exceptions: list[Override]) -> list[str]:
    """The person, unless removed; then whoever stands in."""
    removing = [one for one in exceptions if one.remove == person]
    return [one.add for one in removing if one.add] if removing else [person]


def _once(people: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(people))


def _edges(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """Every instant later than `after` at which anything may change, in order, without end when rules have none."""
    dated: list[Override | Temporary | Turn] = [*schedule.overrides, *schedule.temporary]
    dated += chain.from_iterable(plan.turns for plan in schedule.temporary)
    fixed = sorted(edge.astimezone(UTC) for one in dated for edge in (one.start, one.end))
    endless = [edges for rule in schedule.rules for edges in _edges_of(rule, after)]
    last = after
    for edge in merge(fixed, *endless):
        if edge > last:
            yield edge
            last = edge


def _edges_of(rule: RotationRule, after: datetime) -> Iterator[Iterator[datetime]]:
    if rule.when is not None:
        yield chain.from_iterable(_calendar(rule.when).periods(after))
    if isinstance(rule.who, Rotation) and len(rule.who.people) > 1:
        yield handoffs(rule.who, after)


@lru_cache(maxsize=256)
def _calendar(when: DutyHours) -> Calendar:
    return Calendar(Hours(when.zone, dict.fromkeys(when.days, ((when.opens, when.closes),))))

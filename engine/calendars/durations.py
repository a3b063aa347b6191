"""How long, as people write it down: `90s`, `30m`, `8h`, `1d`, or `5bd` for business days.

All but business days are working time (`1d` is 24 hours of it). Business days step from date to date on a calendar
and keep the time of day, so how much working time they hold depends on when they begin.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from engine.calendars.calendar import Calendar

DAYS_MAX: Final = 3650
"""Ten years: what is longer was not meant, and every sum with less stays within the years that dates have."""

_SECONDS: Final = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_WRITTEN: Final = re.compile(r"([0-9]{1,9}) ?(s|m|h|d|bd)", re.IGNORECASE)
_BUSINESS_DAYS: Final = "bd"
_FORMS: Final = "a number and a unit, such as 90s, 30m, 8h, 1d, or 5bd for business days"


@dataclass(frozen=True, slots=True)
class Duration:
    """Whole seconds or whole business days, never both; raises ValueError for nothing, less, or over DAYS_MAX."""

    time: timedelta = timedelta()
    business_days: int = 0

    def __post_init__(self) -> None:
        if bool(self.time) == bool(self.business_days):
            raise ValueError("must be longer than nothing")
        if self.time < timedelta() or self.business_days < 0:
            raise ValueError("must be longer than nothing")
        if self.time.microseconds:
            raise ValueError("must be whole seconds")
        if max(self.time, timedelta(days=self.business_days)) > timedelta(days=DAYS_MAX):
            raise ValueError(f"must be {DAYS_MAX} days at most")

    @classmethod
    def read(cls, text: str) -> Self:
        """From `90s`, `30m`, `8h`, `1d`, `5bd`; raises ValueError with a sentence that shows them."""
        found = _WRITTEN.fullmatch(text.strip())
        if found is None:
            raise ValueError(f'"{text}" is no duration; write {_FORMS}')
        amount, unit = int(found[1]), found[2].lower()
        try:
            if unit == _BUSINESS_DAYS:
                return cls(business_days=amount)
            return cls(timedelta(seconds=amount * _SECONDS[unit]))
        except ValueError as error:
            raise ValueError(f'"{text}" {error}; write {_FORMS}') from None

    def __str__(self) -> str:
        """The shortest form that reads back as the same."""
        if self.business_days:
            return f"{self.business_days}{_BUSINESS_DAYS}"
        seconds = self.time // timedelta(seconds=1)
        unit = next(unit for unit, size in _SECONDS.items() if seconds % size == 0)
        return f"{seconds // _SECONDS[unit]}{unit}"

    def after(self, start: datetime, calendar: Calendar) -> datetime:
        """The instant (UTC) it ends when it begins at `start`; business days end inside the hours."""
        if self.business_days:
            return calendar.add_days(start, self.business_days)
        return calendar.add(start, self.time)

    def working(self, start: datetime, calendar: Calendar) -> timedelta:
        """How much working time it is when it begins at `start`: the goal of a clock."""
        if self.business_days:
            return calendar.between(start, self.after(start, calendar))
        return self.time

"""Every edition of every calendar: which hours were in force at an instant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from engine.calendars.calendar import AROUND_THE_CLOCK, Calendar


@dataclass(frozen=True, slots=True)
class Edition:
    version: int
    calendar: Calendar
    valid_from: datetime


NO_EDITION: Final = Edition(0, AROUND_THE_CLOCK, datetime.min.replace(tzinfo=UTC))
"""What holds for a calendar that is not there yet."""


@dataclass(frozen=True, slots=True)
class CalendarHistory:
    """Every edition of every calendar of a workspace."""

    editions: Mapping[str, Sequence[Edition]] = field(default_factory=dict)
    """By id, oldest first."""

    def held(self, id: str, at: datetime) -> Edition:
        """The edition in force at `at`; a calendar that is no longer declared keeps its last one."""
        held = [each for each in self.editions.get(id, ()) if each.valid_from <= at]
        return held[-1] if held else NO_EDITION

    def edition(self, id: str, version: int) -> Edition:
        return next(
            (one for one in self.editions.get(id, ()) if one.version == version), NO_EDITION
        )

"""Which promises will break with the people there are: open clocks by due time against the agents' time until then.

A desk works on the earliest due first. A promise is expected to break when all that is due up to it takes longer than
the agents have until it is due. How long a ticket takes is learnt from the last days, as a Range, so the answer is
a Range too. The agents' time over what they resolved in it holds idle hours as well; on the busiest days it does not.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, repeat
from typing import Final

from engine.reports.forecast import Range

Staffed = Callable[[datetime], timedelta]
"""Agents' time from now until an instant: two agents for an hour are two hours."""

MINUTE: Final = timedelta(minutes=1)
BUSIEST: Final = 5
"""The busiest fifth of the days: then nobody waits for work."""


@dataclass(frozen=True, slots=True)
class Owed:
    """An open promise: of which ticket, and when it breaks."""

    ticket: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Shortfall:
    breaks: Range
    """How many promises will break."""
    likely: tuple[Owed, ...]
    """Which ones, when a ticket takes as long as it usually does; due first."""


@dataclass(frozen=True, slots=True)
class Worked:
    """A day that is over: the agents' time in it, and what they resolved."""

    staffed: timedelta
    resolved: int


def handling(days: Iterable[Worked]) -> Range | None:
    """Agents' minutes for one ticket: the busiest day, the middle of the busiest fifth, the middle of all days.

    Days with fewer than half the agents' time of the fullest are left out: what is resolved in the evening of a
    holiday says nothing. None when nothing was resolved while anybody was there, so nothing can be said.
    """
    known = [day for day in days if day.staffed and day.resolved]
    full = max((day.staffed for day in known), default=timedelta())
    minutes = sorted(
        day.staffed / MINUTE / day.resolved for day in known if day.staffed >= full / 2
    )
    if not minutes:
        return None
    busiest = minutes[: max(1, len(minutes) // BUSIEST)]
    return Range(minutes[0], busiest[len(busiest) // 2], minutes[len(minutes) // 2])


def shortfall(owed: Sequence[Owed], *, minutes: Range, staffed: Staffed) -> Shortfall:
    """`minutes` of an agent's time for each; promises already broken are not to be given."""
    queue = sorted(owed, key=lambda each: (each.due_at, each.ticket))
    room = [staffed(each.due_at) / MINUTE for each in queue]
    late = {each: _late(room, each) for each in (minutes.low, minutes.likely, minutes.high)}
    low, likely, high = (
        float(len(late[each])) for each in (minutes.low, minutes.likely, minutes.high)
    )
    return Shortfall(Range(low, likely, high), tuple(queue[n] for n in late[minutes.likely]))


def _late(room: Sequence[float], each: float) -> list[int]:
    needed = accumulate(repeat(each, len(room)))
    return [n for n, (need, have) in enumerate(zip(needed, room, strict=True)) if need > have]

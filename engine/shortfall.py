"""Which promises will break with the people there are: open clocks by due time against the agents' time until then.

A desk takes up what is due first. A promise is expected to break when everything due up to it takes longer than the
agents have until it is due. How long one ticket takes is learnt from the past: the agents' time divided by what they
resolved in it, as a Range, so the answer is a Range too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, repeat
from typing import Final

from engine.forecast import Range

Staffed = Callable[[datetime], timedelta]
"""Agents' time from now until an instant: two agents for an hour are two hours."""

MINUTE: Final = timedelta(minutes=1)


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


def handling(resolved: Range, staffed: timedelta) -> Range | None:
    """Agents' minutes for one ticket, from what is resolved a week and the agents' time in that week.

    None when nothing is resolved, so nothing can be said. Where the low end of `resolved` is nothing, one ticket
    may take the whole week.
    """
    if resolved.likely <= 0 or not staffed:
        return None
    minutes = staffed / MINUTE
    least = max(resolved.low, min(1.0, resolved.likely))
    return Range(minutes / resolved.high, minutes / resolved.likely, minutes / least)


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

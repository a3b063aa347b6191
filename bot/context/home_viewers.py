"""Who has looked at their home tab lately, and which version they see."""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from engine.ports.clock import Clock

# Longer ago, and nobody is likely to be looking still; opening it again draws it anew.
LOOK_LASTS: Final = timedelta(minutes=10)
LOOKS_MAX: Final = 1_000


class HomeViewers:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: OrderedDict[str, datetime] = OrderedDict()
        self._seen: dict[str, str] = {}

    def begin(self, user: str, seen: str) -> None:
        """`seen`: the hash of what they see; "" when nothing was published yet."""
        self._until[user] = self._clock.now() + LOOK_LASTS
        self._until.move_to_end(user)
        self._seen[user] = seen
        if len(self._until) > LOOKS_MAX:
            forgotten, _ = self._until.popitem(last=False)
            del self._seen[forgotten]

    def are_recent(self, user: str) -> bool:
        until = self._until.get(user)
        return until is not None and self._clock.now() < until

    def seen(self, user: str) -> str | None:
        return self._seen.get(user) or None

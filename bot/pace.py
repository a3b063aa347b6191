"""How often Slack lets us speak: one small bucket per channel and per card. It never sleeps; it says how long."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engine.delivery import Later
from engine.ports import Clock

# chat.postMessage: one a second in a channel, short bursts tolerated.
POST_EVERY: Final = timedelta(seconds=1)
POST_BURST: Final = 5
# chat.update: 50 a minute in all; a card that is worked on is redrawn at once, one that is stormed every 3 s.
DRAW_EVERY: Final = timedelta(seconds=3)
DRAW_BURST: Final = 3
# Buckets held; the one unused for longest goes first, and is full again by then.
MOST_BUCKETS: Final = 5_000


@dataclass(slots=True)
class _Bucket:
    level: float
    at: datetime


class Pace:
    """`take(key)` passes, or raises Later with the time until it would."""

    def __init__(self, clock: Clock, *, every: timedelta, burst: int) -> None:
        self._clock = clock
        self._every = every
        self._burst = burst
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, key: str) -> None:
        now = self._clock.now()
        bucket = self._buckets.setdefault(key, _Bucket(self._burst, now))
        self._buckets.move_to_end(key)
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        gained = max(timedelta(), now - bucket.at) / self._every
        bucket.level, bucket.at = min(float(self._burst), bucket.level + gained), now
        if bucket.level < 1:
            raise Later("slack: one after the other", after=self._every * (1 - bucket.level))
        bucket.level -= 1

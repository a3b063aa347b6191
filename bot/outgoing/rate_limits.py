"""How often Slack lets us speak: one small bucket per channel and per card. It never sleeps; it says how long.

Each caller that has to wait is given an instant of its own, so that a backlog comes back one by one and not all at
once.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from engine.ports.clock import Clock
from engine.ports.outbox import Later

# chat.postMessage: one a second in a channel, short bursts tolerated.
POST_EVERY: Final = timedelta(seconds=1)
POST_BURST: Final = 5
# chat.update: 50 a minute in all; a card that is worked on is redrawn at once, one that is stormed every 3 s.
DRAW_EVERY: Final = timedelta(seconds=3)
DRAW_BURST: Final = 3
# Buckets held; the one unused for longest goes first, and is full again by then.
MOST_BUCKETS: Final = 5_000
# Instants given away per bucket; at one a second more than two hours. Who comes after is only told how long that is.
MOST_WAITING: Final = 10_000
# Whoever does not come for their instant (another daemon has the parcel, an operator dropped it) loses it.
KEPT_FOR: Final = timedelta(seconds=15)
# Levels are reckoned in floats.
_ONE: Final = 1 - 1e-6


@dataclass(slots=True)
class _Bucket:
    level: float
    at: datetime
    waiting: dict[int, datetime] = field(default_factory=dict)
    """Who waits, and until when; in the order of their instants."""


class RateLimits:
    """`take(key, who)` passes, or raises Later with the time until `who` shall come again."""

    def __init__(self, clock: Clock, *, every: timedelta, burst: int) -> None:
        self._clock = clock
        self._every = every
        self._burst = burst
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, key: str, who: int) -> None:
        now = self._clock.now()
        bucket = self._filled(key, now)
        until = bucket.waiting.get(who)
        if until is None:
            until = self._instant(bucket, now)
            if until > now and len(bucket.waiting) < MOST_WAITING:
                bucket.waiting[who] = until
        if until <= now and bucket.level < _ONE:
            until = now + self._every * (1 - bucket.level)  # those before came late, all at once
        if until > now:
            raise Later("slack: one after the other", after=until - now)
        bucket.waiting.pop(who, None)
        bucket.level -= 1

    def _instant(self, bucket: _Bucket, now: datetime) -> datetime:
        """When there is enough for all who wait already and one more."""
        missing = len(bucket.waiting) + 1 - bucket.level
        return now if missing <= 1 - _ONE else now + self._every * missing

    def _filled(self, key: str, now: datetime) -> _Bucket:
        bucket = self._buckets.setdefault(key, _Bucket(self._burst, now))
        self._buckets.move_to_end(key)
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        if now < bucket.at:
            bucket.waiting.clear()  # the clock was set back: their instants are far away now
        gained = max(timedelta(), now - bucket.at) / self._every
        bucket.level, bucket.at = min(float(self._burst), bucket.level + gained), now
        for who, until in list(bucket.waiting.items()):
            if now < until + KEPT_FOR:
                break
            del bucket.waiting[who]
        return bucket

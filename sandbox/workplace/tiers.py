"""Slack's rate limits as buckets that fill by the injected clock; off unless asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil

from engine.ports.clock import Clock

# Calls a minute that each tier grants; the tiers of the special methods are their own.
TIER_PER_MINUTE: Mapping[str, int] = {
    "1": 1,
    "2": 20,
    "3": 50,
    "4": 100,
    "hundreds": 600,
    # chat.postMessage: one a second in each channel
    "channel": 60,
}
# Slack lets short bursts pass; with one a second, this many may come at once.
CHANNEL_BURST = 5
# Buckets of channels nobody posted to for long are forgotten above this number.
MAX_BUCKETS = 5_000


@dataclass
class Bucket:
    level: float
    filled_at: datetime


@dataclass
class Tiers:
    clock: Clock
    enabled: bool = False
    _buckets: dict[tuple[str, str], Bucket] = field(default_factory=dict)

    def wait_for(self, method: str, tier: str, channel: str) -> int:
        """0 when the call may pass, else the whole seconds for Retry-After."""
        if not self.enabled:
            return 0
        per_minute = TIER_PER_MINUTE[tier]
        size = CHANNEL_BURST if tier == "channel" else per_minute
        bucket = self._bucket((method, channel if tier == "channel" else ""), size)
        per_second = per_minute / 60
        now = self.clock.now()
        gained = (now - bucket.filled_at).total_seconds() * per_second
        bucket.level, bucket.filled_at = min(size, bucket.level + gained), now
        if bucket.level >= 1:
            bucket.level -= 1
            return 0
        return max(1, ceil((1 - bucket.level) / per_second))

    def _bucket(self, key: tuple[str, str], size: int) -> Bucket:
        if key not in self._buckets:
            if len(self._buckets) >= MAX_BUCKETS:
                del self._buckets[next(iter(self._buckets))]
            self._buckets[key] = Bucket(size, self.clock.now())
        return self._buckets[key]

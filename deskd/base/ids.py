"""Ids that are unique for ever and sort by time as text: UUID version 7 (RFC 9562)."""

import secrets
import threading
from typing import Final
from uuid import UUID

from engine.ports.clock import Clock

_VERSION_AND_VARIANT: Final = (7 << 76) | (0b10 << 62)
# Twelve bits order the ids of one millisecond; when they are used up the next millisecond is borrowed.
_COUNT_BITS: Final = 12
_RANDOM_BITS: Final = 62


class TimeSortedIds:
    """Use cases run in the writer's thread while listeners run in the loop, so counting is locked."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last = 0

    def new(self) -> str:
        milliseconds = int(self._clock.now().timestamp() * 1000)
        with self._lock:
            # Never behind the last one, so that ids keep their order when the clock is set back.
            self._last = max(self._last + 1, milliseconds << _COUNT_BITS)
            tick = self._last
        time, count = tick >> _COUNT_BITS, tick & ((1 << _COUNT_BITS) - 1)
        bits = (time << 80) | (count << 64) | secrets.randbits(_RANDOM_BITS)
        return str(UUID(int=bits | _VERSION_AND_VARIANT))

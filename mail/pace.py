"""How much the reader may take while mail streams in: a sender waits for the 250, the spool waits for nobody.

Reading costs three times what letting in costs, in the same process. So while mail comes faster than a desk could
read it anyway, the reader has a small share, counted in mails and not in time: it holds on any machine, and the
spool is never left alone. When the stream thins out, all is read at full speed.
"""

from collections import deque
from datetime import datetime, timedelta
from typing import Final

from engine.ports import Clock

# This many mails within this time are a stream (160 a second): fewer leave the reader room enough.
STREAM_MAILS: Final = 16
STREAM_TIME: Final = timedelta(milliseconds=100)
# In a stream one row is read for so many let in. Measured with 20 connections, intake as a share of the floor of
# `make bench`: one in 8 leaves 54-58 %, one in 16 67-71 %, one in 32 73-75 %, no pace 25 %.
LET_IN_PER_ROW: Final = 16
# Rows are then taken together, so that they share a commit.
ROWS_TOGETHER: Final = 8


class Pace:
    """Told of every mail that is let in; asked before rows are taken."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._recent: deque[datetime] = deque(maxlen=STREAM_MAILS)
        self._let_in = 0

    def let_in(self) -> None:
        self._recent.append(self._clock.now())
        self._let_in += 1

    def holds(self) -> bool:
        """True: nothing may be taken now; ask again after STREAM_TIME, or when more was let in."""
        return self._is_stream() and self._let_in < LET_IN_PER_ROW * ROWS_TOGETHER

    def share(self, wanted: int) -> int:
        """How many of the `wanted` rows to take, when nothing holds; they count as taken."""
        self._let_in = 0
        return min(wanted, ROWS_TOGETHER) if self._is_stream() else wanted

    def _is_stream(self) -> bool:
        if len(self._recent) < STREAM_MAILS:
            return False
        # A clock set back makes old instants seem new or future; then nothing is a stream until they are gone.
        return timedelta() <= self._clock.now() - self._recent[0] < STREAM_TIME

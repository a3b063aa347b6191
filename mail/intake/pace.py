"""How much the reader may do while senders wait for their 250.

Reading costs three times what letting in costs, in the same process. So while several senders are busy at once,
the reader has a small share, counted in mails and not in time: it holds on any machine, and the spool is never left
alone. While each is served before the next one comes, all is read at full speed, however much it is.
"""

from collections import deque
from datetime import datetime, timedelta
from typing import Final

from engine.ports.clock import Clock

# So many senders inside DATA at once, each with a mail of its own, are a crowd: fewer get their 250 soon enough
# beside the reader.
CROWD: Final = 4
# But only while mail really streams in (40 a second): a few slow lines at the same time are no crowd.
STREAM_MAILS: Final = 16
STREAM_TIME: Final = timedelta(milliseconds=400)
# A crowd is gone when none was seen for this long; one commit answers many at once, so that moments say little.
CROWD_TIME: Final = timedelta(milliseconds=100)
# In a crowd one row is read for so many let in. Measured with 20 connections, intake as a share of the floor of
# `make bench`: one in 8 leaves 33-67 %, one in 16 73-79 %, one in 32 90-93 %, no pace at all 25 %.
LET_IN_PER_ROW: Final = 16
# Rows are then taken together, so that they share a commit.
ROWS_TOGETHER: Final = 8


class Pace:
    """Told of every mail that is let in; asked before rows are taken."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._recent: deque[datetime] = deque(maxlen=STREAM_MAILS)
        self._crowd_seen: datetime | None = None
        self._let_in = 0

    def let_in(self, *, senders: int) -> None:
        """`senders`: those inside DATA, this one included."""
        now = self._clock.now()
        self._let_in += 1
        self._recent.append(now)
        is_stream = len(self._recent) == STREAM_MAILS and now - self._recent[0] < STREAM_TIME
        if is_stream and senders >= CROWD:
            self._crowd_seen = now

    def holds(self) -> bool:
        """True: nothing may be taken now; ask again after CROWD_TIME, or when more was let in."""
        return self.is_crowded() and self._let_in < LET_IN_PER_ROW * ROWS_TOGETHER

    def share(self, wanted: int) -> int:
        """How many of the `wanted` rows to take, when nothing holds; they count as taken."""
        self._let_in = 0
        return min(wanted, ROWS_TOGETHER) if self.is_crowded() else wanted

    def is_crowded(self) -> bool:
        if self._crowd_seen is None:
            return False
        # A clock set back makes what was seen future; that is no crowd.
        return timedelta() <= self._clock.now() - self._crowd_seen < CROWD_TIME

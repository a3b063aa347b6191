"""The clock on the wall: the only place in the daemon that asks the time or sleeps for it."""

import asyncio
from datetime import UTC, datetime
from typing import Final

# The wall clock may jump while somebody sleeps (NTP, a suspended machine), and only monotonic time is slept:
# looking again once a second bounds how late a jump is noticed.
SLICE_SECONDS_MAX: Final = 1.0
# Wall and monotonic time may drift this far apart before the wall counts as set back.
DRIFT_SECONDS_MAX: Final = 0.05


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - this is the clock that everybody else takes

    async def sleep_until(self, at: datetime) -> None:
        passing = asyncio.get_running_loop().time
        left = (at - self.now()).total_seconds()
        over = passing() + left + DRIFT_SECONDS_MAX
        while left > 0 and passing() < over:
            await asyncio.sleep(min(left, SLICE_SECONDS_MAX))
            left = (at - self.now()).total_seconds()

"""The clock on the wall: the only place in the daemon that asks the time or sleeps for it."""

import asyncio
from datetime import UTC, datetime
from typing import Final

# The wall clock may jump while somebody sleeps (NTP, a suspended machine), and only monotonic time is slept:
# looking again once a second bounds how late a jump is noticed.
SLICE_SECONDS_MAX: Final = 1.0


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - this is the clock that everybody else takes

    async def sleep_until(self, at: datetime) -> None:
        while (left := (at - self.now()).total_seconds()) > 0:  # noqa: ASYNC110 - time is what is awaited
            await asyncio.sleep(min(left, SLICE_SECONDS_MAX))

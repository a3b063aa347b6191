"""Fires due timers in the second they are due. The engine says what a timer means, storage how it is claimed.

Nobody listens to the database for timers that other processes set: whoever sets one has an alarm of its own, except
a command, which is why the alarm looks once a second in any case.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from deskd.base.logs import bound
from deskd.parts.nudge import Nudge
from engine.ports.clock import Clock
from engine.ports.store import Transaction
from engine.ports.timers import Due, Rung, Timers
from engine.tickets.promise_clock import StreamKind, Timer
from engine.tickets.ticket import ticket_id

log = logging.getLogger("deskd.deskd.alarm")

POLL: Final = timedelta(seconds=1)
"""Another process may set a timer without our nudge."""
BATCH_MAX: Final = 16
"""Rung in one transaction: so few that the first does not wait long for the last, nor an agent for a ticket."""
PATIENCE: Final = timedelta(milliseconds=25)
"""Whoever finds what is due in other hands leaves the next ones to them until they are late by this much. So one
daemon rings at once, and those beside it cost little, help when it is behind, and take over when it dies."""
NO_TIME: Final = timedelta()
SET_ASIDE: Final = timedelta(minutes=1)
"""A timer whose ringing failed is tried again this much later, and meanwhile holds nobody up."""
SET_ASIDE_MAX: Final = 1000
"""More failing timers than this are no accident of single tickets, and the alarm is in trouble."""


@dataclass
class Alarm:
    """The part that rings timers."""

    timers: Timers
    ring: Callable[[Transaction, Timer, datetime], bool]
    """False: nobody wants it any more."""
    clock: Clock
    bell: Nudge
    rang: Callable[[], None]
    """Called after a commit that may have left something to deliver."""
    late: Callable[[float], None]
    """A metric: seconds between due and rung."""
    name: str = "alarm"
    _patience: timedelta = NO_TIME
    _aside: dict[Due, datetime] = field(default_factory=dict)
    _trouble: str | None = None

    @property
    def trouble(self) -> str | None:
        return self._trouble

    async def run(self, *, ready: Callable[[], None]) -> None:
        ready()
        while True:
            now = self.clock.now()
            try:
                until = await self._look(now)
                self._trouble = None
            except Exception:  # the boundary: the database is in trouble, the rows are safe in it
                log.exception("timers cannot be rung; trying again")
                self._trouble = "alarm: timers cannot be rung"
                await self.clock.sleep_until(self.clock.now() + POLL)
                continue
            # The clock may have been set back since: never sleep longer than by the clock as it is.
            await self.bell.wait(until=min(until, self.clock.now() + POLL))

    async def _look(self, now: datetime) -> datetime:
        """Ring what is due; when to look again."""
        self._aside = {due: at for due, at in self._aside.items() if now < at <= now + SET_ASIDE}
        done = await self.timers.ring_due(
            now=now - self._patience,
            limit=BATCH_MAX,
            work=lambda transaction, timer: self.ring(transaction, timer, now),
            aside=self._aside,
        )
        self._note(done.rung)
        next_at = done.next_at or now + POLL
        if done.rung:
            self._patience = NO_TIME
        elif next_at <= now:
            self._patience = PATIENCE
        return max(next_at, now) + self._patience

    def _note(self, rung: Sequence[Rung]) -> None:
        now = self.clock.now()
        for each in rung:
            if each.error is not None:
                self._set_aside(each, now)
            elif each.happened:
                self.late(max(0.0, (now - each.timer.due_at).total_seconds()))
        if any(each.happened for each in rung):
            self.rang()

    def _set_aside(self, failed: Rung, now: datetime) -> None:
        timer = failed.timer
        with bound(**whose(timer), timer=timer.kind.value):
            log.error("a timer could not be rung; it is tried again later", exc_info=failed.error)
        if len(self._aside) == SET_ASIDE_MAX:
            raise RuntimeError("more timers fail than are set aside")
        self._aside[(failed.workspace, timer)] = now + SET_ASIDE


def whose(timer: Timer) -> dict[str, str]:
    """For the log."""
    if timer.stream.kind is StreamKind.TICKET:
        return {"ticket": ticket_id(timer.stream.number)}
    return {"person": timer.stream.id}

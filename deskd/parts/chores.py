"""What happens by the calendar and not by events: digests, reports, and the sweep over the timers.

APScheduler only wakes us; the injected Clock says which slot it is, and a row in the database which daemon does it.
No promise depends on it: promises are timer rows, fired by alarm.py.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from apscheduler.schedulers.asyncio import (  # type: ignore[import-untyped]  # it ships no types
    AsyncIOScheduler,
)

from deskd.parts.cron import Recurrence, Waking
from deskd.parts.sweep import Sweep
from engine.ports.chores import Claim, Slot, Slots
from engine.ports.clock import Clock
from engine.tickets.people import DEFAULT, WorkspaceId

log = logging.getLogger("deskd.deskd.chores")

SWEEP_EVERY_SECONDS: Final = 60
LOOK_EVERY_SECONDS: Final = 60
"""Slots are met at their second; this finds what failed, what a dead daemon left undone, and jumps of the clock."""
LEASE: Final = timedelta(minutes=5)
"""What a dead daemon had in hand is taken over after this."""
WORK_SECONDS_MAX: Final = 240
"""Ended before its lease, so that nobody else is at it too."""
CATCH_UP: Final = timedelta(hours=12)
"""A slot missed while no daemon ran is worth doing so much later."""


@dataclass(frozen=True, slots=True)
class Chore:
    """Work by the calendar, done once per slot in however many daemons.

    `work` is given the slot; after a crash perhaps once more, so that what it tells needs a key made of the slot.
    What it raises is logged and it is tried again. Of several slots missed only the latest is done.
    """

    name: str
    """Unique in its workspace, and the same for ever."""
    when: Recurrence
    work: Callable[[datetime], Awaitable[None]]
    workspace: WorkspaceId = DEFAULT
    catch_up: timedelta = CATCH_UP


@dataclass
class Chores:
    """The part that does them. The sweep is done by each daemon for itself."""

    sweep: Sweep
    clock: Clock
    drifted: Callable[[int], None]
    """A metric: timers that the last sweep found missing or left over."""
    slots: Slots
    owner: str
    """Who claims: names this process for people who look at the rows."""
    calendar: Sequence[Chore] = ()
    name: str = "chores"
    _failing: dict[tuple[WorkspaceId, str], str] = field(default_factory=dict)
    _past: dict[tuple[WorkspaceId, str], datetime] = field(default_factory=dict)
    """The latest slot of each chore that needs no more looking at."""
    _in_hand: set[tuple[WorkspaceId, str]] = field(default_factory=set)

    @property
    def trouble(self) -> str | None:
        return next(iter(self._failing.values()), None)

    async def run(self, *, ready: Callable[[], None]) -> None:
        scheduler = AsyncIOScheduler(
            timezone=UTC,
            # Late is better than never, once is enough, and never two of the same at a time.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        scheduler.add_job(self.sweep_timers, "interval", seconds=SWEEP_EVERY_SECONDS)
        scheduler.add_job(self.look_at_all, "interval", seconds=LOOK_EVERY_SECONDS)
        for chore in self.calendar:
            scheduler.add_job(self.look, Waking(chore.when), args=[chore])
        scheduler.start()
        ready()
        try:
            await self.look_at_all()
            await asyncio.get_running_loop().create_future()
        finally:
            scheduler.shutdown(wait=False)

    async def sweep_timers(self) -> None:
        key = (DEFAULT, "sweep")
        try:
            drift = await self.sweep.look()
            mended = await self.sweep.mend(drift)
        except Exception:  # the boundary: a chore that fails is done again at its next hour
            log.exception("the sweep over the timers failed")
            self._failing[key] = "chores: the sweep over the timers fails"
            return
        self._failing.pop(key, None)
        self.drifted(mended.count)

    async def look_at_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for chore in self.calendar:
                group.create_task(self.look(chore))

    async def look(self, chore: Chore) -> None:
        """Do the chore when a slot is due that nobody has done. Does not raise."""
        key = (chore.workspace, chore.name)
        if key in self._in_hand:
            return
        self._in_hand.add(key)
        try:
            await self._look(chore, key)
        except (
            Exception
        ):  # the boundary: the slot is undone, and is claimed anew when its lease ends
            log.exception("a chore failed; it is tried again", extra={"chore": chore.name})
            self._failing[key] = f"chores: {chore.name} fails"
        finally:
            self._in_hand.discard(key)

    async def _look(self, chore: Chore, key: tuple[WorkspaceId, str]) -> None:
        now = self.clock.now()
        if key not in self._past:
            await self.slots.begin(chore.workspace, chore.name, now=now)
        at = chore.when.last(until=now)
        due = now - at < chore.catch_up and at != self._past.get(key)
        if due and not await self._settled(chore, at, now):
            return
        self._past[key] = at
        self._failing.pop(key, None)

    async def _settled(self, chore: Chore, at: datetime, now: datetime) -> bool:
        """Do it if it is ours to do. True: nobody has to look at this slot again."""
        slot = Slot(chore.workspace, chore.name, at)
        claim = await self.slots.claim(slot, owner=self.owner, now=now, lease=LEASE)
        if claim is Claim.OURS:
            async with asyncio.timeout(WORK_SECONDS_MAX):
                await chore.work(at)
            await self.slots.done(slot, owner=self.owner, now=self.clock.now())
            log.info("a chore is done", extra={"chore": chore.name, "slot": at.isoformat()})
        return claim is not Claim.HELD

"""Due outbox rows to their couriers: leases, pauses, verdicts. What a parcel says is up to the couriers.

A nudge after each commit starts a round at once; a poll once a second finds what was written by another
process. A channel whose far side is down is paused as a whole, so that its parcels wait without being tried one
by one, and no other channel notices.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from deskd.base.logs import bound
from deskd.parts.nudge import Nudge
from deskd.parts.one_by_one import OneByOne
from engine.ports.clock import Clock
from engine.ports.outbox import Courier, Later, Never, Outbox, Parcel, Sent, back_off, is_too_old
from engine.tickets.ticket import ticket_id

log = logging.getLogger("deskd.deskd.delivery")

POLL: Final = timedelta(seconds=1)
"""Commands and other daemons write rows without our nudge; the contract says they are seen within a second."""
LEASE: Final = timedelta(seconds=30)
"""After a crash a parcel waits this long before another daemon repeats it."""
RENEW_EVERY: Final = timedelta(seconds=10)
"""Two renewals may fail before a lease is lost."""
IN_HAND_MAX: Final = 8
"""Parcels in hand per channel before no more are leased (one lease may bring as many again): hides latency."""
COURIER_SECONDS_MAX: Final = 900
"""Couriers have time-outs of their own (a relay may take ten minutes to answer a mail); this ends a wedged one."""
CHANNEL_PAUSE_MAX: Final = timedelta(seconds=30)
"""A far side that is down is asked with one parcel at least this often, so that its return is soon noticed."""
CROWD_PAUSE: Final = timedelta(milliseconds=250)
"""Between two batches while senders queue at the door: what goes out has a small share of the process then."""
GIVE_UP: Final = {"mail": timedelta(hours=72)}
GIVE_UP_DEFAULT: Final = timedelta(hours=48)
"""A parcel that could not be delivered for so long is given up: a weekend, and for mail what senders are used to."""
EXPIRED_MAX: Final = timedelta(days=1)
"""No far side may ask for a longer silence than this; longer ones are a mistake of its clock."""


@dataclass(frozen=True, slots=True)
class _Pause:
    since: datetime
    until: datetime
    count: int

    def rests(self, now: datetime) -> bool:
        """A clock that was set back ends it: its end was told by an hour that is not."""
        return self.since <= now < self.until


@dataclass
class Delivery:
    """The part that empties the outbox."""

    outbox: Outbox
    couriers: Mapping[str, Courier]
    clock: Clock
    bell: Nudge
    spread: Callable[[], float]
    """Random in [0, 1): keeps parcels that failed together from coming back together."""
    undelivered: Callable[[Parcel, str], Awaitable[None]]
    """Tells the team that a parcel died, when it held words for a person."""
    count: Callable[[str, str], None]
    """A metric: (channel, result)."""
    crowded: Callable[[], bool] = lambda: False
    """True while senders queue at the mail door: they come first."""
    name: str = "delivery"
    _in_hand: dict[int, Parcel] = field(default_factory=dict)
    _pauses: dict[str, _Pause] = field(default_factory=dict)
    _turns: OneByOne = field(default_factory=OneByOne)
    _taking: asyncio.Task[datetime | None] | None = None
    _trouble: str | None = None

    @property
    def trouble(self) -> str | None:
        return self._trouble

    async def run(self, *, ready: Callable[[], None]) -> None:
        async with asyncio.TaskGroup() as group:
            renewing = group.create_task(self._renew())
            ready()
            try:
                while True:
                    # Shielded: rows leased by a call that was cut short would have to wait out their lease.
                    self._taking = group.create_task(self._take(group))
                    next_look = await asyncio.shield(self._taking)
                    if next_look is not None:
                        await self.bell.wait(until=next_look)
                    if self.crowded():
                        await self.clock.sleep_until(self.clock.now() + CROWD_PAUSE)
            except asyncio.CancelledError:
                await self._finish()
                renewing.cancel()
                raise

    async def _take(self, group: asyncio.TaskGroup) -> datetime | None:
        """Lease what is due and set to work on it; the instant to look again when nothing is, else None."""
        now = self.clock.now()
        try:
            parcels = await self._lease(now)
            next_at = None if parcels else await self.outbox.next_at(now=now)
            self._trouble = None
        except Exception:  # the boundary: the database is in trouble, the rows are safe in it
            log.exception("the outbox cannot be read; trying again")
            self._trouble = "delivery: the outbox cannot be read"
            return now + POLL
        for parcel in parcels:
            # After a clock jump (a suspended machine) our own lease has run out: who has it in hand still has it.
            if parcel.id not in self._in_hand:
                self._in_hand[parcel.id] = parcel
                group.create_task(self._work(parcel))
        return None if parcels else self._next_look(now, next_at)

    async def _lease(self, now: datetime) -> list[Parcel]:
        held = Counter(parcel.effect.to.channel for parcel in self._in_hand.values())
        resting = {name for name, pause in self._pauses.items() if pause.rests(now)}
        probing = set(self._pauses) - resting
        busy = {name for name in held if held[name] >= (1 if name in probing else IN_HAND_MAX)}
        # While a paused channel is due, one parcel is leased at a time: it must not be met by a crowd.
        limit = 1 if probing - busy else IN_HAND_MAX
        return list(
            await self.outbox.lease(
                now=now, until=now + LEASE, limit=limit, skip_channels=frozenset(resting | busy)
            )
        )

    def _next_look(self, now: datetime, next_at: datetime | None) -> datetime:
        """A row may be due and yet not ours to take (its channel rests or is busy): never look in a tight loop."""
        candidates = [pause.until for pause in self._pauses.values()] + [next_at or now]
        return min((at for at in candidates if now < at < now + POLL), default=now + POLL)

    async def _work(self, parcel: Parcel) -> None:
        subject = {} if parcel.ticket is None else {"ticket": ticket_id(parcel.ticket)}
        with bound(**subject, parcel=parcel.id):
            try:
                async with self._turns.of(parcel.effect.to.channel):
                    await self._deliver(parcel)
            except (
                Exception
            ):  # the boundary: the verdict was not recorded; the lease runs out, it comes again
                log.exception("the parcel's result could not be recorded; it will be repeated")
            finally:
                self._in_hand.pop(parcel.id, None)
                self.bell.ring()

    async def _deliver(self, parcel: Parcel) -> None:
        channel = parcel.effect.to.channel
        try:
            sent = await self._hand_over(parcel)
        except Later as later:
            await self._postpone(parcel, later)
        except Never as never:
            await self._give_up(parcel, never.reason)
        else:
            await self.outbox.sent(parcel, sent, at=self.clock.now())
            self.count(channel, "repeated" if sent.repeated else "sent")
            if self._pauses.pop(channel, None):
                log.info("the channel works again", extra={"channel": channel})

    async def _hand_over(self, parcel: Parcel) -> Sent:
        channel = parcel.effect.to.channel
        courier = self.couriers.get(channel)
        if courier is None:
            raise Later(f"{channel} is not configured", whole_channel=True)
        try:
            async with asyncio.timeout(COURIER_SECONDS_MAX):
                return await courier.deliver(parcel)
        except (Later, Never):
            raise
        except TimeoutError as error:
            raise Later("no answer in time", uncertain=True) from error
        except (
            Exception
        ) as error:  # the boundary: a bug in a courier parks its parcel and nothing else
            log.exception("the courier failed unexpectedly", extra={"channel": channel})
            raise Later(f"unexpected: {type(error).__name__}", uncertain=True) from error

    async def _postpone(self, parcel: Parcel, later: Later) -> None:
        now = self.clock.now()
        channel = parcel.effect.to.channel
        if is_too_old(parcel, now=now, after=GIVE_UP.get(channel, GIVE_UP_DEFAULT)):
            await self._give_up(parcel, f"given up after being tried too long: {later.reason}")
            return
        at = now + (later.after or back_off(parcel.attempts, spread=self.spread()))
        if later.whole_channel:
            at = self._pause(channel, later, now)
        await self.outbox.later(parcel, reason=later.reason, at=at, uncertain=later.uncertain)
        self.count(channel, "later")

    def _pause(self, channel: str, later: Later, now: datetime) -> datetime:
        """One line in the log per pause, however many parcels ran into it."""
        known = self._pauses.get(channel)
        resting = known.until if known and known.rests(now) else None
        if resting and later.after is None:
            return resting
        count = known.count + 1 if known else 1
        wait = min(back_off(count, spread=self.spread()), CHANNEL_PAUSE_MAX)
        if later.after is not None:
            wait = min(later.after, EXPIRED_MAX)
        until = max(now + wait, resting or now)
        self._pauses[channel] = _Pause(now, until, count)
        if resting is None:
            facts = {"channel": channel, "reason": later.reason, "seconds": wait.total_seconds()}
            log.warning("the channel is paused", extra=facts)
        return until

    async def _give_up(self, parcel: Parcel, reason: str) -> None:
        log.error("undeliverable", extra={"reason": reason, "channel": parcel.effect.to.channel})
        # Before the mark: if we die in between, telling the team again is one row by its key.
        await self.undelivered(parcel, reason)
        await self.outbox.never(parcel, reason=reason, at=self.clock.now())
        self.count(parcel.effect.to.channel, "never")

    async def _renew(self) -> None:
        while True:
            await self.clock.sleep_until(self.clock.now() + RENEW_EVERY)
            if not self._in_hand:
                continue
            try:
                await self.outbox.renew(list(self._in_hand), until=self.clock.now() + LEASE)
            except Exception:  # the boundary: a lost lease means a marked repeat, not a lost parcel
                log.exception("leases could not be renewed")

    async def _finish(self) -> None:
        """What is in hand is finished; the daemon bounds how long that may take."""
        if self._taking:
            await asyncio.wait({self._taking})
        while self._in_hand:
            await self.bell.wait(until=self.clock.now() + POLL)

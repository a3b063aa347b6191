"""The whole promise of a channel: deliver a parcel, or say if trying again can help; and the outbox it comes from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from engine.messages.effects import Effect, Unreadable
from engine.tickets.message import Reference
from engine.tickets.people import WorkspaceId

# Tried quickly first, since most trouble passes in seconds, then ever more slowly up to a quarter of an hour.
BACKOFF_FIRST: Final = timedelta(seconds=1)
BACKOFF_MAX: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One leased outbox row."""

    id: int
    workspace: WorkspaceId
    ticket: int | None
    """None: a message about many tickets or about none, a mail or a post of its own."""
    key: str
    effect: Effect | Unreadable
    attempts: int
    created_at: datetime
    uncertain: bool = False
    """An earlier attempt may have succeeded (its lease ran out unanswered): look before repeating."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Delivered; `references` are the outside ids learnt, recorded with the mark."""

    references: tuple[Reference, ...] = ()
    repeated: bool = False
    """It was sent although an earlier attempt may have arrived: shown as possible_duplicate."""


class Later(Exception):
    """Trying again can help. `whole_channel`: it is the far side as such (down, rate limited, logged out).

    `after` is how long the far side asked us to wait, or None for the usual back-off. An attempt that failed
    because the whole channel is down does not count against the parcel's age alone: age decides, see is_too_old.
    """

    def __init__(
        self,
        reason: str,
        *,
        after: timedelta | None = None,
        whole_channel: bool = False,
        uncertain: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after
        self.whole_channel = whole_channel
        self.uncertain = uncertain


class Never(Exception):
    """Trying again cannot help: the parcel is dead and a person must look."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Courier(Protocol):
    async def deliver(self, parcel: Parcel) -> Sent:
        """Deliver once per key where the far side allows it. Raise Later or Never."""
        ...


def back_off(attempts: int, *, spread: float) -> timedelta:
    """How long to wait after the `attempts`-th failure; `spread` in [0, 1) comes from outside and avoids herds."""
    ceiling = min(BACKOFF_MAX, BACKOFF_FIRST * (1 << min(attempts, 20)))
    return ceiling * (0.5 + spread / 2)


def is_too_old(parcel: Parcel, *, now: datetime, after: timedelta) -> bool:
    """`after`: how long is worth trying on its channel."""
    return now - parcel.created_at >= after


class Outbox(Protocol):
    async def lease(
        self,
        *,
        now: datetime,
        until: datetime,
        limit: int,
        skip_channels: frozenset[str] = frozenset(),
    ) -> Sequence[Parcel]:
        """Due parcels, at most one per (ticket, address), the oldest one not final: order per ticket and address.

        Those that belong to no ticket are one line per address. What flood.py calls a flood is first made into a
        digest.
        A row in `sending` whose lease ran out comes again with `uncertain`. Dead rows do not hold up the line.
        """
        ...

    async def renew(self, ids: Iterable[int], *, until: datetime) -> None: ...

    async def sent(self, parcel: Parcel, sent: Sent, *, at: datetime) -> None:
        """Final; the learnt references are recorded in the same transaction."""
        ...

    async def later(
        self, parcel: Parcel, *, reason: str, at: datetime, uncertain: bool = False
    ) -> None: ...

    async def never(self, parcel: Parcel, *, reason: str, at: datetime) -> None: ...

    async def revive(self, id: int, *, at: datetime) -> bool: ...

    async def drop(self, id: int) -> bool:
        """`deskd outbox drop`: dead for good, by an operator's word. False: no such row, or already sent."""
        ...

    async def next_at(self, *, now: datetime) -> datetime | None:
        """When the next waiting parcel or expired lease is due, or None."""
        ...

"""The port of timers: rows of all workspaces, each due at an instant, rung in one transaction with what they mean."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.ports.store import Transaction
from engine.tickets.people import WorkspaceId
from engine.tickets.promise_clock import Timer


@dataclass(frozen=True, slots=True)
class Rung:
    """What became of one due timer."""

    workspace: WorkspaceId
    timer: Timer
    happened: bool = False
    """False: nobody wanted it any more, or there is an `error`."""
    error: Exception | None = None
    """Why its row stays: nothing of its work was recorded."""


@dataclass(frozen=True, slots=True)
class Round:
    """One look at what is due."""

    rung: Sequence[Rung]
    """In the order in which they were due."""
    next_at: datetime | None
    """When the next of all rows is due that are not set aside; in the past: more are due, or somebody holds them."""


Due = tuple[WorkspaceId, Timer]


class Timers(Protocol):
    async def ring_due(
        self,
        *,
        now: datetime,
        limit: int,
        work: Callable[[Transaction, Timer], bool],
        aside: Collection[Due] = (),
    ) -> Round:
        """Up to `limit` rows of tickets that are due at `now`, and as many of people, oldest first: claimed, worked
        and deleted in one transaction.

        `work` re-checks against the state, records, and says whether anything happened; what it raises undoes its
        own timer only. Rows that another daemon works on, or whose ticket or person is held by somebody, are passed
        over, so nobody waits here; those `aside` are not looked at.
        """
        ...

    async def standing(
        self, workspace: WorkspaceId, *, first: int = 0, before: int | None = None
    ) -> Sequence[Timer]:
        """Rows of the tickets with `first` <= number < `before` (None: all later ones), earliest due first."""
        ...

    async def standing_of_people(self, workspace: WorkspaceId) -> Sequence[Timer]: ...

    async def drop(self, workspace: WorkspaceId, timer: Timer) -> bool:
        """A row whose ticket no longer wants it. False: there is no such row."""
        ...

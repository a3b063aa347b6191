"""Are the timer rows what tickets and people wait for? Missing ones are set again, left-over ones dropped; both are
counted.

Rows and state are written in one transaction, so this finds nothing unless something is broken: a bug, a row
deleted by hand, a restored backup. However many tickets are open, one look costs the same: it takes the next slice
of them, and the look after it goes on from there.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from deskd.parts.alarm import whose
from engine.desk import tail
from engine.ports.store import Change, State, Store, Transaction
from engine.ports.timers import Due, Timers
from engine.ports.views import Views
from engine.tickets.people import WorkspaceId
from engine.tickets.promise_clock import Timer

log = logging.getLogger("deskd.deskd.sweep")

PAGE: Final = 100
"""Tickets looked at between two turns of the loop: some ten milliseconds."""
PAGES_MAX: Final = 50
"""Of one look: half a second of work in a minute (0.1 ms a ticket)."""


@dataclass(frozen=True, slots=True)
class Drift:
    missing: tuple[Due, ...] = ()
    left_over: tuple[Due, ...] = ()

    @property
    def count(self) -> int:
        return len(self.missing) + len(self.left_over)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where to go on: in this workspace, with the tickets below this number (None: with the newest)."""

    workspace: WorkspaceId
    before: int | None = None


@dataclass
class Sweep:
    store: Store
    timers: Timers
    views: Views
    _place: _Place | None = None

    async def look(self) -> Drift:
        """The next slice: newest tickets first, workspace after workspace, at most once round."""
        place = self._place or await self._place_after(None)
        missing: list[Due] = []
        left_over: list[Due] = []
        for _ in range(PAGES_MAX):
            if place is None:
                break
            drift, place = await self._page(place)
            missing += drift.missing
            left_over += drift.left_over
        self._place = place
        return Drift(_in_order(missing), _in_order(left_over))

    async def mend(self, drift: Drift) -> Drift:
        """Each ticket looked at again in its own transaction; what was really wrong."""
        missing = [due for due in drift.missing if await self._set_again(*due)]
        left_over = [due for due in drift.left_over if await self._drop(*due)]
        for workspace, timer in missing:
            log.error("a timer was missing; it is set again", extra=_facts(workspace, timer))
        for workspace, timer in left_over:
            log.warning("a timer was left over; it is dropped", extra=_facts(workspace, timer))
        return Drift(tuple(missing), tuple(left_over))

    async def _page(self, place: _Place) -> tuple[Drift, _Place | None]:
        workspace, before = place.workspace, place.before
        page = await self.views.open_tickets(workspace, limit=PAGE, before=before)
        is_last = len(page) < PAGE
        # The rows are the newer picture. What changed in between is found to be right when it is mended.
        first = 0 if is_last else page[-1].ticket.number
        have = set(await self.timers.standing(workspace, first=first, before=before))
        wanted = _wanted(line.ticket for line in page)
        if is_last:
            have |= set(await self.timers.standing_of_people(workspace))
            wanted |= _wanted(await self.store.run(workspace, _people))
        drift = Drift(
            tuple((workspace, timer) for timer in wanted - have),
            tuple((workspace, timer) for timer in have - wanted),
        )
        onward = await self._place_after(workspace) if is_last else _Place(workspace, first)
        return drift, onward

    async def _place_after(self, workspace: WorkspaceId | None) -> _Place | None:
        later = [w for w in await self.views.workspaces() if workspace is None or w > workspace]
        return _Place(later[0]) if later else None

    async def _set_again(self, workspace: WorkspaceId, timer: Timer) -> bool:
        def work(transaction: Transaction) -> bool:
            state = tail.state_of(transaction, timer.stream)
            if state is None or timer not in tail.timers_of(state):
                return False
            transaction.record(Change(state, state, (), timers_set=(timer,)))
            return True

        return await self.store.run(workspace, work)

    async def _drop(self, workspace: WorkspaceId, timer: Timer) -> bool:
        def is_unwanted(transaction: Transaction) -> bool:
            state = tail.state_of(transaction, timer.stream)
            return state is None or timer not in tail.timers_of(state)

        unwanted = await self.store.run(workspace, is_unwanted)
        return unwanted and await self.timers.drop(workspace, timer)


def _people(transaction: Transaction) -> Iterable[State]:
    return transaction.staff.presences().values()


def _wanted(states: Iterable[State]) -> set[Timer]:
    return {timer for state in states for timer in tail.timers_of(state)}


def _in_order(found: list[Due]) -> tuple[Due, ...]:
    return tuple(sorted(found, key=lambda due: (due[1].due_at, due[1].stream, due[1].kind)))


def _facts(workspace: WorkspaceId, timer: Timer) -> dict[str, str]:
    return {
        "workspace": workspace,
        **whose(timer),
        "timer": timer.kind.value,
        "due_at": timer.due_at.isoformat(),
    }

"""The duty desk: who is on duty and who has which tickets. Use cases of shifts and of assigning work.

As the desk: each is one transaction and may run twice, so it only reads and records.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar

from engine.desk.step import Now
from engine.desk.team_on_duty import TeamOnDuty
from engine.duty import rebalance_plan
from engine.duty.presence import Out
from engine.ports.clock import Clock, Ids
from engine.ports.store import Store, Transaction
from engine.shifts import giving_out, rebalancing, shifts
from engine.shifts.rebalancing import LoadQuestion, Workload
from engine.shifts.shifts import Speak, Standing
from engine.tickets.people import Caller, TeamId, WorkspaceId
from engine.tickets.ticket import Ticket

T = TypeVar("T")


class DutyDesk:
    """All raise Refused for a refusal, and whatever the store raises when it is in trouble."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, *, nudge: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._nudge = nudge

    # What people say of being there; `settles`: the spool row that is done by it

    async def start_shift(
        self,
        workspace: WorkspaceId,
        by: Caller,
        *,
        length: timedelta | None = None,
        settles: int | None = None,
    ) -> Standing:
        """Without a length: until they end it, or for 16 hours."""
        return await self._say(workspace, by, shifts.start(length, self._clock.now()), settles)

    async def end_shift(
        self, workspace: WorkspaceId, by: Caller, *, settles: int | None = None
    ) -> Standing:
        """What they have not begun goes back to its teams."""
        return await self._say(workspace, by, shifts.end(self._clock.now()), settles)

    async def go_out(
        self,
        workspace: WorkspaceId,
        by: Caller,
        how: Out,
        *,
        length: timedelta | None = None,
        settles: int | None = None,
    ) -> Standing:
        """A break of 30 minutes, or away until they are back, unless they say how long."""
        speak = shifts.go_out(how, length, self._clock.now())
        return await self._say(workspace, by, speak, settles)

    async def come_back(
        self, workspace: WorkspaceId, by: Caller, *, settles: int | None = None
    ) -> Standing:
        return await self._say(workspace, by, shifts.back(self._clock.now()), settles)

    async def standing(self, workspace: WorkspaceId, by: Caller) -> Standing:
        return await self._store.run(workspace, partial(shifts.look, by=by, given=self._given()))

    # Giving out work

    async def dispatch(self, workspace: WorkspaceId, team: TeamId) -> int:
        """Give what waits in a team to those who are there; how many tickets found somebody."""
        work = partial(giving_out.dispatch, team=team, at=self._clock.now())
        given = await self._store.run(workspace, work)
        if given:  # else whoever is woken by it would ask again at once
            self._nudge()
        return given

    async def next_ticket(
        self, workspace: WorkspaceId, by: Caller, *, settles: int | None = None
    ) -> Ticket:
        """Claim the ticket that is due soonest among those that wait in the person's teams."""
        work = partial(giving_out.next_ticket, by=by, given=self._given(), settles=settles)
        return await self._run(workspace, work)

    # Figures and evening out

    async def workload(
        self, workspace: WorkspaceId, by: Caller, team: str | None = None, *, by_due: bool = False
    ) -> Workload:
        """`by_due`: proposed moves begin with what is due first, not with what weighs most."""
        asked = LoadQuestion(by, self._given(), team, _proposal(by_due=by_due))
        return await self._store.run(workspace, partial(rebalancing.look, asked=asked))

    async def crews(self, workspace: WorkspaceId, by: Caller) -> Sequence[TeamOnDuty]:
        """Who is there in every team whose figures the caller may see."""
        work = partial(rebalancing.all_crews, by=by, given=self._given())
        return await self._store.run(workspace, work)

    async def even_out(
        self, workspace: WorkspaceId, by: Caller, team: str, *, seen: str, by_due: bool = False
    ) -> Workload:
        """Make the moves that were seen. When they would be others by now none is made: `applied` says which."""
        asked = LoadQuestion(by, self._given(), team, _proposal(by_due=by_due))
        return await self._run(workspace, partial(rebalancing.apply, asked=asked, seen=seen))

    async def _say(
        self, workspace: WorkspaceId, by: Caller, speak: Speak, settles: int | None
    ) -> Standing:
        work = partial(shifts.say, by=by, speak=speak, given=self._given(), settles=settles)
        return await self._run(workspace, work)

    async def _run(self, workspace: WorkspaceId, work: Callable[[Transaction], T]) -> T:
        done = await self._store.run(workspace, work)
        self._nudge()
        return done

    def _given(self) -> Now:
        return Now(self._ids, self._clock.now())


def _proposal(*, by_due: bool) -> rebalancing.Propose:
    return rebalance_plan.optimize if by_due else rebalance_plan.rebalance

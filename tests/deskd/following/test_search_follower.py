"""What is recorded can be found within a second, and trouble of storage is said and outlived."""

import asyncio
from dataclasses import dataclass, field

from deskd.following.search_follower import SearchFollower
from deskd.parts.nudge import Nudge
from engine.ports.search import Rebuilt
from engine.tickets.people import WorkspaceId
from tests.clock import ManualClock


@dataclass
class Index:
    """Keeps the port's promise over a number instead of a database."""

    waiting: int = 0
    broken: bool = False
    followed: list[int] = field(default_factory=list)

    async def follow(self) -> bool:
        if self.broken:
            raise OSError("the disk is full")
        if not self.waiting:
            return False
        self.followed.append(self.waiting)
        self.waiting -= 1
        return True

    async def forget(self, workspace: WorkspaceId) -> int:
        return 0

    async def take_in(self, workspace: WorkspaceId) -> Rebuilt:
        return Rebuilt(0, whole=True)

    async def tidy(self) -> None:
        """There is nothing to tidy."""


async def test_it_follows_at_a_nudge_at_a_look_and_after_trouble() -> None:
    clock, index = ManualClock(), Index(waiting=2)
    bell = Nudge(clock)
    part = SearchFollower(index, clock, bell)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(part.run(ready=lambda: None))
        await clock.forward(seconds=0.2)
        await clock.forward(seconds=0.2)
        assert index.followed == [2, 1], "while there is more it goes on at once"
        index.waiting = 1
        bell.ring()
        await clock.forward(seconds=0.2)
        assert len(index.followed) == 3, "a nudge is enough"
        index.waiting, index.broken = 1, True
        await clock.forward(seconds=1)
        await clock.forward(seconds=1)
        assert part.trouble == "search: the index cannot follow what is recorded"
        index.broken = False
        await clock.forward(seconds=1)
        await clock.forward(seconds=1)
        assert (len(index.followed), part.trouble) == (4, None)
        running.cancel()

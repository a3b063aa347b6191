"""The port of the search index: it follows what is recorded, and can be made anew from it."""

from dataclasses import dataclass
from typing import Protocol

from engine.tickets.people import WorkspaceId


@dataclass(frozen=True, slots=True)
class Rebuilt:
    done: int
    """Tickets taken in by this step."""
    whole: bool
    """There are no more."""


class SearchIndex(Protocol):
    async def follow(self) -> bool:
        """One step behind what is recorded, in all workspaces; False: nothing was left to do."""
        ...

    async def forget(self, workspace: WorkspaceId) -> int:
        """All tickets are to be taken in anew; how many there are. Until then they are found as they were."""
        ...

    async def take_in(self, workspace: WorkspaceId) -> Rebuilt:
        """The next few of those, newest first."""
        ...

    async def tidy(self) -> None:
        """Rewrite the index, so that words which are nowhere any more are nowhere in the file."""
        ...

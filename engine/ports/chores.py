"""Work by the calendar: which daemon does it. A slot of a chore is one row; who has the row does the work."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

from engine.tickets.people import WorkspaceId


@dataclass(frozen=True, slots=True)
class Slot:
    """One instant (UTC) at which a chore is to be done; several daemons name it alike."""

    workspace: WorkspaceId
    chore: str
    at: datetime


class Claim(Enum):
    OURS = "ours"
    """Until the lease ends."""
    HELD = "held"
    """Somebody is at it, or was and died: it is worth asking again."""
    PAST = "past"
    """Done, or from before the chore began."""


class Slots(Protocol):
    async def begin(self, workspace: WorkspaceId, chore: str, *, now: datetime) -> None:
        """A chore that nobody has heard of begins now: it has missed nothing. Later calls change nothing."""
        ...

    async def claim(self, slot: Slot, *, owner: str, now: datetime, lease: timedelta) -> Claim:
        """A slot whose lease ended undone is given to whoever asks next."""
        ...

    async def done(self, slot: Slot, *, owner: str, now: datetime) -> None:
        """Nothing happens when the lease was lost to another meanwhile. Rows long past are forgotten."""
        ...

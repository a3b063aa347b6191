"""The port of what comes in: kept before the outside is told yes, then leased, settled or buried."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.tickets.people import WorkspaceId


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a channel hands to the spool before it says yes to the outside."""

    workspace: WorkspaceId
    channel: str  # mail | slack
    kind: str  # message | event | command | action | view
    key: str
    """Unique per (workspace, channel): the same message again is the same row."""
    raw: bytes
    envelope: Mapping[str, object]
    """JSON-able facts of the transport: for mail sender, recipients, peer."""
    received_at: datetime
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    id: int
    fresh: bool
    """False: this key was already in the spool."""


@dataclass(frozen=True, slots=True)
class SpoolRow:
    """A leased row of the spool."""

    id: int
    workspace: WorkspaceId
    channel: str
    kind: str
    key: str
    raw: bytes
    envelope: Mapping[str, object]
    received_at: datetime
    attempts: int
    """Counted and committed before the row is handed out, so that a row that kills the process is known."""


class Spool(Protocol):
    async def keep(self, incoming: Incoming) -> Kept:
        """Durable when this returns; many callers share one commit."""
        ...

    async def keep_many(self, incoming: Sequence[Incoming]) -> Sequence[Kept]:
        """All or none: one message for several workspaces."""
        ...

    async def lease(
        self,
        channel: str,
        *,
        now: datetime,
        until: datetime,
        limit: int,
        kinds: Sequence[str] | None = None,
    ) -> Sequence[SpoolRow]:
        """Up to `limit` waiting rows, oldest first, ours until `until`; a row whose lease ran out waits again."""
        ...

    async def renew(self, ids: Iterable[int], *, until: datetime) -> None: ...

    async def done(self, id: int, *, reason: str) -> None:
        """Settled without a ticket."""
        ...

    async def retry(self, id: int, *, reason: str, at: datetime, counted: bool = True) -> None:
        """Waiting again. Not `counted`: it was trouble of ours, so the attempt that the lease added is taken back."""
        ...

    async def bury(self, id: int, *, reason: str) -> None:
        """Dead: kept with its reason for a person to look at."""
        ...

    async def revive(self, id: int, *, at: datetime) -> bool:
        """`deskd spool retry`: waiting again with attempts 0. False: no such row, or it is done."""
        ...

    async def raw(self, id: int) -> bytes | None: ...

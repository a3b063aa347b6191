"""Due rows of tickets' promises. Nothing is claimed: ringing re-checks inside the ticket's own transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, func, select

from engine.model import Timer, WorkspaceId
from storage import rows
from storage.readers import Readers
from storage.schema import timers
from storage.writer import Writer

_DUE: Final = (
    select(timers)
    .where(timers.c.due_at <= bindparam("now"))
    .order_by(timers.c.due_at)
    .limit(bindparam("limit"))
)
_NEXT: Final = select(func.min(timers.c.due_at))
_DROP: Final = delete(timers).where(
    timers.c.workspace == bindparam("of_workspace"),
    timers.c.ticket == bindparam("of_ticket"),
    timers.c.kind == bindparam("of_kind"),
    timers.c.cycle == bindparam("of_cycle"),
    # A timer set anew since it was read is another promise.
    timers.c.due_at == bindparam("of_due_at"),
)


class SqlTimers:
    def __init__(self, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def due(self, *, now: datetime, limit: int) -> Sequence[tuple[WorkspaceId, Timer]]:
        async with self._readers.open() as read:
            found = await read.execute(_DUE, {"now": now, "limit": limit})
            return [(WorkspaceId(row.workspace), rows.timer(row)) for row in found]

    async def next_at(self) -> datetime | None:
        async with self._readers.open() as read:
            first: datetime | None = (await read.execute(_NEXT)).scalar()
            return first

    async def drop(self, workspace: WorkspaceId, timer: Timer) -> None:
        row = {
            "of_workspace": workspace,
            "of_ticket": timer.ticket,
            "of_kind": timer.kind.value,
            "of_cycle": timer.cycle,
            "of_due_at": timer.due_at,
        }
        await self._writer.run(lambda connection: connection.execute(_DROP, row).close())

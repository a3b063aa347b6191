"""Slots of calendar chores: claimed by inserting their row, taken over when a lease ended undone."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, bindparam, delete, select, update

from engine.ports.chores import Claim, Slot
from engine.tickets.people import WorkspaceId
from storage.sql.schema import chores
from storage.sql.statements import insert_new, insert_new_returning
from storage.sql.writer import Writer
from storage.tickets import rows

KEPT: Final = timedelta(days=30)
"""How far back one can see what was done when."""

_OF_CHORE: Final = (
    chores.c.workspace == bindparam("of_workspace"),
    chores.c.chore == bindparam("of_chore"),
)
_OF_SLOT: Final = (*_OF_CHORE, chores.c.slot == bindparam("of_slot"))
_UNDONE: Final = chores.c.done_at.is_(None)
_FIRST: Final = select(chores.c.slot).where(*_OF_CHORE).order_by(chores.c.slot).limit(1)
_TAKE_OVER: Final = update(chores).where(
    *_OF_SLOT, _UNDONE, chores.c.claimed_at <= bindparam("ended")
)
_STILL_UNDONE: Final = select(chores.c.id).where(*_OF_SLOT, _UNDONE)
_DONE: Final = update(chores).where(*_OF_SLOT, _UNDONE, chores.c.owner == bindparam("by"))
_FORGET: Final = delete(chores).where(*_OF_CHORE, chores.c.slot < bindparam("before"))


class SqlSlots:
    """engine.chores.Slots."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def begin(self, workspace: WorkspaceId, chore: str, *, now: datetime) -> None:
        await self._writer.run(lambda connection: _begin(connection, Slot(workspace, chore, now)))

    async def claim(self, slot: Slot, *, owner: str, now: datetime, lease: timedelta) -> Claim:
        claimed = {"owner": owner, "claimed_at": now}
        return await self._writer.run(
            lambda connection: _claim(connection, slot, claimed, ended=now - lease)
        )

    async def done(self, slot: Slot, *, owner: str, now: datetime) -> None:
        await self._writer.run(lambda connection: _done(connection, slot, owner, now))


def _begin(connection: Connection, start: Slot) -> None:
    if connection.execute(_FIRST, _of_chore(start)).first() is None:
        done = {"owner": "", "claimed_at": start.at, "done_at": start.at}
        insert_new(connection, chores, [_row(start) | done])


def _claim(connection: Connection, slot: Slot, claimed: rows.Values, *, ended: datetime) -> Claim:
    first = connection.execute(_FIRST, _of_chore(slot)).scalar()
    if first is not None and slot.at < first:
        return Claim.PAST
    if insert_new_returning(connection, chores, [_row(slot) | claimed], "id"):
        return Claim.OURS
    taken = connection.execute(_TAKE_OVER, _of_slot(slot) | {"ended": ended} | claimed)
    if taken.rowcount == 1:
        return Claim.OURS
    undone = connection.execute(_STILL_UNDONE, _of_slot(slot)).first()
    return Claim.HELD if undone else Claim.PAST


def _done(connection: Connection, slot: Slot, owner: str, now: datetime) -> None:
    connection.execute(_DONE, _of_slot(slot) | {"by": owner, "done_at": now})
    connection.execute(_FORGET, _of_chore(slot) | {"before": slot.at - KEPT})


def _row(slot: Slot) -> rows.Values:
    return {"workspace": slot.workspace, "chore": slot.chore, "slot": slot.at}


def _of_chore(slot: Slot) -> rows.Values:
    return {"of_workspace": slot.workspace, "of_chore": slot.chore}


def _of_slot(slot: Slot) -> rows.Values:
    return _of_chore(slot) | {"of_slot": slot.at}

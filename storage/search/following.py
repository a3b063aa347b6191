"""The index follows the feed: what changed is read whole and written again, by one daemon at a time.

The row that says where the index stands is held until the commit: a second daemon waits there, then finds the next
positions. What is read is never older than the positions that it is read for.
"""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update
from sqlalchemy.exc import DBAPIError

from engine.ports.search import Rebuilt
from engine.tickets.people import WorkspaceId
from engine.tickets.promise_clock import StreamKind
from storage.search import feed, index
from storage.search.documents import documents
from storage.sql.schema import tickets, workspaces
from storage.sql.schema_feed import feed as feed_table
from storage.sql.schema_feed import feed_heads, feed_readers
from storage.sql.statements import insert_new
from storage.sql.writer import Writer, trouble
from storage.tickets.rows import AnyRow

log = logging.getLogger("deskd.storage.search")

READER: Final = "search"
FOLLOWED_MAX: Final = 200
"""Positions of one transaction: mail and clicks wait for no more than their tickets' words."""
TAKEN_IN_MAX: Final = 100
"""Tickets of one transaction while all are taken in anew."""

_STANDS: Final = (
    select(feed_readers.c.position, feed_readers.c.below)
    .where(feed_readers.c.workspace == bindparam("workspace"), feed_readers.c.reader == READER)
    # Against another daemon; on SQLite nobody else writes.
    .with_for_update()
)
_NEXT: Final = (
    select(feed_table.c.position, feed_table.c.stream_kind, feed_table.c.stream_id)
    .where(
        feed_table.c.workspace == bindparam("workspace"),
        feed_table.c.position > bindparam("position"),
    )
    .order_by(feed_table.c.position)
    .limit(FOLLOWED_MAX)
)
_MOVE: Final = (
    update(feed_readers)
    .where(feed_readers.c.workspace == bindparam("of_workspace"), feed_readers.c.reader == READER)
    .values(position=bindparam("to"))
)
_GO_ON: Final = (
    update(feed_readers)
    .where(feed_readers.c.workspace == bindparam("of_workspace"), feed_readers.c.reader == READER)
    .values(below=bindparam("to"))
)
_BELOW: Final = (
    select(tickets.c.number)
    .where(tickets.c.workspace == bindparam("workspace"), tickets.c.number < bindparam("below"))
    .order_by(tickets.c.number.desc())
    .limit(TAKEN_IN_MAX)
)
# Workspaces where something is left to do.
_BEHIND: Final = (
    select(workspaces.c.id)
    .outerjoin(feed_heads, feed_heads.c.workspace == workspaces.c.id)
    .outerjoin(
        feed_readers,
        and_(feed_readers.c.workspace == workspaces.c.id, feed_readers.c.reader == READER),
    )
    .where(
        or_(
            feed_readers.c.position.is_(None),
            feed_readers.c.below.is_not(None),
            feed_heads.c.position > feed_readers.c.position,
        )
    )
    .order_by(workspaces.c.id)
)
_NEWEST: Final = select(func.max(tickets.c.number)).where(
    tickets.c.workspace == bindparam("workspace")
)
_LEFT: Final = select(func.count()).where(
    tickets.c.workspace == bindparam("workspace"), tickets.c.number < bindparam("below")
)


class SqlSearchIndex:
    """engine.ports.search.SearchIndex."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def follow(self) -> bool:
        sealed = await self._writer.run(feed.seal)
        followed, failed = 0, None
        for workspace in await self._writer.run(_behind):
            try:
                followed += await self._writer.run(partial(_follow, workspace=workspace))
            except Exception as error:  # noqa: BLE001 - raised below, after the other workspaces had their turn
                failed = failed or error
        if failed is not None:
            raise failed
        return bool(sealed or followed)

    async def forget(self, workspace: WorkspaceId) -> int:
        return await self._writer.run(partial(_forget, workspace=workspace))

    async def take_in(self, workspace: WorkspaceId) -> Rebuilt:
        return await self._writer.run(partial(_take_in, workspace=workspace))

    async def tidy(self) -> None:
        await self._writer.run(index.tidy)


def _behind(connection: Connection) -> Sequence[WorkspaceId]:
    return [WorkspaceId(id) for id in connection.execute(_BEHIND).scalars()]


def _follow(connection: Connection, workspace: WorkspaceId) -> int:
    """How much was done: rows of the feed, or older tickets when there were none."""
    stands = _stands(connection, workspace)
    wanted = {"workspace": workspace, "position": stands.position}
    found = connection.execute(_NEXT, wanted).all()
    if not found:
        return _take_in(connection, workspace).done if stands.below is not None else 0
    numbers = sorted({int(row.stream_id) for row in found if row.stream_kind == StreamKind.TICKET})
    _write(connection, workspace, numbers)
    connection.execute(_MOVE, {"of_workspace": workspace, "to": found[-1].position})
    return len(found)


def _stands(connection: Connection, workspace: WorkspaceId) -> AnyRow:
    """Whoever begins takes in all there is, newest first, and meanwhile follows what is new."""
    wanted = {"workspace": workspace}
    found = connection.execute(_STANDS, wanted).first()
    if found is not None:
        return found
    feed.head(connection, workspace)
    newest: int | None = connection.execute(_NEWEST, wanted).scalar()
    begin: dict[str, Any] = {"reader": READER, "position": 0}
    begin["below"] = None if newest is None else newest + 1
    insert_new(connection, feed_readers, [wanted | begin])
    return connection.execute(_STANDS, wanted).one()


def _write(connection: Connection, workspace: WorkspaceId, numbers: Sequence[int]) -> None:
    """Together; when the database refuses one of them, each alone: it is left out, and the others do not wait."""
    if not numbers or _is_written(connection, workspace, numbers):
        return
    for number in numbers:
        if not _is_written(connection, workspace, [number]):
            # Once: whoever calls goes on behind it, and it is tried again when it changes.
            log.error("ticket %s of %s cannot be indexed and is left out", number, workspace)
            index.drop(connection, workspace, number, number + 1)


def _is_written(connection: Connection, workspace: WorkspaceId, numbers: Sequence[int]) -> bool:
    try:
        with connection.begin_nested():
            index.keep(connection, workspace, numbers, documents(connection, workspace, numbers))
    except DBAPIError as error:
        if trouble(error).temporary:
            raise
        log.warning("the index refuses %d tickets of %s: %s", len(numbers), workspace, error.orig)
        return False
    return True


def _forget(connection: Connection, workspace: WorkspaceId) -> int:
    """Everything is to be taken in again; how many that is. What is found until then is what was found before."""
    wanted = {"workspace": workspace}
    _stands(connection, workspace)
    below = (connection.execute(_NEWEST, wanted).scalar() or 0) + 1
    connection.execute(_GO_ON, {"of_workspace": workspace, "to": below})
    count: int = connection.execute(_LEFT, wanted | {"below": below}).scalar_one()
    return count


def _take_in(connection: Connection, workspace: WorkspaceId) -> Rebuilt:
    stands = _stands(connection, workspace)
    if stands.below is None:
        return Rebuilt(0, whole=True)
    wanted = {"workspace": workspace, "below": stands.below}
    numbers = connection.execute(_BELOW, wanted).scalars().all()
    # What has gone since stands between those that are there.
    lowest = numbers[-1] if len(numbers) == TAKEN_IN_MAX else 0
    index.drop(connection, workspace, lowest, stands.below)
    _write(connection, workspace, numbers)
    whole = lowest == 0
    connection.execute(_GO_ON, {"of_workspace": workspace, "to": None if whole else lowest})
    return Rebuilt(len(numbers), whole=whole)

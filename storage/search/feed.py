"""Positions in the feed: what is committed gets the next one of its workspace, without a gap, by one at a time.

A row that was written first may be committed last. So positions are given after the commit, and whoever follows the
feed never finds something behind itself: a cursor over the rows' own ids would lose what is committed late.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select, text, update

from engine.tickets.people import WorkspaceId
from storage.sql.schema_feed import feed, feed_heads, feed_waiting
from storage.sql.statements import insert_new
from storage.tickets.rows import AnyRow

SEALED_MAX: Final = 500
"""Rows of one transaction: some ten milliseconds."""
# Any number will do, as long as nothing else on the server uses it: "deskfeed" in ASCII.
_PG_LOCK: Final = 0x6465736B66656564

_OLDEST: Final = (
    select(feed_waiting.c.id).order_by(feed_waiting.c.id).limit(SEALED_MAX).scalar_subquery()
)
_TAKE: Final = delete(feed_waiting).where(feed_waiting.c.id.in_(_OLDEST)).returning(feed_waiting)
_HEAD: Final = select(feed_heads.c.position).where(feed_heads.c.workspace == bindparam("workspace"))
_ADVANCE: Final = (
    update(feed_heads)
    .where(feed_heads.c.workspace == bindparam("of_workspace"))
    .values(position=bindparam("to"))
)


def seal(connection: Connection) -> int:
    """How many rows got their positions; 0 also when another daemon is at it."""
    if not _is_ours(connection):
        return 0
    found = sorted(connection.execute(_TAKE).all(), key=lambda row: row.id)
    by_workspace: defaultdict[str, list[AnyRow]] = defaultdict(list)
    for row in found:
        by_workspace[row.workspace].append(row)
    for workspace, rows in by_workspace.items():
        _append(connection, WorkspaceId(workspace), rows)
    return len(found)


def _is_ours(connection: Connection) -> bool:
    """SQLite has one writer anyway. The lock ends with the transaction, however that ends."""
    if connection.dialect.name == "sqlite":
        return True
    taken = text("SELECT pg_try_advisory_xact_lock(:key)")
    return bool(connection.execute(taken, {"key": _PG_LOCK}).scalar())


def _append(connection: Connection, workspace: WorkspaceId, rows: Sequence[AnyRow]) -> None:
    head(connection, workspace)
    position: int = connection.execute(_HEAD, {"workspace": workspace}).scalar_one()
    entries = [
        {
            "workspace": workspace,
            "stream_kind": row.stream_kind,
            "stream_id": row.stream_id,
            "seq": seq,
        }
        for row in rows
        for seq in range(row.first_seq, row.last_seq + 1)
    ]
    placed = [each | {"position": position + n} for n, each in enumerate(entries, start=1)]
    connection.execute(insert(feed), placed)
    connection.execute(_ADVANCE, {"of_workspace": workspace, "to": position + len(placed)})


def head(connection: Connection, workspace: WorkspaceId) -> None:
    """Every workspace has a head, and with it a number for where only a number fits."""
    insert_new(connection, feed_heads, [{"workspace": workspace, "position": 0}])

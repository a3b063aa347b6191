"""What came in: kept before the outside is told yes, then leased, settled or buried."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import Connection, Select, Update, bindparam, case, select, text, tuple_, update

from engine.ports.spool import Incoming, Kept, SpoolRow
from engine.tickets.people import WorkspaceId
from storage.sql.columns import storable
from storage.sql.schema_traffic import UNSETTLED, spool
from storage.sql.statements import insert_new_returning
from storage.sql.writer import Writer
from storage.tickets.rows import AnyRow, Values

_TAKE: Final = (
    update(spool)
    .where(spool.c.id.in_(bindparam("ids", expanding=True)))
    .values(attempts=spool.c.attempts + 1, next_at=bindparam("until"))
    .returning(spool)
)
_RENEW: Final = (
    update(spool)
    .where(spool.c.id.in_(bindparam("ids", expanding=True)), spool.c.state == "waiting")
    .values(next_at=bindparam("until"))
)
# What a transaction has settled stays settled, whoever comes late.
_MARK: Final = update(spool).where(spool.c.id == bindparam("row"), spool.c.state != "done")
_TRIED: Final = spool.c.attempts
_MARK_UNCOUNTED: Final = _MARK.values(attempts=case((_TRIED > 0, _TRIED - 1), else_=0))
_RAW: Final = select(spool.c.raw).where(spool.c.id == bindparam("row"))


class SqlSpool:
    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def keep(self, incoming: Incoming) -> Kept:
        return (await self.keep_many([incoming]))[0]

    async def keep_many(self, incoming: Sequence[Incoming]) -> Sequence[Kept]:
        return await self._writer.run_if_room(partial(keep_all, incoming=incoming))

    async def lease(
        self,
        channel: str,
        *,
        now: datetime,
        until: datetime,
        limit: int,
        kinds: Sequence[str] | None = None,
    ) -> Sequence[SpoolRow]:
        due = _due(kinds)
        wanted = {"channel": channel, "now": now, "limit": limit, "kinds": list(kinds or ())}
        return await self._writer.run(
            lambda connection: _lease(connection, due, wanted, until=until)
        )

    async def renew(self, ids: Iterable[int], *, until: datetime) -> None:
        renewed = {"ids": list(ids), "until": until}
        await self._writer.run(lambda connection: connection.execute(_RENEW, renewed).close())

    async def done(self, id: int, *, reason: str) -> None:
        await self._mark(id, {"state": "done", "reason": reason})

    async def retry(self, id: int, *, reason: str, at: datetime, counted: bool = True) -> None:
        values = {"state": "waiting", "reason": reason, "next_at": at}
        await self._mark(id, values, _MARK if counted else _MARK_UNCOUNTED)

    async def bury(self, id: int, *, reason: str) -> None:
        await self._mark(id, {"state": "dead", "reason": reason})

    async def revive(self, id: int, *, at: datetime) -> bool:
        return await self._mark(id, {"state": "waiting", "attempts": 0, "next_at": at})

    async def raw(self, id: int) -> bytes | None:
        return await self._writer.run(
            lambda connection: connection.execute(_RAW, {"row": id}).scalar()
        )

    async def _mark(self, id: int, values: Values, mark: Update = _MARK) -> bool:
        return await self._writer.run(
            lambda connection: connection.execute(mark, {"row": id} | values).rowcount == 1
        )


def keep_all(connection: Connection, incoming: Sequence[Incoming]) -> Sequence[Kept]:
    """One statement for all; those that were there already are looked up."""
    rows = [_values(each) for each in incoming]
    fresh = insert_new_returning(connection, spool, rows, "workspace", "channel", "key", "id")
    ids = {(row.workspace, row.channel, row.key): row.id for row in fresh}
    missing = {_key(row) for row in rows} - ids.keys()
    known = _known(connection, missing) if missing else {}
    kept = []
    for row in rows:
        key = _key(row)
        # The same key twice in one call: the first one is fresh, the second is the same row.
        kept.append(Kept(known[key], fresh=False) if key in known else Kept(ids[key], fresh=True))
        known[key] = kept[-1].id
    return kept


def _known(
    connection: Connection, keys: set[tuple[str, str, str]]
) -> dict[tuple[str, str, str], int]:
    columns = (spool.c.workspace, spool.c.channel, spool.c.key)
    found = connection.execute(
        select(*columns, spool.c.id).where(tuple_(*columns).in_(sorted(keys)))
    )
    return {(row.workspace, row.channel, row.key): row.id for row in found}


def _values(incoming: Incoming) -> Values:
    return {
        "workspace": incoming.workspace,
        "channel": incoming.channel,
        "kind": incoming.kind,
        "key": storable(incoming.key),
        "raw": incoming.raw,
        "envelope": dict(incoming.envelope),
        "sender": incoming.sender,
        "received_at": incoming.received_at,
        "state": "waiting",
        "attempts": 0,
        "next_at": incoming.received_at,
    }


def _key(row: Values) -> tuple[str, str, str]:
    return row["workspace"], row["channel"], row["key"]


def _due(kinds: Sequence[str] | None) -> Select[int]:
    due = (
        select(spool.c.id)
        .where(
            text(UNSETTLED),
            spool.c.channel == bindparam("channel"),
            spool.c.next_at <= bindparam("now"),
        )
        .order_by(spool.c.id)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
    )
    return due if kinds is None else due.where(spool.c.kind.in_(bindparam("kinds", expanding=True)))


def _lease(
    connection: Connection, due: Select[int], wanted: Values, *, until: datetime
) -> Sequence[SpoolRow]:
    """Found, then taken: the rows stay locked in between, and being taken makes them no longer due."""
    ids = connection.execute(due, wanted).scalars().all()
    if not ids:
        return ()
    taken = connection.execute(_TAKE, {"ids": ids, "until": until})
    return sorted(map(_row, taken), key=lambda row: row.id)


def _row(row: AnyRow) -> SpoolRow:
    return SpoolRow(
        id=row.id,
        workspace=WorkspaceId(row.workspace),
        channel=row.channel,
        kind=row.kind,
        key=row.key,
        raw=row.raw,
        envelope=row.envelope,
        received_at=row.received_at,
        attempts=row.attempts,
    )

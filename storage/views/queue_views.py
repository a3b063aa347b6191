"""What operators see of spool, outbox and timers: lines and depths, over all workspaces."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Table, func, select, text

from engine.ports.views import Depth, DeskAddress, OutboxLine, SpoolLine
from engine.tickets.people import TeamId, WorkspaceId
from storage.sql.schema import (
    team_addresses,
    workspaces,
)
from storage.sql.schema_streams import timers
from storage.sql.schema_traffic import DEAD, UNSENT, UNSETTLED, outbox, spool
from storage.tickets.rows import AnyRow, parcel_key

_SPOOL: Final = select(
    *(
        spool.c[name]
        for name in (
            *("id", "channel", "kind", "state", "reason", "attempts"),
            *("sender", "received_at", "ticket"),
        )
    )
).order_by(spool.c.id.desc())
_OUTBOX: Final = select(outbox).order_by(outbox.c.id.desc())
_ADDRESSES: Final = select(team_addresses).order_by(
    team_addresses.c.workspace, team_addresses.c.team, team_addresses.c.position
)

_NUMBERS: Final = select(
    workspaces.c.id, workspaces.c.settings["rules_version"].as_integer().label("number")
)


def spool_lines(connection: Connection, state: str | None, limit: int) -> Sequence[SpoolLine]:
    """The newest `limit`, oldest first."""
    wanted = _SPOOL if state is None else _SPOOL.where(spool.c.state == state)
    found = connection.execute(wanted.limit(limit)).all()
    return [SpoolLine(*row) for row in reversed(found)]


def outbox_lines(connection: Connection, state: str | None, limit: int) -> Sequence[OutboxLine]:
    """The newest `limit`, oldest first."""
    wanted = _OUTBOX if state is None else _OUTBOX.where(outbox.c.state == state)
    found = connection.execute(wanted.limit(limit)).all()
    return [_outbox_line(row) for row in reversed(found)]


def _outbox_line(row: AnyRow) -> OutboxLine:
    return OutboxLine(
        id=row.id,
        key=parcel_key(row),
        ticket=row.ticket,
        channel=row.channel,
        place=row.place,
        kind=row.template or row.kind,
        state=row.state,
        attempts=row.attempts,
        next_at=row.next_at if row.state == "waiting" else None,
        last_error=row.last_error,
        possible_duplicate=row.possible_duplicate,
    )


def spool_depth(connection: Connection) -> Depth:
    oldest = select(func.min(spool.c.received_at)).where(text(UNSETTLED))
    return Depth(
        waiting=_count(connection, spool, UNSETTLED),
        dead=_count(connection, spool, DEAD),
        oldest=connection.execute(oldest).scalar(),
    )


def outbox_depth(connection: Connection) -> Depth:
    oldest = select(func.min(outbox.c.aged_from)).where(text(UNSENT))
    return Depth(
        waiting=_count(connection, outbox, UNSENT),
        dead=_count(connection, outbox, DEAD),
        oldest=connection.execute(oldest).scalar(),
    )


def overdue_timers(connection: Connection, before: datetime) -> Depth:
    overdue = select(func.count(), func.min(timers.c.due_at)).where(timers.c.due_at < before)
    count, oldest = connection.execute(overdue).one()
    return Depth(waiting=count, dead=0, oldest=oldest)


def _count(connection: Connection, table: Table, condition: str) -> int:
    return connection.execute(
        select(func.count()).select_from(table).where(text(condition))
    ).scalar_one()


def workspace_ids(connection: Connection) -> Sequence[WorkspaceId]:
    found = connection.execute(select(workspaces.c.id).order_by(workspaces.c.id))
    return [WorkspaceId(id) for id in found.scalars()]


def rules_numbers(connection: Connection) -> Mapping[WorkspaceId, int]:
    return {WorkspaceId(row.id): row.number or 0 for row in connection.execute(_NUMBERS)}


def desk_addresses(connection: Connection) -> Sequence[DeskAddress]:
    return [
        DeskAddress(
            address=row.address, workspace=WorkspaceId(row.workspace), team=TeamId(row.team)
        )
        for row in connection.execute(_ADDRESSES)
    ]

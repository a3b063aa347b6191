"""The presence of a person: the row, and how it is read and written."""

from typing import Final

from sqlalchemy import Connection, bindparam, update

from engine.duty.presence import Out, Presence
from engine.tickets.errors import Stale
from engine.tickets.people import PersonId
from storage.sql.schema_rules import presences
from storage.sql.statements import insert_or_update
from storage.tickets.rows import AnyRow, Values

_ADVANCE: Final = update(presences).where(
    presences.c.workspace == bindparam("of_workspace"),
    presences.c.person == bindparam("of_person"),
    presences.c.version == bindparam("seen"),
)


def presence_of(row: AnyRow) -> Presence:
    return Presence(
        started_at=row.started_at,
        until=row.until,
        ended_at=row.ended_at,
        out=Out(row.out) if row.out else None,
        out_until=row.out_until,
        version=row.version,
        person=PersonId(row.person),
    )


def keep(connection: Connection, workspace: str, after: Presence, *, seen: int) -> None:
    """Only if nobody was faster. The row may be there before they said anything: they were given a ticket."""
    values = _values(after)
    if seen == 0:
        new = {"workspace": workspace, "person": after.person}
        insert_or_update(connection, presences, [new | values])
        return
    key: Values = {"of_workspace": workspace, "of_person": after.person, "seen": seen}
    if connection.execute(_ADVANCE, key | values).rowcount != 1:
        raise Stale


def _values(presence: Presence) -> Values:
    return {
        "started_at": presence.started_at,
        "until": presence.until,
        "ended_at": presence.ended_at,
        "out": presence.out.value if presence.out else None,
        "out_until": presence.out_until,
        "version": presence.version,
    }

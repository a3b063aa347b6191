"""As parcels are leased: many messages waiting for one place become one digest (engine/ports/flood.py says which)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args

from sqlalchemy import Connection, bindparam, select, text, update

from engine.messages.digests import OverdueDigest
from engine.messages.effects import Tell
from engine.messages.message import Message
from engine.ports import flood
from engine.tickets.people import Address
from storage.codecs import message_codec
from storage.sql.schema_traffic import UNSENT, outbox
from storage.tickets.record import tell_without_ticket
from storage.tickets.rows import AnyRow

CROWD_MAX: Final = 500
"""Gathered at once; what is left joins the digest with the next look."""
COLLAPSED: Final = "told in a digest: row {}"

_GATHERED: Final = frozenset(message_codec.names_of(*get_args(flood.Gathered)))
"""Kinds, by what rows call them: those of an older desk have other names."""
(_DIGEST,) = message_codec.names_of(OverdueDigest)

_WAITING: Final = (
    outbox.c.workspace == bindparam("of_workspace"),
    outbox.c.channel == bindparam("of_channel"),
    outbox.c.place == bindparam("of_place"),
    text(UNSENT),
    outbox.c.state == "waiting",
    # What may have arrived is looked for and told by itself.
    outbox.c.uncertain.is_(False),
)
_CROWD: Final = (
    select(outbox)
    .where(*_WAITING, outbox.c.template.in_(sorted(_GATHERED | {_DIGEST})))
    .order_by(outbox.c.template != _DIGEST, outbox.c.id)
    .limit(CROWD_MAX)
    .with_for_update(skip_locked=True)
)
_OF_KEY: Final = (outbox.c.workspace == bindparam("of_workspace"), outbox.c.key == bindparam("of"))
_ID: Final = select(outbox.c.id).where(*_OF_KEY)
_SAY: Final = update(outbox).where(outbox.c.id == bindparam("row"))
_EACH: Final = update(outbox).where(outbox.c.id.in_(bindparam("ids", expanding=True)))


@dataclass(frozen=True, slots=True)
class _Waiting:
    row: AnyRow
    message: Message | None


def gather(connection: Connection, due: Iterable[AnyRow], *, now: datetime) -> bool:
    """True: some of what is due shall wait or is told otherwise, so look again what is due."""
    places = {(row.workspace, row.channel, row.place) for row in due if row.template in _GATHERED}
    return any(_gather_at(connection, place, now) for place in sorted(places))


def _gather_at(connection: Connection, place: tuple[str, str, str], now: datetime) -> bool:
    of = dict(zip(("of_workspace", "of_channel", "of_place"), place, strict=True))
    found = connection.execute(_CROWD, of).all()
    read = [_Waiting(row, _message(row)) for row in found]
    crowd = [one for one in read if isinstance(one.message, flood.Gathered)]
    digest = next((one for one in read if isinstance(one.message, OverdueDigest)), None)
    if len(crowd) > flood.FLOOD or (crowd and digest):
        _collapse(connection, crowd, digest, now)
        return True
    return _hold(connection, crowd, now)


def _collapse(
    connection: Connection, crowd: Sequence[_Waiting], waiting: _Waiting | None, now: datetime
) -> None:
    gathered = [one.message for one in crowd if isinstance(one.message, flood.Gathered)]
    onto = waiting.message if waiting else None
    assert onto is None or isinstance(onto, OverdueDigest)
    said = flood.digest(flood.Crowd(tuple(gathered), onto))
    first = crowd[0].row
    key = waiting.row.key if waiting else f"{_DIGEST}.{first.id}"
    workspace = first.workspace
    if waiting is None:
        told = Tell(Address(first.channel, first.place), said, key)
        tell_without_ticket(connection, [told], workspace=workspace, now=now)
    id = connection.execute(_ID, {"of_workspace": workspace, "of": key}).scalar_one()
    begun = waiting.row.created_at if waiting else now
    at = min(now + flood.SETTLE, begun + flood.GATHER_MAX)
    facts = message_codec.encode(said)
    connection.execute(_SAY, {"row": id, "facts": facts, "next_at": at})
    mark = {"state": "sent", "final_at": now, "last_error": COLLAPSED.format(id)}
    connection.execute(_EACH, {"ids": [one.row.id for one in crowd]} | mark)


def _hold(connection: Connection, crowd: Iterable[_Waiting], now: datetime) -> bool:
    """What comes from downtime waits a moment for the rest of it."""
    held = [
        one.row
        for one in crowd
        if one.row.next_at <= now < one.row.created_at + flood.SETTLE
        and flood.is_late(one.message, one.row.created_at)
    ]
    if held:
        until = max(row.created_at for row in held) + flood.SETTLE
        connection.execute(_EACH, {"ids": [row.id for row in held], "next_at": until})
    return bool(held)


def _message(row: AnyRow) -> Message | None:
    """None for what can not be read: it is leased by itself, and found out there."""
    try:
        return message_codec.decode(row.template, row.facts)
    except message_codec.UnreadableError:
        return None

"""What is to go out: leased one per ticket and address, oldest first, and marked when the courier answers."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, assert_never

from sqlalchemy import Connection, bindparam, delete, exists, select, text, update

from engine.messages.effects import Show, Tell, Unreadable
from engine.ports.outbox import Parcel, Sent
from engine.tickets.message import Reference
from engine.tickets.promise_clock import of_ticket
from storage.queues import flood
from storage.sql.readers import Readers
from storage.sql.schema_streams import outside_references
from storage.sql.schema_traffic import UNSENT, WAITING_SHOW, outbox
from storage.sql.statements import insert_new
from storage.sql.writer import Writer
from storage.tickets import rows
from storage.tickets.record import reference_rows
from storage.tickets.rows import AnyRow

# An operator's word, kept as the reason of a dropped row.
DROPPED: Final = "dropped by an operator"
# Floods looked at in one lease; the next lease sees the others.
FLOODS_MAX: Final = 50

_EARLIER: Final = outbox.alias("earlier")
_BEFORE_IT: Final = exists().where(
    _EARLIER.c.workspace == outbox.c.workspace,
    _EARLIER.c.line == outbox.c.line,
    _EARLIER.c.id < outbox.c.id,
    text(f"earlier.{UNSENT}"),
)
_IS_HEAD: Final = ~_BEFORE_IT
# One due row at the head of each line. Leasing moves next_at to the lease's end, so a row that was just leased is
# no longer due, whichever of several daemons looks again under its lock.
_DUE: Final = (
    select(outbox.c.id, outbox.c.workspace, outbox.c.channel, outbox.c.place, outbox.c.template)
    .where(
        text(f"outbox.{UNSENT}"),
        outbox.c.next_at <= bindparam("now"),
        outbox.c.channel.not_in(bindparam("skipped", expanding=True)),
        _IS_HEAD,
    )
    .order_by(outbox.c.next_at, outbox.c.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True, of=outbox)
)
_TAKE: Final = (
    update(outbox)
    .where(outbox.c.id.in_(bindparam("ids", expanding=True)))
    .values(
        state="sending",
        attempts=outbox.c.attempts + 1,
        next_at=bindparam("until"),
        # Leased before and never answered for: it may have arrived.
        uncertain=outbox.c.uncertain | (outbox.c.state == "sending"),
    )
    .returning(outbox)
)
_RENEW: Final = (
    update(outbox)
    .where(outbox.c.id.in_(bindparam("ids", expanding=True)), outbox.c.state == "sending")
    .values(next_at=bindparam("until"))
)
# Sent is the truth whoever says it, even after his lease was given to another.
_SENT: Final = update(outbox).where(outbox.c.id == bindparam("row"), outbox.c.state != "sent")
_REPEATED: Final = (
    update(outbox).where(outbox.c.id == bindparam("row")).values(possible_duplicate=True)
)
# Trouble is only heard from whoever holds the lease: attempts tell one lease from the next.
_BY_HOLDER: Final = (
    outbox.c.id == bindparam("row"),
    outbox.c.state == "sending",
    outbox.c.attempts == bindparam("attempt"),
)
_HELD: Final = update(outbox).where(*_BY_HOLDER)
_STILL_HELD: Final = select(outbox.c.id).where(*_BY_HOLDER).with_for_update()
_REVIVE: Final = update(outbox).where(outbox.c.id == bindparam("row"), outbox.c.state == "dead")
_DROP: Final = update(outbox).where(outbox.c.id == bindparam("row"), outbox.c.state != "sent")
_LATER_SHOWS: Final = delete(outbox).where(
    text(WAITING_SHOW),
    outbox.c.workspace == bindparam("of_workspace"),
    outbox.c.line == bindparam("of_line"),
    outbox.c.id != bindparam("row"),
)
_ROW: Final = select(outbox).where(outbox.c.id == bindparam("row"))
_NEXT: Final = (
    select(outbox.c.next_at)
    .where(text(f"outbox.{UNSENT}"), _IS_HEAD)
    .order_by(outbox.c.next_at)
    .limit(1)
)


class SqlOutbox:
    def __init__(self, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def lease(
        self,
        *,
        now: datetime,
        until: datetime,
        limit: int,
        skip_channels: frozenset[str] = frozenset(),
    ) -> Sequence[Parcel]:
        wanted = {"now": now, "limit": limit, "skipped": sorted(skip_channels)}
        return await self._writer.run(lambda connection: self._lease(connection, wanted, until))

    async def renew(self, ids: Iterable[int], *, until: datetime) -> None:
        renewed = {"ids": list(ids), "until": until}
        await self._writer.run(lambda connection: connection.execute(_RENEW, renewed).close())

    async def sent(self, parcel: Parcel, sent: Sent, *, at: datetime) -> None:
        await self._writer.run(lambda connection: _sent(connection, parcel, sent, at=at))

    async def later(
        self, parcel: Parcel, *, reason: str, at: datetime, uncertain: bool = False
    ) -> None:
        mark = {
            "state": "waiting",
            "next_at": at,
            "last_error": reason,
            # Once in doubt, always in doubt.
            "uncertain": parcel.uncertain or uncertain,
        }
        await self._writer.run(lambda connection: _wait_again(connection, parcel, mark))

    async def never(self, parcel: Parcel, *, reason: str, at: datetime) -> None:
        mark = {"state": "dead", "last_error": reason, "final_at": at}
        held = {"row": parcel.id, "attempt": parcel.attempts}
        await self._writer.run(lambda connection: connection.execute(_HELD, held | mark).close())

    async def revive(self, id: int, *, at: datetime) -> bool:
        return await self._writer.run(lambda connection: _revive(connection, id, at=at))

    async def drop(self, id: int) -> bool:
        mark = {"row": id, "state": "dead", "last_error": DROPPED}
        return await self._writer.run(
            lambda connection: connection.execute(_DROP, mark).rowcount == 1
        )

    async def next_at(self, *, now: datetime) -> datetime | None:
        async with self._readers.open() as read:
            return (await read.execute(_NEXT)).scalar()

    def _lease(
        self, connection: Connection, wanted: rows.Values, until: datetime
    ) -> Sequence[Parcel]:
        taken = _take_due(connection, wanted, until)
        return [rows.parcel(row) for row in taken]


def _take_due(connection: Connection, wanted: rows.Values, until: datetime) -> Sequence[AnyRow]:
    due = connection.execute(_DUE, wanted).all()
    for _ in range(FLOODS_MAX):
        if not flood.gather(connection, due, now=wanted["now"]):
            break
        due = connection.execute(_DUE, wanted).all()
    if not due:
        return ()
    ids = [row.id for row in due]
    taken = connection.execute(_TAKE, {"ids": ids, "until": until}).all()
    place = {id: position for position, id in enumerate(ids)}
    return sorted(taken, key=lambda row: place[row.id])


def _sent(connection: Connection, parcel: Parcel, sent: Sent, *, at: datetime) -> None:
    mark = {"row": parcel.id, "state": "sent", "final_at": at, "last_error": None}
    first = connection.execute(_SENT, mark).rowcount == 1
    if sent.repeated or not first:
        connection.execute(_REPEATED, {"row": parcel.id})
    _learn(connection, parcel, sent.references)


def _learn(connection: Connection, parcel: Parcel, references: Iterable[Reference]) -> None:
    """An outside id stands for a ticket; a message that belongs to none is not looked up by its id again."""
    if parcel.ticket is None:
        return
    stream = {"workspace": parcel.workspace, **rows.stream_values(of_ticket(parcel.ticket))}
    learnt = reference_rows(references, stream, message=_words_of(parcel))
    insert_new(connection, outside_references, learnt)


def _words_of(parcel: Parcel) -> str | None:
    match parcel.effect:
        case Tell(comment=comment, note=note):
            return comment or note
        case Show() | Unreadable():
            return None
        case _ as never:
            assert_never(never)


def _wait_again(connection: Connection, parcel: Parcel, mark: rows.Values) -> None:
    held = {"row": parcel.id, "attempt": parcel.attempts}
    if isinstance(parcel.effect, Show):
        if connection.execute(_STILL_HELD, held).first() is None:
            return
        _take_in_later_shows(connection, parcel)
    connection.execute(_HELD, held | mark)


def _take_in_later_shows(connection: Connection, parcel: Parcel) -> None:
    """A Show that waits again draws what the next one would: one of them is enough, and the first keeps its place."""
    connection.execute(
        _LATER_SHOWS,
        {
            "of_workspace": parcel.workspace,
            "of_line": rows.line(parcel.ticket, parcel.effect.to),
            "row": parcel.id,
        },
    )


def _revive(connection: Connection, id: int, *, at: datetime) -> bool:
    row = connection.execute(_ROW, {"row": id}).one_or_none()
    if row is None or row.state != "dead":
        return False
    if row.kind == "show":
        _take_in_later_shows(connection, rows.parcel(row))
    mark = {"state": "waiting", "attempts": 0, "next_at": at, "aged_from": at, "final_at": None}
    return connection.execute(_REVIVE, {"row": id} | mark).rowcount == 1

"""A ticket's own part of a Change: its state only if nobody was faster, clocks, links, pages, audience."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, update

from engine.ports.store import Change
from engine.tickets.errors import Stale
from engine.tickets.events import Acknowledged, Entry, Linked, Paged
from engine.tickets.message import Audience
from engine.tickets.people import Address
from engine.tickets.ticket import Ticket
from storage.sql.schema import links, participants, tickets
from storage.sql.schema_rules import escalations
from storage.sql.schema_streams import clocks
from storage.sql.statements import insert_new, insert_or_update
from storage.tickets import rows

_ADVANCE: Final = update(tickets).where(
    tickets.c.workspace == bindparam("of_workspace"),
    tickets.c.number == bindparam("of_ticket"),
    tickets.c.version == bindparam("seen"),
)
_INSERT_TICKET: Final = insert(tickets)
_ACKNOWLEDGE: Final = update(escalations).where(
    escalations.c.workspace == bindparam("of_workspace"),
    escalations.c.ticket == bindparam("of_ticket"),
    escalations.c.acknowledged_at.is_(None),
    # Who acknowledges has read the pages so far, not the next one that follows from the same step.
    escalations.c.seq < bindparam("of_seq"),
)
_FORGET_AUDIENCE: Final = delete(participants).where(
    participants.c.workspace == bindparam("of_workspace"),
    participants.c.ticket == bindparam("of_ticket"),
    participants.c.role != "waiting",
)
_NO_LONGER_WAITING: Final = delete(participants).where(
    participants.c.workspace == bindparam("of_workspace"),
    participants.c.ticket == bindparam("of_ticket"),
    participants.c.role == "waiting",
    participants.c.channel == bindparam("of_channel"),
    participants.c.place == bindparam("of_place"),
)


def record(connection: Connection, change: Change, before: Ticket | None, after: Ticket) -> None:
    _state(connection, before, after)
    owner = _owner(after)
    entries = [entry for entry in change.entries if isinstance(entry, Entry)]
    _links(connection, entries, owner)
    _pages(connection, entries, after, owner)
    _clocks(connection, before, after)
    _audience(connection, change, after, owner)


def _owner(ticket: Ticket) -> rows.Values:
    return {"workspace": ticket.workspace, "ticket": ticket.number}


def _of(ticket: Ticket) -> rows.Values:
    return {"of_workspace": ticket.workspace, "of_ticket": ticket.number}


def _state(connection: Connection, before: Ticket | None, after: Ticket) -> None:
    values = rows.ticket_values(after)
    if before is None:
        key = {"workspace": after.workspace, "number": after.number}
        connection.execute(_INSERT_TICKET, key | values)
        return
    seen = {"seen": before.version}
    written = connection.execute(_ADVANCE, _of(after) | seen | values)
    if written.rowcount != 1:
        raise Stale


def _links(connection: Connection, entries: Sequence[Entry], owner: rows.Values) -> None:
    linked = [
        owner | {"other": entry.event.other, "how": entry.event.how, "at": entry.at}
        for entry in entries
        if isinstance(entry.event, Linked)
    ]
    insert_new(connection, links, linked)


def _pages(
    connection: Connection, entries: Sequence[Entry], after: Ticket, owner: rows.Values
) -> None:
    """Each page is a row, and so is who acknowledged it: mean times come from them."""
    paged = [
        owner
        | {"seq": entry.seq, "level": entry.event.level, "cause": entry.event.cause, "at": entry.at}
        | {"people": list(entry.event.people), "groups": list(entry.event.groups)}
        for entry in entries
        if isinstance(entry.event, Paged)
    ]
    insert_new(connection, escalations, paged)
    for entry in entries:
        if isinstance(entry.event, Acknowledged):
            answer = {"acknowledged_at": entry.at, "acknowledged_by": entry.actor}
            until = {"of_seq": entry.seq}
            connection.execute(_ACKNOWLEDGE, _of(after) | until | answer)


def _clocks(connection: Connection, before: Ticket | None, after: Ticket) -> None:
    stream = {"workspace": after.workspace, **rows.stream_values(after.stream)}
    kept = set(before.clocks) if before else set()
    changed = [
        stream | rows.clock_values(clock, position)
        for position, clock in enumerate(after.clocks)
        if clock not in kept
    ]
    insert_or_update(connection, clocks, changed)


def _audience(connection: Connection, change: Change, after: Ticket, owner: rows.Values) -> None:
    if change.audience is not None:
        if change.before is not None:
            _forget(connection, after, change.audience)
        insert_new(connection, participants, _audience_rows(change.audience, owner))
    waiting = _participants("waiting", change.waiting_copies, owner)
    insert_new(connection, participants, waiting)


def _forget(connection: Connection, ticket: Ticket, audience: Audience) -> None:
    connection.execute(_FORGET_AUDIENCE, _of(ticket))
    if audience.copied:
        taken_in = [
            _of(ticket) | {"of_channel": each.channel, "of_place": each.place}
            for each in audience.copied
        ]
        connection.execute(_NO_LONGER_WAITING, taken_in)


def _audience_rows(audience: Audience, owner: rows.Values) -> list[rows.Values]:
    return [
        *_participants("requester", _given(audience.requester), owner),
        *_participants("copied", audience.copied, owner),
        *_participants("team", _given(audience.team), owner),
    ]


def _given(address: Address | None) -> tuple[Address, ...]:
    return () if address is None else (address,)


def _participants(
    role: str, addresses: Iterable[Address], owner: rows.Values
) -> list[dict[str, Any]]:
    return [
        owner | {"role": role, "channel": each.channel, "place": each.place, "position": position}
        for position, each in enumerate(addresses)
    ]

"""One Change to rows: state only if nobody was faster, then history, words, timers, outbox. Few statements."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, update

from engine.messages.effects import Effect, Tell
from engine.ports.store import Change
from engine.tickets.errors import Stale
from engine.tickets.events import Acknowledged, Linked, Paged
from engine.tickets.message import Audience, Comment, MessageId, Note, Reference
from engine.tickets.people import Address
from engine.tickets.ticket import Ticket
from storage.sql.schema import (
    attachments,
    clocks,
    comments,
    events,
    links,
    notes,
    outside_references,
    participants,
    tickets,
    timers,
)
from storage.sql.schema_rules import escalations
from storage.sql.schema_traffic import outbox
from storage.sql.statements import insert_new, insert_or_update
from storage.tickets import rows

_ADVANCE: Final = update(tickets).where(
    tickets.c.workspace == bindparam("of_workspace"),
    tickets.c.number == bindparam("of_ticket"),
    tickets.c.version == bindparam("seen"),
)
_INSERT_TICKET: Final = insert(tickets)
_INSERT_EVENTS: Final = insert(events)
_INSERT_COMMENTS: Final = insert(comments)
_INSERT_NOTES: Final = insert(notes)
_INSERT_ATTACHMENTS: Final = insert(attachments)
_DROP_TIMERS: Final = delete(timers).where(
    timers.c.workspace == bindparam("of_workspace"),
    timers.c.ticket == bindparam("of_ticket"),
    timers.c.kind == bindparam("of_kind"),
    timers.c.cycle == bindparam("of_cycle"),
)
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


def record(connection: Connection, change: Change, *, now: datetime) -> None:
    # The ticket first: it locks the row, so that everything else of this ticket is numbered in commit order.
    _state(connection, change)
    owner = _owner(change.after)
    _history(connection, change, owner)
    _words(connection, change, owner)
    _promises(connection, change, owner)
    _outside(connection, change, owner)
    _effects(connection, change.effects, owner, now=now)


def tell_without_ticket(
    connection: Connection, tells: Iterable[Tell], *, workspace: str, now: datetime
) -> None:
    _effects(connection, tells, {"workspace": workspace, "ticket": None}, now=now)


def reference_rows(
    references: Iterable[Reference], *, workspace: str, ticket: int, message: str | None
) -> list[rows.Values]:
    """Only a message's own reference stands for the message; a card stands for the ticket."""
    return [
        {
            "workspace": workspace,
            "ticket": ticket,
            **rows.reference_values(reference),
            "message": message if reference.kind == "message" else None,
        }
        for reference in references
    ]


def _owner(ticket: Ticket) -> rows.Values:
    return {"workspace": ticket.workspace, "ticket": ticket.number}


def _of(ticket: Ticket) -> rows.Values:
    return {"of_workspace": ticket.workspace, "of_ticket": ticket.number}


def _state(connection: Connection, change: Change) -> None:
    after = change.after
    values = rows.ticket_values(after)
    if change.before is None:
        key = {"workspace": after.workspace, "number": after.number}
        connection.execute(_INSERT_TICKET, key | values)
        return
    seen = {"seen": change.before.version}
    written = connection.execute(_ADVANCE, _of(after) | seen | values)
    if written.rowcount != 1:
        raise Stale


def _history(connection: Connection, change: Change, owner: rows.Values) -> None:
    if not change.entries:
        return
    stream = {
        "workspace": owner["workspace"],
        "stream_kind": rows.TICKET_STREAM,
        "stream_id": str(owner["ticket"]),
    }
    entries = [stream | rows.entry_values(entry) for entry in change.entries]
    connection.execute(_INSERT_EVENTS, entries)
    linked = [
        owner | {"other": entry.event.other, "how": entry.event.how, "at": entry.at}
        for entry in change.entries
        if isinstance(entry.event, Linked)
    ]
    insert_new(connection, links, linked)
    _pages(connection, change, owner)


def _pages(connection: Connection, change: Change, owner: rows.Values) -> None:
    """Each page is a row, and so is who acknowledged it: mean times come from them."""
    paged = [
        owner
        | {"seq": entry.seq, "level": entry.event.level, "cause": entry.event.cause, "at": entry.at}
        | {"people": list(entry.event.people), "groups": list(entry.event.groups)}
        for entry in change.entries
        if isinstance(entry.event, Paged)
    ]
    insert_new(connection, escalations, paged)
    for entry in change.entries:
        if isinstance(entry.event, Acknowledged):
            answer = {"acknowledged_at": entry.at, "acknowledged_by": entry.actor}
            until = {"of_seq": entry.seq}
            connection.execute(_ACKNOWLEDGE, _of(change.after) | until | answer)


def _words(connection: Connection, change: Change, owner: rows.Values) -> None:
    if change.comments:
        comments_said = [owner | rows.message_values(comment) for comment in change.comments]
        connection.execute(_INSERT_COMMENTS, comments_said)
    if change.notes:
        notes_said = [owner | rows.message_values(note) for note in change.notes]
        connection.execute(_INSERT_NOTES, notes_said)
    if change.attachments:
        subject = _subject(change)
        files = [owner | subject | rows.attachment_values(file) for file in change.attachments]
        connection.execute(_INSERT_ATTACHMENTS, files)


def _subject(change: Change) -> rows.Values:
    """Whose the files are: a note's stay with the note, and are seen by agents only."""
    if change.comments:
        return {"subject_kind": "comment", "subject_id": change.comments[0].id}
    if change.notes:
        return {"subject_kind": "note", "subject_id": change.notes[0].id}
    raise ValueError("attachments belong to words, and this change has none")


def _promises(connection: Connection, change: Change, owner: rows.Values) -> None:
    kept = set(change.before.clocks) if change.before else set()
    changed = [
        owner | rows.clock_values(clock, position)
        for position, clock in enumerate(change.after.clocks)
        if clock not in kept
    ]
    insert_or_update(connection, clocks, changed)
    if change.timers_dropped:
        gone = [
            _of(change.after) | {"of_kind": timer.kind.value, "of_cycle": timer.cycle}
            for timer in change.timers_dropped
        ]
        connection.execute(_DROP_TIMERS, gone)
    due = [
        owner | {"kind": timer.kind.value, "cycle": timer.cycle, "due_at": timer.due_at}
        for timer in change.timers_set
    ]
    insert_or_update(connection, timers, due)


def _outside(connection: Connection, change: Change, owner: rows.Values) -> None:
    if change.references:
        names = reference_rows(change.references, **owner, message=_first_words(change))
        insert_new(connection, outside_references, names)
    if change.audience is not None:
        if change.before is not None:
            _forget(connection, change.after, change.audience)
        insert_new(connection, participants, _audience_rows(change.audience, owner))
    waiting = _participants("waiting", change.waiting_copies, owner)
    insert_new(connection, participants, waiting)


def _first_words(change: Change) -> MessageId | None:
    messages: tuple[Comment | Note, ...] = (*change.comments, *change.notes)
    return messages[0].id if messages else None


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


def _effects(
    connection: Connection, effects: Iterable[Effect], owner: rows.Values, *, now: datetime
) -> None:
    """A Show goes before a Tell of the same step: what is told in a card's thread needs the card."""
    fresh = {
        "state": "waiting",
        "attempts": 0,
        "uncertain": False,
        "possible_duplicate": False,
        "next_at": now,
        "created_at": now,
        "aged_from": now,
    }
    ordered = sorted(effects, key=lambda effect: isinstance(effect, Tell))
    insert_new(
        connection, outbox, [owner | rows.effect_values(effect) | fresh for effect in ordered]
    )

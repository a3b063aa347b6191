"""One Change to rows: state only if nobody was faster, then history, words, timers, outbox. Few statements."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, assert_never

from sqlalchemy import Connection, bindparam, delete, insert

from engine.duty.presence import Presence
from engine.messages.effects import Effect, Tell
from engine.ports.store import Change
from engine.tickets.message import Comment, MessageId, Note, Reference
from engine.tickets.ticket import Ticket
from storage.codecs import codec
from storage.sql.schema_feed import feed_waiting
from storage.sql.schema_streams import (
    attachments,
    comments,
    events,
    notes,
    outside_references,
    streams,
    subjects,
    timers,
)
from storage.sql.schema_traffic import outbox
from storage.sql.statements import insert_new, insert_or_update
from storage.tickets import presence_record, rows, ticket_record

_INSERT_EVENTS: Final = insert(events)
# Its position in the feed is given after the commit: storage/search/feed.py.
_INSERT_WAITING: Final = insert(feed_waiting)
_INSERT_COMMENTS: Final = insert(comments)
_INSERT_NOTES: Final = insert(notes)
_INSERT_ATTACHMENTS: Final = insert(attachments)
_DROP_TIMERS: Final = delete(timers).where(
    timers.c.workspace == bindparam("of_workspace"),
    timers.c.stream_kind == bindparam("of_stream_kind"),
    timers.c.stream_id == bindparam("of_stream_id"),
    timers.c.kind == bindparam("of_kind"),
    timers.c.cycle == bindparam("of_cycle"),
)


def record(connection: Connection, change: Change, *, workspace: str, now: datetime) -> None:
    stream = {"workspace": workspace, **rows.stream_values(change.after.stream)}
    if change.before is None:
        insert_new(connection, streams, [_key_of(stream)])
    # The state first: it locks the row, so that everything else of this stream is numbered in commit order.
    number = _state(connection, change, workspace)
    _history(connection, change, stream)
    _words(connection, change, stream)
    _timers(connection, change, stream)
    _outside(connection, change, stream)
    _effects(connection, change.effects, workspace, number, now=now)


def _state(connection: Connection, change: Change, workspace: str) -> int | None:
    """And what hangs on it alone. The number of the ticket that it is."""
    before, after = change.before, change.after
    match after:
        case Ticket():
            assert before is None or isinstance(before, Ticket)
            ticket_record.record(connection, change, before, after)
            return after.number
        case Presence():
            seen = before.version if before else 0
            presence_record.keep(connection, workspace, after, seen=seen)
            return None
        case _ as never:
            assert_never(never)


def tell_without_ticket(
    connection: Connection, tells: Iterable[Tell], *, workspace: str, now: datetime
) -> None:
    _effects(connection, tells, workspace, None, now=now)


def reference_rows(
    references: Iterable[Reference], stream: rows.Values, *, message: str | None
) -> list[rows.Values]:
    """Only a message's own reference stands for the message; a card stands for the ticket."""
    return [
        stream
        | rows.reference_values(reference)
        | {"message": message if reference.kind == "message" else None}
        for reference in references
    ]


def _key_of(stream: rows.Values) -> rows.Values:
    """Of its own row."""
    return {
        "workspace": stream["workspace"],
        "kind": stream["stream_kind"],
        "id": stream["stream_id"],
    }


def _history(connection: Connection, change: Change, stream: rows.Values) -> None:
    if not change.entries:
        return
    entries = [stream | rows.entry_values(entry) for entry in change.entries]
    connection.execute(_INSERT_EVENTS, entries)
    seqs = {"first_seq": change.entries[0].seq, "last_seq": change.entries[-1].seq}
    connection.execute(_INSERT_WAITING, stream | seqs)
    called = [
        stream | {"seq": entry.seq, "text": words}
        for entry in change.entries
        if (words := codec.words_of(entry.event)) is not None
    ]
    insert_new(connection, subjects, called)


def _words(connection: Connection, change: Change, stream: rows.Values) -> None:
    if change.comments:
        comments_said = [stream | rows.message_values(comment) for comment in change.comments]
        connection.execute(_INSERT_COMMENTS, comments_said)
    if change.notes:
        notes_said = [stream | rows.message_values(note) for note in change.notes]
        connection.execute(_INSERT_NOTES, notes_said)
    if change.attachments:
        subject = _subject(change)
        files = [stream | subject | rows.attachment_values(file) for file in change.attachments]
        connection.execute(_INSERT_ATTACHMENTS, files)


def _subject(change: Change) -> rows.Values:
    """Whose the files are: a note's stay with the note, and are seen by agents only."""
    if change.comments:
        return {"subject_kind": "comment", "subject_id": change.comments[0].id}
    if change.notes:
        return {"subject_kind": "note", "subject_id": change.notes[0].id}
    raise ValueError("attachments belong to words, and this change has none")


def _timers(connection: Connection, change: Change, stream: rows.Values) -> None:
    if change.timers_dropped:
        gone = [
            {f"of_{name}": value for name, value in stream.items()}
            | {"of_kind": timer.kind.value, "of_cycle": timer.cycle}
            for timer in change.timers_dropped
        ]
        connection.execute(_DROP_TIMERS, gone)
    due = [
        stream | {"kind": timer.kind.value, "cycle": timer.cycle, "due_at": timer.due_at}
        for timer in change.timers_set
    ]
    insert_or_update(connection, timers, due)


def _outside(connection: Connection, change: Change, stream: rows.Values) -> None:
    if change.references:
        names = reference_rows(change.references, stream, message=_first_words(change))
        insert_new(connection, outside_references, names)


def _first_words(change: Change) -> MessageId | None:
    messages: tuple[Comment | Note, ...] = (*change.comments, *change.notes)
    return messages[0].id if messages else None


def _effects(
    connection: Connection,
    effects: Iterable[Effect],
    workspace: str,
    ticket: int | None,
    *,
    now: datetime,
) -> None:
    """A Show goes before a Tell of the same step: what is told in a card's thread needs the card."""
    fresh = {
        "workspace": workspace,
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
        connection, outbox, [rows.effect_values(effect, ticket) | fresh for effect in ordered]
    )

"""Promises across whole tables: keys, effects of messages, duplicate tickets, notes sent to the wrong people."""

from typing import Final

from sqlalchemy import Connection, Integer, Text, and_, case, cast, func, literal, or_, select

from engine.tickets.promise_clock import StreamKind
from engine.tickets.ticket import ticket_id
from storage.checks.findings import TOLD_MAX, Finding
from storage.checks.fsck_tickets import SKEW_MAX
from storage.sql.schema import (
    participants,
    tickets,
)
from storage.sql.schema_rules import presences
from storage.sql.schema_streams import (
    attachments,
    comments,
    events,
    notes,
    number_in,
    outside_references,
    streams,
)
from storage.sql.schema_traffic import outbox, spool
from storage.tickets.rows import AnyRow

# The database itself


def _integrity(connection: Connection) -> list[Finding]:
    """PostgreSQL holds its own keys at every commit; a SQLite file may have been written to by anybody."""
    if connection.dialect.name != "sqlite":
        return []
    told = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    broken = [Finding("integrity", line) for line in told if line != "ok"]
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    return broken + [
        Finding("parent", f"{row[0]} row {row[1]} points to no {row[2]} of its workspace")
        for row in lost
    ]


# The spool


def _lost_effects(connection: Connection) -> list[Finding]:
    """Every accepted message has its effect: a ticket that exists, or a reason why there is none."""
    named = and_(tickets.c.workspace == spool.c.workspace, tickets.c.number == spool.c.ticket)
    found = connection.execute(
        select(spool.c.id, spool.c.state, spool.c.reason, spool.c.ticket)
        .outerjoin(tickets, named)
        .where(
            or_(
                and_(spool.c.state != "waiting", spool.c.reason.is_(None)),
                and_(spool.c.ticket.is_not(None), tickets.c.number.is_(None)),
                and_(spool.c.reason.in_(("opened", "joined")), spool.c.ticket.is_(None)),
            )
        )
        .limit(TOLD_MAX)
    )
    return [
        Finding(
            "effect",
            f"spool row {row.id} is {row.state} with reason {row.reason!r} and ticket {row.ticket}",
        )
        for row in found
    ]


def _doubled_openings(connection: Connection) -> list[Finding]:
    """A ticket is opened by one message."""
    found = connection.execute(
        select(spool.c.workspace, spool.c.ticket, func.count().label("times"))
        .where(spool.c.state == "done", spool.c.reason == "opened")
        .group_by(spool.c.workspace, spool.c.ticket)
        .having(func.count() > 1)
        .limit(TOLD_MAX)
    )
    return [
        Finding("opened_twice", f"{_named(row)} was opened by {row.times} spool rows")
        for row in found
    ]


def _doubled_tickets(connection: Connection) -> list[Finding]:
    """One message opens one ticket: the same outside id, from the same person, with the same first words."""
    found = connection.execute(
        select(
            tickets.c.workspace,
            func.min(tickets.c.number).label("ticket"),
            func.max(tickets.c.number).label("other"),
        )
        .join(
            outside_references,
            and_(
                outside_references.c.workspace == tickets.c.workspace,
                number_in(outside_references) == tickets.c.number,
                outside_references.c.kind == "message",
            ),
        )
        .join(
            comments,
            and_(
                comments.c.workspace == tickets.c.workspace,
                comments.c.id == outside_references.c.message,
                comments.c.author == tickets.c.requester,
            ),
        )
        .group_by(
            tickets.c.workspace,
            outside_references.c.channel,
            outside_references.c.place,
            outside_references.c.ref,
            tickets.c.requester,
            comments.c.text,
        )
        .having(func.count(tickets.c.number.distinct()) > 1)
        .limit(TOLD_MAX)
    )
    return [
        Finding("doubled_ticket", f"{_named(row)} and {ticket_id(row.other)} hold the same message")
        for row in found
    ]


# Rows whose parent no key guards


def _stray_events(connection: Connection) -> list[Finding]:
    """No key guards what an event belongs to: the table is the largest there is."""
    its_stream = and_(
        streams.c.workspace == events.c.workspace,
        streams.c.kind == events.c.stream_kind,
        streams.c.id == events.c.stream_id,
    )
    found = connection.execute(
        select(events.c.cursor, events.c.stream_kind, events.c.stream_id)
        .outerjoin(streams, its_stream)
        .where(streams.c.id.is_(None))
        .limit(TOLD_MAX)
    )
    return [
        Finding("stray", f"event {row.cursor}: no {row.stream_kind} {row.stream_id}")
        for row in found
    ]


def _stray_streams(connection: Connection) -> list[Finding]:
    """Every history has its state, and every ticket its history."""
    is_ticket = streams.c.kind == StreamKind.TICKET
    its_ticket = and_(
        tickets.c.workspace == streams.c.workspace,
        tickets.c.number == case((is_ticket, cast(streams.c.id, Integer))),
    )
    its_person = and_(
        streams.c.kind == StreamKind.PERSON,
        presences.c.workspace == streams.c.workspace,
        presences.c.person == streams.c.id,
    )
    its_stream = and_(
        streams.c.workspace == tickets.c.workspace,
        is_ticket,
        streams.c.id == cast(tickets.c.number, Text),
    )
    stateless = (
        select(streams)
        .outerjoin(tickets, its_ticket)
        .outerjoin(presences, its_person)
        .where(tickets.c.number.is_(None), presences.c.person.is_(None))
    )
    without = select(tickets).outerjoin(streams, its_stream).where(streams.c.id.is_(None))
    lost = connection.execute(stateless.limit(TOLD_MAX))
    bare = connection.execute(without.limit(TOLD_MAX))
    return [
        *(Finding("stray", f"{row.kind} {row.id} of {row.workspace} has no state") for row in lost),
        *(Finding("stray", f"{ticket_id(row.number)} has no stream") for row in bare),
    ]


def _stray_files(connection: Connection) -> list[Finding]:
    of_comment = and_(
        comments.c.workspace == attachments.c.workspace,
        comments.c.id == attachments.c.subject_id,
        comments.c.stream_kind == attachments.c.stream_kind,
        comments.c.stream_id == attachments.c.stream_id,
    )
    of_note = and_(
        notes.c.workspace == attachments.c.workspace,
        notes.c.id == attachments.c.subject_id,
        notes.c.stream_kind == attachments.c.stream_kind,
        notes.c.stream_id == attachments.c.stream_id,
    )
    found = connection.execute(
        select(attachments.c.id, attachments.c.subject_kind)
        .outerjoin(comments, of_comment)
        .outerjoin(notes, of_note)
        .where(
            or_(
                and_(attachments.c.subject_kind == "comment", comments.c.id.is_(None)),
                and_(attachments.c.subject_kind == "note", notes.c.id.is_(None)),
            )
        )
        .limit(TOLD_MAX)
    )
    return [Finding("stray", f"attachment {row.id}: no such {row.subject_kind}") for row in found]


def _leaks(connection: Connection) -> list[Finding]:
    """A note goes to agents: never by mail, never to an address of the requester's side."""
    to_them = and_(
        participants.c.workspace == outbox.c.workspace,
        participants.c.ticket == outbox.c.ticket,
        participants.c.channel == outbox.c.channel,
        participants.c.place == outbox.c.place,
        participants.c.role != literal("team"),
    )
    found = connection.execute(
        select(outbox.c.id, outbox.c.workspace, outbox.c.ticket)
        .distinct()
        .outerjoin(participants, to_them)
        .where(
            outbox.c.note.is_not(None),
            or_(outbox.c.channel == "mail", participants.c.ticket.is_not(None)),
        )
        .limit(TOLD_MAX)
    )
    return [Finding("leak", f"outbox row {row.id} sends a note of {_named(row)}") for row in found]


def _order(connection: Connection) -> list[Finding]:
    """What belongs to no ticket goes in the order of its rows, per address; fsck_tickets looks at the others."""
    line = (outbox.c.workspace, outbox.c.channel, outbox.c.place)
    before = func.max(outbox.c.final_at).over(
        partition_by=line, order_by=outbox.c.id, rows=(None, -1)
    )
    sent = (
        select(outbox.c.id, outbox.c.final_at, before.label("before"))
        .where(
            outbox.c.ticket.is_(None),
            outbox.c.state == "sent",
            outbox.c.aged_from == outbox.c.created_at,
        )
        .subquery()
    )
    early = select(sent).where(sent.c.final_at < sent.c.before).order_by(sent.c.id)
    skew = SKEW_MAX[connection.dialect.name]
    return [
        Finding("order", f"outbox row {row.id} was sent before an older one")
        for row in connection.execute(early.limit(TOLD_MAX))
        if row.final_at + skew < row.before
    ]


def _named(row: AnyRow) -> str:
    return f"{ticket_id(row.ticket)} of workspace {row.workspace}"


CHECKS: Final = (
    _integrity,
    _lost_effects,
    _doubled_openings,
    _doubled_tickets,
    _stray_events,
    _stray_streams,
    _stray_files,
    _leaks,
    _order,
)

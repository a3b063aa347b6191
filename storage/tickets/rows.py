"""Rows to the nouns of the engine and back, written out: what is stored is what is read here."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Row, and_, select

from engine.messages.effects import Effect, Show, Tell, Unreadable
from engine.ports.duty_store import SaidEntry
from engine.ports.outbox import Parcel
from engine.tickets.events import Entry
from engine.tickets.message import Attachment, Comment, MessageId, Note, Reference
from engine.tickets.people import Address, PersonId, TeamId, WorkspaceId
from engine.tickets.promise_clock import (
    ClockKind,
    PromiseClock,
    Stream,
    StreamKind,
    Timer,
    TimerKind,
)
from engine.tickets.ticket import Priority, State, Ticket
from storage.codecs import codec, message_codec
from storage.sql.columns import instant, micros
from storage.sql.schema_streams import events, subjects

Values = dict[str, Any]
AnyRow = Row[*tuple[Any, ...]]


def ticket_values(ticket: Ticket) -> Values:
    return {
        "subject": ticket.subject,
        "state": ticket.state.value,
        "priority": ticket.priority.value,
        "category": ticket.category,
        "team": ticket.team,
        "requester": ticket.requester,
        "channel": ticket.channel,
        "created_at": ticket.created_at,
        "updated_at": ticket.updated_at,
        "version": ticket.version,
        "assignee": ticket.assignee,
        "escalation_level": ticket.escalation_level,
        "acknowledged": ticket.acknowledged,
        "pages": ticket.pages,
        "muted": ticket.muted,
        "offered": ticket.offered,
        "reopened": ticket.reopened,
        "resolved_at": ticket.resolved_at,
        "closed_at": ticket.closed_at,
        "remind_at": ticket.remind_at,
        "gives_up_at": ticket.gives_up_at,
        "snoozed_until": ticket.snoozed_until,
        "merged_into": ticket.merged_into,
        "rules": ticket.rules,
        "due_at": ticket.due_at,
        "private": ticket.private,
    }


def ticket(row: AnyRow, clocks: Iterable[PromiseClock]) -> Ticket:
    return Ticket(
        workspace=WorkspaceId(row.workspace),
        number=row.number,
        subject=row.subject,
        state=State(row.state),
        priority=Priority(row.priority),
        category=row.category,
        team=TeamId(row.team),
        requester=PersonId(row.requester),
        channel=row.channel,
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
        assignee=row.assignee,
        escalation_level=row.escalation_level,
        acknowledged=row.acknowledged,
        pages=row.pages,
        muted=row.muted,
        offered=row.offered,
        reopened=row.reopened,
        resolved_at=row.resolved_at,
        closed_at=row.closed_at,
        remind_at=row.remind_at,
        gives_up_at=row.gives_up_at,
        snoozed_until=row.snoozed_until,
        merged_into=row.merged_into,
        rules=row.rules,
        private=row.private,
        clocks=tuple(clocks),
    )


def clock_values(clock: PromiseClock, position: int) -> Values:
    return {
        "kind": clock.kind.value,
        "cycle": clock.cycle,
        "position": position,
        "goal": clock.goal,
        "started_at": clock.started_at,
        "used": clock.used,
        "running_since": clock.running_since,
        "due_at": clock.due_at,
        "warn_at": clock.warn_at,
        "stopped_at": clock.stopped_at,
        "warnings": clock.warnings,
        "breached_at": clock.breached_at,
        "rebased": clock.rebased,
        "cancelled_at": clock.cancelled_at,
        "waived": clock.waived,
        "policy": clock.policy,
        "calendar": clock.calendar,
        "calendar_version": clock.calendar_version,
        "runs": [[micros(since), micros(until)] for since, until in clock.runs] or None,
    }


def clock(row: AnyRow) -> PromiseClock:
    return PromiseClock(
        kind=ClockKind(row.kind),
        cycle=row.cycle,
        goal=row.goal,
        started_at=row.started_at,
        used=row.used,
        running_since=row.running_since,
        due_at=row.due_at,
        warn_at=row.warn_at,
        stopped_at=row.stopped_at,
        warnings=row.warnings,
        breached_at=row.breached_at,
        rebased=row.rebased,
        cancelled_at=row.cancelled_at,
        waived=row.waived,
        policy=row.policy,
        calendar=row.calendar,
        calendar_version=row.calendar_version,
        runs=tuple((instant(since), instant(until)) for since, until in row.runs or ()),
    )


def timer(row: AnyRow) -> Timer:
    return Timer(stream_of(row), TimerKind(row.kind), row.cycle, row.due_at)


def stream_values(stream: Stream) -> Values:
    return {"stream_kind": stream.kind.value, "stream_id": stream.id}


def stream_of(row: AnyRow) -> Stream:
    return Stream(StreamKind(row.stream_kind), row.stream_id)


def number(stream_id: str | None) -> int | None:
    return None if stream_id is None else int(stream_id)


def by_number(found: Iterable[AnyRow]) -> Mapping[int, list[AnyRow]]:
    """Rows that hang on tickets, by the ticket's number; in the order in which they came."""
    grouped: defaultdict[int, list[AnyRow]] = defaultdict(list)
    for row in found:
        grouped[int(row.stream_id)].append(row)
    return grouped


def entry_values(entry: Entry | SaidEntry) -> Values:
    type_, facts = codec.encode(entry.event)
    return {
        "seq": entry.seq,
        "type": type_,
        "actor": entry.actor,
        "via": entry.via,
        "at": entry.at,
        "facts": facts,
    }


WITH_WORDS: Final = select(events, subjects.c.text.label("words")).outerjoin(
    subjects,
    and_(
        subjects.c.workspace == events.c.workspace,
        subjects.c.stream_kind == events.c.stream_kind,
        subjects.c.stream_id == events.c.stream_id,
        subjects.c.seq == events.c.seq,
    ),
)
"""Events with what somebody wrote in them."""


def entry(row: AnyRow) -> Entry:
    """Of a row of WITH_WORDS."""
    return Entry(
        seq=row.seq,
        at=row.at,
        actor=None if row.actor is None else PersonId(row.actor),
        via=row.via,
        event=codec.decode(row.type, row.facts, row.words),
    )


def message_values(message: Comment | Note) -> Values:
    return {
        "id": message.id,
        "author": message.author,
        "via": message.via,
        "text": message.text,
        "at": message.at,
        "source_channel": message.source.channel if message.source else None,
        "source_place": message.source.place if message.source else None,
    }


def _source(row: AnyRow) -> Address | None:
    return Address(row.source_channel, row.source_place) if row.source_channel else None


def comment(row: AnyRow) -> Comment:
    return Comment(
        id=MessageId(row.id),
        author=row.author,
        via=row.via,
        text=row.text,
        at=row.at,
        source=_source(row),
    )


def note(row: AnyRow) -> Note:
    return Note(
        id=MessageId(row.id),
        author=row.author,
        via=row.via,
        text=row.text,
        at=row.at,
        source=_source(row),
    )


def attachment_values(attachment: Attachment) -> Values:
    return {
        "name": attachment.name,
        "type": attachment.type,
        "size": attachment.size,
        "sha256": attachment.sha256,
        "state": "refused" if attachment.refused else "clean",
        "refused": attachment.refused,
    }


def attachment(row: AnyRow) -> Attachment:
    return Attachment(
        name=row.name, type=row.type, size=row.size, sha256=row.sha256, refused=row.refused
    )


def reference(row: AnyRow) -> Reference:
    return Reference(channel=row.channel, place=row.place, kind=row.kind, ref=row.ref)


def reference_values(reference: Reference) -> Values:
    return {
        "channel": reference.channel,
        "place": reference.place,
        "kind": reference.kind,
        "ref": reference.ref,
    }


_SHOW: Final[Values] = {
    "kind": "show",
    "key": None,
    "template": None,
    "facts": {},
    "comment": None,
    "note": None,
}


def line(ticket: int | None, to: Address) -> str:
    """What goes out in order: to one place about one ticket; what belongs to none has a line of its own there."""
    return f"{'' if ticket is None else ticket}|{to.channel}|{to.place}"


def effect_values(effect: Effect, ticket: int | None) -> Values:
    place = {"channel": effect.to.channel, "place": effect.to.place}
    to = place | {"ticket": ticket, "line": line(ticket, effect.to)}
    if isinstance(effect, Show):
        return to | _SHOW
    return to | {
        "kind": "tell",
        "key": effect.key,
        "template": effect.kind,
        "facts": message_codec.encode(effect.message),
        "comment": effect.comment,
        "note": effect.note,
    }


def effect(row: AnyRow) -> Effect | Unreadable:
    to = Address(row.channel, row.place)
    if row.kind == "show":
        return Show(to)
    try:
        message = message_codec.decode(row.template, row.facts)
    except message_codec.UnreadableError as error:
        return Unreadable(to, row.template, str(error))
    return Tell(
        to=to,
        message=message,
        key=row.key,
        comment=row.comment,
        note=row.note,
    )


def parcel_key(row: AnyRow) -> str:
    key: str | None = row.key
    return key or f"show-{row.id}"


def parcel(row: AnyRow) -> Parcel:
    return Parcel(
        id=row.id,
        workspace=WorkspaceId(row.workspace),
        ticket=row.ticket,
        key=parcel_key(row),
        effect=effect(row),
        attempts=row.attempts,
        created_at=row.aged_from,
        uncertain=row.uncertain,
    )

"""Tickets, spool and outbox as plain values for JSON. The keys are the outside contract: none is ever removed."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from enum import Enum

from engine.ports.views import ConversationLine, Link, OutboxLine, SpoolLine, TicketFile, TicketLine
from engine.tickets.events import Entry
from engine.tickets.message import Attachment
from engine.tickets.people import Person, PersonId
from engine.tickets.promise_clock import PromiseClock

Json = dict[str, object]


def instant(at: datetime | None) -> str | None:
    """RFC 3339 in UTC with Z."""
    return at.isoformat().replace("+00:00", "Z") if at else None


def person(who: Person | None) -> Json | None:
    if who is None:
        return None
    return {
        "id": who.id,
        "name": who.name,
        "email": who.known_as("mail"),
        "slack": who.known_as("slack"),
    }


def ticket(line: TicketLine) -> Json:
    t = line.ticket
    return {
        "id": t.id,
        "number": t.number,
        "workspace": t.workspace,
        "subject": t.subject,
        "status": "ESCALATED" if t.escalated else t.state.value,
        "phase": t.state.phase.value,
        "escalation_level": t.escalation_level,
        "acknowledged": t.acknowledged,
        "offered": t.offered,
        "priority": t.priority.value,
        "category": t.category,
        "department": line.team.department,
        "team": t.team,
        "requester": person(line.requester),
        "assignee": person(line.assignee),
        "channel": t.channel,
        "created_at": instant(t.created_at),
        "updated_at": instant(t.updated_at),
        "due_at": instant(t.due_at),
        "version": t.version,
    }


def ticket_file(file: TicketFile, *, now: datetime) -> Json:
    people = {who.id: who for who in file.people}
    return {
        **ticket(file.line),
        "comments": [said(each) for each in file.comments],
        "notes": [said(each) for each in file.notes],
        "attachments": [attachment(number, a) for number, a in enumerate(file.attachments, 1)],
        "clocks": [clock(each, now=now) for each in file.line.ticket.clocks],
        "events": [entry(each, people) for each in file.history],
        "links": [link(each) for each in file.links],
    }


def said(each: ConversationLine) -> Json:
    words = each.message
    return {
        "id": words.id,
        "author": person(each.author),
        "via": words.via,
        "text": words.text,
        "at": instant(words.at),
        "delivery": each.delivery,
    }


def attachment(number: int, file: Attachment) -> Json:
    return {
        "id": number,
        "name": file.name,
        "type": file.type,
        "size": file.size,
        "sha256": file.sha256,
        "refused": file.refused,
    }


def clock(each: PromiseClock, *, now: datetime) -> Json:
    running = now - each.running_since if each.running_since else timedelta()
    return {
        "kind": each.kind.value,
        "cycle": each.cycle,
        "started_at": instant(each.started_at),
        "due_at": instant(each.due_at),
        "warn_at": instant(each.warn_at),
        "stopped_at": instant(each.stopped_at),
        "paused": each.paused,
        "used_seconds": max(0, round((each.used + running).total_seconds())),
        "breached": each.breached,
    }


def entry(each: Entry, people: Mapping[PersonId, Person]) -> Json:
    facts = {f.name: _plain(getattr(each.event, f.name)) for f in fields(each.event)}
    before = facts.pop("before", None)
    return {
        "seq": each.seq,
        "type": event_name(each),
        "at": instant(each.at),
        "actor": _actor(each.actor, people),
        "via": each.via,
        "before": before,
        "after": facts,
    }


def event_name(each: Entry) -> str:
    """ "clock_started" for ClockStarted."""
    name = type(each.event).__name__
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def _actor(id: PersonId | None, people: Mapping[PersonId, Person]) -> Json | None:
    if id is None:
        return None
    known = people.get(id)
    return person(known or Person(id=id, name=id.rpartition(":")[2]))


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return instant(value)
    return value.total_seconds() if isinstance(value, timedelta) else value


def link(each: Link) -> Json:
    return {"ticket": f"T-{each.other}", "how": each.how, "outgoing": each.outgoing}


def spool_line(row: SpoolLine) -> Json:
    return {
        "id": row.id,
        "channel": row.channel,
        "state": row.state,
        "reason": row.reason,
        "attempts": row.attempts,
        "sender": row.sender,
        "received_at": instant(row.received_at),
        "ticket": f"T-{row.ticket}" if row.ticket else None,
    }


def outbox_line(row: OutboxLine) -> Json:
    return {
        "id": row.id,
        "key": row.key,
        "ticket": f"T-{row.ticket}" if row.ticket else None,
        "channel": row.channel,
        "place": row.place,
        "kind": row.kind,
        "state": row.state,
        "attempts": row.attempts,
        "next_at": instant(row.next_at),
        "last_error": row.last_error,
        "possible_duplicate": row.possible_duplicate,
    }

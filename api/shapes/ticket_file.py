"""Everything known of one ticket: its words, files, clocks, links, and its history event by event."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from pydantic import Field

from api.shapes.people import PersonShape, person, person_if
from api.shapes.shape import Instant, Seconds, Shape, instant
from api.shapes.tickets import TicketShape, ticket
from engine.ports.views import ConversationLine, Link, TicketFile
from engine.tickets.events import Assigned, AssignReason, Entry, PolicyApplied
from engine.tickets.message import Attachment
from engine.tickets.people import Person, PersonId
from engine.tickets.promise_clock import PromiseClock


class MessageShape(Shape):
    """A comment or a note; which of them, the list says that it stands in."""

    id: str = Field(description="Of these words.")
    author: PersonShape | None = Field(description="Who said it; null: the desk.")
    via: str = Field(description="How: mail, slack, cli, api.")
    text: str = Field(description="The words.")
    at: Instant = Field(description="When.")
    delivery: str | None = Field(description="waiting, sending, sent or dead; null: goes nowhere.")


class AttachmentShape(Shape):
    id: int = Field(description="Its place in the list, from 1.")
    name: str = Field(description="As its sender called it.")
    type: str = Field(description="Media type.")
    size: int = Field(description="Bytes.")
    sha256: str | None = Field(description="Of its bytes; null: they were not kept.")
    refused: str | None = Field(description="Why they were not kept; null: they were.")


class ClockShape(Shape):
    kind: str = Field(description="first_response, next_response, resolution or ack.")
    cycle: int = Field(description="Which of its kind, from 1.")
    started_at: Instant = Field(description="When it began to count.")
    due_at: Instant | None = Field(description="When its goal is used up; null: it rests.")
    warn_at: Instant | None = Field(description="When it warns; null: not any more, or never.")
    stopped_at: Instant | None = Field(description="When the promise was kept; null: not yet.")
    paused: bool = Field(description="It rests.")
    used_seconds: Seconds = Field(description="Counted so far, in working time.")
    breached: bool = Field(description="It was broken.")


class EventShape(Shape):
    seq: int = Field(description="Its place in the history, from 1.")
    type: str = Field(description="What happened: opened, commented, clock_started ...")
    at: Instant = Field(description="When.")
    actor: PersonShape | None = Field(description="Who did it; null: the desk.")
    via: str = Field(description="By which face.")
    before: Any = Field(description="What it was, where one thing became another; else null.")
    after: dict[str, Any] = Field(description="The facts of this type of event.")


class LinkShape(Shape):
    ticket: str = Field(description="The other one: T-124.")
    how: str = Field(description="merged, split ...")
    outgoing: bool = Field(description="Whether it points from here to there.")


class TicketFileShape(TicketShape):
    comments: list[MessageShape] = Field(description="Words that the requester sees, oldest first.")
    notes: list[MessageShape] = Field(description="Words that only agents see, oldest first.")
    attachments: list[AttachmentShape] = Field(description="Files, those of notes last.")
    clocks: list[ClockShape] = Field(description="What was promised.")
    events: list[EventShape] = Field(description="The history, oldest first.")
    links: list[LinkShape] = Field(description="Other tickets that belong to it.")


def ticket_file(file: TicketFile, *, now: datetime) -> TicketFileShape:
    return TicketFileShape(
        **dict(ticket(file.line)),
        comments=[message(each) for each in file.comments],
        notes=[message(each) for each in file.notes],
        attachments=[attachment(number, a) for number, a in enumerate(file.attachments, 1)],
        clocks=[clock(each, now=now) for each in file.line.ticket.clocks],
        events=history(file),
        links=[link(each) for each in file.links],
    )


def message(each: ConversationLine) -> MessageShape:
    words = each.message
    return MessageShape(
        id=words.id,
        author=person_if(each.author),
        via=words.via,
        text=words.text,
        at=words.at,
        delivery=each.delivery,
    )


def attachment(number: int, file: Attachment) -> AttachmentShape:
    return AttachmentShape(
        id=number,
        name=file.name,
        type=file.type,
        size=file.size,
        sha256=file.sha256,
        refused=file.refused,
    )


def clock(each: PromiseClock, *, now: datetime) -> ClockShape:
    running = now - each.running_since if each.running_since else timedelta()
    return ClockShape(
        kind=each.kind.value,
        cycle=each.cycle,
        started_at=each.started_at,
        due_at=each.due_at,
        warn_at=each.warn_at,
        stopped_at=each.stopped_at,
        paused=each.paused,
        used_seconds=max(timedelta(), each.used + running),
        breached=each.breached,
    )


def link(each: Link) -> LinkShape:
    return LinkShape(ticket=f"T-{each.other}", how=each.how, outgoing=each.outgoing)


# The history


def history(file: TicketFile) -> list[EventShape]:
    people = {who.id: who for who in file.people}
    return [event(each, people) for each in file.history]


def event(each: Entry, people: Mapping[PersonId, Person]) -> EventShape:
    facts = {f.name: _plain(getattr(each.event, f.name)) for f in fields(each.event)}
    if isinstance(each.event, Assigned):
        facts["why"] = _reason(each.event.why)
    if isinstance(each.event, PolicyApplied):
        facts["rules_at"] = instant(each.at)  # what programs read before rules had numbers
    before = facts.pop("before", None)
    return EventShape(
        seq=each.seq,
        type=event_name(each),
        at=each.at,
        actor=_actor(each.actor, people),
        via=each.via,
        before=before,
        after=facts,
    )


def _reason(why: AssignReason | None) -> str:
    """ "least_loaded, 2 open, has network, lacks cisco"; empty when a person decided."""
    if why is None:
        return ""
    has = (f"has {skill}" for skill in why.skills)
    lacks = (f"lacks {skill}" for skill in why.missing)
    how = why.giver if why.giver else f"{why.running} open"
    return ", ".join([why.rule, how, *has, *lacks])


def event_name(each: Entry) -> str:
    """ "clock_started" for ClockStarted."""
    name = type(each.event).__name__
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def _actor(id: PersonId | None, people: Mapping[PersonId, Person]) -> PersonShape | None:
    if id is None:
        return None
    return person(people.get(id) or Person(id=id, name=id.rpartition(":")[2]))


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return instant(value)
    return value.total_seconds() if isinstance(value, timedelta) else value

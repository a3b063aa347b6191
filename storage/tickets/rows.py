"""Rows to the nouns of the engine and back, written out: what is stored is what is read here."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Row

from engine.messages.effects import Effect, Show, Tell
from engine.ports.outbox import Parcel
from engine.tickets.events import Entry
from engine.tickets.message import Attachment, Comment, MessageId, Note, Reference
from engine.tickets.people import (
    Address,
    Identity,
    Person,
    PersonId,
    Role,
    Team,
    TeamId,
    WorkspaceId,
)
from engine.tickets.promise_clock import ClockKind, PromiseClock, Timer, TimerKind
from engine.tickets.ticket import Priority, State, Ticket
from engine.tickets.workspace import Workspace
from storage.sql.columns import instant, micros
from storage.tickets import codec, message_codec

Values = dict[str, Any]
AnyRow = Row[*tuple[Any, ...]]

TICKET_STREAM: Final = "ticket"


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
        "merged_into": ticket.merged_into,
        "rules_at": ticket.rules_at,
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
        merged_into=row.merged_into,
        rules_at=row.rules_at,
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
    return Timer(ticket=row.ticket, kind=TimerKind(row.kind), cycle=row.cycle, due_at=row.due_at)


def entry_values(entry: Entry) -> Values:
    type_, facts = codec.encode(entry.event)
    return {
        "seq": entry.seq,
        "type": type_,
        "actor": entry.actor,
        "via": entry.via,
        "at": entry.at,
        "facts": facts,
    }


def entry(row: AnyRow) -> Entry:
    return Entry(
        seq=row.seq,
        at=row.at,
        actor=None if row.actor is None else PersonId(row.actor),
        via=row.via,
        event=codec.decode(row.type, row.facts),
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


def person_values(person: Person) -> Values:
    return {
        "name": person.name,
        "name_key": person.name.casefold(),
        "role": int(person.role),
        "mail": person.known_as("mail"),
        "slack": person.known_as("slack"),
        "timezone": person.timezone,
        "status": person.status,
        "department": person.department,
        "skills": sorted(person.skills) or None,
        "work_limit": person.limit,
    }


def person(row: AnyRow, teams: Iterable[str], identities: tuple[Identity, ...]) -> Person:
    return Person(
        id=PersonId(row.id),
        name=row.name,
        role=Role(row.role),
        teams=frozenset(TeamId(team) for team in teams),
        identities=identities,
        timezone=row.timezone,
        status=row.status,
        department=row.department,
        skills=frozenset(row.skills or ()),
        limit=row.work_limit,
    )


def team_values(team: Team) -> Values:
    return {
        "name": team.name,
        "department": team.department,
        "slack_channel": team.place.place if team.place else None,
        "policy": team.policy or "",
        "open_to_agents": team.open_to_agents,
        "replies_public": team.replies_public,
        "calendar": team.calendar,
        "ladder": team.ladder,
        "strategy": team.strategy,
        "on_shift": team.on_shift,
    }


def team(row: AnyRow, addresses: Iterable[str]) -> Team:
    return Team(
        id=TeamId(row.id),
        name=row.name,
        department=row.department,
        place=Address("slack", row.slack_channel) if row.slack_channel else None,
        addresses=tuple(addresses),
        policy=row.policy or None,
        open_to_agents=row.open_to_agents,
        replies_public=row.replies_public,
        calendar=row.calendar,
        ladder=row.ladder,
        strategy=row.strategy,
        on_shift=row.on_shift,
    )


def settings_document(settings: Workspace) -> Values:
    return {
        "domains": sorted(settings.domains),
        "categories": list(settings.categories),
        "channels": list(settings.channels),
        "default_team": settings.default_team,
        "default_priority": settings.default_priority.value,
        "timezone": settings.timezone,
        "policy": settings.policy,
        "department_policies": dict(settings.department_policies),
        "category_policies": dict(settings.category_policies),
        "category_skills": {name: list(of) for name, of in settings.category_skills.items()},
        "remind_after": settings.remind_after,
        "give_up_after": settings.give_up_after,
        "rules_version": settings.rules_version,
    }


def settings(workspace: WorkspaceId, document: Mapping[str, Any] | None) -> Workspace:
    """A workspace nobody has set up yet has the defaults, as has what an older version did not know."""
    known = {name: value for name, value in (document or {}).items() if name in _SETTINGS_FROM}
    return Workspace(workspace, **{name: _SETTINGS_FROM[name](known[name]) for name in known})


_SETTINGS_FROM: Final[Mapping[str, Callable[[Any], Any]]] = {
    "domains": frozenset,
    "categories": tuple,
    "channels": tuple,
    "default_team": TeamId,
    "default_priority": Priority,
    "timezone": str,
    "policy": str,
    "department_policies": dict,
    "category_policies": dict,
    "category_skills": lambda skills: {name: tuple(of) for name, of in skills.items()},
    "remind_after": lambda text: text,
    "give_up_after": lambda text: text,
    "rules_version": int,
}


_SHOW: Final[Values] = {
    "kind": "show",
    "key": None,
    "template": None,
    "facts": {},
    "comment": None,
    "note": None,
}


def effect_values(effect: Effect) -> Values:
    to = {"channel": effect.to.channel, "place": effect.to.place}
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


def effect(row: AnyRow) -> Effect:
    to = Address(row.channel, row.place)
    if row.kind == "show":
        return Show(to)
    return Tell(
        to=to,
        message=message_codec.decode(row.template, row.facts),
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

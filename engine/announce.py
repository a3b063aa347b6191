"""Events -> effects: who hears what, where. Counterpart of lifecycle.py, which knows nothing of places.

Two rules above all. A note is only ever told to the team's channel: there is no way from a Noted to a requester.
And words are never told at the place they were written (`source`), where everybody has read them already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine import sla
from engine.effects import Effect, Show, Tell
from engine.events import (
    Assigned,
    Breached,
    Commented,
    Entry,
    Linked,
    Moved,
    Noted,
    Opened,
    Warned,
)
from engine.lifecycle import Action
from engine.model import (
    Address,
    Audience,
    ClockKind,
    Comment,
    Fact,
    Note,
    Person,
    State,
    Ticket,
    ticket_id,
)


@dataclass(frozen=True, slots=True)
class Scene:
    """All that announcing needs to know of one recorded step."""

    before: Ticket | None
    after: Ticket
    entries: Sequence[Entry]
    audience: Audience
    requester: Person
    actor: Person | None
    assignee: Person | None = None
    words: Comment | Note | None = None
    source: Address | None = None
    receipt: bool = True
    """False when the opening message deserves none: a machine wrote it, or its sender had many already."""
    refused_files: tuple[str, ...] = ()
    former_team: Address | None = None
    """The channel of the team it was moved away from: its card must show that it is gone."""


def effects_of(scene: Scene) -> tuple[Effect, ...]:
    team = scene.audience.team
    shows = [Show(place) for place in (team, scene.former_team) if place is not None]
    tells = [tell for entry in scene.entries for tell in _tells(scene, entry)]
    return (*shows, *tells)


def _tells(scene: Scene, entry: Entry) -> list[Tell]:
    return [
        *_told_of_words(scene, entry),
        *_told_of_work(scene, entry),
        *_told_of_promises(scene, entry),
    ]


def _told_of_words(scene: Scene, entry: Entry) -> list[Tell]:
    match entry.event:
        case Opened():
            return _receipts(scene, entry)
        case Commented(by_agent=True):
            heard = _team_hears(scene, entry, "agent_said", question=_asks(scene))
            return [*_public_words(scene, entry), *heard]
        case Commented():
            return _team_hears(scene, entry, "requester_said")
        case Noted():
            return _team_hears(scene, entry, "noted")
        case _:
            return []


def _told_of_work(scene: Scene, entry: Entry) -> list[Tell]:
    match entry.event:
        case Assigned(to=agent):
            return _assigned(scene, entry) if agent != entry.actor else []
        case Moved():
            return _moved(scene, entry, entry.event)
        case Linked(other=other, how=how):
            return _to_team(scene, entry, "linked", {"other": ticket_id(other), "how": how})
        case _:
            return []


def _told_of_promises(scene: Scene, entry: Entry) -> list[Tell]:
    match entry.event:
        case Warned(kind=kind, due_at=due):
            return _to_team(scene, entry, "warned", _late(scene, kind, due))
        case Breached(kind=kind, due_at=due):
            return _to_team(scene, entry, "breached", _late(scene, kind, due))
        case _:
            return []


def _receipts(scene: Scene, entry: Entry) -> list[Tell]:
    if not scene.receipt:
        return []
    links = [e.event for e in scene.entries if isinstance(e.event, Linked)]
    follows = next((ticket_id(link.other) for link in links if link.how == "follows"), "")
    response = next((c for c in scene.after.clocks if c.kind is ClockKind.FIRST_RESPONSE), None)
    facts: dict[str, Fact] = {
        "priority": scene.after.priority.value,
        "priority_label": scene.after.priority.label,
        "promise_at": instant(response.due_at if response else None),
        "follows": follows,
        "refused": list(scene.refused_files),
    }
    copies = scene.audience.copied
    told = [_to_requester(scene, entry, "receipt", {**facts, "copied": False})]
    told += [_tell(scene, entry, "receipt", at, {**facts, "copied": True}) for at in copies]
    return [tell for tell in told if tell is not None]


def _public_words(scene: Scene, entry: Entry) -> list[Tell]:
    """An agent's words, to the requester and those copied. Words that resolve go with the resolved message."""
    if any(move.to is State.RESOLVED for move in _moves(scene)):
        return []
    template = "question" if _asks(scene) else "reply"
    facts: dict[str, Fact] = {"agent": _name(scene.actor)}
    told = [_to_requester(scene, entry, template, facts)]
    told += [_tell(scene, entry, template, at, facts) for at in scene.audience.copied]
    return [tell for tell in told if tell is not None]


def _moves(scene: Scene) -> list[Moved]:
    return [entry.event for entry in scene.entries if isinstance(entry.event, Moved)]


def _asks(scene: Scene) -> bool:
    return any(move.why == Action.ASK for move in _moves(scene))


def _team_hears(scene: Scene, entry: Entry, template: str, **more: Fact) -> list[Tell]:
    facts: dict[str, Fact] = {"author": _name(scene.actor), "via": entry.via, **more}
    opening = isinstance(scene.entries[0].event, Opened)  # the card itself shows the first words
    return [] if opening else _to_team(scene, entry, template, facts)


def _assigned(scene: Scene, entry: Entry) -> list[Tell]:
    agent = scene.assignee
    facts: dict[str, Fact] = {
        "agent": _name(agent),
        "agent_slack": (agent.slack or "") if agent else "",
        "by": _name(scene.actor),
    }
    return _to_team(scene, entry, "assigned", facts)


def _moved(scene: Scene, entry: Entry, move: Moved) -> list[Tell]:
    told: list[Tell | None] = []
    if move.to is State.RESOLVED:
        closes_at = entry.at + sla.AUTO_CLOSE_AFTER
        facts: dict[str, Fact] = {"agent": _name(scene.actor), "closes_at": instant(closes_at)}
        told = [_to_requester(scene, entry, "resolved", facts)]
    elif move.to is State.CLOSED and entry.actor not in (None, scene.after.requester):
        told = [_to_requester(scene, entry, "closed", {"agent": _name(scene.actor)})]
    elif move.to is State.REOPENED:
        ping = {"author": _name(scene.actor), "assignee_slack": _assignee_slack(scene)}
        return _to_team(scene, entry, "reopened", ping)
    return [tell for tell in told if tell is not None]


def _late(scene: Scene, kind: ClockKind, due: datetime) -> dict[str, Fact]:
    return {
        "clock": kind.value,
        "due_at": instant(due),
        "assignee_slack": _assignee_slack(scene),
    }


def _assignee_slack(scene: Scene) -> str:
    return (scene.assignee.slack or "") if scene.assignee else ""


def _to_requester(
    scene: Scene, entry: Entry, template: str, facts: Mapping[str, Fact]
) -> Tell | None:
    place = scene.audience.requester
    return _tell(scene, entry, template, place, facts) if place else None


def _to_team(scene: Scene, entry: Entry, template: str, facts: Mapping[str, Fact]) -> list[Tell]:
    place = scene.audience.team
    tell = _tell(scene, entry, template, place, facts) if place else None
    return [tell] if tell else []


def _tell(
    scene: Scene, entry: Entry, template: str, to: Address, facts: Mapping[str, Fact]
) -> Tell | None:
    words = scene.words
    said = isinstance(entry.event, Commented | Noted) or (
        isinstance(entry.event, Moved) and entry.event.to is State.RESOLVED
    )
    if said and words is not None and to == scene.source and template != "resolved":
        return None
    ticket = scene.after
    return Tell(
        to=to,
        template=template,
        key=f"{ticket.number}.{entry.seq}.{template}.{to.channel}.{to.place}",
        facts={
            "ticket": ticket.id,
            "subject": ticket.subject,
            "timezone": scene.requester.timezone or "",
            **facts,
        },
        comment=words.id if said and isinstance(words, Comment) else None,
        note=words.id if isinstance(entry.event, Noted) and isinstance(words, Note) else None,
    )


def undelivered(
    ticket: Ticket, team: Address | None, *, key: str, facts: Mapping[str, Fact]
) -> tuple[Effect, ...]:
    """The team hears that words meant for the requester could not be delivered."""
    if team is None:
        return ()
    known: dict[str, Fact] = {"ticket": ticket.id, "subject": ticket.subject, "timezone": ""}
    return (Tell(team, "undelivered", f"undelivered.{key}", {**known, **facts}),)


def instant(at: datetime | None) -> str:
    """RFC 3339 in UTC with Z, "" for none: how instants travel in facts."""
    return at.isoformat().replace("+00:00", "Z") if at else ""


def _name(person: Person | None) -> str:
    return person.name if person else ""

"""Promises and pages -> effects: who hears that time runs out, that it ran out, and who is to come."""

from collections.abc import Sequence

from engine.effects import Tell
from engine.escalation import top_of
from engine.events import (
    Acknowledged,
    Breached,
    Entry,
    EscalationEnded,
    LevelEmpty,
    Paged,
    PageHeld,
    Waived,
    Warned,
)
from engine.model import Address, Fact, Person, PersonId
from engine.promises import PROMISES, ClockKind
from engine.scene import Scene, assignee_slack, instant, name_of, telling, to_team


def told_of_promises(scene: Scene, entry: Entry) -> list[Tell]:
    match entry.event:
        case Warned(kind=kind, due_at=due):
            return to_team(scene, entry, "warned", _late(scene, kind, instant(due)))
        case Breached(kind=kind, due_at=due) if kind in PROMISES:
            facts = _late(scene, kind, instant(due))
            return [*to_team(scene, entry, "breached", facts), *_to_level(scene, entry, facts)]
        case Waived(kind=kind):
            facts = {"clock": kind.value, "by": name_of(scene.actor)}
            return to_team(scene, entry, "waived", facts)
        case _:
            return []


def told_of_pages(scene: Scene, entry: Entry) -> list[Tell]:
    match entry.event:
        case Paged() as paged:
            facts = _page(scene, paged)
            return [
                *to_team(scene, entry, "paged", facts),
                *_to_people(scene, entry, paged, facts),
            ]
        case PageHeld(until=until):
            return to_team(scene, entry, "page_held", {"until_at": instant(until)})
        case Acknowledged(level=level) if _was_paged(scene):
            facts = {"by": name_of(scene.actor), "level": level}
            return to_team(scene, entry, "acknowledged", facts)
        case EscalationEnded():
            return to_team(scene, entry, "escalation_ended", {"by": name_of(scene.actor)})
        case _:
            return []


def _late(scene: Scene, kind: ClockKind, due: str) -> dict[str, Fact]:
    return {"clock": kind.value, "due_at": due, "assignee_slack": assignee_slack(scene)}


def _was_paged(scene: Scene) -> bool:
    return scene.before is not None and scene.before.pages > 0


def _to_level(scene: Scene, entry: Entry, facts: dict[str, Fact]) -> list[Tell]:
    """Above the agents, whose channel has heard it already, each person of the level hears it too."""
    told: list[Tell] = []
    for person in scene.on_level:
        for place in places(person, ("slack",)):
            told += telling(scene, entry, "breached", place, facts)
    return told


def _page(scene: Scene, paged: Paged) -> dict[str, Fact]:
    """What a page says: which level, why, who else was asked, and when the next one is."""
    levels = scene.ladder.levels
    ack = scene.after.clock(ClockKind.ACK)
    top = top_of(scene.ladder)
    empty = [e.event.level for e in scene.entries if isinstance(e.event, LevelEmpty)]
    people = [scene.people[PersonId(id)] for id in paged.people]
    return {
        "level": paged.level,
        "role": levels[paged.level].called,
        "next_role": levels[min(paged.level + 1, top)].called,
        "is_top": paged.level >= top,
        "cause": paged.cause,
        "by": name_of(scene.actor) if paged.cause == "manual" else "",
        "priority": scene.after.priority.value,
        "priority_label": scene.after.priority.label,
        "next_at": instant(ack.due_at if ack and ack.running else None),
        "due_at": instant(scene.after.due_at),
        "names": [person.name for person in people],
        "people_slack": [person.slack for person in people if person.slack],
        "groups": list(paged.groups),
        "empty": [levels[level].called for level in empty],
        "requester": scene.requester.name,
    }


def _to_people(scene: Scene, entry: Entry, paged: Paged, facts: dict[str, Fact]) -> list[Tell]:
    via = scene.ladder.levels[paged.level].via
    told: list[Tell] = []
    for id in paged.people:
        person = scene.people[PersonId(id)]
        for place in places(person, via):
            zone = {"timezone": person.timezone or scene.requester.timezone or ""}
            told += telling(scene, entry, "page", place, {**facts, **zone, "person": person.id})
    return told


def places(person: Person, via: Sequence[str]) -> list[Address]:
    """Where a person hears of something; whoever has none of the wanted channels hears it on the one they have."""
    known = {"slack": person.slack, "mail": person.mail}
    wanted = [Address(channel, known[channel] or "") for channel in via if known.get(channel)]
    return wanted or [Address(channel, place) for channel, place in known.items() if place][:1]

"""Promises and pages -> effects: who is told that a target is near or missed, and who is paged."""

from datetime import datetime
from typing import Final, TypedDict, assert_never

from engine.announcing.places import places
from engine.announcing.recorded_step import (
    RecordedStep,
    about,
    assignee,
    name_of,
    telling,
    to_team,
)
from engine.messages.effects import Tell
from engine.messages.page_messages import (
    EscalationOver,
    LevelPaged,
    PageAcknowledged,
    PageOver,
    PagesHeld,
    PersonPaged,
    PromiseBroken,
    PromiseWaived,
    PromiseWarned,
)
from engine.messages.values import Code, Foreign, GroupHandle, Words
from engine.promises.escalation import top_of
from engine.tickets.events import (
    Acknowledged,
    Assigned,
    Breached,
    ClockCancelled,
    ClockStopped,
    Commented,
    Entry,
    EscalationEnded,
    LevelEmpty,
    Moved,
    Paged,
    PageHeld,
    Waived,
    Warned,
)
from engine.tickets.message import Note
from engine.tickets.people import Address, Person, PersonId
from engine.tickets.promise_clock import PROMISES, ClockKind, PromiseClock
from engine.tickets.ticket import Phase

REASON_CHARS: Final = 500
"""A page is read at a glance; the whole of a longer reason is on the ticket."""


_Promises = Warned | Breached | Waived
_Pages = Paged | PageHeld | Acknowledged | EscalationEnded | ClockStopped | ClockCancelled


def told_of_promises(scene: RecordedStep, entry: Entry) -> list[Tell]:
    if not isinstance(entry.event, _Promises):
        return []
    match entry.event:
        case Warned(kind=kind, due_at=due):
            warned = PromiseWarned(*about(scene), kind, due, assignee(scene))
            return to_team(scene, entry, warned)
        case Breached(kind=kind, due_at=due):
            if kind not in PROMISES:
                return []
            broken = PromiseBroken(*about(scene), kind, due, assignee(scene))
            return [*to_team(scene, entry, broken), *_to_level(scene, entry, broken)]
        case Waived(kind=kind):
            waived = PromiseWaived(*about(scene), kind, name_of(scene.actor))
            return to_team(scene, entry, waived)
        case _ as never:
            assert_never(never)


def told_of_pages(scene: RecordedStep, entry: Entry) -> list[Tell]:
    if not isinstance(entry.event, _Pages):
        return []
    by = name_of(scene.actor)
    match entry.event:
        case Paged() as paged:
            level = _level_paged(scene, paged)
            return [*to_team(scene, entry, level), *_to_people(scene, entry, paged)]
        case PageHeld(until=until):
            return to_team(scene, entry, PagesHeld(*about(scene), until))
        case Acknowledged():
            acknowledged = PageAcknowledged(*about(scene), by)
            return to_team(scene, entry, acknowledged) if _was_paged(scene) else []
        case EscalationEnded():
            return to_team(scene, entry, EscalationOver(*about(scene), by))
        case ClockStopped(kind=kind) | ClockCancelled(kind=kind):
            return _rest(scene, entry) if kind is ClockKind.ACK else []
        case _ as never:
            assert_never(never)


def _was_paged(scene: RecordedStep) -> bool:
    return scene.before is not None and scene.before.pages > 0


def _to_level(scene: RecordedStep, entry: Entry, broken: PromiseBroken) -> list[Tell]:
    """Above the agents, whose channel has heard it already, each person of the level hears it too."""
    told: list[Tell] = []
    for person in scene.on_level:
        for place in places(person, (), scene.channels):
            told += telling(scene, entry, broken, place)
    return told


class _Call(TypedDict):
    """The fields that all who are called for, and their team, are told alike."""

    role: Foreign
    next_role: Foreign
    is_top: bool
    cause: Code
    by: Foreign | None
    next_at: datetime | None
    clock: ClockKind | None
    due_at: datetime | None
    groups: tuple[GroupHandle, ...]


def _call(scene: RecordedStep, paged: Paged) -> _Call:
    """Which level, why, and when the next one is called."""
    levels = scene.ladder.levels
    ack = scene.after.clock(ClockKind.ACK)
    top = top_of(scene.ladder)
    clock = _at_stake(scene, paged)
    return {
        "role": Foreign(levels[paged.level].called),
        "next_role": Foreign(levels[min(paged.level + 1, top)].called),
        # Those above that were just found empty are not promised again.
        "is_top": paged.level >= top or any(e.level > paged.level for e in _empty(scene)),
        "cause": Code(paged.cause),
        "by": name_of(scene.actor) if paged.cause == "manual" else None,
        "next_at": ack.due_at if ack and ack.running else None,
        "clock": clock.kind if clock else None,
        "due_at": clock.due_at if clock else None,
        "groups": tuple(map(GroupHandle, paged.groups)),
    }


def _empty(scene: RecordedStep) -> list[LevelEmpty]:
    return [entry.event for entry in scene.entries if isinstance(entry.event, LevelEmpty)]


def _level_paged(scene: RecordedStep, paged: Paged) -> LevelPaged:
    levels = scene.ladder.levels
    return LevelPaged(
        *about(scene),
        **_call(scene, paged),
        names=tuple(Foreign(scene.people[PersonId(id)].name) for id in paged.people),
        empty=tuple(Foreign(levels[one.level].called) for one in _empty(scene)),
    )


def _at_stake(scene: RecordedStep, paged: Paged) -> PromiseClock | None:
    """The promise that a page is about: the one that broke, else what breaks first."""
    if paged.cause == "resolution":
        return scene.after.clock(ClockKind.RESOLUTION)
    promised = (c for c in scene.after.clocks if c.kind in PROMISES and c.due_at)
    return next((c for c in promised if c.due_at == scene.after.due_at), None)


def _reason(scene: RecordedStep, paged: Paged) -> Words | None:
    """Of whoever escalated. It is a note; those who are paged are the ones it was written for."""
    words = scene.words
    wrote = isinstance(words, Note) and words.id == paged.message
    return Words(words.text[:REASON_CHARS]) if wrote and words and words.text else None


def _to_people(scene: RecordedStep, entry: Entry, paged: Paged) -> list[Tell]:
    told: list[Tell] = []
    for person, place in _reached(scene, paged):
        told += telling(scene, entry, _person_paged(scene, entry, paged, person), place)
    return told


def _person_paged(scene: RecordedStep, entry: Entry, paged: Paged, person: Person) -> PersonPaged:
    call = _call(scene, paged)
    due = call["due_at"]
    others = (scene.people[PersonId(id)].name for id in paged.people if id != person.id)
    asked = person.id == scene.after.requester  # it is a note, and no note reaches who asked
    return PersonPaged(
        *about(scene, person),
        **call,
        page=entry.seq,
        version=scene.after.version,
        priority=scene.after.priority,
        requester=name_of(scene.requester),
        is_late=due is not None and due <= entry.at,
        others=tuple(map(Foreign, others)),
        reason=None if asked else _reason(scene, paged),
    )


def _rest(scene: RecordedStep, entry: Entry) -> list[Tell]:
    """Everybody whose page waited hears that it need not be answered any more, at the place where it was told."""
    calls = [(page, page.event) for page in scene.answered if isinstance(page.event, Paged)]
    reached = {place: person for _, paged in calls for person, place in _reached(scene, paged)}
    told: list[Tell] = []
    for place, person in reached.items():
        yours = scene.actor is not None and person.id == scene.actor.id
        if place.channel == "mail" and yours and entry.via != "mail":
            continue  # they know what they have just done; in Slack it is their page that changes
        over = PageOver(
            *about(scene, person),
            how=Code(_how(scene)),
            by=name_of(scene.actor),
            yours=yours,
            claimable=scene.after.assignee is None,
            version=scene.after.version,
            answered_at=entry.at,
            paged_at=calls[0][0].at,
        )
        told += telling(scene, entry, over, place)
    return told


def _how(scene: RecordedStep) -> str:
    """What ended the wait: acknowledged | claimed | answered | the state that it went to."""
    events = [entry.event for entry in scene.entries]
    over = scene.after.state.phase in (Phase.DONE, Phase.CLOSED)
    if over or not any(isinstance(event, Acknowledged) for event in events):
        return scene.after.state.value
    if any(isinstance(event, Commented) and event.by_agent for event in events):
        return "answered"
    claimed = any(isinstance(event, Assigned | Moved) for event in events)
    return "claimed" if claimed else "acknowledged"


def _reached(scene: RecordedStep, paged: Paged) -> list[tuple[Person, Address]]:
    via = scene.ladder.levels[min(paged.level, top_of(scene.ladder))].via
    people = [scene.people.get(PersonId(id)) for id in paged.people]
    heard = [(person, places(person, via, scene.channels)) for person in people if person]
    return [(person, place) for person, there in heard for place in there]

"""Promises and pages -> effects: who is told that a target is near or missed, and who is paged."""

from typing import Final, assert_never

from engine.announcing.places import name_at, places
from engine.announcing.recorded_step import (
    RecordedStep,
    assignee_slack,
    instant,
    name_of,
    telling,
    to_team,
)
from engine.promises.escalation import top_of
from engine.tickets.effects import Tell
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
from engine.tickets.message import Fact, Note
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
            return to_team(scene, entry, "warned", _late(scene, kind, instant(due)))
        case Breached(kind=kind, due_at=due):
            if kind not in PROMISES:
                return []
            facts = _late(scene, kind, instant(due))
            return [*to_team(scene, entry, "breached", facts), *_to_level(scene, entry, facts)]
        case Waived(kind=kind):
            facts = {"clock": kind.value, "by": name_of(scene.actor)}
            return to_team(scene, entry, "waived", facts)
        case _ as never:
            assert_never(never)


def told_of_pages(scene: RecordedStep, entry: Entry) -> list[Tell]:
    if not isinstance(entry.event, _Pages):
        return []
    match entry.event:
        case Paged() as paged:
            facts = _page(scene, entry, paged)
            return [
                *to_team(scene, entry, "paged", facts),
                *_to_people(scene, entry, paged, facts),
            ]
        case PageHeld(until=until):
            return to_team(scene, entry, "page_held", {"until_at": instant(until)})
        case Acknowledged(level=level):
            facts = {"by": name_of(scene.actor), "level": level}
            return to_team(scene, entry, "acknowledged", facts) if _was_paged(scene) else []
        case EscalationEnded():
            return to_team(scene, entry, "escalation_ended", {"by": name_of(scene.actor)})
        case ClockStopped(kind=kind) | ClockCancelled(kind=kind):
            return _rest(scene, entry) if kind is ClockKind.ACK else []
        case _ as never:
            assert_never(never)


def _late(scene: RecordedStep, kind: ClockKind, due: str) -> dict[str, Fact]:
    return {
        "clock": kind.value,
        "due_at": due,
        "assignee": name_of(scene.assignee),
        "assignee_slack": assignee_slack(scene),
    }


def _was_paged(scene: RecordedStep) -> bool:
    return scene.before is not None and scene.before.pages > 0


def _to_level(scene: RecordedStep, entry: Entry, facts: dict[str, Fact]) -> list[Tell]:
    """Above the agents, whose channel has heard it already, each person of the level hears it too."""
    told: list[Tell] = []
    for person in scene.on_level:
        for place in places(person, (), scene.channels):
            told += telling(scene, entry, "breached", place, facts)
    return told


def _page(scene: RecordedStep, entry: Entry, paged: Paged) -> dict[str, Fact]:
    """What a page says: which level, why, who else was asked, and when the next one is."""
    levels = scene.ladder.levels
    ack = scene.after.clock(ClockKind.ACK)
    top = top_of(scene.ladder)
    empties = [e.event for e in scene.entries if isinstance(e.event, LevelEmpty)]
    people = [scene.people[PersonId(id)] for id in paged.people]
    called = [name_at(person, scene.audience.team) for person in people]
    clock = _at_stake(scene, paged)
    due = clock.due_at if clock else None
    return {
        "page": entry.seq,
        "version": scene.after.version,
        "level": paged.level,
        "role": levels[paged.level].called,
        "next_role": levels[min(paged.level + 1, top)].called,
        # Those above that were just found empty are not promised again.
        "is_top": paged.level >= top or any(e.level > paged.level for e in empties),
        "cause": paged.cause,
        "by": name_of(scene.actor) if paged.cause == "manual" else "",
        "reason": _reason(scene, paged),
        "priority": scene.after.priority.value,
        "priority_label": scene.after.priority.label,
        "next_at": instant(ack.due_at if ack and ack.running else None),
        "due_at": instant(due),
        "clock": clock.kind.value if clock else "",
        "is_late": due is not None and due <= entry.at,
        "names": [person.name for person in people],
        "people_slack": [name for name in called if name],
        "groups": list(paged.groups),
        "empty": [levels[one.level].called for one in empties],
        "requester": scene.requester.name,
    }


def _at_stake(scene: RecordedStep, paged: Paged) -> PromiseClock | None:
    """The promise that a page is about: the one that broke, else what breaks first."""
    if paged.cause == "resolution":
        return scene.after.clock(ClockKind.RESOLUTION)
    promised = (c for c in scene.after.clocks if c.kind in PROMISES and c.due_at)
    return next((c for c in promised if c.due_at == scene.after.due_at), None)


def _reason(scene: RecordedStep, paged: Paged) -> str:
    """Of whoever escalated. It is a note; those who are paged are the ones it was written for."""
    words = scene.words
    wrote = isinstance(words, Note) and words.id == paged.message
    return words.text[:REASON_CHARS] if wrote and words else ""


def _to_people(
    scene: RecordedStep, entry: Entry, paged: Paged, facts: dict[str, Fact]
) -> list[Tell]:
    told: list[Tell] = []
    for person, place in _reached(scene, paged):
        names = [scene.people[PersonId(id)].name for id in paged.people if id != person.id]
        own: dict[str, Fact] = {"others": names, "timezone": _zone(scene, person)}
        if person.id == scene.after.requester:
            own["reason"] = ""  # it is a note, and no note reaches who asked
        told += telling(scene, entry, "page", place, {**facts, **own})
    return told


def _rest(scene: RecordedStep, entry: Entry) -> list[Tell]:
    """Everybody whose page waited hears that it need not be answered any more, at the place where it was told."""
    calls = [(page, page.event) for page in scene.answered if isinstance(page.event, Paged)]
    reached = {place: person for _, paged in calls for person, place in _reached(scene, paged)}
    facts: dict[str, Fact] = {
        "how": _how(scene),
        "by": name_of(scene.actor),
        "answered_at": instant(entry.at),
        "paged_at": instant(calls[0][0].at if calls else entry.at),
        "version": scene.after.version,
        "claimable": scene.after.assignee is None,
    }
    told: list[Tell] = []
    for place, person in reached.items():
        yours = scene.actor is not None and person.id == scene.actor.id
        if place.channel == "mail" and yours and entry.via != "mail":
            continue  # they know what they have just done; in Slack it is their page that changes
        own: dict[str, Fact] = {"yours": yours, "timezone": _zone(scene, person)}
        told += telling(scene, entry, "page_over", place, {**facts, **own})
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


def _zone(scene: RecordedStep, person: Person) -> str:
    return person.timezone or scene.requester.timezone or ""

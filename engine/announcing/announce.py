"""Events -> effects: who hears what, where. Counterpart of lifecycle.py, which knows nothing of places.

Two rules above all. A note is only ever told to the team's channel: there is no way from a Noted to a requester.
And words are never told at the place they were written (`source`), where everybody has read them already.
"""

from dataclasses import replace
from typing import assert_never

from engine.announcing.announce_clocks import told_of_pages, told_of_promises
from engine.announcing.recorded_step import (
    RecordedStep,
    about,
    assignee,
    name_of,
    telling,
    to_requester,
    to_team,
)
from engine.messages.conversation import (
    AgentSaid,
    NoteWritten,
    Question,
    Receipt,
    Reminder,
    Reply,
    RequesterSaid,
    Undelivered,
)
from engine.messages.effects import Effect, Show, Tell
from engine.messages.values import Code, Foreign, TicketRef
from engine.messages.work import (
    OfferedBecause,
    SnoozeEnded,
    TicketAssigned,
    TicketClosed,
    TicketLinked,
    TicketMerged,
    TicketReopened,
    TicketResolved,
    TicketUnmerged,
)
from engine.promises import sla
from engine.tickets.actions import Action
from engine.tickets.events import (
    Assigned,
    AssignReason,
    ClockChanged,
    Commented,
    Entry,
    Linked,
    Merged,
    Moved,
    Noted,
    Opened,
    Reminded,
    Unmerged,
    Woken,
)
from engine.tickets.people import Address
from engine.tickets.promise_clock import ClockKind
from engine.tickets.ticket import State


def effects_of(scene: RecordedStep) -> tuple[Effect, ...]:
    places = () if _looks_the_same(scene) else (scene.audience.team, scene.former_team)
    shows = [Show(place) for place in places if place is not None]
    tells = [tell for entry in scene.entries for tell in _tells(scene, entry)]
    return (*shows, *tells)


def _looks_the_same(scene: RecordedStep) -> bool:
    """An edited calendar recalculates every open ticket and moves few of them: no card is redrawn for nothing."""
    reckoned = all(isinstance(entry.event, ClockChanged) for entry in scene.entries)
    return reckoned and scene.before is not None and scene.before.due_at == scene.after.due_at


def _tells(scene: RecordedStep, entry: Entry) -> list[Tell]:
    return [
        *_told_of_words(scene, entry),
        *_told_of_work(scene, entry),
        *_told_of_waiting(scene, entry),
        *told_of_promises(scene, entry),
        *told_of_pages(scene, entry),
    ]


_Words = Opened | Commented | Noted
_Work = Assigned | Moved | Linked
_Waiting = Reminded | Woken | Merged | Unmerged


def _told_of_words(scene: RecordedStep, entry: Entry) -> list[Tell]:
    if not isinstance(entry.event, _Words):
        return []
    match entry.event:
        case Opened():
            return _receipts(scene, entry)
        case Commented(by_agent=True):
            return [*_public_words(scene, entry), *_team_hears(scene, entry)]
        case Commented() | Noted():
            return _team_hears(scene, entry)
        case _ as never:
            assert_never(never)


def _told_of_work(scene: RecordedStep, entry: Entry) -> list[Tell]:
    if not isinstance(entry.event, _Work):
        return []
    match entry.event:
        case Assigned(to=agent) as assigned:
            return _assigned(scene, entry, assigned) if agent != entry.actor else []
        case Moved():
            return _moved(scene, entry, entry.event)
        case Linked(other=other, how=how):
            linked = TicketLinked(*about(scene), TicketRef(other), Code(how))
            merged = how == "merged"  # the merger itself is told
            return [] if merged else to_team(scene, entry, linked)
        case _ as never:
            assert_never(never)


def _told_of_waiting(scene: RecordedStep, entry: Entry) -> list[Tell]:
    if not isinstance(entry.event, _Waiting):
        return []
    match entry.event:
        case Reminded():
            reminder = Reminder(*about(scene), scene.after.gives_up_at)
            told = to_requester(scene, entry, reminder)
            return [replace(tell, comment=scene.question) for tell in told]
        case Woken() as woken:
            return _woken(scene, entry, woken)
        case Merged(into=into):
            merged = TicketMerged(*about(scene), TicketRef(into), name_of(scene.actor))
            return [*to_team(scene, entry, merged), *to_requester(scene, entry, merged)]
        case Unmerged(out_of=other):
            parted = TicketUnmerged(*about(scene), TicketRef(other), name_of(scene.actor))
            return to_team(scene, entry, parted)
        case _ as never:
            assert_never(never)


def _woken(scene: RecordedStep, entry: Entry, woken: Woken) -> list[Tell]:
    """Whoever took it up again knows, and who gets it now is told that; everybody else's waking is news."""
    by_assignee = entry.actor is not None and entry.actor == scene.after.assignee
    if woken.why == "work" or by_assignee:
        return []
    ended = SnoozeEnded(*about(scene), Code(woken.why), name_of(scene.actor), assignee(scene))
    return to_team(scene, entry, ended)


def _receipts(scene: RecordedStep, entry: Entry) -> list[Tell]:
    if not scene.receipt:
        return []
    links = [e.event for e in scene.entries if isinstance(e.event, Linked)]
    follows = next((link.other for link in links if link.how == "follows"), None)
    response = next((c for c in scene.after.clocks if c.kind is ClockKind.FIRST_RESPONSE), None)
    opened = entry.event
    receipt = Receipt(
        *about(scene),
        priority=scene.after.priority,
        asked=opened.asked if isinstance(opened, Opened) else None,
        promise_at=response.due_at if response else None,
        follows=TicketRef(follows) if follows is not None else None,
        refused=scene.refused_files,
        copied=False,
    )
    told = to_requester(scene, entry, receipt)
    for at in scene.audience.copied:
        told += telling(scene, entry, replace(receipt, copied=True), at)
    return told


def _public_words(scene: RecordedStep, entry: Entry) -> list[Tell]:
    """An agent's words, to the requester and those copied. Words that resolve go with the resolved message."""
    if any(move.to is State.RESOLVED for move in _moves(scene)):
        return []
    agent = name_of(scene.actor)
    asks = _asks(scene)
    message = Question(*about(scene), agent) if asks else Reply(*about(scene), agent)
    told = to_requester(scene, entry, message)
    for at in scene.audience.copied:
        told += telling(scene, entry, message, at)
    return told


def _moves(scene: RecordedStep) -> list[Moved]:
    return [entry.event for entry in scene.entries if isinstance(entry.event, Moved)]


def _asks(scene: RecordedStep) -> bool:
    return any(move.why == Action.ASK for move in _moves(scene))


def _team_hears(scene: RecordedStep, entry: Entry) -> list[Tell]:
    if isinstance(scene.entries[0].event, Opened):  # the card itself shows the first words
        return []
    author, via = name_of(scene.actor), Code(entry.via)
    if isinstance(entry.event, Noted):
        return to_team(scene, entry, NoteWritten(*about(scene), author, via))
    if isinstance(entry.event, Commented) and entry.event.by_agent:
        said = AgentSaid(*about(scene), author, via, question=_asks(scene))
        return to_team(scene, entry, said)
    return to_team(scene, entry, RequesterSaid(*about(scene), author, via))


def _assigned(scene: RecordedStep, entry: Entry, assigned: Assigned) -> list[Tell]:
    agent, by = assignee(scene), name_of(scene.actor)
    return to_team(scene, entry, TicketAssigned(*about(scene), agent, by, _because(assigned.why)))


def _because(why: AssignReason | None) -> OfferedBecause | None:
    if why is None:
        return None
    has, lacks = map(Foreign, why.skills), map(Foreign, why.missing)
    return OfferedBecause(Code(why.rule), why.running, tuple(has), tuple(lacks))


def _moved(scene: RecordedStep, entry: Entry, move: Moved) -> list[Tell]:
    actor = name_of(scene.actor)
    if move.to is State.RESOLVED:
        closes_at = entry.at + sla.AUTO_CLOSE_AFTER
        gave_up = move.why == Action.GIVE_UP
        resolved = TicketResolved(*about(scene), actor, closes_at, gave_up)
        return to_requester(scene, entry, resolved)
    if move.to is State.CLOSED and entry.actor not in (None, scene.after.requester):
        return _closed(scene, entry, move)
    if move.to is State.REOPENED:
        reopened = TicketReopened(*about(scene), actor, assignee(scene))
        return to_team(scene, entry, reopened)
    return []


def _closed(scene: RecordedStep, entry: Entry, move: Moved) -> list[Tell]:
    """A sender who may be anybody is not told that their mail was taken for spam; a colleague is, and can object."""
    silent = move.why == Action.NOT_A_REQUEST
    if silent and not _is_vouched_for(scene):
        return []
    closed = TicketClosed(*about(scene), name_of(scene.actor), no_request=silent)
    return to_requester(scene, entry, closed)


def _is_vouched_for(scene: RecordedStep) -> bool:
    """Whether somebody stands for the name that the requester asked under: where nobody does, anybody can use it."""
    at = scene.audience.requester
    names = scene.requester.identities
    return any(
        one.issuer for one in names if at and (one.kind, one.subject) == (at.channel, at.place)
    )


def undelivered(team: Address | None, message: Undelivered, *, key: str) -> tuple[Tell, ...]:
    """The team hears that words meant for a person could not be delivered."""
    return () if team is None else (Tell(team, message, f"undelivered.{key}"),)

"""Events -> effects: who hears what, where. Counterpart of lifecycle.py, which knows nothing of places.

Two rules above all. A note is only ever told to the team's channel: there is no way from a Noted to a requester.
And words are never told at the place they were written (`source`), where everybody has read them already.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from engine.announcing.announce_clocks import told_of_pages, told_of_promises
from engine.announcing.places import name_at
from engine.announcing.recorded_step import (
    RecordedStep,
    assignee_slack,
    instant,
    name_of,
    telling,
    to_requester,
    to_team,
)
from engine.duty import assign
from engine.promises import sla
from engine.tickets.actions import Action
from engine.tickets.effects import Effect, Show, Tell
from engine.tickets.events import (
    Assigned,
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
)
from engine.tickets.message import Fact
from engine.tickets.people import Address
from engine.tickets.promise_clock import ClockKind
from engine.tickets.ticket import State, Ticket, ticket_id


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
_Waiting = Reminded | Merged | Unmerged


def _told_of_words(scene: RecordedStep, entry: Entry) -> list[Tell]:
    if not isinstance(entry.event, _Words):
        return []
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
        case _ as never:
            assert_never(never)


def _told_of_work(scene: RecordedStep, entry: Entry) -> list[Tell]:
    if not isinstance(entry.event, _Work):
        return []
    match entry.event:
        case Assigned(to=agent, why=why):
            return _assigned(scene, entry, why) if agent != entry.actor else []
        case Moved():
            return _moved(scene, entry, entry.event)
        case Linked(other=other, how=how):
            facts: dict[str, Fact] = {"other": ticket_id(other), "how": how}
            merged = how == "merged"  # the merger itself is told
            return [] if merged else to_team(scene, entry, "linked", facts)
        case _ as never:
            assert_never(never)


def _told_of_waiting(scene: RecordedStep, entry: Entry) -> list[Tell]:
    if not isinstance(entry.event, _Waiting):
        return []
    match entry.event:
        case Reminded():
            facts: dict[str, Fact] = {"gives_up_at": instant(scene.after.gives_up_at)}
            reminded = to_requester(scene, entry, "reminder", facts)
            return [replace(tell, comment=scene.question) for tell in reminded]
        case Merged(into=into):
            facts = {"other": ticket_id(into), "by": name_of(scene.actor)}
            told = to_team(scene, entry, "merged", facts)
            return [*told, *to_requester(scene, entry, "merged", facts)]
        case Unmerged(out_of=other):
            facts = {"other": ticket_id(other), "by": name_of(scene.actor)}
            return to_team(scene, entry, "unmerged", facts)
        case _ as never:
            assert_never(never)


def _receipts(scene: RecordedStep, entry: Entry) -> list[Tell]:
    if not scene.receipt:
        return []
    links = [e.event for e in scene.entries if isinstance(e.event, Linked)]
    follows = next((ticket_id(link.other) for link in links if link.how == "follows"), "")
    response = next((c for c in scene.after.clocks if c.kind is ClockKind.FIRST_RESPONSE), None)
    opened = entry.event
    asked = opened.asked if isinstance(opened, Opened) else None
    facts: dict[str, Fact] = {
        "asked": f"{asked.value} {asked.label}" if asked else "",
        "priority": scene.after.priority.value,
        "priority_label": scene.after.priority.label,
        "promise_at": instant(response.due_at if response else None),
        "follows": follows,
        "refused": list(scene.refused_files),
    }
    copies = scene.audience.copied
    told = to_requester(scene, entry, "receipt", {**facts, "copied": False})
    for at in copies:
        told += telling(scene, entry, "receipt", at, {**facts, "copied": True})
    return told


def _public_words(scene: RecordedStep, entry: Entry) -> list[Tell]:
    """An agent's words, to the requester and those copied. Words that resolve go with the resolved message."""
    if any(move.to is State.RESOLVED for move in _moves(scene)):
        return []
    template = "question" if _asks(scene) else "reply"
    facts: dict[str, Fact] = {"agent": name_of(scene.actor)}
    told = to_requester(scene, entry, template, facts)
    for at in scene.audience.copied:
        told += telling(scene, entry, template, at, facts)
    return told


def _moves(scene: RecordedStep) -> list[Moved]:
    return [entry.event for entry in scene.entries if isinstance(entry.event, Moved)]


def _asks(scene: RecordedStep) -> bool:
    return any(move.why == Action.ASK for move in _moves(scene))


def _team_hears(scene: RecordedStep, entry: Entry, template: str, **more: Fact) -> list[Tell]:
    facts: dict[str, Fact] = {"author": name_of(scene.actor), "via": entry.via, **more}
    opening = isinstance(scene.entries[0].event, Opened)  # the card itself shows the first words
    return [] if opening else to_team(scene, entry, template, facts)


def _assigned(scene: RecordedStep, entry: Entry, why: str) -> list[Tell]:
    agent = scene.assignee
    facts: dict[str, Fact] = {
        "agent": name_of(agent),
        "agent_slack": name_at(agent, scene.audience.team),
        "by": name_of(scene.actor),
        **assign.reason(why),
    }
    return to_team(scene, entry, "assigned", facts)


def _moved(scene: RecordedStep, entry: Entry, move: Moved) -> list[Tell]:
    if move.to is State.RESOLVED:
        closes_at = entry.at + sla.AUTO_CLOSE_AFTER
        facts: dict[str, Fact] = {
            "agent": name_of(scene.actor),
            "closes_at": instant(closes_at),
            "gave_up": move.why == Action.GIVE_UP,
        }
        return to_requester(scene, entry, "resolved", facts)
    if move.to is State.CLOSED and entry.actor not in (None, scene.after.requester):
        return _closed(scene, entry, move)
    if move.to is State.REOPENED:
        ping = {"author": name_of(scene.actor), "assignee_slack": assignee_slack(scene)}
        return to_team(scene, entry, "reopened", ping)
    return []


def _closed(scene: RecordedStep, entry: Entry, move: Moved) -> list[Tell]:
    """A sender who may be anybody is not told that their mail was taken for spam; a colleague is, and can object."""
    silent = move.why == Action.NOT_A_REQUEST
    if silent and not _is_vouched_for(scene):
        return []
    facts: dict[str, Fact] = {"agent": name_of(scene.actor), "no_request": silent}
    return to_requester(scene, entry, "closed", facts)


def _is_vouched_for(scene: RecordedStep) -> bool:
    """Whether somebody stands for the name that the requester asked under: where nobody does, anybody can use it."""
    at = scene.audience.requester
    names = scene.requester.identities
    return any(
        one.issuer for one in names if at and (one.kind, one.subject) == (at.channel, at.place)
    )


def undelivered(
    ticket: Ticket, team: Address | None, *, key: str, facts: Mapping[str, Fact]
) -> tuple[Effect, ...]:
    """The team hears that words meant for the requester could not be delivered."""
    if team is None:
        return ()
    known: dict[str, Fact] = {"ticket": ticket.id, "subject": ticket.subject, "timezone": ""}
    return (Tell(team, "undelivered", f"undelivered.{key}", {**known, **facts}),)

"""One step of one ticket: from decided events to the recorded change. The only way state is ever written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from engine.announcing import announce
from engine.announcing.places import places
from engine.announcing.recorded_step import RecordedStep
from engine.desk import directory, team_on_duty
from engine.messages.conversation import RefusedFile
from engine.ports.clock import Ids
from engine.ports.store import Change, Transaction
from engine.promises import escalation, follow_up, sla
from engine.promises.escalation import Climb, Reached
from engine.promises.follow_up import StepContext
from engine.promises.level_members import reach
from engine.promises.rules import Level
from engine.tickets import access, evolve, lifecycle
from engine.tickets.access import Right
from engine.tickets.errors import Refused
from engine.tickets.events import (
    Assigned,
    Breached,
    Commented,
    Entry,
    Event,
    Merged,
    Moved,
    Paged,
    PolicyApplied,
    PriorityChanged,
    Released,
    Reminded,
    TeamChanged,
    Unmerged,
)
from engine.tickets.lifecycle import Action
from engine.tickets.message import (
    Attachment,
    Audience,
    Comment,
    MessageId,
    Note,
    Reference,
    Request,
)
from engine.tickets.people import Address, Person, PersonId, Team
from engine.tickets.promise_clock import RESPONSES
from engine.tickets.ticket import Ticket

_CHANGES_WORK = Moved | Assigned | Released | TeamChanged | PriorityChanged | Merged | Unmerged
"""Events that a click on an older card could undo; words are never stale."""


@dataclass(frozen=True, slots=True)
class Now:
    """What the rules may not make up themselves: ids and the time."""

    ids: Ids
    at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """What a use case decided."""

    events: Sequence[Event]
    words: Comment | Note | None = None
    attachments: tuple[Attachment, ...] = ()
    references: tuple[Reference, ...] = ()
    audience: Audience | None = None
    """Given when it changes."""


@dataclass(frozen=True, slots=True)
class Authorised:
    """Who acts on which ticket, found and authorised inside the transaction."""

    ticket: Ticket
    team: Team
    person: Person
    at: datetime


@dataclass(frozen=True, slots=True)
class DoneBy:
    """Who did it, from where: what the history and the announcements need besides the events."""

    actor: Person | None
    via: str
    at: datetime
    source: Address | None = None
    receipt: bool = True


Decide = Callable[[Authorised], Step]


def change(
    transaction: Transaction, request: Request, action: Action | None, decide: Decide, given: Now
) -> Ticket:
    """Load, authorise, decide, record; `action` None is only looking. Answers the ticket as it is afterwards."""
    at = given.at
    person = directory.identify(transaction, request.by, given.ids, at)
    ticket = transaction.ticket(request.ticket)
    if ticket is None:
        raise Refused("absent", ticket=f"T-{request.ticket}")
    if is_done(transaction, request):
        return ticket
    team = team_of(transaction, ticket)
    right = access.right_for(action, person, ticket) if action else Right.READ
    if not (action is Action.ACKNOWLEDGE and _was_paged(transaction, ticket, person)):
        access.authorize(person, right, ticket, team)
    step = decide(Authorised(ticket, team, person, at))
    _refuse_stale(transaction, request, Authorised(ticket, team, person, at), step.events)
    if request.reference is not None:
        step = replace(step, references=(*step.references, request.reference))
    after = ticket
    if step.events:
        hand = DoneBy(person, request.by.via, at, request.by.source)
        after = record(transaction, ticket, step, hand)
    settle(transaction, request, after)
    return after


def _was_paged(transaction: Transaction, ticket: Ticket, person: Person) -> bool:
    """Whoever was may say that they have it, wherever they belong, while they are somebody to page."""
    return access.may_be_paged(person) and transaction.was_paged(ticket.number, person.id)


def is_done(transaction: Transaction, request: Request) -> bool:
    """This very request was recorded; only its answer was lost."""
    return request.settles is not None and transaction.spool_is_done(request.settles)


def settle(transaction: Transaction, request: Request, ticket: Ticket) -> None:
    """`ticket`: what the request led to."""
    if request.settles is not None:
        transaction.settle(request.settles, ticket=ticket.number, reason="acted")


def record(transaction: Transaction, before: Ticket, step: Step, hand: DoneBy) -> Ticket:
    """Evolve an existing ticket by a step and write everything that follows from it."""
    entries, after = foresee(transaction, before, step, hand)
    write(transaction, before, after, entries, Written(step, hand, step.audience))
    return after


def foresee(
    transaction: Transaction, before: Ticket, step: Step, hand: DoneBy
) -> tuple[Sequence[Entry], Ticket]:
    """What a step would bring, and the ticket afterwards; nothing is written."""
    moved = [event.to for event in step.events if isinstance(event, TeamChanged)]
    applied = [event.rules_at for event in step.events if isinstance(event, PolicyApplied)]
    team = team_of(transaction, replace(before, team=moved[-1]) if moved else before)
    ruled = replace(before, rules_at=applied[-1]) if applied else before
    events = follow_up.unfold(before, step.events, around(transaction, ruled, team, hand))
    entries = numbered(events, after=before.version, hand=hand)
    return entries, evolve.evolve_all(before, entries)


def around(
    transaction: Transaction,
    ticket: Ticket,
    team: Team,
    hand: DoneBy,
    *,
    promise_reply: bool = True,
) -> StepContext:
    """What the rules need to know besides the ticket; who stands on a level is looked up when it is asked for."""
    rules = transaction.rules()

    def on_level(level: Level) -> Reached:
        return _reached(transaction, level, team, hand.at)

    return StepContext(
        rules=rules,
        team=team,
        climb=Climb(rules.ladder(team, ticket.ruled_at), on_level),
        at=hand.at,
        actor=hand.actor.id if hand.actor else None,
        promise_reply=promise_reply,
    )


def _reached(transaction: Transaction, level: Level, team: Team, at: datetime) -> Reached:
    rules = transaction.rules()
    channels = rules.workspace.channels
    return reach(
        level,
        [agent for agent in transaction.agents() if places(agent, (), channels)],
        team,
        is_there=team_on_duty.reachable(transaction, team, at),
        on_duty=lambda rotation: rules.on_duty(rotation, at),
    )


@dataclass(frozen=True, slots=True)
class Written:
    """A step with what only the opening of a ticket adds to it."""

    step: Step
    hand: DoneBy
    audience: Audience | None = None
    waiting_copies: tuple[Address, ...] = ()
    refused_files: tuple[RefusedFile, ...] = field(default=())


def write(
    transaction: Transaction,
    before: Ticket | None,
    after: Ticket,
    entries: Sequence[Entry],
    written: Written,
) -> None:
    step, hand = written.step, written.hand
    scene = _scene(transaction, before, after, entries, written)
    wanted = sla.timers(after)
    standing = sla.timers(before) if before else frozenset()
    words = step.words
    transaction.record(
        Change(
            before=before,
            after=after,
            entries=tuple(entries),
            comments=(words,) if isinstance(words, Comment) else (),
            notes=(words,) if isinstance(words, Note) else (),
            attachments=step.attachments,
            references=step.references,
            audience=written.audience,
            waiting_copies=written.waiting_copies,
            timers_set=tuple(sorted(wanted - standing, key=lambda timer: timer.due_at)),
            timers_dropped=tuple(standing - wanted),
            effects=announce.effects_of(scene),
        )
    )
    assert hand.at.tzinfo is not None


def _scene(
    transaction: Transaction,
    before: Ticket | None,
    after: Ticket,
    entries: Sequence[Entry],
    written: Written,
) -> RecordedStep:
    hand = written.hand
    audience = written.audience or transaction.audience(after.number)
    people = {hand.actor.id: hand.actor} if hand.actor else {}
    answered = _answered(transaction, before, after)
    pages = [e.event for e in (*entries, *answered) if isinstance(e.event, Paged)]
    paged = [id for page in pages for id in page.people]
    for id in {after.requester, after.assignee, *map(PersonId, paged)} - people.keys():
        found = transaction.person(id) if id else None
        if found:
            people[found.id] = found
    moved_away = before is not None and before.team != after.team
    return RecordedStep(
        before=before,
        after=after,
        entries=entries,
        audience=replace(audience, team=channel_of(team_of(transaction, after))),
        requester=people[after.requester],
        actor=hand.actor,
        assignee=people.get(after.assignee) if after.assignee else None,
        people=people,
        ladder=transaction.rules().ladder(team_of(transaction, after), after.ruled_at),
        channels=transaction.settings().channels,
        on_level=_hear_of_breach(transaction, after, entries),
        words=written.step.words,
        source=hand.source,
        receipt=hand.receipt,
        refused_files=written.refused_files,
        question=_question(transaction, after, entries),
        answered=answered,
        former_team=channel_of(team_of(transaction, before)) if before and moved_away else None,
    )


def _question(
    transaction: Transaction, after: Ticket, entries: Sequence[Entry]
) -> MessageId | None:
    """The agents' latest words, when somebody is to be reminded of them."""
    if not any(isinstance(entry.event, Reminded) for entry in entries):
        return None
    said = (entry.event for entry in reversed(transaction.history(after.number)))
    return next((e.message for e in said if isinstance(e, Commented) and e.by_agent), None)


def _answered(transaction: Transaction, before: Ticket | None, after: Ticket) -> tuple[Entry, ...]:
    waited = before is not None and before.pages > 0 and lifecycle.awaits_ack(before)
    if not waited or lifecycle.awaits_ack(after):
        return ()
    return tuple(escalation.unanswered(transaction.history(after.number)))


def _hear_of_breach(
    transaction: Transaction, after: Ticket, entries: Sequence[Entry]
) -> tuple[Person, ...]:
    """A broken response tells the present level without climbing; the agents read it in their channel."""
    broken = [e for e in entries if isinstance(e.event, Breached) and e.event.kind in RESPONSES]
    if not broken or after.escalation_level == 0:
        return ()
    team = team_of(transaction, after)
    levels = transaction.rules().ladder(team, after.ruled_at).levels
    level = levels[min(after.escalation_level, len(levels) - 1)]
    reached = _reached(transaction, level, team, entries[0].at)
    return tuple(person for person in transaction.agents() if person.id in reached.people)


def numbered(events: Sequence[Event], *, after: int, hand: DoneBy) -> list[Entry]:
    actor = hand.actor.id if hand.actor else None
    return [
        Entry(seq, hand.at, actor, hand.via, event)
        for seq, event in enumerate(events, start=after + 1)
    ]


def team_of(transaction: Transaction, ticket: Ticket) -> Team:
    team = transaction.team(ticket.team)
    assert team is not None, ticket.team  # a foreign key holds it
    return team


def channel_of(team: Team) -> Address | None:
    return team.place


def _refuse_stale(
    transaction: Transaction, request: Request, acting: Authorised, events: Sequence[Event]
) -> None:
    """A click on an older card is refused when it could undo what somebody else did since."""
    ticket, seen = acting.ticket, request.seen
    if seen is None or seen >= ticket.version:
        return
    if not any(isinstance(event, _CHANGES_WORK) for event in events):
        return
    since = transaction.history(ticket.number, after=seen)
    others = (entry for entry in since if entry.actor != acting.person.id)
    if any(isinstance(entry.event, _CHANGES_WORK) for entry in others):
        raise Refused("stale", ticket=ticket.id, state=ticket.state.value)

"""One step of one ticket: from decided events to the recorded change. The only way state is ever written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from engine.announcing import announce
from engine.announcing.places import places
from engine.announcing.recorded_step import RecordedStep
from engine.desk import permission, tail, team_on_duty
from engine.messages.conversation import RefusedFile
from engine.messages.values import Code, Foreign
from engine.ports.clock import Ids
from engine.ports.store import Change, Transaction
from engine.promises import escalation, follow_up, level_members
from engine.promises.rules import Level
from engine.promises.step_context import Reached, StepContext
from engine.tickets import actions
from engine.tickets.access import Right
from engine.tickets.actions import Action
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
    PriorityChanged,
    Released,
    Reminded,
    Snoozed,
    TeamChanged,
    Unmerged,
    Woken,
)
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

_CHANGES_WORK = (
    Moved
    | Assigned
    | Released
    | TeamChanged
    | PriorityChanged
    | Snoozed
    | Woken
    | Merged
    | Unmerged
)
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
    waiting_copies: tuple[Address, ...] = ()
    """Cc of a first mail that wait for an agent's word."""
    receipt: bool = True
    """False: what opens a ticket here deserves none."""


@dataclass(frozen=True, slots=True)
class Authorised:
    """Who acts on which ticket, found and authorised inside the transaction."""

    ticket: Ticket
    team: Team
    person: Person
    at: datetime


Decide = Callable[[Authorised], Step]


def change(
    transaction: Transaction, request: Request, action: Action | None, decide: Decide, given: Now
) -> Ticket:
    """Load, authorise, decide, record; `action` None is only looking. Answers the ticket as it is afterwards."""
    at = given.at
    person, ticket = permission.look_up(transaction, request, given.ids, at)
    if is_done(transaction, request):
        return ticket
    team = team_of(transaction, ticket)
    _authorize(transaction, person, action, ticket, at)
    acting = Authorised(ticket, team, person, at)
    step = decide(acting)
    _refuse_stale(transaction, request, acting, step.events)
    if request.reference is not None:
        step = replace(step, references=(*step.references, request.reference))
    after = ticket
    if step.events:
        here = context(transaction, ticket, at, request.by.via).by(person, request.by.source)
        after = record(transaction, here, step)
    settle(transaction, request, after)
    return after


def _authorize(
    transaction: Transaction, person: Person, action: Action | None, ticket: Ticket, at: datetime
) -> None:
    if action is not None:
        right = actions.right_for(action, person, ticket)
    else:
        right = Right.READ_OWN if person.id == ticket.requester else Right.READ
    permission.authorize(transaction, person, right, ticket, at)


def is_done(transaction: Transaction, request: Request) -> bool:
    """This very request was recorded; only its answer was lost."""
    return request.settles is not None and transaction.spool_is_done(request.settles)


def settle(transaction: Transaction, request: Request, ticket: Ticket) -> None:
    """`ticket`: what the request led to."""
    if request.settles is not None:
        transaction.settle(request.settles, ticket=ticket.number, reason="acted")


def context(transaction: Transaction, ticket: Ticket, at: datetime, via: str) -> StepContext:
    """What is around a step of this ticket, done by the desk itself; StepContext.by makes it a person's."""
    team = team_of(transaction, ticket)
    reach = partial(_reached, transaction, team, at)
    return StepContext(ticket, team, transaction.rules(), reach, at, via)


def _reached(transaction: Transaction, team: Team, at: datetime, level: Level) -> Reached:
    rules = transaction.rules()
    channels = rules.workspace.channels
    return level_members.reach(
        level,
        [agent for agent in transaction.agents() if places(agent, (), channels)],
        team,
        is_there=team_on_duty.reachable(transaction, team, at),
        on_duty=lambda rotation: rules.on_duty(rotation, at),
    )


def record(transaction: Transaction, here: StepContext, step: Step) -> Ticket:
    """Evolve the ticket by a step and write everything that follows from it; a ticket without version is new."""
    entries, after = foresee(transaction, here, step)
    before = here.ticket if here.ticket.version else None
    words = step.words
    told = _recorded(transaction, here, step, entries, after)
    tail.record(
        transaction,
        Change(
            before=before,
            after=after,
            entries=tuple(entries),
            comments=(words,) if isinstance(words, Comment) else (),
            notes=(words,) if isinstance(words, Note) else (),
            attachments=step.attachments,
            references=step.references,
            audience=step.audience,
            waiting_copies=step.waiting_copies,
            effects=announce.effects_of(told),
        ),
    )
    return after


def foresee(
    transaction: Transaction, here: StepContext, step: Step
) -> tuple[Sequence[Entry], Ticket]:
    """What a step would bring, and the ticket afterwards; nothing is written."""
    moved = [event.to for event in step.events if isinstance(event, TeamChanged)]
    if moved:
        there = context(transaction, replace(here.ticket, team=moved[-1]), here.at, here.via)
        here = replace(here, team=there.team, reach=there.reach)
    return follow_up.unfold(step.events, here)


def _recorded(
    transaction: Transaction,
    here: StepContext,
    step: Step,
    entries: Sequence[Entry],
    after: Ticket,
) -> RecordedStep:
    audience = step.audience or transaction.audience(after.number)
    before = here.ticket if here.ticket.version else None
    answered = _answered(transaction, before, after)
    people = _named(transaction, here, after, (*entries, *answered))
    team = team_of(transaction, after)
    return RecordedStep(
        before=before,
        after=after,
        entries=entries,
        audience=replace(audience, team=team.place),
        requester=people[after.requester],
        actor=here.actor,
        assignee=people.get(after.assignee) if after.assignee else None,
        people=people,
        ladder=here.rules.ladder(team, after.rules),
        channels=here.rules.workspace.channels,
        on_level=_hear_of_breach(transaction, after, entries),
        words=step.words,
        source=here.source,
        receipt=step.receipt,
        refused_files=tuple(
            RefusedFile(Foreign(a.name), Code(a.refused)) for a in step.attachments if a.refused
        ),
        question=_question(transaction, after, entries),
        answered=answered,
        former_team=_left(transaction, here.ticket, team),
    )


def _left(transaction: Transaction, before: Ticket, team: Team) -> Address | None:
    return team_of(transaction, before).place if before.team != team.id else None


def _named(
    transaction: Transaction, here: StepContext, after: Ticket, entries: Sequence[Entry]
) -> dict[PersonId, Person]:
    """Everybody whom the step is about."""
    people = {here.actor.id: here.actor} if here.actor else {}
    paged = [id for e in entries if isinstance(e.event, Paged) for id in e.event.people]
    for id in {after.requester, after.assignee, *map(PersonId, paged)} - people.keys():
        found = transaction.person(id) if id else None
        if found:
            people[found.id] = found
    return people


def _question(
    transaction: Transaction, after: Ticket, entries: Sequence[Entry]
) -> MessageId | None:
    """The agents' latest words, when somebody is to be reminded of them."""
    if not any(isinstance(entry.event, Reminded) for entry in entries):
        return None
    said = (entry.event for entry in reversed(transaction.history(after.number)))
    return next((e.message for e in said if isinstance(e, Commented) and e.by_agent), None)


def _answered(transaction: Transaction, before: Ticket | None, after: Ticket) -> tuple[Entry, ...]:
    waited = before is not None and before.pages > 0 and before.awaits_ack
    if not waited or after.awaits_ack:
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
    levels = transaction.rules().ladder(team, after.rules).levels
    level = levels[min(after.escalation_level, len(levels) - 1)]
    reached = _reached(transaction, team, entries[0].at, level)
    return tuple(person for person in transaction.agents() if person.id in reached.people)


def team_of(transaction: Transaction, ticket: Ticket) -> Team:
    team = transaction.team(ticket.team)
    assert team is not None, ticket.team  # a foreign key holds it
    return team


def _is_word(event: Event) -> bool:
    """What words bring about is as little stale as they are."""
    return isinstance(event, Woken) and event.why == "answer"


def _refuse_stale(
    transaction: Transaction, request: Request, acting: Authorised, events: Sequence[Event]
) -> None:
    """A click on an older card is refused when it could undo what somebody else did since."""
    ticket, seen = acting.ticket, request.seen
    if seen is None or seen >= ticket.version:
        return
    if not any(isinstance(event, _CHANGES_WORK) and not _is_word(event) for event in events):
        return
    since = transaction.history(ticket.number, after=seen)
    others = (entry for entry in since if entry.actor != acting.person.id)
    if any(isinstance(entry.event, _CHANGES_WORK) for entry in others):
        raise Refused("stale", ticket=ticket.id, state=ticket.state.value)

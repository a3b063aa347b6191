"""Two tickets that are one, and one that is two: merge, un-merge, split. Functions of a Transaction.

A merge gains no time: the ticket that stays open is due no later than the merged one was. The merged one is put aside
as MERGED; its requester follows the other from now on, and their replies go there.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from engine.desk import directory, permission, receiving, step
from engine.desk.step import Now, Step
from engine.ports.store import Transaction
from engine.promises import sla
from engine.promises.step_context import StepContext
from engine.promises.timer_rings import tighten
from engine.tickets import lifecycle
from engine.tickets.access import Right
from engine.tickets.actions import Action
from engine.tickets.clock_evolve import clocks_after
from engine.tickets.errors import Refused
from engine.tickets.events import Event, Linked, Merged
from engine.tickets.message import Audience, Draft, Request
from engine.tickets.people import Address, Person
from engine.tickets.promise_clock import ClockKind, PromiseClock, owed_answer
from engine.tickets.ticket import Ticket, ticket_id

UNMERGE_WITHIN: Final = timedelta(hours=24)
"""Later, too much has been said to take two tickets apart again."""


def merge(transaction: Transaction, request: Request, given: Now, into: int) -> Ticket:
    if step.is_done(transaction, request):
        return _led_to(transaction, request)
    person, source, target = could_merge(transaction, request, given, into)
    via, source_of_words = request.by.via, request.by.source
    joining = step.context(transaction, source, given.at, via).by(person, source_of_words)
    going_on = step.context(transaction, target, given.at, via).by(person, source_of_words)
    joined = [*lifecycle.merge(source, into=target), Linked(target.number, "merged")]
    step.record(transaction, joining, Step(joined))
    events: list[Event] = [Linked(source.number, "merged_from")]
    events += _no_time_bought(source, going_on)
    followers = _followers(transaction.audience(target.number), transaction.audience(source.number))
    after = step.record(transaction, going_on, Step(events, audience=followers))
    step.settle(transaction, request, after)
    return after


def could_merge(
    transaction: Transaction, request: Request, given: Now, into: int
) -> tuple[Person, Ticket, Ticket]:
    """Who merges which ticket into which; raises what merging them now would meet."""
    person = directory.identify(transaction, request.by, given.ids, given.at)
    # Both rows are locked in the order of their numbers: two merges at once must not wait for each other.
    found = {n: transaction.ticket(n) for n in sorted({request.ticket, into})}
    source = _allowed(transaction, person, found[request.ticket], request.ticket, given)
    target = _allowed(transaction, person, found[into], into, given)
    lifecycle.merge(source, into=target)
    return person, source, target


def _led_to(transaction: Transaction, request: Request) -> Ticket:
    """The ticket that this very request led to, when it was recorded before."""
    assert request.settles is not None
    number = transaction.ticket_settled(request.settles)
    found = transaction.ticket(number) if number is not None else None
    if found is None:
        raise Refused("absent", ticket=ticket_id(request.ticket))
    return found


def _allowed(
    transaction: Transaction, person: Person, ticket: Ticket | None, number: int, given: Now
) -> Ticket:
    if ticket is None:
        raise Refused("absent", ticket=ticket_id(number))
    permission.authorize(transaction, person, Right.MERGE, ticket, given.at)
    return ticket


def _no_time_bought(source: Ticket, now: StepContext) -> list[Event]:
    target = now.ticket
    answer, answers = owed_answer(target.clocks), list[Event]()
    owed = owed_answer(source.clocks)
    if owed and answer is None:  # one asked and was not answered yet: now this ticket owes it
        answers = sla.next_answer(target.clocks, now)
        answer = owed_answer(clocks_after(target.clocks, answers, now.at))
    resolutions = target.clock(ClockKind.RESOLUTION), source.clock(ClockKind.RESOLUTION)
    return [*answers, *_tightened(answer, owed, now), *_tightened(*resolutions, now)]


def _tightened(
    mine: PromiseClock | None, theirs: PromiseClock | None, now: StepContext
) -> list[Event]:
    """What is late already was promised, and broken, by the other ticket."""
    if mine is None or theirs is None or theirs.due_at is None or theirs.settled:
        return []
    return tighten(mine, theirs.due_at, now) if theirs.due_at > now.at else []


def _followers(audience: Audience, joining: Audience) -> Audience:
    known = {audience.requester, *audience.copied}
    new: list[Address] = [
        address
        for address in (joining.requester, *joining.copied)
        if address is not None and address not in known
    ]
    return replace(audience, copied=(*audience.copied, *dict.fromkeys(new)))


def unmerge(transaction: Transaction, request: Request, given: Now) -> Ticket:
    """Back to the state before, with the clocks going on; refused 24 h after the merge."""
    person, ticket = permission.look_up(transaction, request, given.ids, given.at)
    if step.is_done(transaction, request):
        return ticket
    permission.authorize(transaction, person, Right.UNMERGE, ticket, given.at)
    lifecycle.destination(ticket, Action.UNMERGE)
    history = transaction.history(ticket.number)
    merged = next(entry for entry in reversed(history) if isinstance(entry.event, Merged))
    assert isinstance(merged.event, Merged)
    if given.at - merged.at > UNMERGE_WITHIN:
        hours = UNMERGE_WITHIN // timedelta(hours=1)
        raise Refused("too_late_to_unmerge", ticket=ticket.id, hours=hours)
    here = step.context(transaction, ticket, given.at, request.by.via)
    here = here.by(person, request.by.source)
    events: Sequence[Event] = lifecycle.unmerge(ticket, to=merged.event.before)
    _part(transaction, here)
    after = step.record(transaction, here, Step(events))
    step.settle(transaction, request, after)
    return after


def _part(transaction: Transaction, here: StepContext) -> None:
    """People who followed the others because of the merge no longer do, unless one of theirs is still there."""
    ticket = left = here.ticket
    leaving = _everybody(transaction, ticket.number)
    while left.merged_into is not None:
        other = transaction.ticket(left.merged_into)
        assert other is not None, left.merged_into  # a foreign key holds it
        joined = transaction.joined(other.number).keys() - {ticket.number}
        staying = {at for number in joined for at in _everybody(transaction, number)}
        audience = transaction.audience(other.number)
        kept = tuple(at for at in audience.copied if at not in leaving - staying)
        parted = Step([Linked(ticket.number, "parted")], audience=replace(audience, copied=kept))
        left = other
        there = step.context(transaction, other, here.at, here.via)
        step.record(transaction, replace(there, actor=here.actor, source=here.source), parted)


def _everybody(transaction: Transaction, number: int) -> set[Address]:
    audience = transaction.audience(number)
    return {at for at in (audience.requester, *audience.copied) if at is not None}


def split(transaction: Transaction, request: Request, given: Now, draft: Draft) -> Ticket:
    """The new ticket starts now, for the same requester, with promises of its own."""
    if step.is_done(transaction, request):
        return _led_to(transaction, request)
    person, source = permission.look_up(transaction, request, given.ids, given.at)
    permission.authorize(transaction, person, Right.SPLIT, source, given.at)
    lifecycle.destination(source, Action.SPLIT)
    here = step.context(transaction, source, given.at, request.by.via).by(person)
    opened = receiving.open_from_split(transaction, here, draft, given)
    step.settle(transaction, request, opened)
    return opened

"""Two tickets that are one, and one that is two: merge, un-merge, split. Functions of a Transaction.

A merge buys no time: the ticket that goes on is due no later than the one that joins it was. The one that joins
rests as MERGED; who asked for it follows the other from now on, and their replies go there.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from engine import access, directory, lifecycle, opening, sla, step
from engine.access import Right
from engine.consequences import situation
from engine.errors import Refused
from engine.events import Event, Linked, Merged
from engine.model import Address, Audience, Draft, Person, Request, Ticket, ticket_id
from engine.ports import Transaction
from engine.promises import PROMISES
from engine.step import Given, Hand, Step

UNMERGE_WITHIN: Final = timedelta(hours=24)
"""Later, too much has been said to take two tickets apart again."""


def merge(transaction: Transaction, request: Request, given: Given, into: int) -> Ticket:
    if step.is_done(transaction, request):
        return _led_to(transaction, request)
    person = directory.identify(transaction, request.by, given.ids, given.at)
    # Both rows are locked in the order of their numbers: two merges at once must not wait for each other.
    found = {n: transaction.ticket(n) for n in sorted({request.ticket, into})}
    source = _allowed(transaction, person, found[request.ticket], request.ticket)
    target = _allowed(transaction, person, found[into], into)
    hand = Hand(person, request.by.via, given.at, request.by.source)
    joined = [*lifecycle.merge(source, into=target), Linked(target.number, "merged")]
    step.record(transaction, source, Step(joined), hand)
    events: list[Event] = [Linked(source.number, "merged_from")]
    events += _no_time_bought(transaction, source, target, hand)
    followers = _followers(transaction.audience(target.number), transaction.audience(source.number))
    after = step.record(transaction, target, Step(events, audience=followers), hand)
    step.settle(transaction, request, after)
    return after


def _led_to(transaction: Transaction, request: Request) -> Ticket:
    """The ticket that this very request led to, when it was recorded before."""
    assert request.settles is not None
    number = transaction.ticket_settled(request.settles)
    found = transaction.ticket(number) if number is not None else None
    if found is None:
        raise Refused("absent", ticket=ticket_id(request.ticket))
    return found


def _allowed(
    transaction: Transaction, person: Person, ticket: Ticket | None, number: int
) -> Ticket:
    if ticket is None:
        raise Refused("absent", ticket=ticket_id(number))
    access.authorize(person, Right.MERGE, ticket, step.team_of(transaction, ticket))
    return ticket


def _no_time_bought(
    transaction: Transaction, source: Ticket, target: Ticket, hand: Hand
) -> list[Event]:
    around = step.around(transaction, target, step.team_of(transaction, target), hand)
    now = situation(target, around)
    tightened: list[Event] = []
    for kind in PROMISES:
        mine, theirs = target.clock(kind), source.clock(kind)
        if mine and theirs and not theirs.settled and theirs.due_at:
            tightened += sla.tighten(mine, theirs.due_at, now)
    return tightened


def _followers(audience: Audience, joining: Audience) -> Audience:
    known = {audience.requester, *audience.copied}
    new: list[Address] = [
        address
        for address in (joining.requester, *joining.copied)
        if address is not None and address not in known
    ]
    return replace(audience, copied=(*audience.copied, *dict.fromkeys(new)))


def unmerge(transaction: Transaction, request: Request, given: Given) -> Ticket:
    """Back to the state before, with the clocks going on; refused 24 h after the merge."""
    person = directory.identify(transaction, request.by, given.ids, given.at)
    ticket = transaction.ticket(request.ticket)
    if ticket is None:
        raise Refused("absent", ticket=ticket_id(request.ticket))
    if step.is_done(transaction, request):
        return ticket
    access.authorize(person, Right.UNMERGE, ticket, step.team_of(transaction, ticket))
    lifecycle.destination(ticket, lifecycle.Action.UNMERGE)
    history = transaction.history(ticket.number)
    merged = next(entry for entry in reversed(history) if isinstance(entry.event, Merged))
    assert isinstance(merged.event, Merged)
    if given.at - merged.at > UNMERGE_WITHIN:
        hours = UNMERGE_WITHIN // timedelta(hours=1)
        raise Refused("too_late_to_unmerge", ticket=ticket.id, hours=hours)
    hand = Hand(person, request.by.via, given.at, request.by.source)
    events: Sequence[Event] = lifecycle.unmerge(ticket, to=merged.event.before)
    _part(transaction, ticket, hand)
    after = step.record(transaction, ticket, Step(events), hand)
    step.settle(transaction, request, after)
    return after


def _part(transaction: Transaction, ticket: Ticket, hand: Hand) -> None:
    """Whoever followed the other ticket because of the merge hears of it no more."""
    other = transaction.ticket(ticket.merged_into) if ticket.merged_into is not None else None
    if other is None:
        return
    audience, leaving = transaction.audience(other.number), transaction.audience(ticket.number)
    gone = {leaving.requester, *leaving.copied}
    kept = tuple(address for address in audience.copied if address not in gone)
    parted = Step([Linked(ticket.number, "parted")], audience=replace(audience, copied=kept))
    step.record(transaction, other, parted, hand)


def split(transaction: Transaction, request: Request, given: Given, draft: Draft) -> Ticket:
    """The new ticket starts now, for the same requester, with promises of its own."""
    if step.is_done(transaction, request):
        return _led_to(transaction, request)
    person = directory.identify(transaction, request.by, given.ids, given.at)
    ticket = transaction.ticket(request.ticket)
    source = _allowed(transaction, person, ticket, request.ticket)
    lifecycle.destination(source, lifecycle.Action.SPLIT)
    hand = Hand(person, request.by.via, given.at, request.by.source)
    opened = opening.open_from_split(transaction, source, draft, hand, given)
    step.settle(transaction, request, opened)
    return opened

"""Opening a ticket, from a message or a form, with its promises, its audience and its receipt."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from engine.desk import ack_by_mail, closing, directory, step
from engine.desk.step import Authorised, Now, Step
from engine.ports.store import Transaction
from engine.promises.step_context import StepContext
from engine.tickets import evolve, join_or_open, lifecycle, routing
from engine.tickets.errors import Refused
from engine.tickets.events import Commented, Entry, Event, Linked, Opened
from engine.tickets.join_or_open import Join, Open
from engine.tickets.message import Audience, Comment, Draft, Inbound, MessageId, Note
from engine.tickets.people import OPERATOR, Address, Caller, Person, Role
from engine.tickets.ticket import Phase, Ticket
from engine.tickets.workspace import Workspace

CLI: Final = "cli"


@dataclass(frozen=True, slots=True)
class Received:
    """What became of an inbound message."""

    ticket: int | None
    outcome: str  # opened | joined | acted | ignored
    reason: str


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who said it, and whether it wakes the ticket."""

    sender: Person
    moves: bool


def receive(
    transaction: Transaction, inbound: Inbound, *, settles: int | None, given: Now
) -> Received:
    """A message becomes a ticket, joins one, or is ignored for a reason that stays visible."""
    if settles is not None and transaction.spool_is_done(settles):
        return Received(None, "ignored", "already done")
    received = _receive(transaction, inbound, given)
    if settles is not None:
        reason = f"ignored: {received.reason}" if received.ticket is None else received.outcome
        transaction.settle(settles, ticket=received.ticket, reason=reason)
    return received


def _receive(transaction: Transaction, inbound: Inbound, given: Now) -> Received:
    if inbound.automatic in join_or_open.IGNORED:
        return Received(None, "ignored", inbound.automatic or "")
    if _is_known(transaction, inbound):
        return Received(None, "ignored", "seen before")
    answered = ack_by_mail.acknowledged(transaction, inbound, given)
    if answered is not None:
        return Received(answered.number, "acted", "acknowledged")
    ticket = _target(transaction, inbound)
    sender = directory.sender_of(transaction, inbound, given.ids)
    audience = transaction.audience(ticket.number) if ticket else None
    asked = ticket is not None and _asked(transaction, ticket, sender)
    decision = join_or_open.decide(inbound, ticket, audience, asked=asked)
    if isinstance(decision, Join):
        assert ticket is not None
        moves = decision.moves and not closing.wakes_nobody(transaction, ticket, sender.id)
        _join(transaction, inbound, ticket, Speaker(sender, moves), given)
        return Received(ticket.number, "joined", "reply")
    if inbound.automatic in join_or_open.SILENT:
        return Received(None, "ignored", inbound.automatic or "")
    opened = _open_from(transaction, inbound, sender, decision, given)
    return Received(opened.number, "opened", decision.how or "new")


def _is_known(transaction: Transaction, inbound: Inbound) -> bool:
    """An id that a place of ours gave is one message for ever; an id without a place is its writer's own word
    (a Message-ID) and proves nothing: there the content is the key."""
    ref = inbound.reference
    if ref is None or not ref.place:
        return False
    return transaction.ticket_by_reference(ref.channel, ref.ref, place=ref.place) is not None


def _target(transaction: Transaction, inbound: Inbound) -> Ticket | None:
    for proof in inbound.proofs:
        proven = transaction.ticket(proof.ticket)
        if proven is not None:
            return _merged_into(transaction, proven)
    for ref in inbound.replies_to:
        number = transaction.ticket_by_reference(inbound.channel, ref)
        found = transaction.ticket(number) if number is not None else None
        if found is not None:
            return _merged_into(transaction, found)
    return None


def _merged_into(transaction: Transaction, ticket: Ticket) -> Ticket:
    """Where a merged ticket goes on. Merging into a merged one is refused, so this ends."""
    while ticket.merged_into is not None:
        following = transaction.ticket(ticket.merged_into)
        assert following is not None, ticket.merged_into
        ticket = following
    return ticket


def _asked(transaction: Transaction, ticket: Ticket, sender: Person) -> bool:
    """Theirs, or one of theirs was merged into it, or into one that was."""
    if sender.id == ticket.requester:
        return True
    left = [ticket.number]
    while left:  # a merged ticket takes in no other, so this ends
        joined = transaction.joined(left.pop())
        if sender.id in joined.values():
            return True
        left += joined
    return False


def _join(
    transaction: Transaction, inbound: Inbound, ticket: Ticket, said: Speaker, given: Now
) -> None:
    references = (inbound.reference,) if inbound.reference else ()
    id = MessageId(given.ids.new())
    sender = said.sender
    words: Comment | Note
    events: list[Event]
    if inbound.automatic is None:
        words = Comment(id, sender.id, inbound.channel, inbound.text, given.at, inbound.source)
        asks = not join_or_open.is_thanks(inbound.text)
        events = lifecycle.answer(ticket, message=id, moves=said.moves, asks=asks)
    else:  # a machine's words are for the agents' eyes and move nothing
        words = Note(id, sender.id, inbound.channel, inbound.text, given.at, inbound.source)
        events = lifecycle.note(ticket, message=id)
    joined = Step(events, words, inbound.attachments, references)
    here = step.context(transaction, ticket, given.at, inbound.channel).by(sender, inbound.source)
    step.record(transaction, here, joined)


def reply(transaction: Transaction, acting: Authorised, words: Comment) -> Step:
    """An agent's answer; or words of whoever asked, which move the ticket as a mail of theirs would."""
    ticket, person = acting.ticket, acting.person
    own = person.id == ticket.requester
    if not own or person.rank >= Role.AGENT:
        return Step(lifecycle.reply(ticket, message=words.id, by_agent=not own), words)
    if join_or_open.is_too_late(ticket, acting.at):
        raise Refused("too_late", ticket=ticket.id, days=join_or_open.REOPEN_WITHIN.days)
    thanks = join_or_open.is_thanks(words.text)
    rests = ticket.state.phase in (Phase.DONE, Phase.CLOSED)
    moves = not (thanks and rests) and not closing.wakes_nobody(transaction, ticket, person.id)
    events = lifecycle.answer(ticket, message=words.id, moves=moves, asks=not thanks)
    return Step(events, words)


def _open_from(
    transaction: Transaction, inbound: Inbound, sender: Person, decision: Open, given: Now
) -> Ticket:
    settings = transaction.settings()
    team = routing.team_for(inbound, transaction.teams(), settings)
    other, how = decision.other, decision.how
    if other is None:
        named = next((n for n in inbound.named if transaction.ticket(n) is not None), None)
        other, how = named, "names" if named else ""
    copied, waiting = _copies(inbound, sender, settings)
    words = _first_words(given, sender, inbound.channel, inbound.text, inbound.source)
    opened = Opened(
        subject=inbound.subject,
        channel=inbound.channel,
        requester=sender.id,
        priority=settings.default_priority,
        category=routing.default_category(settings),
        team=team.id,
    )
    first = Step(
        _said(words, other, how),
        words,
        inbound.attachments,
        (inbound.reference,) if inbound.reference else (),
        Audience(Address(inbound.sender.kind, inbound.sender.subject), copied),
        waiting_copies=waiting,
        receipt=_deserves_receipt(transaction, inbound, sender, given.at),
    )
    return _create(transaction, opened, first, sender)


def _first_words(
    given: Now, author: Person, via: str, text: str, source: Address | None
) -> Comment:
    return Comment(MessageId(given.ids.new()), author.id, via, text, given.at, source)


def _said(words: Comment, other: int | None = None, how: str = "") -> list[Event]:
    """What follows on Opened: the first words, and the other ticket that this one has to do with."""
    linked = [Linked(other, how)] if other is not None else []
    return [Commented(words.id, by_agent=False), *linked]


def _deserves_receipt(
    transaction: Transaction, inbound: Inbound, sender: Person, at: datetime
) -> bool:
    if inbound.automatic is not None:
        return False
    recent = transaction.tickets_opened_since(sender.id, at - timedelta(hours=1))
    return recent < join_or_open.RECEIPTS_PER_HOUR


def _copies(
    inbound: Inbound, sender: Person, settings: Workspace
) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """Cc in the workspace's own domains are copied on public replies; others wait for an agent's word."""
    own = {*inbound.recipients, inbound.sender.subject, *(n.subject for n in sender.identities)}
    others = [address for address in dict.fromkeys(inbound.copied) if address not in own]
    inside = [a for a in others if a.rpartition("@")[2] in settings.domains]
    outside = [a for a in others if a not in inside]
    return tuple(_on(inbound.channel, inside)), tuple(_on(inbound.channel, outside))


def _on(channel: str, places: Iterable[str]) -> Iterator[Address]:
    return (Address(channel, place) for place in places)


def open_by_hand(
    transaction: Transaction, draft: Draft, by: Caller, *, settles: int | None, given: Now
) -> Ticket:
    """A command or a form: the caller is the requester."""
    known = transaction.ticket_settled(settles) if settles is not None else None
    opened = transaction.ticket(known) if known is not None else None
    if opened is not None:
        return opened  # this very form was recorded; only its answer was lost
    ticket = _open_drafted(transaction, draft, by, given)
    if settles is not None:
        transaction.settle(settles, ticket=ticket.number, reason="opened")
    return ticket


def _open_drafted(transaction: Transaction, draft: Draft, by: Caller, given: Now) -> Ticket:
    person = directory.identify(transaction, by, given.ids, given.at)
    settings = transaction.settings()
    priority = asked = settings.default_priority
    if draft.priority:
        asked = routing.priority_named(draft.priority)
        # Whoever may run commands on this machine chooses for others.
        may = by.via == CLI or asked in routing.priorities_for(person, settings)
        priority = asked if may else priority
    opened = Opened(
        subject=draft.subject,
        channel=by.via,
        requester=person.id,
        priority=priority,
        asked=asked if asked is not priority else None,
        category=routing.category_named(draft.category, settings)
        if draft.category
        else routing.default_category(settings),
        team=routing.team_for_draft(draft, transaction.teams(), settings).id,
    )
    words = _first_words(given, person, by.via, draft.text or draft.subject, by.source)
    heard = by.identity.kind != OPERATOR
    place = Address(by.identity.kind, by.identity.subject) if heard else None
    first = Step(_said(words), words, audience=Audience(place))
    return _create(transaction, opened, first, person)


def open_from_split(
    transaction: Transaction, source: StepContext, draft: Draft, given: Now
) -> Ticket:
    """Part of another ticket becomes one of its own, for the same requester, by who acts on that one."""
    old = source.ticket
    requester = transaction.person(old.requester)
    assert requester is not None, old.requester  # a foreign key holds it
    assert source.actor is not None
    settings = transaction.settings()
    opened = Opened(
        subject=draft.subject,
        channel=old.channel,
        requester=requester.id,
        priority=routing.priority_named(draft.priority) if draft.priority else old.priority,
        category=routing.category_named(draft.category, settings)
        if draft.category
        else old.category,
        team=routing.team_named(draft.team or old.team, transaction.teams()).id,
    )
    words = _first_words(given, requester, source.via, draft.text or draft.subject, None)
    audience = replace(transaction.audience(old.number), team=None)
    first = Step(_said(words, old.number, "split"), words, audience=audience)
    return _create(transaction, opened, first, source.actor)


def _create(transaction: Transaction, opened: Opened, first: Step, actor: Person) -> Ticket:
    """`first`: the words it opens with, and whatever came with them."""
    words = first.words
    assert words is not None
    # It lives by the policies and ladders of this very transaction.
    opened = replace(opened, rules=transaction.settings().rules_version)
    # Version 0: the history of the ticket begins with this step.
    entry = Entry(0, words.at, actor.id, words.via, opened)
    born = evolve.born(transaction.workspace, transaction.next_number(), entry)
    here = step.context(transaction, born, words.at, words.via).by(actor, words.source)
    return step.record(transaction, here, replace(first, events=[opened, *first.events]))

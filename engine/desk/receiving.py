"""How a ticket comes to be: from a message or from a form, with its promises, its audience and its receipt."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.desk import ack_by_mail, directory, step
from engine.desk.step import DoneBy, Now, Step, Written
from engine.messages.conversation import RefusedFile
from engine.messages.values import Code, Foreign
from engine.ports.store import Transaction
from engine.promises import follow_up
from engine.tickets import evolve, intake, lifecycle, routing
from engine.tickets.events import Commented, Event, Linked, Opened
from engine.tickets.intake import Join, Open
from engine.tickets.message import Attachment, Audience, Comment, Draft, Inbound, MessageId, Note
from engine.tickets.people import OPERATOR, Address, Caller, Person, Team
from engine.tickets.thanks import is_thanks
from engine.tickets.ticket import Priority, Ticket
from engine.tickets.workspace import Workspace


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


@dataclass(frozen=True, slots=True)
class _New:
    """A ticket about to exist."""

    subject: str
    channel: str
    priority: Priority
    category: str
    team: Team
    words: Comment
    hand: DoneBy
    requester: Person
    audience: Audience
    other: int | None = None
    how: str = ""
    waiting_copies: tuple[Address, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    inbound: Inbound | None = None


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
    if inbound.automatic in intake.IGNORED:
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
    decision = intake.decide(inbound, ticket, audience, asked=asked)
    if isinstance(decision, Join):
        assert ticket is not None
        _join(transaction, inbound, ticket, Speaker(sender, decision.moves), given)
        return Received(ticket.number, "joined", "reply")
    if inbound.automatic in intake.SILENT:
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
        asks = not is_thanks(inbound.text)
        events = lifecycle.answer(ticket, message=id, moves=said.moves, asks=asks)
    else:  # a machine's words are for the agents' eyes and move nothing
        words = Note(id, sender.id, inbound.channel, inbound.text, given.at, inbound.source)
        events = lifecycle.note(ticket, message=id)
    joined = Step(events, words, inbound.attachments, references)
    hand = DoneBy(sender, inbound.channel, given.at, inbound.source)
    step.record(transaction, ticket, joined, hand)


def _open_from(
    transaction: Transaction, inbound: Inbound, sender: Person, decision: Open, given: Now
) -> Ticket:
    at = given.at
    settings = transaction.settings()
    team = routing.team_for(inbound, transaction.teams(), settings)
    other, how = decision.other, decision.how
    if other is None:
        named = next((n for n in inbound.named if transaction.ticket(n) is not None), None)
        other, how = named, "names" if named else ""
    copied, waiting = _copies(inbound, sender, settings)
    requester = Address(inbound.sender.kind, inbound.sender.subject)
    id = MessageId(given.ids.new())
    return _create(
        transaction,
        _New(
            subject=inbound.subject,
            channel=inbound.channel,
            priority=settings.default_priority,
            category=routing.default_category(settings),
            team=team,
            words=Comment(id, sender.id, inbound.channel, inbound.text, at, inbound.source),
            hand=DoneBy(
                sender,
                inbound.channel,
                at,
                inbound.source,
                receipt=_deserves_receipt(transaction, inbound, sender, at),
            ),
            requester=sender,
            audience=Audience(requester, copied),
            other=other,
            how=how,
            waiting_copies=waiting,
            attachments=inbound.attachments,
            inbound=inbound,
        ),
    )


def _deserves_receipt(
    transaction: Transaction, inbound: Inbound, sender: Person, at: datetime
) -> bool:
    if inbound.automatic is not None:
        return False
    recent = transaction.tickets_opened_since(sender.id, at - timedelta(hours=1))
    return recent < intake.RECEIPTS_PER_HOUR


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
    ticket = _create(transaction, _drafted(transaction, draft, by, given))
    if settles is not None:
        transaction.settle(settles, ticket=ticket.number, reason="opened")
    return ticket


def _drafted(transaction: Transaction, draft: Draft, by: Caller, given: Now) -> _New:
    at = given.at
    person = directory.identify(transaction, by, given.ids, at)
    settings = transaction.settings()
    default = settings.default_priority
    place = Address(by.identity.kind, by.identity.subject)
    id = MessageId(given.ids.new())
    return _New(
        subject=draft.subject,
        channel=by.via,
        priority=routing.priority_named(draft.priority) if draft.priority else default,
        category=routing.category_named(draft.category, settings)
        if draft.category
        else routing.default_category(settings),
        team=routing.team_for_draft(draft, transaction.teams(), settings),
        words=Comment(id, person.id, by.via, draft.text or draft.subject, at, by.source),
        hand=DoneBy(person, by.via, at, by.source),
        requester=person,
        audience=Audience(place if by.identity.kind != OPERATOR else None),
    )


def open_from_split(
    transaction: Transaction, source: Ticket, draft: Draft, hand: DoneBy, given: Now
) -> Ticket:
    """Part of another ticket becomes one of its own, for the same requester."""
    requester = transaction.person(source.requester)
    assert requester is not None, source.requester  # a foreign key holds it
    settings = transaction.settings()
    id = MessageId(given.ids.new())
    return _create(
        transaction,
        _New(
            subject=draft.subject,
            channel=source.channel,
            priority=routing.priority_named(draft.priority) if draft.priority else source.priority,
            category=routing.category_named(draft.category, settings)
            if draft.category
            else source.category,
            team=routing.team_named(draft.team or source.team, transaction.teams()),
            words=Comment(id, requester.id, hand.via, draft.text or draft.subject, given.at),
            hand=hand,
            requester=requester,
            audience=replace(transaction.audience(source.number), team=None),
            other=source.number,
            how="split",
        ),
    )


def _create(transaction: Transaction, new: _New) -> Ticket:
    number = transaction.next_number()
    hand = new.hand
    opened = Opened(
        subject=new.subject,
        channel=new.channel,
        requester=new.requester.id,
        priority=new.priority,
        category=new.category,
        team=new.team.id,
    )
    events: list[Event] = [opened, Commented(new.words.id, by_agent=False)]
    if new.other is not None:
        events.append(Linked(new.other, new.how))
    [first] = step.numbered([opened], after=0, hand=hand)
    born = evolve.born(transaction.workspace, number, first)
    around = step.around(transaction, born, new.team, hand)
    following = follow_up.unfold(born, events, around)
    entries = step.numbered(following, after=0, hand=hand)
    ticket = evolve.evolve_all(born, entries[1:])
    reference = new.inbound.reference if new.inbound else None
    written = Written(
        Step(events, new.words, new.attachments, (reference,) if reference else ()),
        hand,
        audience=new.audience,
        waiting_copies=new.waiting_copies,
        refused_files=tuple(
            RefusedFile(Foreign(a.name), Code(a.refused)) for a in new.attachments if a.refused
        ),
    )
    step.write(transaction, None, ticket, entries, written)
    return ticket

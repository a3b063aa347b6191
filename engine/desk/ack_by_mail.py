"""Pages answered at a signed address: "I have it". Functions of a Transaction.

A person who was paged may acknowledge from the address that was paged, once per page; the channel has verified that
the signed address was made for that sender. Anything else is an ordinary message.
"""

from collections.abc import Sequence

from engine.desk import step
from engine.desk.step import Now, Step
from engine.messages.effects import Tell
from engine.messages.page_messages import PageOver
from engine.messages.values import Code, Foreign, TicketRef, foreign, zone
from engine.ports.store import Transaction
from engine.promises import escalation
from engine.tickets import access, lifecycle
from engine.tickets.access import Right
from engine.tickets.events import Acknowledged, Entry, Event, Merged, Moved, Noted, Paged
from engine.tickets.message import AddressAction, Inbound, MessageId, Note
from engine.tickets.people import Address, Person
from engine.tickets.ticket import Phase, Ticket


def acknowledged(transaction: Transaction, inbound: Inbound, given: Now) -> Ticket | None:
    """The ticket that the sender says to have, or hears to be in good hands; None: an ordinary message."""
    asked = inbound.asks
    if asked is None or inbound.automatic is not None:
        return None
    ticket = transaction.ticket(asked.ticket)
    sender = transaction.person_by(inbound.sender)
    if ticket is None or sender is None:
        return None
    about = access.about_ticket(ticket, step.team_of(transaction, ticket), called=True)
    if not access.may(sender, Right.ACKNOWLEDGE, about):
        return None  # they are nobody to page any more
    history = transaction.history(ticket.number)
    if not _was_paged(history, asked, sender):
        return None
    waits = any(page.seq == asked.page for page in escalation.unanswered(history))
    if waits and ticket.awaits_ack:
        return _acknowledge(transaction, ticket, sender, inbound, given)
    end = _end_of(history, ticket, asked)
    transaction.tell([_how_it_stands(transaction, ticket, sender, inbound, end)])
    return ticket


def _was_paged(history: Sequence[Entry], asked: AddressAction, sender: Person) -> bool:
    page = next((entry.event for entry in history if entry.seq == asked.page), None)
    return isinstance(page, Paged) and sender.id in page.people


def _acknowledge(
    transaction: Transaction, ticket: Ticket, sender: Person, inbound: Inbound, given: Now
) -> Ticket:
    """What they wrote besides is a note. Its Message-ID is not kept: no mail to the requester shall answer it."""
    events: list[Event] = lifecycle.acknowledge(ticket)
    note = None
    if inbound.text.strip() or inbound.attachments:
        id = MessageId(given.ids.new())
        note = Note(id, sender.id, inbound.channel, inbound.text.strip(), given.at, inbound.source)
        events = [Noted(id), *events]
    files = inbound.attachments if note else ()
    here = step.context(transaction, ticket, given.at, inbound.channel).by(sender, inbound.source)
    return step.record(transaction, here, Step(events, note, files))


def _how_it_stands(
    transaction: Transaction, ticket: Ticket, sender: Person, inbound: Inbound, end: Entry | None
) -> Tell:
    """It was answered before, by somebody else or by themselves."""
    by = transaction.person(end.actor) if end and end.actor else None
    over = PageOver(
        TicketRef(ticket.number),
        Foreign(ticket.subject),
        zone(sender.timezone),
        how=Code(ticket.state.value if _is_over(ticket) else "acknowledged"),
        by=foreign(by.name) if by else None,
        yours=by is not None and by.id == sender.id,
        claimable=ticket.assignee is None,
        version=ticket.version,
        answered_at=end.at if end else ticket.updated_at,
        paged_at=None,
    )
    to = Address(inbound.sender.kind, inbound.sender.subject)
    return Tell(to, over, f"{ticket.number}.page_over.{inbound.key}")


def _end_of(history: Sequence[Entry], ticket: Ticket, asked: AddressAction) -> Entry | None:
    """What there is to say instead: how the ticket ended, or who has answered that page."""
    if _is_over(ticket):
        ends = [entry for entry in history if _ends(entry.event)]
        return ends[-1] if ends else None
    since = (entry for entry in history if entry.seq > asked.page)
    return next((entry for entry in since if isinstance(entry.event, Acknowledged)), None)


def _is_over(ticket: Ticket) -> bool:
    return ticket.state.phase in (Phase.DONE, Phase.CLOSED)


def _ends(event: Event) -> bool:
    moved = isinstance(event, Moved) and event.to.phase in (Phase.DONE, Phase.CLOSED)
    return moved or isinstance(event, Merged)

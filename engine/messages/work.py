"""Messages about what becomes of a ticket: who has it, where it went, how it ended."""

from dataclasses import dataclass
from datetime import datetime

from engine.messages.conversation import OfTicket
from engine.messages.values import Code, Foreign, TicketRef, Who


@dataclass(frozen=True, slots=True)
class OfferedBecause:
    """Why the desk offered a ticket to somebody."""

    rule: Code
    running: int
    """Tickets they had running until then."""
    has: tuple[Foreign, ...]
    """Skills that the ticket needs, and theirs."""
    lacks: tuple[Foreign, ...]
    """Skills that it needs, and nobody's on duty."""


@dataclass(frozen=True, slots=True)
class TicketAssigned(OfTicket):
    """Somebody else, or the desk, gave a ticket to an agent.

    To: the team's channel.
    """

    agent: Who | None
    by: Foreign | None
    offer: OfferedBecause | None
    """None: a person decided, and it is no offer."""


@dataclass(frozen=True, slots=True)
class TicketLinked(OfTicket):
    """A ticket continues, names or was split from another, or another was merged into it.

    To: the team's channel.
    """

    other: TicketRef
    how: Code


@dataclass(frozen=True, slots=True)
class TicketMerged(OfTicket):
    """A ticket was merged into another.

    To: the requester, and the team's channel.
    """

    other: TicketRef
    by: Foreign | None


@dataclass(frozen=True, slots=True)
class TicketUnmerged(OfTicket):
    """A merge was undone.

    To: the team's channel.
    """

    other: TicketRef
    by: Foreign | None


@dataclass(frozen=True, slots=True)
class TicketResolved(OfTicket):
    """A ticket is resolved.

    To: the requester.
    """

    agent: Foreign | None
    closes_at: datetime | None
    gave_up: bool
    """A question stayed without an answer."""


@dataclass(frozen=True, slots=True)
class TicketClosed(OfTicket):
    """Somebody other than the requester closed a ticket.

    To: the requester.
    """

    agent: Foreign | None
    no_request: bool
    """It was not taken for a request: a colleague reads how to object."""


@dataclass(frozen=True, slots=True)
class SnoozeEnded(OfTicket):
    """A snoozed ticket is to be looked at again.

    To: the team's channel.
    """

    why: Code
    """due | answer | warning | breach | page | reply | asked"""
    by: Foreign | None
    """None: the desk itself."""
    assignee: Who | None


@dataclass(frozen=True, slots=True)
class TicketReopened(OfTicket):
    """A ticket is open again.

    To: the team's channel.
    """

    author: Foreign | None
    assignee: Who | None

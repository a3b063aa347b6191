"""Messages about what people say to each other on a ticket.

Of each class the first line of its docstring says when it is said, and `To:` to whom: docs/messages.md shows both.
"""

from dataclasses import dataclass
from datetime import datetime

from engine.messages.values import Code, Foreign, TicketRef, Zone
from engine.tickets.ticket import Priority


@dataclass(frozen=True, slots=True)
class OfTicket:
    """What every message about one ticket says first."""

    ticket: TicketRef
    subject: Foreign
    timezone: Zone | None
    """Of whoever reads it; None: not known."""


@dataclass(frozen=True, slots=True)
class RefusedFile:
    name: Foreign
    why: Code  # too_large | blocked_type | too_many, or what an older desk said


@dataclass(frozen=True, slots=True)
class Receipt(OfTicket):
    """A message opened a ticket.

    To: the sender, and the people they copied.
    """

    priority: Priority
    asked: Priority | None
    """What they asked for and may not choose."""
    promise_at: datetime | None
    """When a person answers at the latest; None: nothing is promised."""
    follows: TicketRef | None
    """The closed ticket that it continues."""
    refused: tuple[RefusedFile, ...]
    copied: bool
    """The reader was copied, and did not write it."""


@dataclass(frozen=True, slots=True)
class Reply(OfTicket):
    """An agent answered.

    To: the requester, and those copied.
    """

    agent: Foreign | None


@dataclass(frozen=True, slots=True)
class Question(OfTicket):
    """An agent asked something, and the ticket waits for the answer.

    To: the requester, and those copied.
    """

    agent: Foreign | None


@dataclass(frozen=True, slots=True)
class AgentSaid(OfTicket):
    """An agent answered or asked.

    To: the team's channel.
    """

    author: Foreign | None
    via: Code
    question: bool


@dataclass(frozen=True, slots=True)
class RequesterSaid(OfTicket):
    """The requester, or somebody with them, wrote again.

    To: the team's channel.
    """

    author: Foreign | None
    via: Code


@dataclass(frozen=True, slots=True)
class NoteWritten(OfTicket):
    """An agent wrote a note.

    To: the team's channel, and nowhere else.
    """

    author: Foreign | None
    via: Code


@dataclass(frozen=True, slots=True)
class Reminder(OfTicket):
    """A question has waited long for its answer.

    To: the requester.
    """

    gives_up_at: datetime | None


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A message to a person could not be delivered, and never will be.

    To: the team's channel; without a ticket, the default team's.
    """

    place: Foreign
    reason: Foreign
    what: Code
    """The kind of message that it was."""

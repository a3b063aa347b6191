"""Instructions to the outside, imperative. Counterpart: events.py, the facts they follow from.

Nothing is sent inside a transaction: effects become outbox rows, and couriers carry them out.
"""

from dataclasses import dataclass

from engine.messages.message import Message, kind_of
from engine.tickets.message import MessageId
from engine.tickets.people import Address


@dataclass(frozen=True, slots=True)
class Show:
    """Draw the ticket at `to` as it is when drawn: repeats coalesce and do no harm."""

    to: Address


@dataclass(frozen=True, slots=True)
class Tell:
    """Say this once at `to`. What is said is frozen; its sentence is in the template named for the message's class.

    `comment` and `note` point to the words of a person; a mail can only be given a comment.
    """

    to: Address
    message: Message
    key: str
    """Unique per workspace: the same Tell recorded twice is one row."""
    comment: MessageId | None = None
    note: MessageId | None = None

    @property
    def kind(self) -> str:
        return kind_of(self.message)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What waits to be told and this version of deskd can not read: no courier can say it, a person must look."""

    to: Address
    kind: str
    reason: str


Effect = Show | Tell

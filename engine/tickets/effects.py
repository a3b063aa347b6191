"""Instructions to the outside, imperative. Counterpart: events.py, the facts they follow from.

Nothing is sent inside a transaction: effects become outbox rows, and couriers carry them out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.tickets.message import Fact, MessageId
from engine.tickets.people import Address


@dataclass(frozen=True, slots=True)
class Show:
    """Draw the ticket at `to` as it is when drawn: repeats coalesce and do no harm."""

    to: Address


@dataclass(frozen=True, slots=True)
class Tell:
    """Say this once at `to`. The words are templates/`template` with these frozen facts.

    `comment` and `note` point to the words of a person; a mail can only be given a comment.
    """

    to: Address
    template: str
    key: str
    """Unique per workspace: the same Tell recorded twice is one row."""
    facts: Mapping[str, Fact]
    comment: MessageId | None = None
    note: MessageId | None = None


Effect = Show | Tell

"""What an inbound message is: a reply to join, a new ticket, or nothing to answer. Words and proofs only; no channel.

Joining needs a proof the channel verified (our signed address or Message-ID, a Slack thread of ours) or the outside
id of a message already on the ticket, and it needs to come from somebody on that ticket. A ticket's bare number
never joins: it opens a new ticket that points at the old one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engine.tickets.message import Audience, Inbound
from engine.tickets.people import Address
from engine.tickets.thanks import is_thanks
from engine.tickets.ticket import Phase, State, Ticket

REOPEN_WITHIN: Final = timedelta(days=14)
"""A reply this long after closing reopens; a later one opens a new, linked ticket."""

RECEIPTS_PER_HOUR: Final = 5
"""Receipts one sender gets in an hour: two robots answering each other stop here."""

IGNORED: Final = frozenset({"own", "bounce"})
"""Never a ticket: our own mail come back, and reports about it."""

SILENT: Final = frozenset({"own", "bounce", "auto-reply"})
"""Written by a machine as an answer: nothing to open, nothing to reopen."""


@dataclass(frozen=True, slots=True)
class Join:
    """The message belongs to this ticket; `moves` says whether it wakes it."""

    moves: bool


@dataclass(frozen=True, slots=True)
class Open:
    """A ticket of its own, pointing at another when it named one or came too late."""

    other: int | None = None
    how: str = ""  # "follows" | "names"


def decide(
    inbound: Inbound, ticket: Ticket | None, audience: Audience | None, *, asked: bool
) -> Join | Open:
    """What to do with a message for which a proof (or an answered message) points at `ticket`.

    `asked`: the sender asked for it, or for one that was merged into it.
    """
    if ticket is None or audience is None:
        return Open()
    address = Address(inbound.sender.kind, inbound.sender.subject)
    if not asked and address not in audience.copied:
        return Open(ticket.number, "names")
    if is_too_late(ticket, inbound.received_at) and inbound.automatic is None:
        return Open(ticket.number, "follows")
    return Join(moves=asked and wakes(inbound, ticket))


def wakes(inbound: Inbound, ticket: Ticket) -> bool:
    """Whether these words change the ticket's state: not a machine's, and not a mere thank-you."""
    if inbound.automatic is not None:
        return False
    at_rest = ticket.state.phase in (Phase.DONE, Phase.CLOSED)
    return not (at_rest and is_thanks(inbound.text))


def is_too_late(ticket: Ticket, at: datetime) -> bool:
    closed = ticket.closed_at
    return ticket.state is State.MERGED or (closed is not None and at - closed > REOPEN_WITHIN)

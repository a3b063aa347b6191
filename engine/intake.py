"""What an inbound message is: a reply to join, a new ticket, or nothing to answer. Words and proofs only; no channel.

Joining needs a proof the channel verified (our signed address or Message-ID, a Slack thread of ours) or the outside
id of a message already on the ticket, and it needs to come from somebody on that ticket. A ticket's bare number
never joins: it opens a new ticket that points at the old one.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engine.model import Address, Audience, Inbound, Person, Phase, State, Ticket

REOPEN_WITHIN: Final = timedelta(days=14)
"""A reply this long after closing reopens; a later one opens a new, linked ticket."""

RECEIPTS_PER_HOUR: Final = 5
"""Receipts one sender gets in an hour: two robots answering each other stop here."""

THANKS_LENGTH: Final = 120
"""Longer words may hold more than thanks; agents look at them."""

IGNORED: Final = frozenset({"own", "bounce"})
"""Never a ticket: our own mail come back, and reports about it."""

SILENT: Final = frozenset({"own", "bounce", "auto-reply"})
"""Written by a machine as an answer: nothing to open, nothing to reopen."""

_THANKS: Final = re.compile(
    r"^(?:(?:many |a lot of )?thanks?(?: you)?(?: (?:so|very) much| a lot| again)?|thank you(?: (?:so|very) much| again)?"
    r"|thx|ty|cheers|much appreciated|appreciate it"
    r"|(?:vielen |herzlichen |besten )?dank(?:e)?(?: (?:dir|ihnen|schön|sehr))*|merci(?: beaucoup)?|(?:muchas )?gracias"
    r"|(?:muito )?obrigad[oa]|(?:mille )?grazie(?: mille)?|dank ?(?:je|u)(?: wel)?|bedankt|tack(?: så mycket)?|dzięki|dziękuję"
    r"|(?:that |it )?(?:works|worked|is working)(?: now| again| fine| great)*|great|perfect|super|awesome|all good|works"
    r"|got it|ok(?:ay)?|👍|🙏|❤️|🎉)$",
    re.IGNORECASE,
)
_PIECES: Final = re.compile(r"[.!,;:\n]+| - | – ")
_GREETING: Final = re.compile(
    r"^(?:hi|hello|hey|dear|hallo|liebe[rs]?|bonjour|hola|ciao)\b.{0,30}$", re.IGNORECASE
)
_CLOSING: Final = re.compile(
    r"^(?:best|kind|warm|many|br|regards|best regards|kind regards|best wishes|viele grüße|lg|mfg|cheers)\b.{0,20}$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Join:
    """The message belongs to this ticket; `moves` says whether it wakes it."""

    moves: bool


@dataclass(frozen=True, slots=True)
class Open:
    """A ticket of its own, pointing at another when it named one or came too late."""

    other: int | None = None
    how: str = ""  # "follows" | "names"


def is_thanks(text: str) -> bool:
    """A bare thank-you: every piece of it is thanks, a greeting or a name under a closing line."""
    words = text.strip()
    if not words or len(words) > THANKS_LENGTH or "?" in words:
        return False
    pieces = [piece.strip() for piece in _PIECES.split(words)]
    pieces = [piece for piece in pieces if piece]
    thanks = [piece for piece in pieces if _THANKS.match(piece)]
    others = [piece for piece in pieces if not _THANKS.match(piece)]
    return bool(thanks) and all(_is_politeness(piece, pieces) for piece in others)


def _is_politeness(piece: str, pieces: list[str]) -> bool:
    if _GREETING.match(piece) or _CLOSING.match(piece):
        return True
    is_last = piece == pieces[-1]
    return is_last and len(pieces) > 1 and piece.istitle() and len(piece.split()) <= 2


def is_participant(sender: Person, address: Address, ticket: Ticket, audience: Audience) -> bool:
    return sender.id == ticket.requester or address in audience.copied


def decide(
    inbound: Inbound, sender: Person, ticket: Ticket | None, audience: Audience | None
) -> Join | Open:
    """What to do with a message for which a proof (or an answered message) points at `ticket`."""
    if ticket is None or audience is None:
        return Open()
    address = Address(inbound.sender.kind, inbound.sender.subject)
    if not is_participant(sender, address, ticket, audience):
        return Open(ticket.number, "names")
    if _is_too_late(ticket, inbound.received_at) and inbound.automatic is None:
        return Open(ticket.number, "follows")
    return Join(moves=wakes(inbound, sender, ticket))


def wakes(inbound: Inbound, sender: Person, ticket: Ticket) -> bool:
    """Whether these words change the ticket's state: not a machine's, not a copied person's, not a mere thank-you."""
    if inbound.automatic is not None or sender.id != ticket.requester:
        return False
    at_rest = ticket.state.phase in (Phase.DONE, Phase.CLOSED)
    return not (at_rest and is_thanks(inbound.text))


def _is_too_late(ticket: Ticket, at: datetime) -> bool:
    closed = ticket.closed_at
    return ticket.state is State.MERGED or (closed is not None and at - closed > REOPEN_WITHIN)

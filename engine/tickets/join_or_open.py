"""What an inbound message is: a reply to a ticket, a new ticket, or nothing to answer. Text and proofs; no channel.

Joining needs a proof the channel verified (our signed address or Message-ID, a Slack thread of ours) or the outside
id of a message already on the ticket, and it needs to come from somebody on that ticket. A ticket's bare number
never joins: it opens a new ticket that points at the old one.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engine.tickets.message import Audience, Inbound
from engine.tickets.people import Address
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


# Whether words are a bare thank-you, which wakes no ticket. In doubt they are not: a person then looks at them.

THANKS_MAX: Final = 120
"""Longer words may hold more than thanks."""


def _phrases(text: str) -> frozenset[str]:
    return frozenset(" ".join(phrase.split()) for phrase in text.split("|"))


_THANKS: Final = _phrases(
    """
    thanks | thank you | many thanks | thanks a lot | thanks again | thank you again | thanks so much
    | thanks very much | thank you so much | thank you very much | thanks for your help
    | thank you for your help | thanks for the help | thanks for the quick help | thx | ty | cheers
    | thank you for the quick help | thanks for the quick reply | much appreciated
    | danke | danke dir | danke ihnen | danke schön | dankeschön | danke sehr | vielen dank
    | herzlichen dank | besten dank | merci | merci beaucoup | gracias | muchas gracias
    | obrigado | obrigada | muito obrigado | muito obrigada | grazie | grazie mille | mille grazie
    | bedankt | dank je | dank u | dank je wel | dank u wel | tack | tack så mycket | takk | tak
    | dzięki | dziękuję | děkuji | kiitos
    | works | it works | that works | works now | it works now | that works now | works again
    | it works again | that worked | works fine | works fine now | works great | all good
    | all good now | great | perfect | super | awesome | wonderful | got it | ok | okay | solved
    | that solved it | that did it | that fixed it | 👍 | 🙏 | ❤️ | 🎉
    """
)
_OPENERS: Final = _phrases("hi|hello|hey|dear|hallo|liebe|lieber|bonjour|hola|ciao")
_CLOSERS: Final = _phrases(
    "best|kind regards|best regards|warm regards|regards|best wishes|viele grüße|lg|mfg|br|cheers"
)
_PIECES: Final = re.compile(r"[.!,;:\n]+| - ")
_QUOTE: Final = re.compile(
    r"^(?:>|-{2,} ?(?:original message|forwarded)|_{10,}|from: |.{1,200} (?:wrote|schrieb|a écrit) ?:$)",
    re.IGNORECASE,
)
_NAME_WORDS: Final = 2  # a first and a last name under the thanks


def is_thanks(text: str) -> bool:
    """Above any quoted text, every piece is thanks, a greeting, a closing line, or at the end a name."""
    words = _above_quote(text)
    if not words or len(words) > THANKS_MAX or "?" in words:
        return False
    pieces = [piece for piece in (_plain(piece) for piece in _PIECES.split(words)) if piece]
    if not any(piece in _THANKS for piece in pieces):
        return False
    *body, last = pieces
    may_be_a_name = any(piece in _THANKS for piece in body) and len(last.split()) <= _NAME_WORDS
    return (_is_polite(last) or may_be_a_name) and all(_is_polite(piece) for piece in body)


def _above_quote(text: str) -> str:
    lines: list[str] = []
    for line in text.strip().splitlines():
        if _QUOTE.match(line.strip()) or line.rstrip() == "--":
            break
        lines.append(line)
    return "\n".join(lines).strip()


def _plain(piece: str) -> str:
    return " ".join(piece.split()).casefold()


def _is_polite(piece: str) -> bool:
    return piece in _THANKS or piece in _CLOSERS or piece.split(maxsplit=1)[0] in _OPENERS

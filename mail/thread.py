"""Signs what leaves (reply addresses, Message-IDs) and finds the proofs in what comes back.

A proof says: the sender had a mail of ours about that ticket. Whether they may join it is the desk's rule.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Final

from engine.tickets.message import AddressAction, Proof
from engine.tickets.people import WorkspaceId
from mail.parsing.automatic import Envelope
from mail.parsing.mailbox import domain_of, normalise
from mail.parsing.parse import Parsed

# 60 bits: 12 letters that survive clients which lower-case addresses; 10^18 guesses, each one a mail.
MAC_LETTERS: Final = 12
# Numbers that a subject may name; a person names one.
NAMED_MAX: Final = 10

_TOKEN: Final = re.compile(rf"\+t([0-9a-z]{{1,12}})-([a-z2-7]{{{MAC_LETTERS}}})@")
_ACK: Final = re.compile(
    rf"\+ack-([0-9a-z]{{1,12}})-([0-9a-z]{{1,12}})-([a-z2-7]{{{MAC_LETTERS}}})@"
)
_MESSAGE_ID: Final = re.compile(
    rf"<t\.(\d{{1,18}})\.([0-9a-z]{{1,13}})\.([a-z2-7]{{{MAC_LETTERS}}})@[^<>@\s]+>",
    # ASCII: without it the long s and the Kelvin sign count as letters, and int() knows neither.
    re.IGNORECASE | re.ASCII,
)
_NAMED: Final = re.compile(r"(?<![\w-])T-(\d{1,9})(?![\w-])", re.IGNORECASE)
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
# The parcel in a ticket's ancestor: no outbox row has this number.
ANCESTOR: Final = 0


class Signer:
    """Knows the secret key; everything it signs names its purpose, so that no signature serves another."""

    def __init__(self, secret_key: str) -> None:
        self._key = hashlib.sha256(b"deskd mail\0" + secret_key.encode()).digest()
        self._instance = self._mac("instance")

    def reply_address(self, desk_address: str, workspace: WorkspaceId, ticket: int) -> str:
        """`local+t<id36>-<mac>@domain`."""
        local, _, domain = desk_address.rpartition("@")
        mac = self._mac("reply address", workspace, ticket)
        return f"{local}+t{base36(ticket)}-{mac}@{domain}"

    def ack_address(
        self, desk_address: str, workspace: WorkspaceId, *, ticket: int, page: int, to: str
    ) -> str:
        """`local+ack-<ticket>-<page>-<mac>@domain`: whoever `to` is says "I have it" by writing to it.

        Signed for that one address: forwarded, it is no use to anybody else.
        """
        local, _, domain = desk_address.rpartition("@")
        mac = self._mac("acknowledge", workspace, ticket, page, _normal(to))
        return f"{local}+ack-{base36(ticket)}-{base36(page)}-{mac}@{domain}"

    def message_id(
        self, desk_address: str, workspace: WorkspaceId, ticket: int | None, parcel: int
    ) -> str:
        """`<t.TICKET.PARCEL.MAC@domain>`: the same for every attempt at the same parcel.

        Of what belongs to no ticket `<n.PARCEL.MAC@domain>`: an answer to it proves nothing and opens a ticket.
        """
        if ticket is None:
            mac = self._mac("message-id without ticket", workspace, parcel)
            return f"<n.{base36(parcel)}.{mac}@{domain_of(desk_address)}>"
        mac = self._mac("message-id", workspace, ticket, parcel)
        return f"<t.{ticket}.{base36(parcel)}.{mac}@{domain_of(desk_address)}>"

    def ancestor(self, desk_address: str, workspace: WorkspaceId, ticket: int) -> str:
        """An id that every mail of a ticket refers to, so that clients keep them in one thread."""
        return self.message_id(desk_address, workspace, ticket, ANCESTOR)

    def instance(self) -> str:
        """What we write into X-Deskd-Instance; others can copy it, and then they are taken for us."""
        return self._instance

    def is_own_instance(self, value: str) -> bool:
        return hmac.compare_digest(value.strip().lower().encode(), self._instance.encode())

    def proofs(
        self, parsed: Parsed, envelope: Envelope, workspace: WorkspaceId
    ) -> tuple[Proof, ...]:
        """Tokens in the addresses it was sent to, then our ids in what it answers, nearest first."""
        found = [*self._tokens(parsed, envelope, workspace), *self._answered(parsed, workspace)]
        return tuple(dict.fromkeys(found))

    def asked(
        self, parsed: Parsed, envelope: Envelope, workspace: WorkspaceId
    ) -> AddressAction | None:
        """What the address it was sent to asks for, when that was signed for whom it is from."""
        if len(parsed.from_) != 1:
            return None
        author = _normal(parsed.from_[0].address)
        for address in _sent_to(parsed, envelope):
            match = _ACK.search(address)
            if match is None:
                continue
            ticket, page = int(match[1], 36), int(match[2], 36)
            if self._agrees(match[3], "acknowledge", workspace, ticket, page, author):
                return AddressAction("acknowledge", ticket, page)
        return None

    def _tokens(self, parsed: Parsed, envelope: Envelope, workspace: WorkspaceId) -> list[Proof]:
        found: list[Proof] = []
        for address in _sent_to(parsed, envelope):
            match = _TOKEN.search(address)
            if match and self._agrees(match[2], "reply address", workspace, int(match[1], 36)):
                found.append(Proof(int(match[1], 36), "token"))
        return found

    def _answered(self, parsed: Parsed, workspace: WorkspaceId) -> list[Proof]:
        found: list[Proof] = []
        for message_id in (*parsed.in_reply_to, *reversed(parsed.references)):
            match = _MESSAGE_ID.fullmatch(message_id)
            if match is None:
                continue
            ticket, parcel = int(match[1]), int(match[2], 36)
            if self._agrees(match[3], "message-id", workspace, ticket, parcel):
                found.append(Proof(ticket, "message-id"))
        return found

    def _agrees(self, mac: str, purpose: str, *facts: str | int) -> bool:
        return hmac.compare_digest(mac.lower().encode(), self._mac(purpose, *facts).encode())

    def _mac(self, purpose: str, *facts: str | int) -> str:
        text = "\0".join((purpose, *map(str, facts)))
        digest = hmac.digest(self._key, text.encode(), "sha256")
        return base64.b32encode(digest).decode()[:MAC_LETTERS].lower()


def _sent_to(parsed: Parsed, envelope: Envelope) -> list[str]:
    """Every address it was sent to, as the transport and the headers say, in lower case."""
    named = [box.address for box in (*parsed.delivered_to, *parsed.to, *parsed.cc)]
    return [address.lower() for address in (*envelope.recipients, *named)]


def _normal(address: str) -> str:
    return normalise(address) or address.lower()


def base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits or "0"


def named_in(subject: str) -> tuple[int, ...]:
    """Ticket numbers a subject merely names: `[T-12]`, `T-12`. Proof of nothing."""
    numbers = (int(match[1]) for match in _NAMED.finditer(subject))
    return tuple(dict.fromkeys(numbers))[:NAMED_MAX]


def is_ours(message_id: str) -> bool:
    """Looks like one of our ids; for choosing what to answer, where nothing depends on it."""
    return _MESSAGE_ID.fullmatch(message_id) is not None


def newest_first(parsed: Parsed) -> tuple[str, ...]:
    """Message-IDs it answers, nearest first, each once."""
    return tuple(_unique((*parsed.in_reply_to, *reversed(parsed.references))))


def _unique(ids: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(ids)

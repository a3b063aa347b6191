"""Addresses as people write them in headers -> mailboxes, and the one form in which addresses are compared."""

import re
from dataclasses import dataclass
from typing import Final

from mail.parsing import charset
from mail.parsing.headers import STRUCTURED_BYTES_MAX, decode_words, one_line

# Addresses read from one message; more is a mailing without a list.
ADDRESSES_MAX: Final = 200
# RFC 5321 allows 64 + 1 + 255 octets.
ADDRESS_CHARS_MAX: Final = 320

_TOKEN: Final = re.compile(
    r'"(?:[^"\\]|\\.)*"?|\((?:[^()\\]|\\.)*\)|<[^<>]*>?|[,;:]|[^"(<,;:]+|.', re.DOTALL
)
_PLAIN: Final = re.compile(r'[^\s<>@,;:"()\[\]\\\x00-\x1f\x7f]+@[^\s<>@,;:"()\\\x00-\x1f\x7f]+')
_QUOTED: Final = re.compile(r'"[^"\\\x00-\x1f\x7f]+"@[^\s<>@,;:"()\\\x00-\x1f\x7f]+')
_ASCII_LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


@dataclass(frozen=True, slots=True)
class Mailbox:
    name: str
    address: str
    """Normalised."""


def normalise(address: str) -> str | None:
    """The form addresses are compared in, or None when it is none.

    The domain in IDNA, both sides in ASCII lower case; nothing else is folded, so that no two people become one.
    """
    text = address.strip().rstrip(".")
    if len(text) > ADDRESS_CHARS_MAX or not (_PLAIN.fullmatch(text) or _QUOTED.fullmatch(text)):
        return None
    local, _, domain = text.rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    return f"{charset.storable(local)}@{domain}".translate(_ASCII_LOWER)


def domain_of(address: str) -> str:
    return address.rpartition("@")[2]


def without_tag(address: str) -> str:
    """`support+anything@domain` is `support@domain`."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}" if "+" in local[1:] else address


def read_mailboxes(values: list[bytes], *, hint: str | None = None) -> list[Mailbox]:
    """Everybody named in these fields who has an address, in order; groups are opened, comments dropped."""
    found: list[Mailbox] = []
    for value in values:
        # Encoded words stay until the commas around them have been understood.
        text = one_line(charset.decode(value[:STRUCTURED_BYTES_MAX], hint))
        for words in _entries(text):
            mailbox = _mailbox(words)
            if mailbox and len(found) < ADDRESSES_MAX:
                found.append(mailbox)
    return found


def _entries(text: str) -> list[list[str]]:
    """Tokens of each address: split at commas and semicolons, group names forgotten at their colon."""
    entries: list[list[str]] = [[]]
    for match in _TOKEN.finditer(text):
        piece = match[0]
        if piece in (",", ";"):
            entries.append([])
        elif piece == ":":
            entries[-1] = []
        else:
            entries[-1].append(piece)
    return [entry for entry in entries if entry]


def _mailbox(tokens: list[str]) -> Mailbox | None:
    angles = [token for token in tokens if token.startswith("<")]
    comments = [token for token in tokens if token.startswith("(")]
    words = [token for token in tokens if not token.startswith(("<", "("))]
    for angle in reversed(angles):
        address = normalise(_bare(angle.strip("<>")))
        if address:
            return Mailbox(_name(words), address)
    bare = "".join(words)
    address = normalise(bare) or normalise(_bare(bare)) or _only_address_in(bare)
    if address:
        return Mailbox(_name(comments), address)
    # `Name (name@domain)`: some programs write the address as the comment.
    address = _only_address_in("".join(comments))
    return Mailbox(_name(words), address) if address else None


def _bare(text: str) -> str:
    """Without the mailto: and the spaces that broken senders leave in."""
    return re.sub(r"\s+", "", text).removeprefix("mailto:")


def _only_address_in(text: str) -> str | None:
    found = _PLAIN.findall(text)
    return normalise(found[0]) if len(found) == 1 else None


def _name(words: list[str]) -> str:
    text = one_line(decode_words("".join(_unwrapped(word) for word in words)))
    return text.strip("'\" ")


def _unwrapped(word: str) -> str:
    if word.startswith('"'):
        return re.sub(r"\\(.)", r"\1", word.strip('"'))
    return word[1:-1] if word.startswith("(") else word

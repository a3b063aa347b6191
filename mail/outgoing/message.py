"""A letter -> the bytes of a MIME message: text and HTML twins. Nothing from outside can add a header.

Written out by hand: the shape never varies, and the email package takes four times as long for the same bytes.
"""

import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from typing import Final

from mail.parsing.charset import storable

# Names and subjects beyond these are cut: some clients refuse longer header lines.
NAME_CHARS_MAX: Final = 60
SUBJECT_CHARS_MAX: Final = 200
# Below the 78 of RFC 5322, so that an encoded word (75 at most) always fits.
LINE_CHARS: Final = 76

_CONTROL: Final = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_LINE_END: Final = re.compile("\r\n?|\n")
_BARE_ADDRESS: Final = re.compile(r"[!-~]+@[!-~]+")


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person."""

    to: str
    to_name: str
    from_: str
    from_name: str
    reply_to: str
    subject: str
    text: str
    html: str
    message_id: str
    at: datetime
    instance: str
    references: tuple[str, ...] = ()
    """Oldest first; the last is the one it answers."""
    in_reply_to: str | None = None
    automatic: str | None = None
    """auto-replied | auto-generated; None for a person's words."""


def clean_header(text: str) -> str:
    """On one line, without anything that ends a line anywhere: whatever comes from outside passes here."""
    return _CONTROL.sub(" ", storable(text)).strip()


def to_bytes(letter: Letter) -> bytes:
    # A boundary that no quoted-printable text can hold: there, "=" is never followed by "_".
    boundary = f"=_{hashlib.sha256(letter.message_id.encode()).hexdigest()[:24]}"
    lines = [f"{name}: {value}" for name, value in _headers(letter)]
    lines += ["MIME-Version: 1.0", f'Content-Type: multipart/alternative; boundary="{boundary}"']
    parts = (
        f"--{boundary}\r\n{_part('plain')}".encode() + _quoted_printable(letter.text),
        f"--{boundary}\r\n{_part('html')}".encode() + _quoted_printable(letter.html),
        f"--{boundary}--\r\n".encode(),
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + b"\r\n".join(parts)


def _headers(letter: Letter) -> list[tuple[str, str]]:
    headers = [
        ("From", mailbox(letter.from_name, letter.from_)),
        ("To", mailbox(letter.to_name, letter.to)),
        ("Reply-To", mailbox(letter.from_name, letter.reply_to)),
        ("Subject", _text("Subject", letter.subject, SUBJECT_CHARS_MAX)),
        ("Date", format_datetime(letter.at)),
        ("Message-ID", _id(letter.message_id)),
    ]
    if letter.in_reply_to:
        headers.append(("In-Reply-To", _id(letter.in_reply_to)))
    if letter.references:
        headers.append(("References", "\r\n ".join(_id(id) for id in letter.references)))
    if letter.automatic:
        # Only on what no person wrote: filters put automatic mail away, and an agent's answer must be seen.
        headers.append(("Auto-Submitted", letter.automatic))
        headers.append(("X-Auto-Response-Suppress", "All"))
    return [*headers, ("X-Deskd-Instance", clean_header(letter.instance))]


def mailbox(name: str, address: str) -> str:
    """Raises ValueError for an address that can not stand in a header."""
    if not _BARE_ADDRESS.fullmatch(address) or set("<>,;") & set(address):
        raise ValueError("not an address for a header")
    plain = clean_header(name)[:NAME_CHARS_MAX].strip()
    if not plain:
        return address
    if plain.isascii() and "=?" not in plain:
        quoted = plain.replace("\\", "\\\\").replace('"', '\\"')
        shown = f'"{quoted}"'
        fits = len(f"Reply-To: {shown} <{address}>") <= LINE_CHARS
        return f"{shown} <{address}>" if fits else f"{shown}\r\n <{address}>"
    return f"{_encoded('Reply-To', plain)}\r\n <{address}>"


def _text(name: str, text: str, limit: int) -> str:
    plain = clean_header(text)
    if len(plain) > limit:
        plain = plain[: limit - 1].rstrip() + "…"
    if plain.isascii() and "=?" not in plain and len(plain) + len(name) < LINE_CHARS:
        return plain
    return _encoded(name, plain)


def _encoded(name: str, text: str) -> str:
    return Header(text, "utf-8", maxlinelen=LINE_CHARS, header_name=name).encode(linesep="\r\n")


def _id(message_id: str) -> str:
    """Ids of others may hold anything; what is no ASCII on one line would break the header."""
    return re.sub(r"[^!-~]", "", message_id)


def _part(kind: str) -> str:
    return (
        f'Content-Type: text/{kind}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )


def _quoted_printable(text: str) -> bytes:
    lines = _LINE_END.sub("\r\n", storable(text)).rstrip("\r\n") + "\r\n"
    return binascii.b2a_qp(lines.encode("utf-8"), istext=True)

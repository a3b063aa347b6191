"""One received or sent mail: its bytes and what a mail client shows of them. It never raises."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from functools import cached_property

from sandbox.mailbox.links import MailAction, actions_in

# Message-ID and References hold ids in angle brackets; what stands between them is noise.
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
# A hostile header of 100,000 ids must not make the page slow; clients send at most some dozens.
REFERENCES_MAX = 200
# Deeper nesting than any mail client makes; the walk stops there.
PARTS_MAX = 1_000


@dataclass(frozen=True)
class MailFile:
    name: str
    type: str
    content: bytes
    # An inline part is shown in the text, so a client does not list it.
    inline: bool = False


@dataclass(frozen=True)
class ReceivedMail:
    """One delivery to one mailbox: a mail sent twice is two letters, so that a double shows."""

    number: int
    mailbox: str
    raw: bytes
    at: datetime
    sender: str
    # True for the copy a person's own mail client keeps of what they sent.
    sent: bool = False

    @cached_property
    def _message(self) -> Message:
        return message_from_bytes(self.raw)

    @cached_property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """All of them, in order, decoded and unfolded."""
        return tuple((name, _decoded(value)) for name, value in self._message.items())

    def header(self, name: str) -> str:
        """The first header of this name, or nothing."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")

    @property
    def subject(self) -> str:
        return self.header("Subject")

    @property
    def message_id(self) -> str:
        """The first id given, or one that stands for a mail that came without."""
        found = _MESSAGE_ID.findall(self.header("Message-ID"))
        return found[0] if found else f"<letter.{self.number}@no-message-id>"

    @cached_property
    def references(self) -> tuple[str, ...]:
        """The ids this mail answers, oldest first, the one it answers directly last."""
        ids = _MESSAGE_ID.findall(self.header("References"))[-REFERENCES_MAX:]
        for answered in _MESSAGE_ID.findall(self.header("In-Reply-To"))[:1]:
            ids = [one for one in ids if one != answered] + [answered]
        return tuple(ids)

    @property
    def in_reply_to(self) -> str:
        return self.references[-1] if self.references else ""

    @cached_property
    def from_(self) -> tuple[str, str]:
        """(name, address) of the author."""
        return next(iter(self.people("From")), ("", self.sender))

    @cached_property
    def to(self) -> tuple[str, ...]:
        return tuple(address for _, address in self.people("To"))

    @cached_property
    def cc(self) -> tuple[str, ...]:
        return tuple(address for _, address in self.people("Cc"))

    def people(self, header: str) -> list[tuple[str, str]]:
        values = [value for key, value in self.headers if key.lower() == header.lower()]
        return [(name, address) for name, address in getaddresses(values) if address]

    @cached_property
    def date(self) -> datetime | None:
        try:
            return parsedate_to_datetime(self.header("Date"))
        except (ValueError, TypeError, OverflowError):
            return None

    @cached_property
    def text(self) -> str:
        """The plain part, as the sender wrote it."""
        return "\n".join(_text_of(part) for part in self._bodies("text/plain"))

    @cached_property
    def html(self) -> str:
        return "\n".join(_text_of(part) for part in self._bodies("text/html"))

    @cached_property
    def attachments(self) -> tuple[MailFile, ...]:
        return tuple(
            MailFile(
                name=_decoded(part.get_filename() or "") or f"part.{part.get_content_subtype()}",
                type=part.get_content_type(),
                content=_bytes_of(part),
                inline=part.get("Content-ID") is not None and not _is_attached(part),
            )
            for part in self._parts
            if _is_attached(part) or part.get_content_maintype() != "text"
        )

    @cached_property
    def actions(self) -> tuple[MailAction, ...]:
        """The `mailto:` links of the mail: what a reader can do by clicking."""
        return actions_in(self.html, self.text)

    @cached_property
    def _parts(self) -> tuple[Message, ...]:
        return tuple(_leaves(self._message))

    def _bodies(self, type: str) -> Iterator[Message]:
        return (
            part
            for part in self._parts
            if part.get_content_type() == type and not _is_attached(part)
        )


def _leaves(message: Message) -> Iterator[Message]:
    """The parts that hold something, in order; an attached mail counts as one part."""
    waiting = [message]
    seen = 0
    while waiting and seen < PARTS_MAX:
        part = waiting.pop(0)
        seen += 1
        below = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(below, list):
            waiting[0:0] = [one for one in below if isinstance(one, Message)]
        else:
            yield part


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or part.get_filename() is not None


def _bytes_of(part: Message) -> bytes:
    if part.get_content_type() == "message/rfc822":
        below = part.get_payload()
        inner = below[0] if isinstance(below, list) and below else None
        return inner.as_bytes() if isinstance(inner, Message) else b""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _text_of(part: Message) -> str:
    """Decoded, with the line ends a person's program shows."""
    content = _bytes_of(part)
    try:
        text = content.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:  # a charset nobody knows
        text = content.decode("utf-8", "replace")
    return text.replace("\r\n", "\n")


def _decoded(value: object) -> str:
    """A header as a person reads it: encoded words decoded, folding undone."""
    plain = " ".join(str(value).split())
    try:
        return str(make_header(decode_header(plain)))
    except (LookupError, UnicodeError, ValueError):
        return plain

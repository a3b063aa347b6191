"""A raw mail -> Parsed: who, to whom, about what, the words and the files. Never raises; `fault` says why not."""

import re
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_tz
from typing import Final

from mail.parsing import attachments, automatic, charset, html_text
from mail.parsing.attachments import File
from mail.parsing.automatic import Envelope
from mail.parsing.headers import Headers
from mail.parsing.mailbox import Mailbox, read_mailboxes
from mail.parsing.mime import Branch, Leaf, Node, TooMuch, read_message

# Longer words are cut, and the whole is kept as a file beside them: no face shows more.
TEXT_CHARS_MAX: Final = 256 * 1024
SUBJECT_CHARS_MAX: Final = 500
# The newest ids of a long thread say enough; the oldest name its beginning.
REFERENCES_FIRST: Final = 10
REFERENCES_LAST: Final = 90
# A text part with fewer words may be "see the HTML part": then the HTML is looked at too.
STUB_WORDS: Final = 20
# ... and wins when the text has less than this share of its words.
STUB_SHARE: Final = 0.2

_ID: Final = re.compile(r"<[^<>\s]{1,400}>")
_META_CHARSET: Final = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_META_BYTES: Final = 2048
_DATE_CHARS: Final = 100
_OFFSET_MAX: Final = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class Parsed:
    """One mail, as much of it as could be read."""

    from_: tuple[Mailbox, ...] = ()
    reply_to: tuple[Mailbox, ...] = ()
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    delivered_to: tuple[Mailbox, ...] = ()
    """Delivered-To, X-Original-To, Envelope-To: what relays say of the envelope."""
    subject: str = ""
    text: str = ""
    files: tuple[File, ...] = ()
    message_id: str | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    """Oldest first, as in the header."""
    utc_offset: timedelta | None = None
    automatic: str | None = None
    received: int = 0
    instance: str = ""
    """X-Deskd-Instance: which desk wrote it, if one did."""
    fault: str | None = None
    """None when it could be read: too_large | headers_too_large | too_deep | too_many_parts."""


def parse(raw: bytes, envelope: Envelope, *, attachment_bytes: int) -> Parsed:
    try:
        headers, node = read_message(raw)
    except TooMuch as passed:
        return Parsed(fault=passed.code)
    authors = tuple(read_mailboxes(headers.all("from"), hint=_hint(node)))
    subject = headers.text("subject", hint=_hint(node))[:SUBJECT_CHARS_MAX]
    words, files = _words_and_files(node, attachment_bytes)
    return Parsed(
        from_=authors,
        reply_to=_mailboxes(headers, "reply-to"),
        to=_mailboxes(headers, "to"),
        cc=_mailboxes(headers, "cc"),
        delivered_to=_mailboxes(headers, "delivered-to", "x-original-to", "envelope-to"),
        subject=subject,
        text=words,
        files=files,
        message_id=next(iter(_ids(headers, "message-id")), None),
        in_reply_to=_ids(headers, "in-reply-to"),
        references=_ids(headers, "references"),
        utc_offset=_utc_offset(headers),
        automatic=automatic.reason(headers, authors=authors, subject=subject, envelope=envelope),
        received=len(headers.all("received")),
        instance=headers.text("x-deskd-instance"),
    )


def _mailboxes(headers: Headers, *names: str) -> tuple[Mailbox, ...]:
    return tuple(read_mailboxes([value for name in names for value in headers.all(name)]))


def _ids(headers: Headers, name: str) -> tuple[str, ...]:
    found = _ID.findall(" ".join(charset.decode(value) for value in headers.all(name)))
    if len(found) > REFERENCES_FIRST + REFERENCES_LAST:
        found = found[:REFERENCES_FIRST] + found[-REFERENCES_LAST:]
    return tuple(found)


def _utc_offset(headers: Headers) -> timedelta | None:
    try:
        date = parsedate_tz(headers.text("date")[:_DATE_CHARS])
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    if date is None or date[9] is None:
        return None
    offset = timedelta(seconds=date[9])
    return offset if abs(offset) <= _OFFSET_MAX else None


def _hint(node: Node) -> str | None:
    """The charset of the first text: headers with raw 8-bit characters use the same."""
    while isinstance(node, Branch):
        node = node.parts[0]
    return node.parameters.get("charset")


@dataclass(slots=True)
class _Body:
    """The words of a part: as written in plain text, and as HTML."""

    plain: str = ""
    html: str = ""

    def text(self) -> str:
        """The plain part, unless it is missing or only says that there is an HTML part."""
        if not self.html:
            return self.plain
        words = len(self.plain.split())
        if words >= STUB_WORDS:
            return self.plain
        shown = html_text.text_of(self.html)
        return shown if words < len(shown.split()) * STUB_SHARE or not words else self.plain


def _words_and_files(node: Node, bytes_max: int) -> tuple[str, tuple[File, ...]]:
    leaves: list[Leaf] = []
    words = _words(node, leaves).strip("\n")
    files = [
        attachments.file_from(leaf, number=number, bytes_max=bytes_max)
        for number, leaf in enumerate(leaves, start=1)
    ]
    if len(words) > TEXT_CHARS_MAX:
        whole = words.encode()
        files.append(File("message.txt", "text/plain", len(whole), whole))
        words = words[:TEXT_CHARS_MAX]
    return words, tuple(files)


def _words(node: Node, files: list[Leaf]) -> str:
    """The text of a tree; what is no text of the message is put with the files."""
    if isinstance(node, Leaf):
        return _body(node, files).text()
    if node.kind == "alternative":
        return _best_of(node, files)
    spoken = [_words(part, files) for part in node.parts]
    return "\n\n".join(text.strip("\n") for text in spoken if text.strip())


def _best_of(node: Branch, files: list[Leaf]) -> str:
    """Of several ways to say the same: plain words if they are whole, else what else has words."""
    body, others = _Body(), []
    for part in node.parts:
        if isinstance(part, Leaf):
            found = _body(part, files)
            body.plain, body.html = body.plain or found.plain, found.html or body.html
        else:
            others.append(_words(part, files))
    text = body.text()
    if len(text.split()) >= STUB_WORDS:
        return text
    best = max(others, key=lambda other: len(other.split()), default="")
    return best if len(text.split()) < len(best.split()) * STUB_SHARE or not text else text


def _body(leaf: Leaf, files: list[Leaf]) -> _Body:
    is_file = leaf.disposition.value == "attachment" or bool(attachments.declared_name(leaf))
    if is_file or leaf.type not in ("text/plain", "text/html"):
        if leaf.raw.strip() or is_file:
            files.append(leaf)
        return _Body()
    content = leaf.content()
    if leaf.type == "text/plain":
        return _Body(plain=_lines(charset.decode(content, leaf.parameters.get("charset"))))
    return _Body(html=charset.decode(content, _html_charset(leaf, content)))


def _html_charset(leaf: Leaf, content: bytes) -> str | None:
    declared = leaf.parameters.get("charset")
    meta = None if declared else _META_CHARSET.search(content, 0, _META_BYTES)
    return meta[1].decode("ascii") if meta else declared


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip()

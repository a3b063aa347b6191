"""Raw bytes -> the tree of MIME parts, within caps. Embedded messages stay closed and keep their exact bytes.

Not the email package: it opens embedded messages by recursion and cannot give their bytes back unchanged, and
its caps would have to be checked by a scan that finds every boundary as this one does.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from mail.parsing.headers import Headers, Parameters, from_base64, read_fields

# The caps of the design: beyond them a message is an attack or a broken sender, and waits for a person.
MESSAGE_BYTES_MAX: Final = 25 * 1024 * 1024
HEADER_BYTES_MAX: Final = 512 * 1024
DEPTH_MAX: Final = 50
PARTS_MAX: Final = 1000

_LEADING: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:>?From [^\n]*\n)?")
_BLANK_LINE: Final = re.compile(rb"\n\r?\n")
_UU_BEGIN: Final = re.compile(rb"^begin [0-7]{3,4} [^\n]*\n", re.MULTILINE)


class TooMuch(Exception):
    """A cap was passed: `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part without parts."""

    headers: Headers
    type: str
    parameters: dict[str, str]
    disposition: Parameters
    raw: bytes

    def content(self) -> bytes:
        """The bytes as they were before they were made fit for mail."""
        encoding = self.headers.text("content-transfer-encoding").lower()
        if encoding == "base64":
            return from_base64(self.raw)
        if encoding == "quoted-printable":
            return binascii.a2b_qp(self.raw)
        if encoding in ("x-uuencode", "uuencode", "x-uue"):
            return _from_uuencode(self.raw)
        return self.raw


@dataclass(frozen=True, slots=True)
class Branch:
    """A multipart: `kind` is mixed, alternative, related, ..."""

    kind: str
    parts: tuple["Leaf | Branch", ...]


Node = Leaf | Branch


@dataclass(slots=True)
class _Budget:
    """What may still be spent on one message."""

    parts: int = PARTS_MAX
    header_bytes: int = field(default=HEADER_BYTES_MAX)

    def take_part(self) -> None:
        self.parts -= 1
        if self.parts < 0:
            raise TooMuch("too_many_parts")

    def take_header(self, size: int) -> None:
        self.header_bytes -= size
        if self.header_bytes < 0:
            raise TooMuch("headers_too_large")


def read_message(raw: bytes) -> tuple[Headers, Node]:
    """Raises TooMuch when a cap is passed, and nothing else."""
    if len(raw) > MESSAGE_BYTES_MAX:
        raise TooMuch("too_large")
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    leading = _LEADING.match(raw)
    start = leading.end() if leading else 0
    budget = _Budget()
    headers, body = _header_block(raw, start, len(raw), budget)
    return headers, _node(raw, headers, (body, len(raw)), budget, depth=0)


def _header_block(raw: bytes, start: int, end: int, budget: _Budget) -> tuple[Headers, int]:
    """Fields up to the first blank line, and where what follows begins. Without any field, all is body."""
    for blank in (b"\n", b"\r\n"):
        if raw.startswith(blank, start):
            return Headers(), start + len(blank)
    blank_line = _BLANK_LINE.search(raw, start, min(end, start + HEADER_BYTES_MAX))
    stop, body = (blank_line.start(), blank_line.end()) if blank_line else (end, end)
    budget.take_header(stop - start)
    headers = read_fields(raw[start:stop])
    return (headers, body) if headers.fields else (headers, start)


def _node(
    raw: bytes, headers: Headers, span: tuple[int, int], budget: _Budget, *, depth: int
) -> Node:
    if depth > DEPTH_MAX:
        raise TooMuch("too_deep")
    content_type = headers.parameters("content-type")
    boundary = content_type.named.get("boundary", "")
    if content_type.value.startswith("multipart/") and boundary:
        spans = list(_spans(raw, span, boundary.encode("utf-8", "replace"), budget))
        if spans:
            parts = tuple(_part(raw, inner, budget, depth=depth + 1) for inner in spans)
            return Branch(content_type.value.removeprefix("multipart/"), parts)
    return Leaf(
        headers=headers,
        type=_leaf_type(content_type.value),
        parameters=content_type.named,
        disposition=headers.parameters("content-disposition"),
        raw=raw[slice(*span)],
    )


def _part(raw: bytes, span: tuple[int, int], budget: _Budget, *, depth: int) -> Node:
    headers, body = _header_block(raw, span[0], span[1], budget)
    return _node(raw, headers, (min(body, span[1]), span[1]), budget, depth=depth)


def _leaf_type(declared: str) -> str:
    """A multipart that cannot be taken apart is shown as the text it is."""
    if declared.startswith("multipart/") or "/" not in declared:
        return "text/plain"
    return declared


def _spans(
    raw: bytes, span: tuple[int, int], boundary: bytes, budget: _Budget
) -> Iterator[tuple[int, int]]:
    """Where each part of a multipart begins and ends; a missing last delimiter is forgiven."""
    delimiter = re.compile(rb"--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r?\n|\r?\Z)")
    start: int | None = None
    for match in delimiter.finditer(raw, *span):
        if match.start() > span[0] and raw[match.start() - 1] != ord("\n"):
            continue
        if start is not None:
            yield start, max(start, _before_line_end(raw, match.start()))
        if match[1]:
            return
        budget.take_part()
        start = match.end()
    if start is not None:
        yield start, span[1]


def _before_line_end(raw: bytes, at: int) -> int:
    """The line end before a delimiter belongs to the delimiter."""
    if raw.endswith(b"\r\n", 0, at):
        return at - 2
    return at - 1 if raw.endswith(b"\n", 0, at) else at


def _from_uuencode(data: bytes) -> bytes:
    begin = _UU_BEGIN.search(data)
    if begin is None:
        return data
    out: list[bytes] = []
    for line in data[begin.end() :].splitlines():
        if line in (b"end", b"`", b""):
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Some encoders pad lines too far; the first character says how many bytes count.
            length = (((line[0] - 32) & 63) * 4 + 5) // 3
            out.append(_uu_or_nothing(line[:length]))
    return b"".join(out)


def _uu_or_nothing(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        return b""

"""A header block -> fields, encoded words and parameters read as people meant them. Never raises."""

import binascii
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from mail.parsing import charset

# One field; beyond it no sender means anything by it, and reading it would cost seconds.
FIELD_BYTES_MAX: Final = 64 * 1024
# A structured field (addresses, parameters): the longest real one collected has under 4 kB.
STRUCTURED_BYTES_MAX: Final = 10 * 1024
# Parameters of one field that are read; real mails have five.
PARAMETERS_MAX: Final = 100

_FIELD: Final = re.compile(rb"([!-9;-~]+)[ \t]*:[ \t]*(.*)", re.DOTALL)
_WORD: Final = re.compile(r"=\?([^?*\s]{1,40})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?]*)\?=")
_PARAMETER: Final = re.compile(r';\s*([^\s=;"]{1,80})\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)', re.DOTALL)
_SECTION: Final = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?")
_NOT_A_LETTER: Final = re.compile(rb"[^A-Za-z0-9+/]")
_BREAKS: Final = re.compile("[\x00-\x20\x7f\x85\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Headers:
    """Fields in their order; names lower-case, values unfolded bytes."""

    fields: tuple[tuple[str, bytes], ...] = ()

    def all(self, name: str) -> list[bytes]:
        return [value[:FIELD_BYTES_MAX] for field, value in self.fields if field == name]

    def first(self, name: str) -> bytes | None:
        for field, value in self.fields:
            if field == name:
                return value[:FIELD_BYTES_MAX]
        return None

    def has(self, name: str) -> bool:
        return any(field == name for field, _ in self.fields)

    def text(self, name: str, *, hint: str | None = None) -> str:
        """The first field of that name on one line, or ""."""
        value = self.first(name)
        return "" if value is None else decode_value(value, hint=hint)

    def parameters(self, name: str) -> "Parameters":
        return read_parameters(self.first(name) or b"")


@dataclass(frozen=True, slots=True)
class Parameters:
    """`value; name=...` as in Content-Type."""

    value: str
    named: dict[str, str]


def read_fields(block: bytes) -> Headers:
    """Fields of a header block; a line that is no field belongs to the field before it, as broken senders fold."""
    fields: list[tuple[str, list[bytes]]] = []
    for raw_line in block.split(b"\n"):
        line = raw_line.rstrip(b"\r")
        match = None if line[:1] in (b" ", b"\t") else _FIELD.match(line)
        if match:
            fields.append((match[1].decode("ascii").lower(), [match[2]]))
        elif fields and not line.startswith((b"From ", b">From ")):
            fields[-1][1].append(line.strip())
    return Headers(tuple((name, b" ".join(lines).strip()) for name, lines in fields))


def decode_value(value: bytes, *, hint: str | None = None) -> str:
    """One line of text: charset guessed where it is not declared, encoded words read, white space collapsed."""
    text = charset.decode(value, hint)
    return one_line(decode_words(text))


def one_line(text: str) -> str:
    return _BREAKS.sub(" ", text).strip()


def decode_words(text: str) -> str:
    """Neighbouring words of one charset are joined as bytes first: senders cut characters in two."""
    if "=?" not in text:
        return text
    out: list[str] = []
    pending, pending_label, last = b"", "", 0
    for match in _WORD.finditer(text):
        gap = text[last : match.start()]
        label = match[1].lower()
        if gap.strip() or not pending or label != pending_label:
            out.append(charset.decode(pending, pending_label))
            out.append(gap if gap.strip() or not last else "")
            pending = b""
        pending, pending_label, last = pending + _payload(match[2], match[3]), label, match.end()
    out += [charset.decode(pending, pending_label), text[last:]]
    return charset.storable("".join(out))


def _payload(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    if encoding in "bB":
        return from_base64(data)
    return binascii.a2b_qp(data.replace(b" ", b"_"), header=True)


def from_base64(data: bytes) -> bytes:
    """As much as can be read."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        letters = _NOT_A_LETTER.sub(b"", data)
        whole = letters[: len(letters) - (len(letters) % 4 == 1)]
        return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))


def read_parameters(field: bytes) -> Parameters:
    """RFC 2231 continuations and charsets, encoded words in quotes and raw 8-bit names alike."""
    text = charset.decode(field[:STRUCTURED_BYTES_MAX])
    value = one_line(text.partition(";")[0]).lower()
    sections: dict[str, list[tuple[int, bool, str]]] = {}
    for count, match in enumerate(_PARAMETER.finditer(text)):
        section = _SECTION.fullmatch(match[1].lower())
        if count < PARAMETERS_MAX and section:
            place = (int(section[2] or 0), section[3] is not None, _unquoted(match[2]))
            sections.setdefault(section[1], []).append(place)
    return Parameters(value, {name: _joined(found) for name, found in sections.items()})


def _unquoted(text: str) -> str:
    text = text.strip()
    if not text.startswith('"'):
        return text
    # Only quotes and backslashes are unescaped: Windows paths in names come unescaped.
    return re.sub(r'\\(["\\])', r"\1", text.strip('"'))


def _joined(sections: list[tuple[int, bool, str]]) -> str:
    """An extended value (`name*=utf-8''...`) is preferred to the plain one beside it."""
    chosen = [s for s in sections if s[1] or s[0]] if any(s[1] for s in sections) else sections
    chosen = sorted(sections if any(s[0] for s in sections) else chosen[:1], key=lambda s: s[0])
    if not any(extended for _, extended, _ in chosen):
        return one_line(decode_words("".join(text for _, _, text in chosen)))
    label, _, first = chosen[0][2].partition("'")
    texts = [first.partition("'")[2]] if "'" in chosen[0][2] else [chosen[0][2]]
    texts += [text for _, _, text in chosen[1:]]
    data = b"".join(
        unquote_to_bytes(text) if extended else text.encode("utf-8", "replace")
        for text, (_, extended, _) in zip(texts, chosen, strict=True)
    )
    return one_line(charset.decode(data, label))

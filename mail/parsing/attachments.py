"""Files in a mail: names that can not hurt, and which are refused and why. The bytes are kept by Files, not here."""

import mimetypes
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from mail.parsing.mime import Leaf

# Files of one mail that are kept; more is named as refused, never dropped silently.
FILES_MAX: Final = 100
# Fits every file system, with room for a number that tells equal names apart.
NAME_BYTES_MAX: Final = 200

# What a double click runs on some desktop. Archives are not opened, so they are let through.
BLOCKED_EXTENSIONS: Final = frozenset(
    "ade adp app appx bat chm cmd com cpl dll exe gadget hta htaccess inf ins isp iso jar js jse lib lnk mde msc "
    "msi msix msp mst nsh pif ps1 ps1xml ps2 psc1 psm1 reg scf scr sct settingcontent-ms shb sys url vb vbe vbs "
    "vhd vhdx vxd wsc wsf wsh xll".split()
)
BLOCKED_TYPES: Final = frozenset(
    {
        "application/x-msdownload",
        "application/x-msdos-program",
        "application/x-dosexec",
        "application/x-executable",
        "application/vnd.microsoft.portable-executable",
        "application/hta",
        "application/x-ms-installer",
        "application/x-ms-shortcut",
        "application/java-archive",
    }
)
_PROGRAM_SIGNS: Final = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
_SEPARATORS: Final = re.compile(r'[\\/:*?"<>|]+')
_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}")


@dataclass(frozen=True, slots=True)
class File:
    """A file as it came; `content` is None when it is refused, and then `refused` says why."""

    name: str
    type: str
    size: int
    content: bytes | None
    refused: str | None = None


def file_from(leaf: Leaf, *, number: int, bytes_max: int) -> File:
    """`number` counts from 1 and names what came without a name."""
    content = leaf.content()
    kind = leaf.type if _TYPE.fullmatch(leaf.type) else "application/octet-stream"
    name = safe_name(declared_name(leaf)) or _invented_name(kind, number)
    refused = _reason_to_refuse(name, kind, content, number=number, bytes_max=bytes_max)
    return File(name, kind, len(content), None if refused else content, refused)


def declared_name(leaf: Leaf) -> str:
    return leaf.disposition.named.get("filename", "") or leaf.parameters.get("name", "")


def safe_name(name: str) -> str:
    """For showing only (bytes are stored by their hash): no paths, no control or invisible characters."""
    text = unicodedata.normalize("NFC", name)
    text = "".join(char for char in text if unicodedata.category(char) not in _UNSEEN)
    text = _SEPARATORS.sub("_", text).strip(" ._")
    stem, dot, extension = text.rpartition(".")
    if not dot or len(extension.encode()) > NAME_BYTES_MAX // 2:
        return _cut(text, NAME_BYTES_MAX)
    return _cut(stem, NAME_BYTES_MAX - len(extension.encode()) - 1) + dot + extension


_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore")


def _invented_name(kind: str, number: int) -> str:
    if kind == "message/rfc822":
        return f"message-{number}.eml"
    return f"file-{number}{mimetypes.guess_extension(kind) or '.bin'}"


def _reason_to_refuse(
    name: str, kind: str, content: bytes, *, number: int, bytes_max: int
) -> str | None:
    if _runs(name, kind, content):
        return "blocked_type"
    if len(content) > bytes_max:
        return "too_large"
    return "too_many" if number > FILES_MAX else None


def _runs(name: str, kind: str, content: bytes) -> bool:
    extension = name.rpartition(".")[2].lower().strip()
    if extension in BLOCKED_EXTENSIONS or kind in BLOCKED_TYPES:
        return True
    is_windows_program = content.startswith(b"MZ") and b"\0" in content[:64]
    return is_windows_program or content.startswith(_PROGRAM_SIGNS)

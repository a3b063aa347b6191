"""Bytes of unknown or wrongly declared charset -> text. Never raises; never guesses where it can know."""

import codecs
import re
from typing import Final

_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,39}")

# What mail says, and what it means: supersets that read every text the named charset can hold, and names that
# Python does not know.
_ALIASES: Final = {
    "ascii": "utf-8",
    "us-ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "iso-gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "cn-gb": "gb18030",
    "big5": "big5hkscs",
    "cn-big5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "tis-620": "cp874",
    "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8",
}

# Only these may decode mail: Python also knows "codecs" that unpack archives, run slowly or read escapes.
_TRUSTED: Final = re.compile(
    r"utf-(8|8-sig|7|16|16-le|16-be|32|32-le|32-be)|iso8859-\d+|cp\d+|koi8-[rut]|kz1048|mac-\w+|ptcp154"
    r"|gb18030|hz|big5(hkscs)?|euc_(jp|jis_2004|jisx0213)|iso2022_(jp|kr)(_ext|_\d+|_2004)?|johab|cp932|cp949"
    r"|shift_jis(_2004|x0213)?"
)

# One odd character in fifty in a text of many bytes per character is damage, not another charset.
_DAMAGE_MAX: Final = 1 / 50

_MULTIBYTE: Final = re.compile(r"utf|gb|hz|big5|euc|iso2022|johab|cp9(32|49)|shift")
# Declared as iso-2022-jp: often with characters only a later edition has, and sometimes it is Windows' charset.
_JAPANESE: Final = frozenset({"iso2022_jp", "iso2022_jp_ext"})
_UNWANTED: Final = re.compile("[\x00\ud800-\udfff]")


def decode(data: bytes, declared: str | None = None) -> str:
    """The declared charset if it fits, then UTF-8, then the declared one with damage, then Windows' western one."""
    if data.isascii() and not _is_stateful(declared):
        return storable(data.decode("ascii"))
    codec = codec_for(declared)
    text = _strictly(data, codec)
    if text is None and codec in _JAPANESE:
        text = _japanese(data)
    if text is None:
        text = _strictly(data, "utf-8")
    if text is not None:
        return storable(text)
    if codec and _MULTIBYTE.match(codec):
        text = data.decode(codec, "replace")
        if text.count("\ufffd") <= len(text) * _DAMAGE_MAX:
            return storable(text)
    return storable(data.decode("cp1252", "replace"))


def codec_for(declared: str | None) -> str | None:
    """Python's name of a declared charset, or None when it is unknown or not a charset of mail."""
    label = (declared or "").strip(" \"'").lower()
    if not _LABEL.fullmatch(label):
        return None
    try:
        name = codecs.lookup(_ALIASES.get(label, label)).name
    except LookupError:
        return None
    return name if _TRUSTED.fullmatch(name) else None


def storable(text: str) -> str:
    """Without what no database and no wire takes: NUL, and halves of surrogate pairs."""
    return _UNWANTED.sub("", text)


def _is_stateful(declared: str | None) -> bool:
    """ASCII bytes that mean other characters: iso-2022-*, hz and utf-7 switch by escapes, utf-16 and 32 are wide."""
    label = (declared or "").lower()
    return any(sign in label for sign in ("2022", "hz", "utf-7", "utf7", "16", "32"))


def _japanese(data: bytes) -> str | None:
    later = _strictly(data.replace(b"\x1b$B", b"\x1b$(Q"), "iso2022_jp_2004")
    return _strictly(data, "cp932") if later is None else later


def _strictly(data: bytes, codec: str | None) -> str | None:
    if codec is None:
        return None
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError):
        return None

"""Text made fit for a log or a terminal: without secrets, and without characters that give orders."""

import re
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final

# What looks like a secret wherever it stands: Slack tokens, bearer tokens, URLs with a password, API keys.
_SECRETS: Final = re.compile(
    r"xox[a-z](?:\.xox[a-z])?-[\w-]+|xapp-[\w-]+|xwfp-[\w-]+"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
    r"|(?i:bearer|basic) +[\w.~+/=-]{8,}|sk-[\w-]{16,}"
    r"|(?i:(?:ticket|token|secret|password|access_key)=)[^&\s\"']+"
)
_MASK: Final = "***"
# C0 and C1 control characters, and the marks that reorder text in a terminal: one record stays one honest line.
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_CONTROLS_AND_BREAKS: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)


def redact(text: str) -> str:
    """The text without anything that looks like a secret."""
    return _SECRETS.sub(_MASK, text)


def printable(text: str) -> str:
    """The text on one line, with control characters written out: for logs and for the terminal."""
    return _CONTROLS_AND_BREAKS.sub(_written_out, text)


def printable_all(part: Any) -> Any:
    """Plain values with every text in them made `printable`."""
    if is_dataclass(part) and not isinstance(part, type):
        return replace(part, **{f.name: printable_all(getattr(part, f.name)) for f in fields(part)})
    if isinstance(part, dict):
        return {name: printable_all(value) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [printable_all(one) for one in part]
    return printable(part) if isinstance(part, str) else part


def _written_out(match: re.Match[str]) -> str:
    return match.group().encode("unicode_escape").decode("ascii")


def without_controls(text: str) -> str:
    """As `printable`, with the line breaks and tabs of a trace left in."""
    return _CONTROLS.sub(_written_out, text)

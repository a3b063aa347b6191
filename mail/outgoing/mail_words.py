"""How values stand in a mail: in its text, its subject and its sender's name. HTML twins escape what they are given.

A text mail has no marks, so only what would break out of its line is taken away: line ends, control characters, and
characters that turn the direction of what follows.
"""

import re
from typing import Final, assert_never

from engine.messages.values import Code, Foreign, GroupHandle, Handle, TicketRef, Value, Words, Zone

_LINE_ENDS: Final = re.compile("[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]"
)


def in_mail(value: object) -> object:
    if not isinstance(value, Value):
        return value
    match value:
        case Foreign(text) | Code(text):
            return one_line(text)
        case Words(text):
            return _INVISIBLE.sub("", text).strip("\r\n")
        case TicketRef():
            return str(value)
        case Zone(name):
            return name
        case Handle() | GroupHandle():
            return ""  # a mail calls nobody in Slack
        case _ as never:
            assert_never(never)


def one_line(text: str) -> str:
    return _INVISIBLE.sub("", _LINE_ENDS.sub(" ", text))

"""Values of a message as the command line shows them: the type of a value decides."""

from typing import assert_never

from deskd.base.safe_text import printable, without_controls
from engine.messages.values import Code, Foreign, GroupHandle, Handle, TicketRef, Value, Words, Zone


def in_terminal(value: object) -> object:
    """One value of a message as the command line shows it."""
    if not isinstance(value, Value):
        return value
    match value:
        case Foreign(text) | Code(text) | Handle(text) | GroupHandle(text):
            return printable(text)
        case Words(text):
            return without_controls(text)
        case TicketRef():
            return str(value)
        case Zone(name):
            return name
        case _ as never:
            assert_never(never)

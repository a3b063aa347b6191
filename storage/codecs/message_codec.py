"""Messages to JSON and back: one way for all of them, from the fields of their dataclasses.

A row's `template` is the kind of the message, and its `facts` are {"message": {its fields}}. Without that key the row
was written by an older desk: then old_messages reads it, by the names that kinds had.
"""

from collections.abc import Mapping
from typing import Any, Final

from engine.messages.message import KINDS, Message
from storage.codecs.old_messages import OLD, in_todays_words
from storage.codecs.plain_values import decode_fields, encode_fields

_MESSAGE: Final = "message"


class UnreadableError(Exception):
    """What this row says is not known here: a newer desk wrote it, or somebody's hand. The row is at fault alone."""


def encode(message: Message) -> dict[str, Any]:
    """The facts of a row; its kind is Tell.kind."""
    return {_MESSAGE: encode_fields(message)}


def decode(kind: str, facts: Mapping[str, Any]) -> Message:
    """Raises UnreadableError."""
    try:
        return _decoded(kind, facts)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableError(f"{kind} can not be read: {type(error).__name__}: {error}") from error


def _decoded(kind: str, facts: Mapping[str, Any]) -> Message:
    said = facts.get(_MESSAGE)
    if not isinstance(said, Mapping):  # facts of old held texts, numbers and lists, never an object
        return in_todays_words(kind, facts)
    message: Message = decode_fields(KINDS[kind], said)
    return message


def names_of(*kinds: type) -> list[str]:
    """By which names rows of these kinds are found, those that waited for today's desk included."""
    today = [name for name, kind in KINDS.items() if kind in kinds]
    before = [name for name, old in OLD.items() if old.kind in kinds]
    return list(dict.fromkeys([*today, *before]))

"""What messages are made of. The type of a value decides how each face writes it, never the name of its field.

Beside these a message holds instants (datetime, aware), days, durations, numbers, truths, and enumerations of ours.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from types import SimpleNamespace


@dataclass(frozen=True, slots=True)
class Foreign:
    """Words of others inside a sentence of ours: a name, a subject, a reason. One line, whatever they hold.

    Nobody writes them by accident: str() refuses, and each face has one function that makes them harmless there.
    """

    text: str

    def __bool__(self) -> bool:
        return bool(self.text)

    def __str__(self) -> str:
        raise TypeError("foreign words are written by a face, which makes them harmless")


@dataclass(frozen=True, slots=True)
class Words:
    """What a person wrote, in as many lines as they did; it stands by itself and never inside a sentence."""

    text: str

    def __bool__(self) -> bool:
        return bool(self.text)

    def __str__(self) -> str:
        raise TypeError("a person's words are written by a face, which makes them harmless")


@dataclass(frozen=True, slots=True)
class Handle:
    """What a person is called where the message is read, so that they can be mentioned there; no name to be read."""

    id: str


@dataclass(frozen=True, slots=True)
class GroupHandle:
    """The same of a group of people."""

    id: str


@dataclass(frozen=True, slots=True)
class TicketRef:
    number: int

    def __str__(self) -> str:
        return f"T-{self.number}"


@dataclass(frozen=True, slots=True)
class Code:
    """A word of ours that templates compare with, out of a set that may grow: a channel, a cause, a state."""

    word: str


@dataclass(frozen=True, slots=True)
class Zone:
    """The zone that its reader lives in: an IANA name or a fixed offset. Filters take it; nobody reads it."""

    name: str


Value = Foreign | Words | Handle | GroupHandle | TicketRef | Code | Zone


@dataclass(frozen=True, slots=True)
class Who:
    """A person as a message names them."""

    name: Foreign
    handle: Handle | None = None


def foreign(text: str | None) -> Foreign | None:
    """None for no words at all: nobody, not somebody without a name."""
    return Foreign(text) if text else None


def zone(name: str | None) -> Zone | None:
    return Zone(name) if name else None


def written(part: object, write: Callable[[object], object]) -> object:
    """`part` as a face shows it: each value in it written by that face's `write`, whatever holds it kept in shape."""
    if isinstance(part, Value):
        return write(part)
    if is_dataclass(part) and not isinstance(part, type):
        return SimpleNamespace(**facts_of(part, write))
    if isinstance(part, tuple | list):
        return [written(one, write) for one in part]
    return write(part)


def facts_of(part: object, write: Callable[[object], object]) -> dict[str, object]:
    """The fields of a dataclass by their names, each as the face writes it: what a template is given."""
    assert is_dataclass(part)
    return {field.name: written(getattr(part, field.name), write) for field in fields(part)}

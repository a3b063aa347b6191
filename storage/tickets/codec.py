"""Events, and what people say of being there, to JSON facts and back, from the fields of their dataclasses."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from engine.duty.presence import Said
from engine.tickets.events import Event, Opened
from engine.tickets.people import PersonId
from storage.sql.columns import storable

_MICROSECOND: Final = timedelta(microseconds=1)

Decoder = Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


def _span(value: int) -> timedelta:
    return timedelta(microseconds=value)


def _decoder(annotation: Any) -> Decoder:
    annotation = getattr(annotation, "__supertype__", annotation)
    if get_origin(annotation) in (Union, UnionType):
        inner = [_decoder(each) for each in get_args(annotation) if each is not NoneType]
        if len(inner) != 1:
            raise TypeError(f"an event field may be optional, not {annotation}")
        decode = inner[0]
        return decode if decode is _same else lambda value: None if value is None else decode(value)
    if annotation in (str, int, bool):
        return _same
    if annotation == tuple[str, ...]:
        return tuple
    if annotation is datetime:
        return datetime.fromisoformat
    if annotation is timedelta:
        return _span
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return annotation
    raise TypeError(f"events can not hold {annotation}")


def _encode(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value // _MICROSECOND
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return list(value)
    return storable(value) if isinstance(value, str) else value


def _name(event: type) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event.__name__).lower()


NAMES: Final[Mapping[type, str]] = {
    event: _name(event) for event in (*get_args(Event), *get_args(Said))
}
_TYPES: Final[Mapping[str, type]] = {name: event for event, name in NAMES.items()}
_FIELDS: Final[Mapping[type, tuple[str, ...]]] = {
    event: tuple(field.name for field in fields(event)) for event in NAMES
}
_DECODERS: Final[Mapping[str, Mapping[str, Decoder]]] = {
    name: {
        field: _decoder(annotation)
        for field, annotation in get_type_hints(event).items()
        if field in _FIELDS[event]
    }
    for event, name in NAMES.items()
}

PEOPLE: Final[Mapping[type, tuple[str, ...]]] = {
    event: tuple(
        field
        for field, annotation in get_type_hints(event).items()
        if annotation in (PersonId, PersonId | None)
    )
    for event in NAMES
}
"""The fields of each event that name a person."""


WORDS: Final[Mapping[type, str]] = {Opened: "subject"}
"""The field of an event that somebody wrote: it is kept in `subjects`, so that it can be taken out of the history,
which itself is only ever added to."""
_WORDS_OF: Final = {NAMES[event]: field for event, field in WORDS.items()}


def encode(event: Event | Said) -> tuple[str, dict[str, Any]]:
    """(type, facts): the type is the event's name in small letters, "priority_changed"."""
    kind = type(event)
    written = WORDS.get(kind)
    told = (name for name in _FIELDS[kind] if name != written)
    return NAMES[kind], {name: _encode(getattr(event, name)) for name in told}


def words_of(event: Event | Said) -> str | None:
    written = WORDS.get(type(event))
    return None if written is None else str(getattr(event, written))


def decode(type: str, facts: Mapping[str, Any], words: str | None) -> Event:
    """`words`: what `subjects` has of this event."""
    written = _WORDS_OF.get(type)
    event: Event = _decoded(type, facts if written is None else {**facts, written: words or ""})
    return event


def decode_said(type: str, facts: Mapping[str, Any]) -> Said:
    said: Said = _decoded(type, facts)
    return said


def _decoded(type: str, facts: Mapping[str, Any]) -> Any:
    decoders = _DECODERS[type]
    return _TYPES[type](
        **{name: decoders[name](value) for name, value in facts.items() if name in decoders}
    )

"""Events, and what people say of being there, to JSON facts and back, from the fields of their dataclasses."""

import re
from collections.abc import Mapping
from typing import Any, Final, get_args, get_type_hints

from engine.duty.presence import Said
from engine.tickets.events import Event, Opened
from engine.tickets.people import PersonId
from storage.codecs.old_events import as_today
from storage.codecs.plain_values import decode_fields, encode_fields


def _name(event: type) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event.__name__).lower()


NAMES: Final[Mapping[type, str]] = {
    event: _name(event) for event in (*get_args(Event), *get_args(Said))
}
_TYPES: Final[Mapping[str, type]] = {name: event for event, name in NAMES.items()}
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
    facts: dict[str, Any] = encode_fields(event)
    facts.pop(WORDS.get(kind, ""), None)
    return NAMES[kind], facts


def words_of(event: Event | Said) -> str | None:
    written = WORDS.get(type(event))
    return None if written is None else str(getattr(event, written))


def decode(type: str, facts: Mapping[str, Any], words: str | None) -> Event:
    """`words`: what `subjects` has of this event."""
    written = _WORDS_OF.get(type)
    known = as_today(type, facts)
    told = known if written is None else {**known, written: words or ""}
    event: Event = decode_fields(_TYPES[type], told)
    return event


def decode_said(type: str, facts: Mapping[str, Any]) -> Said:
    said: Said = decode_fields(_TYPES[type], facts)
    return said

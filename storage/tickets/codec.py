"""Events, and what people say of being there, to JSON facts and back, from the fields of their dataclasses."""

import re
from collections.abc import Mapping
from typing import Any, Final, get_args, get_type_hints

from engine.duty.presence import Said
from engine.tickets.events import Event
from engine.tickets.people import PersonId
from storage.tickets.old_events import as_today
from storage.tickets.plain_values import decode_fields, encode_fields


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


def encode(event: Event | Said) -> tuple[str, dict[str, Any]]:
    """(type, facts): the type is the event's name in small letters, "priority_changed"."""
    return NAMES[type(event)], encode_fields(event)


def decode(type: str, facts: Mapping[str, Any]) -> Event:
    event: Event = decode_fields(_TYPES[type], as_today(type, facts))
    return event


def decode_said(type: str, facts: Mapping[str, Any]) -> Said:
    said: Said = decode_fields(_TYPES[type], facts)
    return said

"""One event of a ticket's history in the words of a terminal; for programs there is api/shapes/ticket_file.py."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from deskd.base.terminal import moment
from engine.tickets.events import Event, Moved

# No days: in promises hours are working hours, and nobody knows how many of them a day has.
_SPANS: Final = (("h", 3600), ("min", 60), ("s", 1))
_PAIR: Final = {"before", "to"}


def happening(event: Event, names: Mapping[str, str]) -> str:
    """ "NEW -> IN_PROGRESS (claim)". `names`: people by their ids."""
    return " ".join(_facts(event, names)) or "-"


def _facts(event: Event, names: Mapping[str, str]) -> Iterator[str]:
    given = [(field, getattr(event, field.name)) for field in fields(event)]
    facts = {field.name: value for field, value in given if value != field.default}
    if facts.keys() & _PAIR:
        before, to = (_word(facts.pop(name, None), names) for name in ("before", "to"))
        yield f"{before} -> {to}"
    if isinstance(event, Moved):
        yield f"({facts.pop('why')})"
    for name, value in facts.items():
        if isinstance(value, bool):
            if value:
                yield name.replace("_", " ")
        elif value is not None:
            yield f"{name}={_word(value, names)}"


def _word(value: object, names: Mapping[str, str]) -> str:
    if value is None:
        return "nobody"
    if isinstance(value, timedelta):
        return span(value)
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, tuple):
        return ", ".join(_word(each, names) for each in value)
    plain = str(value.value if isinstance(value, Enum) else value)
    return names.get(plain, plain)


def span(length: timedelta) -> str:
    """ "2 h", "1 h 30 min", "0 s"."""
    left = round(length.total_seconds())
    pieces = []
    for unit, seconds in _SPANS:
        count, left = divmod(left, seconds)
        if count:
            pieces.append(f"{count} {unit}")
    return " ".join(pieces) or "0 s"

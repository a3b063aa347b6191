"""Values of the engine's dataclasses to plain JSON and back, by their annotations: for events and for messages alike.

A dataclass is an object of its fields; those of engine.messages.values have one each and are written as that.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from engine.messages.values import Value
from storage.sql.columns import storable

_MICROSECOND: Final = timedelta(microseconds=1)
_VALUES: Final = frozenset(get_args(Value))

Decoder = Callable[[Any], Any]


def encode(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value // _MICROSECOND
    if isinstance(value, tuple):
        return [encode(one) for one in value]
    return encode_fields(value) if is_dataclass(value) else value


def encode_fields(value: Any) -> Any:
    kind: Any = type(value)
    names = _names(kind)
    if kind in _VALUES:
        return encode(getattr(value, names[0]))
    return {name: encode(getattr(value, name)) for name in names}


@cache
def _names(type: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(type))


@cache
def decoders_of(type: Any) -> Mapping[str, Decoder]:
    hints = get_type_hints(type)
    return {name: decoder(hints[name]) for name in _names(type)}


def decode_fields(type: Any, plain: Mapping[str, Any]) -> Any:
    """What is not known (any more) is passed over; what is missing has its default or is a TypeError."""
    known = decoders_of(type)
    return type(**{name: known[name](value) for name, value in plain.items() if name in known})


@cache
def decoder(annotation: Any) -> Decoder:
    annotation = getattr(annotation, "__supertype__", annotation)
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return _optional(annotation)
    if origin is tuple:
        return _many(annotation)
    if annotation in _EXACT:
        return _EXACT[annotation]
    if annotation in _VALUES:
        (inner,) = decoders_of(annotation).values()
        return lambda value: annotation(inner(value))
    if is_dataclass(annotation):
        return lambda value: decode_fields(annotation, value)
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return annotation
    raise TypeError(f"nothing that is stored can hold {annotation}")


def _same(value: Any) -> Any:
    return value


def _span(value: int) -> timedelta:
    return timedelta(microseconds=value)


_EXACT: Final[Mapping[Any, Decoder]] = {
    str: _same,
    int: _same,
    bool: _same,
    float: float,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    timedelta: _span,
}


def _optional(annotation: Any) -> Decoder:
    inner = [decoder(each) for each in get_args(annotation) if each is not NoneType]
    if len(inner) != 1:
        raise TypeError(f"a field may be optional, not {annotation}")
    decode = inner[0]
    return decode if decode is _same else lambda value: None if value is None else decode(value)


def _many(annotation: Any) -> Decoder:
    one, rest = get_args(annotation)
    if rest is not Ellipsis:
        raise TypeError(f"a field may hold many of one kind, not {annotation}")
    each = decoder(one)
    return lambda values: tuple(map(each, values))

"""Plain documents (text, lists, tables): a function reads each value, and what is wrong is told with its place."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

_Read = TypeVar("_Read")


class Wrong(ValueError):
    """`where`: the names of the parts it lies in, parted by dots."""

    def __init__(self, where: str, what: object) -> None:
        super().__init__(f"{where}: {what}")
        self.where = where
        self.what = str(what)


def read(where: str, reader: Callable[[str], _Read], value: object) -> _Read:
    """Raises ValueError with the place before the reader's own sentence."""
    if not isinstance(value, str):
        raise Wrong(where, f"{value!r} must be text")
    try:
        return reader(value)
    except ValueError as error:
        raise Wrong(where, error) from None


def listed(where: str, reader: Callable[[str], _Read], value: object) -> list[_Read]:
    return [read(where, reader, one) for one in items(where, value)]


def items(where: str, value: object) -> Iterable[object]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise Wrong(where, "must be a list")
    return value


def table(where: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise Wrong(where, "must be a table")
    return value


def known(what: str, parts: Sequence[str], document: Mapping[str, object]) -> None:
    """Raises ValueError for a part that `what` does not have."""
    for name in document:
        if name not in parts:
            raise ValueError(f'"{name}" is no part of {what}; its parts are: {", ".join(parts)}')

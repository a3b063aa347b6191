"""What is in force and where each value came from, for `deskd config show`; secrets are masked."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path as File
from typing import Final

from pydantic import BaseModel, SecretStr

from deskd.config.load import Loaded
from deskd.settings.lines import Path
from deskd.settings.names import dotted

MASK: Final = "********"
_URL: Final = re.compile(
    r"^([a-z0-9+]+://)(?:([^/@:]*)(:[^/@]*)?@)?(.*)$", re.IGNORECASE | re.DOTALL
)

Plain = str | int | bool | list[str] | None


@dataclass(frozen=True, slots=True)
class Shown:
    name: str
    value: Plain
    origin: str


def shown(loaded: Loaded) -> list[Shown]:
    return [
        Shown(dotted(path), value, _origin(path, loaded.origins))
        for path, value in _values(loaded.settings)
    ]


def _values(section: BaseModel, path: Path = ()) -> Iterator[tuple[Path, Plain]]:
    for name in type(section).model_fields:
        value = getattr(section, name)
        here: Path = (*path, name)
        if isinstance(value, BaseModel):
            yield from _values(value, here)
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            for number, item in enumerate(value):
                yield from _values(item, (*here, number))
        elif isinstance(value, dict) and any(isinstance(one, BaseModel) for one in value.values()):
            # What such a section does not say is as in another one, and not as its default.
            for key, item in value.items():
                all_of_it = _values(item, (*here, str(key)))
                yield from (one for one in all_of_it if one[0][-1] in item.model_fields_set)
        elif isinstance(value, dict):
            yield from (((*here, str(key)), _plain(item)) for key, item in value.items())
        else:
            yield here, _plain(value)


def _plain(value: object) -> Plain:
    if isinstance(value, SecretStr):
        return masked(value.get_secret_value())
    if isinstance(value, tuple):
        return [str(item) for item in value]
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, File):
        return str(value)
    return value if isinstance(value, str | int | None) else str(value)


def masked(secret: str) -> str:
    """Nothing of a secret; of a URL everything but its password."""
    url = _URL.match(secret)
    if url is None:
        return MASK
    scheme, name, password, rest = url.groups()
    login = f"{name}{':' + MASK if password else ''}@" if name is not None else ""
    return f"{scheme}{login}{rest.partition('?')[0]}"


def _origin(path: Path, origins: Mapping[Path, str]) -> str:
    for end in range(len(path), 0, -1):
        if path[:end] in origins:
            return origins[path[:end]]
    return "default"

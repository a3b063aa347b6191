"""Sentences for values of the wrong kind, each with one that is right; pydantic's own are for programmers."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from deskd.settings.lines import Path
from deskd.settings.names import dotted, section_of
from deskd.settings.settings import Settings

VALUE_CHARACTERS_MAX: Final = 60
"""A wrong value is shown so that it is found again, not read."""
NUMBER: Final = 8

_SENTENCES: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "bool_type": "must be true or false; it is {value}",
    "bool_parsing": "must be true or false; it is {value}",
    "int_type": "must be a whole number, such as {number}; it is {value}",
    "int_parsing": "must be a whole number, such as {number}; it is {value}",
    "int_parsing_size": "must be a whole number, such as {number}; it is far too large",
    "int_from_float": "must be a whole number, such as {number}; it is {value}",
    "greater_than_equal": "must be {ge} or more; it is {value}",
    "less_than_equal": "must be {le} or less; it is {value}",
    "enum": "must be one of: {expected}; it is {value}",
    "literal_error": "must be one of: {expected}; it is {value}",
    "string_type": 'must be text in quotes, such as "text"',
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "too_long": "must not have more than {max_length}; it has {actual_length}",
    "path_type": 'must be a path in quotes, such as "/var/lib/deskd"',
    "dict_type": "must be a table, written [{name}]",
    "model_type": "must be a section, written [{name}]",
    "model_attributes_type": "must be a section, written [{name}]",
}


def mistake(item: Mapping[str, Any]) -> str:
    """One entry of `ValidationError.errors()`, without the setting's name. Never shows a secret: those are text."""
    path: Path = tuple(item["loc"])
    kind = str(item["type"])
    if kind in {"tuple_type", "list_type"}:
        return _list(path)
    if kind not in _SENTENCES:
        what = str(item["msg"]).removeprefix("Value error, ")
        return what[:1].lower() + what[1:]
    facts = {
        **item.get("ctx", {}),
        "name": dotted([name for name in path if isinstance(name, str)]),
        "number": _number(path),
        "value": repr(item.get("input"))[:VALUE_CHARACTERS_MAX],
    }
    return _SENTENCES[kind].format(**facts)


def _list(path: Path) -> str:
    model = _section(path[:-1])
    if model is not None and section_of(model, str(path[-1])) is not None:
        return f"must be sections, each written [[{dotted(path)}]]"
    return 'must be a list, such as ["one", "two"]'


def _number(path: Path) -> int:
    """The setting's own default is the best example of it."""
    model = _section(path[:-1])
    default = model.model_fields[str(path[-1])].default if model is not None else None
    return default if isinstance(default, int) else NUMBER


def _section(path: Path) -> type[BaseModel] | None:
    model: type[BaseModel] | None = Settings
    for name in path:
        if model is not None and not isinstance(name, int):
            model = section_of(model, name) if name in model.model_fields else None
    return model

"""The names that settings have: which exist, what stands behind them, and which one was meant."""

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, get_args, get_origin

from pydantic import BaseModel

from deskd.settings.lines import Path
from deskd.settings.settings import Settings

ALIKE: Final = 0.6
"""How alike two names must be for one to be offered for the other (difflib's own default)."""
_LISTS: Final[tuple[Path, ...]] = (
    ("teams",),
    ("people",),
    ("calendars",),
    ("rotations",),
    ("mail", "mailboxes"),
    ("policies",),
    ("ladders",),
    ("mutes",),
    ("desk", "roles"),
    ("desk", "department_policies"),
    ("desk", "category_policies"),
    ("desk", "skills"),
)
"""Lists of tables, and tables of free names, stand in the file alone."""


def first_unknown(path: Path) -> int | None:
    """The index of the first name in `path` that no setting has."""
    model: type[BaseModel] | None = Settings
    is_free = False
    for index, name in enumerate(path):
        if isinstance(name, int) or model is None:
            continue
        if is_free:
            is_free = False
            continue
        if name not in model.model_fields:
            return index
        is_free = key_of(model, name) is not None
        model = section_of(model, name)
    return None


def key_of(model: type[BaseModel], name: str) -> str | None:
    """An example of the free names, when the field is a table of sections: `[policies.goals.P1]`."""
    field = model.model_fields[name]
    if get_origin(field.annotation) is not dict or section_of(model, name) is None:
        return None
    return str(next(iter(field.examples or ()), "NAME"))


def section_of(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """The section behind a field (also when the field is a list of them), or None for a plain value."""
    annotation = model.model_fields[name].annotation
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def no_such(path: Path) -> str:
    """The sentence for a name that does not exist, with the nearest one that does."""
    known = [dotted(p) for p in known_paths()]
    name = dotted(tuple(p for p in path if isinstance(p, str)))
    last = {full.rpartition(".")[2]: full for full in known}
    near = difflib.get_close_matches(name, known, n=1, cutoff=ALIKE)
    near = near or [last[n] for n in difflib.get_close_matches(str(path[-1]), last, n=1)]
    return f'there is no setting "{name}"' + (f'; did you mean "{near[0]}"?' if near else "")


def known_paths(model: type[BaseModel] = Settings, path: Path = ()) -> Iterator[Path]:
    """Every setting and section by its path, without the numbers of lists."""
    for name in model.model_fields:
        yield (*path, name)
        section = section_of(model, name)
        if section is not None:
            key = key_of(model, name)
            yield from known_paths(section, (*path, name, key) if key else (*path, name))


def dotted(path: Sequence[str | int]) -> str:
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")


def settable() -> Iterator[Path]:
    """What the environment and flags may set: single values."""
    for path in known_paths():
        if not any(path[: len(ls)] == ls for ls in _LISTS) and not _is_section(path):
            yield path


def _is_section(path: Path) -> bool:
    model: type[BaseModel] | None = Settings
    for name in path:
        model = section_of(model, str(name)) if model else None
    return model is not None


def meant(name: str, known: Collection[str]) -> str:
    """The nearest right name, or all of them."""
    close = near(name, list(known))
    return f'did you mean "{close}"?' if close else f"known: {', '.join(known) or 'none'}"


def near(name: str, known: Mapping[str, object] | Sequence[str]) -> str | None:
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=ALIKE)), None)

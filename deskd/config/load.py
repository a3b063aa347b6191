"""Settings from their four places: defaults < deskd.toml < environment < flags. Mistakes are told with place."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any, Final

from pydantic import SecretStr, ValidationError

from deskd.base.errors import BadSettings
from deskd.config.check_rules import odd_rules
from deskd.config.check_time import odd_times
from deskd.config.warnings import doubts
from deskd.settings.cross_checks import Oddity, is_installed, odd
from deskd.settings.lines import Path, lines_of, nearest
from deskd.settings.mistakes import mistake
from deskd.settings.names import dotted, first_unknown, near, no_such, settable
from deskd.settings.settings import Settings

PREFIX: Final = "DESKD_"
CONFIG_VARIABLE: Final = "DESKD_CONFIG"
DEFAULT_FILE: Final = "deskd.toml"
FILE_SUFFIX: Final = "_FILE"
SECRET_FILE_BYTES_MAX: Final = 64 * 1024
"""A secret is a line; a larger file was named by mistake."""

_OF_A_KEY: Final = "[key]"
"""Behind a name that is wrong itself, pydantic's path has this."""

Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, and where each came from ("deskd.toml:4", "DESKD_SECRET_KEY", "--set"); absent: a default."""

    settings: Settings
    origins: Mapping[Path, str]
    file: File | None
    base: File
    """What relative paths are relative to."""
    warnings: tuple[str, ...] = ()
    """Allowed, and most likely not meant."""


def load(
    *,
    config: File | None,
    environment: Mapping[str, str],
    flags: Mapping[str, str],
    cwd: File,
    installed: Callable[[str], bool] = is_installed,
) -> Loaded:
    """Raises BadSettings naming every mistake that was found."""
    file = _file(config, environment, cwd)
    tree, origins, problems = _from_file(file)
    for layer in (_from_environment(environment), _from_flags(flags)):
        for path, value, origin in layer:
            if isinstance(value, Exception):
                problems.append(f"{origin}: {value}")
            else:
                _put(tree, path, value)
                origins[path] = origin
    where = _Where(origins, file)
    base = file.parent if file else cwd
    settings = _beside(_validated(tree, where, problems), base)
    odds = (*odd(settings, installed), *odd_times(settings), *odd_rules(settings))
    problems += [where.told(one) for one in odds]
    if problems:
        raise BadSettings(problems)
    warnings = tuple(f"{where.of(path)}: {dotted(path)}{what}" for path, what in doubts(settings))
    return Loaded(_absolute(settings, origins, base, cwd), origins, file, base, warnings)


TRIED_OUT: Final = ("policies", "calendars")


@dataclass(frozen=True, slots=True)
class TriedOut:
    """Settings in which the [[policies]] and [[calendars]] of another file have taken the places of these ids."""

    settings: Settings
    policies: frozenset[str]
    calendars: frozenset[str]


def load_over(file: File, settings: Settings) -> TriedOut:
    """Raises BadSettings naming every mistake in that file."""
    if not file.is_file():
        raise BadSettings([f"there is no file {file}"])
    tree, origins, problems = _from_file(file.resolve())
    problems += [
        f"{file.name}: [{name}] is not tried out" for name in tree if name not in TRIED_OUT
    ]
    where = _Where(origins, file)
    given = _beside(_validated(tree, where, problems), file.resolve().parent)
    merged = settings.model_copy(
        update={name: _over(getattr(given, name), getattr(settings, name)) for name in TRIED_OUT}
    )
    # What was given stands first, so that a place in the list is a place in the file.
    problems += [where.told(one) for one in (*odd_times(merged), *odd_rules(merged))]
    if problems:
        raise BadSettings(problems)
    policies, calendars = ({one.id for one in each} for each in (given.policies, given.calendars))
    return TriedOut(merged, frozenset(policies), frozenset(calendars))


def _over(given: tuple[Any, ...], known: tuple[Any, ...]) -> tuple[Any, ...]:
    ids = {one.id for one in given}
    return (*given, *(one for one in known if one.id not in ids))


def _file(config: File | None, environment: Mapping[str, str], cwd: File) -> File | None:
    named = config or (
        File(environment[CONFIG_VARIABLE]) if environment.get(CONFIG_VARIABLE) else None
    )
    file = cwd / (named or DEFAULT_FILE)
    if file.is_file():
        return file.resolve()
    if named is None:
        return None
    origin = "--config" if config else CONFIG_VARIABLE
    raise BadSettings([f"{origin}: there is no file {named}"])


def _from_file(file: File | None) -> tuple[Tree, dict[Path, str], list[str]]:
    if file is None:
        return {}, {}, []
    try:
        text = file.read_text(encoding="utf-8")
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings([f"{_place(file, _line_in(str(error)))}: {error}"]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings([f"{file}: cannot be read: {error}"]) from error
    lines = lines_of(text)
    origins = {path: _place(file, nearest(lines, path)) for path in _leaves(tree)}
    return tree, origins, _unknown_in(tree, origins)


def _place(file: File, line: int | None) -> str:
    return f"{file.name}:{line}" if line else file.name


def _line_in(message: str) -> int | None:
    _, _, rest = message.partition("at line ")
    digits = rest.partition(",")[0]
    return int(digits) if digits.isdigit() else None


def _leaves(tree: object, path: Path = ()) -> Iterator[Path]:
    if isinstance(tree, dict) and (tree or not path):
        for name, value in tree.items():
            yield from _leaves(value, (*path, name))
    elif isinstance(tree, list) and tree and all(isinstance(item, dict) for item in tree):
        for number, item in enumerate(tree):
            yield from _leaves(item, (*path, number))
    else:
        yield path


def _unknown_in(tree: Tree, origins: Mapping[Path, str]) -> list[str]:
    """Told by us and not by pydantic, since only here the line and the nearest right name are known."""
    problems = []
    for path in _leaves(tree):
        wrong = first_unknown(path)
        if wrong is not None:
            problems.append(f"{origins[path]}: {no_such(path[: wrong + 1])}")
    return list(dict.fromkeys(problems))


# Environment and flags

_Found = tuple[Path, str | Exception, str]


def _from_environment(environment: Mapping[str, str]) -> Iterator[_Found]:
    known = {PREFIX + "__".join(str(p) for p in path).upper(): path for path in settable()}
    for variable in sorted(environment):
        if not variable.startswith(PREFIX) or variable == CONFIG_VARIABLE:
            continue
        if variable in known:
            yield known[variable], environment[variable], variable
        elif variable.endswith(FILE_SUFFIX) and variable.removesuffix(FILE_SUFFIX) in known:
            plain = variable.removesuffix(FILE_SUFFIX)
            if plain in environment:
                both = ValueError(f"{plain} is set as well; keep one of them")
                yield known[plain], both, variable
            else:
                yield known[plain], _contents(environment[variable]), variable
        elif "__" in variable:
            # Without "__" it may be somebody else's: Kubernetes makes DESKD_SERVICE_HOST for a service of our name.
            yield (), ValueError(_no_such_variable(variable, known)), variable


def _contents(name: str) -> str | Exception:
    try:
        with File(name).open(encoding="utf-8") as file:
            return file.read(SECRET_FILE_BYTES_MAX).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        return ValueError(f"cannot read {name}: {error}")


def _no_such_variable(variable: str, known: Mapping[str, Path]) -> str:
    close = near(variable, list(known))
    return "there is no such setting" + (f"; did you mean {close}?" if close else "")


def _from_flags(flags: Mapping[str, str]) -> Iterator[_Found]:
    known = {dotted(path): path for path in settable()}
    for name, value in flags.items():
        if name in known:
            yield known[name], value, f"--set {name}"
        else:
            yield (), ValueError(no_such(tuple(name.split(".")))), f"--set {name}"


def _put(tree: Tree, path: Path, value: str | Exception) -> None:
    for name in path[:-1]:
        inner = tree.setdefault(str(name), {})
        if not isinstance(inner, dict):
            return  # the file holds a plain value where a section belongs: the check tells
        tree = inner
    tree[str(path[-1])] = value


# Checking


@dataclass(frozen=True, slots=True)
class _Where:
    """Where in what was read a setting stands."""

    origins: Mapping[Path, str]
    file: File | None

    def of(self, path: Path) -> str:
        for end in range(len(path), 0, -1):
            if path[:end] in self.origins:
                return self.origins[path[:end]]
            inside = [place for known, place in self.origins.items() if known[:end] == path[:end]]
            if inside:
                return inside[0]
        return self.file.name if self.file else "settings"

    def told(self, one: Oddity) -> str:
        first = f" ({dotted(one.first)}, {self.of(one.first)})" if one.first else ""
        return f"{self.of(one.path)}: {dotted(one.path)}{one.what}{first}"


def _validated(tree: Tree, where: _Where, problems: list[str]) -> Settings:
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        problems += [
            f"{where.of(path)}: {dotted(path)} {mistake(dict(item))}"
            for item in error.errors()
            if item["type"] != "extra_forbidden"
            for path in [tuple(name for name in item["loc"] if name != _OF_A_KEY)]
        ]
        raise BadSettings(problems) from None


# Paths

_SQLITE: Final = "sqlite+aiosqlite:///"


def _beside(settings: Settings, base: File) -> Settings:
    """Lists of tables stand in the file alone, so their paths are relative to it."""
    return settings.model_copy(
        update={
            "calendars": tuple(
                one.model_copy(update={"holidays_file": (base / one.holidays_file).resolve()})
                if one.holidays_file
                else one
                for one in settings.calendars
            )
        }
    )


def _absolute(settings: Settings, origins: Mapping[Path, str], base: File, cwd: File) -> Settings:
    """Paths in the file (and defaults) are relative to it, those in the environment to where we are."""

    def root(path: Path) -> File:
        return cwd if origins.get(path, "").startswith((PREFIX, "--")) else base

    url = settings.database.url.get_secret_value()
    beside = base
    if url.startswith("sqlite"):
        name = url.removeprefix(_SQLITE)
        if not name or ":memory:" in name or not url.startswith(_SQLITE):
            raise BadSettings(["database.url: SQLite needs a file: sqlite+aiosqlite:///deskd.db"])
        database = (root(("database", "url")) / name).resolve()
        url, beside = f"{_SQLITE}{database}", database.parent
    attachments = settings.storage.attachments
    folder = (
        root(("storage", "attachments")) / attachments if attachments else beside / "attachments"
    )
    return settings.model_copy(
        update={
            "database": settings.database.model_copy(update={"url": SecretStr(url)}),
            "storage": settings.storage.model_copy(update={"attachments": folder.resolve()}),
        }
    )

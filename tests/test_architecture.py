"""The architecture is a promise: sizes, names and what may be asynchronous are tests, imports are contracts."""

import ast
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = "deskd engine bot mail api storage templates sandbox tests benchmarks docs".split()
VAGUE = set(
    "core common util utils helper helpers service services manager managers misc base".split()
)
LINES_MAX = 400
FUNCTION_MAX = 50
ASYNC_IN_ENGINE = {"engine/desk/desk.py", "engine/shifts/duty_desk.py"}


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (ROOT / package).rglob("*.py")


@cache
def text_of(module: Path) -> str:
    return module.read_text()


@cache
def parsed(module: Path) -> ast.Module:
    return ast.parse(text_of(module))


@cache
def nodes(module: Path) -> list[ast.AST]:
    """Of the whole tree: walking it takes longer than any rule does."""
    return list(ast.walk(parsed(module)))


def functions(module: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in nodes(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def name_of(module: Path) -> str:
    return str(module.relative_to(ROOT))


def folder_of(module: Path) -> str:
    return module.relative_to(ROOT).parts[0]


MODULES = sorted(modules())
ENGINE = sorted((ROOT / "engine").rglob("*.py"))


def test_there_is_something_to_look_at() -> None:
    assert len(MODULES) > 50


def test_a_file_is_short_enough_to_read_in_one_go() -> None:
    lines = {name_of(module): len(text_of(module).splitlines()) for module in MODULES}
    assert {name: many for name, many in lines.items() if many > LINES_MAX} == {}


def test_a_function_fits_a_screen() -> None:
    lines = {
        f"{name_of(module)}:{function.name}": function.end_lineno - function.lineno + 1
        for module in MODULES
        for function in functions(module)
        if function.end_lineno
    }
    assert len(lines) > 1000
    assert {name: many for name, many in lines.items() if many > FUNCTION_MAX} == {}


def test_a_module_is_named_for_what_it_is() -> None:
    assert [name_of(module) for module in MODULES if VAGUE & set(module.stem.split("_"))] == []


def test_only_the_two_desks_and_the_ports_are_asynchronous() -> None:
    waits = {
        name_of(module)
        for module in ENGINE
        if module.parent.name != "ports"
        and any(isinstance(function, ast.AsyncFunctionDef) for function in functions(module))
    }
    assert waits == ASYNC_IN_ENGINE


def test_imports_stand_at_the_top() -> None:
    """An import inside a function hides a cycle; the command line may, so that `--help` is quick."""
    inner = [
        f"{name_of(module)}:{line}"
        for module in MODULES
        if name_of(module.parent) != "deskd/cli"
        for line in inner_imports(module)
    ]
    assert inner == []


def inner_imports(module: Path) -> Iterator[int]:
    bodies = [
        range(function.lineno, (function.end_lineno or 0) + 1) for function in functions(module)
    ]
    for node in nodes(module):
        if isinstance(node, ast.Import | ast.ImportFrom) and any(node.lineno in b for b in bodies):
            yield node.lineno


ROOM_MAX = 15
FULL: dict[str, str] = {}
"""Rooms that hold more than ROOM_MAX files, each with its reason."""


def product_folders() -> list[str]:
    """Every top-level folder with code that is not about the product but of it, also one made tomorrow."""
    around = {"tests", "docs", "benchmarks"}
    with_code = {module.relative_to(ROOT).parts[0] for module in ROOT.glob("[!.]*/*.py")}
    return sorted(with_code - around)


PRODUCT = [module for folder in product_folders() for module in (ROOT / folder).rglob("*.py")]


def test_a_room_holds_no_more_files_than_one_looks_through() -> None:
    files = Counter(name_of(module.parent) for module in PRODUCT if module.name != "__init__.py")
    full = {room: count for room, count in files.items() if count > ROOM_MAX}
    assert full.keys() == FULL.keys()


def test_every_folder_stands_under_the_contracts() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    contracts = settings["importlinter"]
    assert sorted(contracts["root_packages"]) == product_folders()
    assert sorted(settings["mypy"]["packages"]) == product_folders()
    assert sorted(settings["coverage"]["run"]["source"]) == product_folders()
    roomy = {f for f in product_folders() if any((ROOT / f).glob("*/__init__.py"))}
    rooms = [c for c in contracts["contracts"] if c.get("exhaustive")]
    assert {folder for c in rooms for folder in c["containers"]} == roomy
    acyclic = next(c for c in contracts["contracts"] if c["type"] == "acyclic_siblings")
    assert sorted(acyclic["ancestors"]) == product_folders()


OWNERS = {
    "sqlalchemy": "storage",
    "aiosqlite": "storage",
    "asyncpg": "storage",
    "alembic": "storage",
    "sqlite3": "storage",
    "slack_bolt": "bot",
    "slack_sdk": "bot",
    "aiosmtpd": "mail sandbox",
    "aiosmtplib": "mail sandbox",
    "aioimaplib": "mail",
    "openai": "triage",
    "fastapi": "api sandbox",
    "starlette": "api sandbox",
    "uvicorn": "api sandbox",
}
"""Who may import a library that speaks with an outside party. import-linter holds the same, but can not name
a library that nobody imports yet, nor a folder that it has not been told of."""


def test_a_library_for_an_outside_party_is_imported_by_its_folder_alone() -> None:
    strange = [
        f"{name_of(module)}: {library}"
        for module in PRODUCT
        for library in imported(module)
        if library in OWNERS and folder_of(module) not in OWNERS[library].split()
    ]
    assert strange == []


def imported(module: Path) -> Iterator[str]:
    """The top-level names of everything that a module imports, wherever it does."""
    for node in nodes(module):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


USE_CASES = {"desk", "shifts"}
"""The two rooms of engine that read and record; ports says what a Transaction is."""


def test_only_use_cases_touch_a_transaction() -> None:
    touching = {
        module.parent.name
        for module in ENGINE
        for node in nodes(module)
        if isinstance(node, ast.ImportFrom)
        if any(alias.name == "Transaction" for alias in node.names)
    }
    assert touching - {"ports"} == USE_CASES


CHANNELS = {"slack", "mail", "sms", "phone", "teams"}
NAMES_A_CHANNEL = {
    # What a page in Slack says changes in place, so whoever answered it sees that; elsewhere they are told only
    # when they answered there.
    ("engine/announcing/announce_clocks.py", "mail"),
}


def test_the_rules_name_no_channel() -> None:
    """A new channel is a folder and a line in deskd.build; its name is a row of somebody's identities."""
    named = {
        (name_of(module), node.value)
        for module in ENGINE
        for node in nodes(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if node.value.lower() in CHANNELS
    }
    assert named == NAMES_A_CHANNEL


OPEN_WORDS = {
    "bot/listeners/shifts.py:say": "what a person typed",
    "bot/transport/bolt_app.py:on_event": "Slack's kinds of events, which it adds to as it likes",
    "bot/views/limits.py:_element": "Slack's kinds of elements",
    "bot/views/text.py:_read": "the first sign of a mark in a message",
}
"""A `match` over words from outside, which nobody can list; every other one is over our own."""


def test_a_match_over_our_own_kinds_names_all_of_them() -> None:
    """It ends in `case _ as never: assert_never(never)`, so mypy names what was added and forgotten: an event that
    no case is for must not fall through to what the last case happens to do."""
    matched = {
        f"{name_of(module)}:{function.name}": node
        for module in PRODUCT
        if folder_of(module) != "sandbox"  # the far sides speak the words of others
        for function in functions(module)
        for node in ast.walk(function)
        if isinstance(node, ast.Match)
    }
    assert len(matched) > 20
    open_ended = {where for where, node in matched.items() if not _ends_in_never(node)}
    assert open_ended == OPEN_WORDS.keys()


def _ends_in_never(node: ast.Match) -> bool:
    return ast.unparse(node.cases[-1]).split() == "case _ as never: assert_never(never)".split()


def test_every_ignore_has_its_reason() -> None:
    marks = ("# type: ignore", "# noqa", "pragma: no cover")
    bare = [
        f"{name_of(module)}:{number}"
        for module in MODULES
        if module.name != "test_architecture.py"
        for number, line in enumerate(text_of(module).splitlines(), 1)
        for mark in marks
        if mark in line and not _has_reason(line.split(mark, 1)[1])
    ]
    assert bare == []


def _has_reason(rest: str) -> bool:
    return any(sign in rest for sign in (" - ", " # ")) and len(rest) > len(": E501 - ")


CLOCKS = {
    "deskd/cli/global_options.py": "gives every command its clock, unless a test gives another",
    "tests/deskd/base/test_clock.py": "is about the clock on the wall",
}
PROOFS = "tests/proof/"
"""Slow proofs drive whole processes, which live by the wall as their users do."""
WALL = set(
    "datetime.now datetime.utcnow datetime.today date.today"
    " time.time time.time_ns time.localtime time.gmtime time.ctime".split()
)


def test_commands_and_tests_take_the_time_from_a_clock_in_hand() -> None:
    """Whoever reads the wall passes at one hour and fails at another."""
    reads = [
        f"{name}:{line}"
        for module in MODULES
        if (name := name_of(module)).startswith(("deskd/cli/", "tests/"))
        and not name.startswith(PROOFS)
        and name not in CLOCKS
        for line in wall_reads(nodes(module))
    ]
    assert reads == []


def wall_reads(tree: Iterable[ast.AST]) -> Iterator[int]:
    for node in tree:
        if isinstance(node, ast.ImportFrom) and any(a.name == "WallClock" for a in node.names):
            yield node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            if f"{owner}.{node.attr}" in WALL:
                yield node.lineno


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("from deskd.base.clock import WallClock", [1]),
        ("x = 1\ny = datetime.now(UTC)", [2]),
        ("y = datetime.datetime.now()", [1]),
        ("y = date.today()", [1]),
        ("y = time.time()", [1]),
        ("y = here.clock.now()", []),
        ("y = time.monotonic()", []),
    ],
)
def test_a_read_of_the_wall_is_seen(text: str, reads: list[int]) -> None:
    assert list(wall_reads(ast.walk(ast.parse(text)))) == reads

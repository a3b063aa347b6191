"""The architecture is a promise: sizes, names and what may be asynchronous are tests, imports are contracts."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = "deskd engine bot mail api storage templates sandbox tests benchmarks docs".split()
VAGUE = set(
    "core common util utils helper helpers service services manager managers misc base".split()
)
LINES_MAX = 400
FUNCTION_MAX = 50
ASYNC_IN_ENGINE = set("desk.py floor.py ports.py staff.py timers.py delivery.py chores.py".split())


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (ROOT / package).rglob("*.py")


def functions(module: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def name_of(module: Path) -> str:
    return str(module.relative_to(ROOT))


MODULES = sorted(modules())


def test_there_is_something_to_look_at() -> None:
    assert len(MODULES) > 50


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_a_file_is_short_enough_to_read_in_one_go(module: Path) -> None:
    assert len(module.read_text().splitlines()) <= LINES_MAX


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_a_function_fits_a_screen(module: Path) -> None:
    long = {f.name: f.end_lineno - f.lineno + 1 for f in functions(module) if f.end_lineno}
    assert {name: lines for name, lines in long.items() if lines > FUNCTION_MAX} == {}


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_a_module_is_named_for_what_it_is(module: Path) -> None:
    assert not VAGUE & set(module.stem.split("_"))


@pytest.mark.parametrize("module", sorted((ROOT / "engine").glob("*.py")), ids=name_of)
def test_only_the_desk_and_the_ports_are_asynchronous(module: Path) -> None:
    if module.name not in ASYNC_IN_ENGINE:
        assert not any(isinstance(f, ast.AsyncFunctionDef) for f in functions(module))


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_imports_stand_at_the_top(module: Path) -> None:
    """An import inside a function hides a cycle; the command line may, so that `--help` is quick."""
    if module.name.startswith("cli") and module.parent.name == "deskd":
        return
    inner = [
        node.lineno
        for function in functions(module)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inner == []


def test_every_ignore_has_its_reason() -> None:
    marks = ("# type: ignore", "# noqa", "pragma: no cover")
    bare = [
        f"{name_of(module)}:{number}"
        for module in MODULES
        if module.name != "test_architecture.py"
        for number, line in enumerate(module.read_text().splitlines(), 1)
        for mark in marks
        if mark in line and not _has_reason(line.split(mark, 1)[1])
    ]
    assert bare == []


def _has_reason(rest: str) -> bool:
    return any(sign in rest for sign in (" - ", " # ")) and len(rest) > len(": E501 - ")

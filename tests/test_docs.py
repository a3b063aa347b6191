"""Documents are promises too: generated pages are current, names in the walk exist, every sentence can be said."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

from engine.tickets.errors import CODES
from templates import render

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
NAMED = re.compile(r"`([a-z_]+(?:/[a-z0-9_]+)*\.py):([A-Za-z_.]+)`")


def drawn() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("draw", DOCS / "draw.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: draw() for name, draw in module.PAGES.items()}


@pytest.mark.parametrize("name", ["lifecycle.md", "settings.md", "messages.md"])
def test_a_generated_page_is_what_the_code_draws(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == drawn()[name], "run `make docs`"


def names_in(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {
                f"{node.name}.{inner.name}"
                for inner in node.body
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)
            }
    return found


@pytest.mark.parametrize(("file", "name"), NAMED.findall((DOCS / "flow.md").read_text()))
def test_the_walk_through_the_code_names_what_is_there(file: str, name: str) -> None:
    assert name in names_in(ROOT / file)


def test_the_walk_is_a_walk() -> None:
    assert len(NAMED.findall((DOCS / "flow.md").read_text())) > 40


@pytest.mark.parametrize(
    "page", [*sorted(DOCS.rglob("*.md")), ROOT / "README.md"], ids=lambda p: p.name
)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    assert [one for one in targets if not (page.parent / one).exists()] == []


def test_the_readme_is_short_and_names_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text()
    assert len(text.split()) <= 700
    assert "make demo" in text
    assert "make check" in text


SAMPLE = {
    "ticket": "T-1",
    "right": "claim",
    "holders": "senior",
    "action": "claim",
    "state": "CLOSED",
    "allowed": ["reopen"],
    "by": "Ana",
    "name": "Bob",
    "team": "Support",
    "known": ["Support"],
    "days": 14,
    "text": "soon",
    "hours": 24,
    "into": "T-2",
}


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_refusal_has_a_sentence_that_says_more_than_no(code: str) -> None:
    sentence = render("refused.j2", {"code": code, **SAMPLE})
    assert len(sentence.split()) > 5
    assert sentence.rstrip().endswith(".")


def test_every_state_and_right_has_words_in_a_refusal() -> None:
    source = (ROOT / "templates" / "refused.j2").read_text()
    from_engine = re.findall(r'"([a-z_]+)": "', source)
    for right in re.findall(
        r'^    [A-Z_]+ = "([a-z_]+)"', (ROOT / "engine/tickets/access.py").read_text(), re.M
    ):
        assert right in from_engine, right


def test_every_word_of_the_glossary_is_said_once() -> None:
    words = re.findall(r"^\| \*\*(\w+)\*\*", (DOCS / "glossary.md").read_text(), re.M)
    assert len(words) == len(set(words)) > 25

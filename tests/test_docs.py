"""Documents are promises too: generated pages are current, names in the walk exist, every sentence can be said."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

from engine.tickets.access import Right
from engine.tickets.actions import BUTTONS, Action
from engine.tickets.errors import CODES
from engine.tickets.ticket import State
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


PAGES = ["actions.md", "lifecycle.md", "messages.md", "rights.md", "settings.md"]


@pytest.mark.parametrize("name", PAGES)
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


def test_the_reading_order_is_the_list_of_rooms() -> None:
    listed = re.findall(r"^- `([a-z_]+/[a-z_]+)`: .", (DOCS / "architecture.md").read_text(), re.M)
    folders = "api bot deskd engine mail sandbox storage".split()
    rooms = {
        f"{folder}/{init.parent.name}"
        for folder in folders
        for init in (ROOT / folder).glob("*/__init__.py")
    }
    assert len(listed) == len(set(listed))
    assert set(listed) == rooms


def test_a_word_for_a_class_is_one_that_the_code_has() -> None:
    """Words of the glossary in CamelCase are names in the code."""
    words = re.findall(r"\*\*([A-Z][a-z]+[A-Z]\w+)\*\*", (DOCS / "glossary.md").read_text())
    code = {name for module in (ROOT / "engine").rglob("*.py") for name in names_in(module)}
    assert len(words) > 5
    assert [word for word in words if word not in code] == []


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
    "holders": ["Ben", "Lea", "Mia"],
    "role": "senior",
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
    "word": "pr",
    "least": 3,
    "most": 10,
    "into": "T-2",
}


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_refusal_has_a_sentence_that_says_more_than_no(code: str) -> None:
    sentence = render("refused.j2", {"code": code, **SAMPLE})
    assert len(sentence.split()) > 5
    assert sentence.rstrip().endswith(".")


@pytest.mark.parametrize("right", list(Right))
def test_a_refusal_says_what_one_cannot_do_and_who_can(right: Right) -> None:
    facts = {"code": "forbidden", "right": right.value, "role": "lead"}
    named = render("refused.j2", {**facts, "holders": ["Ben", "Lea", "Mia"]})
    assert re.fullmatch(r"You can't [a-z].+; Ben, Lea and Mia can\.", named)
    assert render("refused.j2", {**facts, "holders": ["Lea"]}).endswith("; Lea can.")
    assert render("refused.j2", {**facts, "holders": []}).endswith("takes the role lead or higher.")


@pytest.mark.parametrize("action", sorted(BUTTONS))
@pytest.mark.parametrize("state", list(State))
def test_every_action_has_words_for_not_now(action: Action, state: State) -> None:
    facts = {"ticket": "T-1", "action": action.value, "state": state.value, "allowed": ["claim"]}
    assert "so you cannot" in render("refused.j2", {"code": "illegal_move", **facts})


def test_every_word_of_the_glossary_is_said_once() -> None:
    words = re.findall(r"^\| \*\*(\w+)\*\*", (DOCS / "glossary.md").read_text(), re.M)
    assert len(words) == len(set(words)) > 25

"""Public cases (peers' tests, samples, facts) that lie beside the tree and are never copied into it."""

import json
from pathlib import Path
from typing import Any

import pytest

DATA = next(
    (up / "shared" / "data" for up in Path(__file__).parents if (up / "shared" / "data").is_dir()),
    Path("shared/data"),
)
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the public fixtures are not here")


def cases(name: str) -> list[dict[str, Any]]:
    """The cases of one file under sla/; none when it is not here."""
    path = DATA / "sla" / name
    found = json.loads(path.read_text("utf-8")) if path.exists() else []
    return found if isinstance(found, list) else list(found["cases"])


def by_id(found: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in found]

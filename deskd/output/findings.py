"""What a check found, for people and for programs; exit 1 when it found anything."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import typer

from deskd.base.errors import FAILED
from deskd.base.terminal import clean, show, show_json

if TYPE_CHECKING:
    from storage.checks.findings import Finding

SHOWN_MAX: Final = 20
"""More of them on a terminal tell an operator nothing new."""


def show_findings(findings: "Sequence[Finding]", *, as_json: bool, fine: str) -> None:
    if as_json:
        rows = [{"code": one.code, "text": one.text} for one in findings]
        show_json({"ok": not findings, "findings": rows})
    elif findings:
        for one in findings[:SHOWN_MAX]:
            show(f"{one.code}: {clean(one.text)}")
        show(f"{len(findings)} findings; --json gives all of them")
    else:
        show(fine)
    if findings:
        raise typer.Exit(FAILED)

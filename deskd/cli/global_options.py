"""What stands before the command (--config, --set, --json), and what every command begins and ends with."""

import getpass
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from deskd.base.clock import WallClock
from deskd.base.errors import FAILED, WRONG_USAGE, Failure
from deskd.base.terminal import clean, show, show_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deskd.config.load import Loaded
    from engine.desk.desk import Desk
    from engine.ports.clock import Clock
    from engine.ports.views import ListViews
    from engine.shifts.duty_desk import DutyDesk
    from engine.tickets.people import Caller
    from storage.checks.findings import Finding
    from storage.open.open_storage import Storage

Json = Annotated[bool, typer.Option("--json", help="Write only JSON to stdout.")]
ROWS_MAX: Final = 1000
"""A list longer than this is cut: nobody reads it, and `--limit` asks for more."""
FINDINGS_SHOWN_MAX: Final = 20
"""More of them on a terminal tell an operator nothing new."""


@dataclass(frozen=True)
class GlobalOptions:
    config: Path | None = None
    flags: dict[str, str] = field(default_factory=dict)
    clock: "Clock" = field(default_factory=WallClock)
    """The time of this command: nothing else in `deskd.cli` asks the wall."""

    def load(self) -> "Loaded":
        from deskd.config.load import load

        return load(config=self.config, environment=os.environ, flags=self.flags, cwd=Path.cwd())

    @asynccontextmanager
    async def storage(self) -> AsyncIterator["Storage"]:
        """The database as it is: commands never change its schema."""
        from deskd.parts.open_storage import storage_opened

        async with storage_opened(self.load().settings, self.clock) as storage:
            yield storage

    @asynccontextmanager
    async def views(self) -> AsyncIterator["ListViews"]:
        """For commands that only look: a SQLite file is read without what writes, waits and queues."""
        settings = self.load().settings
        if settings.database.url.get_secret_value().startswith("sqlite"):
            from deskd.open_views import views_opened

            async with views_opened(settings) as views:
                yield views
        else:
            async with self.storage() as storage:
                yield storage.views

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[tuple["Desk", "Storage"]]:
        from deskd.base.ids import TimeSortedIds
        from engine.desk.desk import Desk

        async with self.storage() as storage:
            # The daemon looks once a second: nobody here to be nudged.
            yield (
                Desk(storage.store, self.clock, TimeSortedIds(self.clock), nudge=lambda: None),
                storage,
            )

    @asynccontextmanager
    async def floor(self) -> AsyncIterator["DutyDesk"]:
        from deskd.base.ids import TimeSortedIds
        from engine.shifts.duty_desk import DutyDesk

        async with self.storage() as storage:
            # The daemon looks by itself: nobody here to be nudged.
            yield DutyDesk(storage.store, self.clock, TimeSortedIds(self.clock), nudge=lambda: None)


def operator() -> "Caller":
    """A person who may run commands on this machine."""
    from engine.tickets.people import Caller, Identity

    login = getpass.getuser()
    return Caller(Identity("operator", "", login), login, via="cli")


def given(context: typer.Context) -> GlobalOptions:
    found = context.find_object(GlobalOptions)
    return found or GlobalOptions()


def flags_of(pairs: list[str]) -> dict[str, str]:
    flags: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise Failure(f"--set {pair}: write --set NAME=VALUE", code=WRONG_USAGE)
        flags[name.strip()] = value
    return flags


def ticket_number(text: str) -> int:
    """7 for "T-7", "t-7" and "7"."""
    digits = text.strip().upper().removeprefix("T-")
    if not digits.isdecimal() or not int(digits):
        raise Failure(f"{text!r} is no ticket: write T-123 or 123", code=WRONG_USAGE)
    return int(digits)


def show_findings(findings: "Sequence[Finding]", *, as_json: bool, fine: str) -> None:
    """What a check found, for people and for programs; exit 1 when it found anything."""
    if as_json:
        from api.shapes.checks import FindingShape, FindingsShape

        rows = [FindingShape(code=one.code, text=one.text) for one in findings]
        show_json(FindingsShape(ok=not findings, findings=rows).plain())
    elif findings:
        for one in findings[:FINDINGS_SHOWN_MAX]:
            show(f"{one.code}: {clean(one.text)}")
        show(f"{len(findings)} findings; --json gives all of them")
    else:
        show(fine)
    if findings:
        raise typer.Exit(FAILED)

"""`deskd report` and `deskd forecast`: figures of a period, and what is likely to come."""

import asyncio
import sys
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskd.base.errors import WRONG_USAGE, Failure
from deskd.base.terminal import show, show_json, write_bytes
from deskd.cli.global_options import GlobalOptions, Json, given

if TYPE_CHECKING:
    from api.shapes.shape import Json as JsonValues
    from engine.promises.rules import Rules
    from engine.reports.kinds import Period

KINDS = ("daily", "weekly", "today", "week", "month")
FORMATS = ("text", "json", "csv", "xlsx")

Day = date | None
TeamName = Annotated[str, typer.Option(help="Only this team, by id or name.")]


@dataclass(frozen=True, slots=True)
class Wanted:
    kind: str
    first: Day
    last: Day
    team: str
    agent: str


def report(
    context: typer.Context,
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="daily, weekly, today, week or month.")
    ] = "daily",
    *,
    first: Annotated[
        str,
        typer.Option(
            "--from", metavar="DATE", help="The first day, such as 2026-03-01; instead of KIND."
        ),
    ] = "",
    last: Annotated[
        str, typer.Option("--to", metavar="DATE", help="The last day; default: today.")
    ] = "",
    team: TeamName = "",
    agent: Annotated[
        str, typer.Option(help="Only tickets of this agent, by name, address or Slack id.")
    ] = "",
    format: Annotated[str, typer.Option(help="text, json, csv or xlsx.")] = "text",
    table: Annotated[
        str,
        typer.Option(
            help="For csv: figures, groups, trend, late, at_risk, tickets or clocks; xlsx has all."
        ),
    ] = "figures",
    output: Annotated[
        Path | None, typer.Option(help="Write to this file instead of the terminal.")
    ] = None,
) -> None:
    """Figures of a period: which SLA targets were met, how long tickets took, what is late."""
    from deskd.output.export_rows import NAMES

    for name, value, known in (
        ("KIND", kind, KINDS),
        ("--format", format, FORMATS),
        ("--table", table, NAMES),
    ):
        if value not in known:
            raise Failure(f"{name} {value}: write one of {', '.join(known)}", code=WRONG_USAGE)
    wanted = Wanted(kind, _day("--from", first), _day("--to", last), team, agent)
    content = asyncio.run(_written(given(context), wanted, format, table))
    if output is not None:
        output.write_bytes(content)
        return
    if format == "xlsx" and sys.stdout.isatty():
        raise Failure("a workbook is no text: name a file with --output", code=WRONG_USAGE)
    write_bytes(content)


async def _written(here: GlobalOptions, wanted: Wanted, format: str, table: str) -> bytes:
    import json

    from api.shapes import reports as shapes
    from deskd.output.export import as_csv, workbook
    from deskd.output.export_rows import tables
    from deskd.output.terminal_values import in_terminal
    from deskd.parts.reports import LISTED, Reports
    from engine.messages.values import written
    from engine.reports.kinds import ReportKind
    from engine.reports.report_message import report_message
    from templates import render

    async with here.storage() as storage:
        reports = Reports(storage.store, storage.views, here.clock)
        period = _period(wanted, await reports.rules(), reports.clock.now())
        try:
            material = await reports.material(period)
        except LookupError as error:
            raise Failure(str(error)) from error
        narrowed = await reports.narrowed(material.facts, team=wanted.team, agent=wanted.agent)
    made = await material.report(narrowed.facts)
    if format == "xlsx":
        return workbook(tables(made, narrowed.facts), made_at=made.now)
    if format == "csv":
        (one,) = (each for each in tables(made, narrowed.facts) if each.name == table)
        return as_csv(one).encode()
    kind = ReportKind.RANGE if wanted.first else ReportKind(wanted.kind)
    if format == "json":
        told = shapes.report(made, kind=kind, scope=narrowed.scope).plain()
        return (json.dumps(told, ensure_ascii=False, indent=2) + "\n").encode()
    said = report_message(made, kind=kind, scope=narrowed.scope, listed=LISTED)
    facts = {"report": written(said, in_terminal)}
    return (render("mail/report_digest.txt.j2", facts) + "\n").encode()


def _period(wanted: Wanted, rules: "Rules", now: datetime) -> "Period":
    from engine.reports.kinds import DAY, Period, ReportKind, period_of
    from templates import zone

    here = zone(rules.workspace.timezone)
    if wanted.first is None:
        if wanted.last is not None:
            raise Failure("--to needs --from: from which day?", code=WRONG_USAGE)
        return period_of(ReportKind(wanted.kind), now, here)
    last = wanted.last or now.astimezone(here).date()
    if last < wanted.first:
        end = "--to" if wanted.last else "today"
        raise Failure(f"{end} ({last}) is before --from ({wanted.first})", code=WRONG_USAGE)
    return Period(wanted.first, last + DAY, here)


def _day(name: str, text: str) -> Day:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Failure(f"{name} {text}: write a day such as 2026-03-01", code=WRONG_USAGE) from None


def forecast(context: typer.Context, *, team: TeamName = "", as_json: Json = False) -> None:
    """Forecast the next seven days: new tickets, backlog, people needed, missed targets; and its past error."""
    from deskd.base.safe_text import printable
    from templates import render

    found = asyncio.run(_outlook(given(context), team))
    if as_json:
        show_json(found)
    else:
        for line in render("report/forecast.j2", found).splitlines():
            show(printable(line))


async def _outlook(here: GlobalOptions, team: str) -> "JsonValues":
    from api.shapes.forecast import forecast as shape
    from deskd.parts.reports import Reports

    async with here.storage() as storage:
        reports = Reports(storage.store, storage.views, here.clock)
        try:
            found, scope = await reports.outlook(team)
        except LookupError as error:
            raise Failure(str(error)) from error
    return shape(found, scope=scope).plain()

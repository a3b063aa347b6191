"""`deskd sla explain | verify | simulate`: why a promise was kept or broken, whether it is true, and what if."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskd.base.errors import WRONG_USAGE, Failure
from deskd.base.terminal import show, show_json
from deskd.cli import policies
from deskd.cli.global_options import GlobalOptions, Json, given, show_findings, ticket_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.explain.told import ToldExplanation
    from storage.checks.findings import Finding

app = typer.Typer(
    no_args_is_help=True, help="SLA targets: list policies, explain, check, try others."
)
app.command()(policies.policies)
app.command()(policies.apply)

LISTED = 20
"""Tickets that are named to people; programs get up to a thousand."""

Ticket = Annotated[str, typer.Argument(metavar="TICKET", help="T-123 or 123.")]


@app.command()
def explain(
    context: typer.Context,
    ticket: Ticket,
    *,
    timezone: Annotated[
        str,
        typer.Option(
            help="Time zone of the times shown, such as Europe/Berlin; default: the desk's."
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    """Explain why a ticket was late or not: what time counted, who had it, who was paged."""
    from deskd.base.safe_text import printable_all
    from templates import render

    explanation = asyncio.run(_explained(given(context), ticket_number(ticket), timezone))
    if as_json:
        from api.shapes.explanation import explanation as shape

        show_json(shape(explanation).plain())
    else:
        show(render("explain/text.j2", {"explanation": printable_all(explanation)}))


async def _explained(here: GlobalOptions, number: int, timezone: str) -> "ToldExplanation":
    from functools import partial

    from engine.desk import explaining
    from engine.tickets.people import DEFAULT

    look = partial(explaining.told, number=number, at=here.clock.now(), timezone=timezone)
    async with here.storage() as storage:
        return await storage.store.run(DEFAULT, look)


@app.command()
def verify(
    context: typer.Context,
    ticket: Annotated[str, typer.Argument(metavar="[TICKET]", help="Default: all of them.")] = "",
    *,
    as_json: Json = False,
) -> None:
    """Count every clock again from its history; exit 1 when anything stored differs."""
    number = ticket_number(ticket) if ticket else None
    findings = asyncio.run(_verified(given(context), number))
    show_findings(
        findings, as_json=as_json, fine="every clock, timer and page is what its history tells"
    )


async def _verified(here: GlobalOptions, number: int | None) -> "Sequence[Finding]":
    from engine.tickets.errors import Refused
    from engine.tickets.people import DEFAULT
    from engine.tickets.ticket import ticket_id
    from storage.checks.verify import verify as look

    async with here.storage() as storage:
        if number and await storage.store.run(DEFAULT, lambda t: t.ticket(number)) is None:
            raise Refused("absent", ticket=ticket_id(number))
        return await look(storage, number)


@app.command()
def simulate(
    context: typer.Context,
    *,
    policy: Annotated[
        Path, typer.Option(help="A file with [[policies]] and [[calendars]], as in deskd.toml.")
    ],
    since: Annotated[str, typer.Option(help="Only tickets opened within this time: 90d.")] = "90d",
    as_json: Json = False,
) -> None:
    """Simulate other policies on past tickets: what would be late, and who would be paged."""
    from deskd.base.safe_text import printable_all
    from templates import render

    found = asyncio.run(_simulated(given(context), policy, _length(since)))
    if as_json:
        show_json(found)
    else:
        show(render("explain/simulation.j2", {"s": printable_all(found), "listed": LISTED}))


def _length(since: str) -> timedelta:
    from engine.calendars.durations import Duration

    try:
        length = Duration.read(since)
    except ValueError as error:
        raise Failure(f"--since: {error}", code=WRONG_USAGE) from None
    if length.business_days:
        raise Failure("--since: days of the calendar, such as 90d", code=WRONG_USAGE)
    return length.time


async def _simulated(here: GlobalOptions, file: Path, length: timedelta) -> dict[str, object]:
    from deskd.cli import simulation
    from deskd.config.load import load_over

    over = load_over(file, here.load().settings)
    now = here.clock.now()
    async with here.storage() as storage:
        desk = await simulation.desk_of(storage, now)
        other = simulation.tried(over)
        found = await simulation.compared(storage, desk, other, now - length)
    return simulation.shape(found, desk, now - length).plain()

"""`deskd sla explain | verify`: why a promise was kept or broken, and whether what is stored of it is true."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from deskd import cli_policies
from deskd.cli_given import Given, Json, given, ticket_number
from deskd.findings import show_findings
from deskd.screen import show, show_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.explain_plain import PlainExplanation
    from storage.findings import Finding

app = typer.Typer(no_args_is_help=True, help="Promises: which hold, explain, check, try out.")
app.command()(cli_policies.policies)
app.command()(cli_policies.apply)

Ticket = Annotated[str, typer.Argument(metavar="TICKET", help="T-123 or 123.")]


@app.command()
def explain(
    context: typer.Context,
    ticket: Ticket,
    *,
    timezone: Annotated[
        str, typer.Option(help="Whose time of day, such as Europe/Berlin; default: the desk's.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Why a ticket was late, or was not: what counted, what did not, who had it, who was paged."""
    from deskd.clean import printable_all
    from templates import render

    explanation = asyncio.run(_explained(given(context), ticket_number(ticket), timezone))
    if as_json:
        show_json(explanation)
    else:
        show(render("explain/text.j2", {"explanation": printable_all(explanation)}))


async def _explained(here: Given, number: int, timezone: str) -> "PlainExplanation":
    from functools import partial

    from deskd.clock import WallClock
    from engine import why
    from engine.model import DEFAULT

    look = partial(why.told, number=number, at=WallClock().now(), timezone=timezone)
    async with here.storage() as storage:
        return await storage.store.run(DEFAULT, look)


@app.command()
def verify(
    context: typer.Context,
    ticket: Annotated[str, typer.Argument(metavar="[TICKET]", help="Default: all of them.")] = "",
    *,
    as_json: Json = False,
) -> None:
    """Count every clock again from its history; exit 1 when anything stored is another."""
    number = ticket_number(ticket) if ticket else None
    findings = asyncio.run(_verified(given(context), number))
    show_findings(
        findings, as_json=as_json, fine="every clock, timer and page is what its history tells"
    )


async def _verified(here: Given, number: int | None) -> "Sequence[Finding]":
    from storage.verify import verify as look

    async with here.storage() as storage:
        return await look(storage, number)

"""`deskd sla explain`: why a promise was kept or broken."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from deskd import cli_policies
from deskd.cli_given import Given, Json, given, ticket_number
from deskd.screen import show, show_json

if TYPE_CHECKING:
    from engine.explain_plain import PlainExplanation

app = typer.Typer(no_args_is_help=True, help="Promises: which hold, explain, check, try out.")
app.command()(cli_policies.policies)
app.command()(cli_policies.apply)


@app.command()
def explain(
    context: typer.Context,
    ticket: Annotated[str, typer.Argument(metavar="TICKET", help="T-123 or 123.")],
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

"""`deskd db upgrade | history`."""

import asyncio

import typer

from deskd.base.terminal import show, show_json, table
from deskd.cli.global_options import Json, given

app = typer.Typer(no_args_is_help=True, help="The database's schema.")


@app.command()
def upgrade(context: typer.Context) -> None:
    """Bring the schema up to date, after a backup (`deskd run` does this by itself)."""
    from deskd.upgrade_storage import upgraded

    applied = asyncio.run(upgraded(given(context).load().settings))
    show(f"applied: {', '.join(applied)}" if applied else "nothing to do: the schema is up to date")


@app.command()
def history(context: typer.Context, *, as_json: Json = False) -> None:
    """List every schema revision this deskd knows, and whether the database has it."""
    from api.shapes.checks import revision
    from deskd.upgrade_storage import history as revisions

    found = asyncio.run(revisions(given(context).load().settings))
    if as_json:
        show_json([revision(r.id, r.description, applied=r.applied).plain() for r in found])
    else:
        table(
            ("REVISION", "APPLIED", "DESCRIPTION"),
            [(r.id, r.applied, r.description) for r in found],
        )

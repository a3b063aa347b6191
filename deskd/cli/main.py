"""The commands. Each imports what it needs when it runs, so that `deskd --help` answers at once."""

import asyncio
import os
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskd.base.errors import FAILED, Failure
from deskd.base.terminal import complain, show, show_json
from deskd.cli import calendar, db, lists, queues, report, sla, ticket, workload
from deskd.cli import config as cli_config
from deskd.cli.global_options import GlobalOptions, Json, flags_of, given, show_findings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.checks.findings import Finding

app = typer.Typer(
    name="deskd",
    help="Tickets from e-mail and Slack, answered in Slack, never late without someone knowing.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(cli_config.app, name="config")
app.add_typer(calendar.app, name="calendar")
app.add_typer(ticket.app, name="ticket")
app.add_typer(lists.search_app, name="search")
app.add_typer(queues.spool, name="spool")
app.add_typer(queues.outbox, name="outbox")
app.add_typer(db.app, name="db")
app.add_typer(sla.app, name="sla")
app.add_typer(workload.app, name="workload")
app.add_typer(workload.shift, name="shift")
app.command()(report.report)
app.command()(report.forecast)


def _version(wanted: bool) -> None:
    if wanted:
        show(f"deskd {version('deskd')}")
        raise typer.Exit


@app.callback()
def before(
    context: typer.Context,
    *,
    config: Annotated[Path | None, typer.Option(help="The settings file (deskd.toml).")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="One setting; it wins over the file and the environment.",
        ),
    ] = None,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    context.obj = replace(given(context), config=config, flags=flags_of(set_ or []))


@app.command()
def demo(
    *,
    folder: Annotated[
        Path | None,
        typer.Option("--dir", help="Keep deskd.toml and data here; default: a temporary folder."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the web page.")] = 8025,
    smtp_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port for incoming mail.")
    ] = 2525,
    http_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port for health and metrics; 0: any free one.")
    ] = 0,
    no_samples: Annotated[
        bool, typer.Option("--no-samples", help="Start without sample tickets.")
    ] = False,
) -> None:
    """Try deskd on this machine without any account: daemon, Slack, mailboxes, one web page."""
    from deskd.demo.demo import Ports, run_demo

    run_demo(folder, Ports(port, smtp_port, http_port), samples=not no_samples)


@app.command()
def run(context: typer.Context) -> None:
    """Run the daemon; SIGTERM lets it finish its current work."""
    from deskd.run import run_daemon

    loaded = given(context).load()
    run_daemon(loaded.settings, warnings=loaded.warnings)


@app.command()
def health(
    context: typer.Context,
    *,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait until it is healthy.")] = 0,
    as_json: Json = False,
) -> None:
    """Ask the running daemon how it is; exit 1 when it is not healthy."""
    from deskd.cli.health import ask

    here = given(context)
    answer = asyncio.run(ask(here.load().settings, here.clock, wait=wait))
    if as_json:
        show_json(answer.body)
    else:
        show(answer.line)
    if not answer.is_well:
        raise typer.Exit(FAILED)


@app.command()
def fsck(context: typer.Context, *, as_json: Json = False) -> None:
    """Check the stored data for errors (lost messages, missing timers ...); exit 1 when there is one."""
    findings = asyncio.run(_findings(given(context)))
    show_findings(findings, as_json=as_json, fine="every promise that the data can show is kept")


async def _findings(here: GlobalOptions) -> "Sequence[Finding]":
    from storage.checks.fsck import fsck as look

    async with here.storage() as storage:
        return await look(storage)


def main(arguments: list[str] | None = None, here: GlobalOptions | None = None) -> None:
    """The console command: expected trouble ends in a sentence and an exit code, never in a trace."""
    try:
        app(args=arguments, prog_name="deskd", obj=here or GlobalOptions())
    except Failure as failure:
        complain(f"deskd: {failure.message}")
        sys.exit(failure.code)
    except BrokenPipeError:
        # The reader of our pipe has gone (`| head`): nothing more to say, and nothing to complain of.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    except Exception as error:
        sentence = _expected(error)
        if sentence is None:
            raise
        complain(f"deskd: {sentence}")
        sys.exit(FAILED)


def _expected(error: Exception) -> str | None:
    """The sentence for trouble that is nobody's bug; None for everything else."""
    from engine.tickets.errors import Refused
    from storage.sql.errors import StorageTrouble
    from templates import render

    if isinstance(error, Refused):
        return render("refused.j2", {"code": error.code, "terminal": True, **error.facts})
    if isinstance(error, StorageTrouble):
        again = " Try again in a moment." if error.temporary else ""
        return f"the database did not do it: {error.reason}.{again}"
    return None

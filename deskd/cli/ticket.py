"""`deskd ticket new | list | show | events`: for people and scripts."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from deskd.base.errors import WRONG_USAGE, Failure
from deskd.base.terminal import clean, moment, show, show_json, table
from deskd.cli import lists
from deskd.cli.global_options import GlobalOptions, Json, given, operator, ticket_number
from deskd.cli.ticket_verbs import TEXT_CHARACTERS_MAX, Ticket, TicketCommands, show_file

if TYPE_CHECKING:
    from engine.ports.views import TicketFile
    from engine.tickets.people import Caller

app = typer.Typer(
    cls=TicketCommands,
    no_args_is_help=True,
    help="Tickets: open, list, show, and everything a button does.",
)
app.command("list")(lists.list_)
app.command()(lists.search)


@app.command()
def new(
    context: typer.Context,
    *,
    subject: Annotated[str, typer.Option(help="In one line, what it is about.")],
    text: Annotated[str, typer.Option(help='The text; "-" reads it from stdin.')] = "",
    requester: Annotated[
        str,
        typer.Option(
            "--requester", "--from", help="Address of the requester; default: you, the operator."
        ),
    ] = "",
    name: Annotated[str, typer.Option(help="The requester's name.")] = "",
    priority: Annotated[str, typer.Option(help="P1 to P4, or critical, high, medium, low.")] = "",
    category: Annotated[str, typer.Option(help="One of the desk's categories.")] = "",
    team: Annotated[
        str, typer.Option(help="Id or name of the team; default: the default team.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Open a ticket and print its number."""
    from engine.tickets.message import Draft

    words = sys.stdin.read(TEXT_CHARACTERS_MAX) if text == "-" else text
    draft = Draft(subject, words, priority or None, category or None, team or None)
    file = asyncio.run(_new(given(context), draft, _caller(requester, name)))
    if as_json:
        show_file(file, given(context).clock.now())
    else:
        show(file.line.ticket.id)


async def _new(here: GlobalOptions, draft: object, by: "Caller") -> "TicketFile":
    from deskd.declared.declared_workspace import roster
    from engine.tickets.message import Draft
    from engine.tickets.people import DEFAULT

    assert isinstance(draft, Draft)
    settings = here.load().settings
    async with here.desk() as (desk, storage):
        if not await storage.views.teams(DEFAULT):
            await desk.declare(DEFAULT, roster(settings))
        opened = await desk.open(DEFAULT, draft, by=by)
        file = await storage.views.ticket_file(DEFAULT, opened.number)
        assert file is not None, "just committed"
        return file


def _caller(requester: str, name: str) -> "Caller":
    """The person asking, or the operator."""
    from dataclasses import replace

    from engine.tickets.people import Caller, Identity

    if not requester:
        by = operator()
        return replace(by, name=name or by.name)
    address = requester.strip().lower()
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or any(c.isspace() or c in "<>," for c in address):
        raise Failure(
            f"--requester {requester}: write a bare address, such as ann@example.com",
            code=WRONG_USAGE,
        )
    return Caller(Identity("mail", "", address), name or address, via="cli")


@app.command("show")
def show_(context: typer.Context, ticket: Ticket, *, as_json: Json = False) -> None:
    """Show everything about one ticket."""
    file = asyncio.run(_file(given(context), ticket_number(ticket)))
    if as_json:
        show_file(file, given(context).clock.now())
        return
    line = file.line
    show(f"{line.ticket.id}  {clean(line.ticket.subject)}")
    asks = line.requester
    who = f"{clean(asks.name)} <{clean(asks.known_as('mail') or asks.known_as('slack'))}>"
    show(
        f"{line.ticket.state} · {line.ticket.priority} {line.ticket.priority.label} · {clean(line.team.name)} · {who}"
    )
    show(
        f"assignee {clean(line.assignee.name if line.assignee else None)} · due {moment(line.ticket.due_at)}"
    )
    if line.ticket.snoozed_until is not None:
        show(f"snoozed until {moment(line.ticket.snoozed_until)}")
    for kind, said in [("comment", s) for s in file.comments] + [("note", s) for s in file.notes]:
        author = clean(said.author.name if said.author else "deskd")
        show(
            f"\n{kind} by {author}, {moment(said.message.at)}, {said.message.via}, delivery: {said.delivery or '-'}"
        )
        for text in said.message.text.splitlines():
            show(f"    {clean(text)}")
    for each in file.attachments:
        show(
            f"file {clean(each.name)} ({each.size} bytes{', refused: ' + each.refused if each.refused else ''})"
        )
    _show_events(file)


@app.command()
def events(context: typer.Context, ticket: Ticket, *, as_json: Json = False) -> None:
    """List what happened to one ticket, oldest first."""
    from api.shapes.ticket_file import history

    file = asyncio.run(_file(given(context), ticket_number(ticket)))
    if as_json:
        show_json([each.plain() for each in history(file)])
    else:
        _show_events(file)


async def _file(here: GlobalOptions, number: int) -> "TicketFile":
    from engine.tickets.people import DEFAULT

    async with here.views() as views:
        file = await views.ticket_file(DEFAULT, number)
    if file is None:
        raise Failure(f"there is no ticket T-{number}: `deskd ticket list --all` shows all")
    return file


def _show_events(file: "TicketFile") -> None:
    from api.shapes.ticket_file import event_name
    from deskd.output.history import happening

    names = {str(who.id): who.name for who in file.people}
    rows = []
    for each in file.history:
        actor = names.get(each.actor, each.actor) if each.actor else "deskd"
        what = happening(each.event, names)
        rows.append((each.seq, moment(each.at), event_name(each), actor, each.via, what))
    show("")
    table(("SEQ", "AT", "EVENT", "BY", "VIA", "FACTS"), rows)

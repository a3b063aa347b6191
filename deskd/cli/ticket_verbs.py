"""`deskd ticket claim`, and every other verb: the operator does what a button does. The verbs are the rows of
engine/tickets/actions.py, their words those of templates/actions.j2; both are read when a ticket's command is
looked for, so that `deskd --help` stays quick.
"""

import asyncio
import sys
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, assert_never

import typer
from typer.core import TyperGroup
from typer.main import get_group

from deskd.base.terminal import clean, moment, show, show_json
from deskd.cli.global_options import GlobalOptions, Json, given, operator, ticket_number

if TYPE_CHECKING:
    from datetime import datetime

    from engine.ports.views import TicketFile
    from engine.tickets.actions import Action, ActionInput

Ticket = Annotated[str, typer.Argument(metavar="TICKET", help="T-123 or 123.")]
Words = Annotated[list[str], typer.Argument(metavar="WORDS", help='"-" reads them from stdin.')]
Perhaps = Annotated[
    list[str] | None, typer.Argument(metavar="[WORDS]", help='"-" reads them from stdin.')
]
Name = Annotated[list[str], typer.Argument(metavar="TO", help="As you would say it.")]
When = Annotated[
    list[str],
    typer.Argument(metavar="WHEN", help='"2h", "tomorrow 9:00", "fri", "2026-12-24"; "off".'),
]
Other = Annotated[str, typer.Argument(metavar="INTO", help="The ticket that it is merged into.")]
Subject = Annotated[str, typer.Option(help="Of the new ticket.")]
Text = Annotated[str, typer.Option(help='What belongs to it; "-" reads it from stdin.')]

TEXT_CHARACTERS_MAX = 1_000_000
"""Text from a pipe: larger ones are files, and belong into a mail."""


class TicketCommands(TyperGroup):
    """`deskd ticket`: its own commands, then every verb."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *_verbs()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        from engine.tickets.actions import ALSO

        return super().get_command(ctx, cmd_name) or _verbs().get(ALSO.get(cmd_name, cmd_name))


@cache
def _verbs() -> dict[str, Any]:
    from engine.tickets.actions import VERBS
    from templates import render

    app = typer.Typer()
    for verb, action in VERBS.items():
        words = render("actions.j2", {"action": action.value, "word": "help"})
        app.command(verb, help=words)(_command(action))
    return dict(get_group(app).commands)


def _command(action: "Action") -> Callable[..., None]:
    from engine.tickets.actions import ACTIONS, Takes

    row = ACTIONS[action]
    match row.takes:
        case Takes.NOTHING:
            return _alone(action)
        case Takes.WORDS:
            return _with_words(action, Perhaps if row.optional else Words)
        case Takes.PERSON | Takes.PRIORITY | Takes.CATEGORY | Takes.TEAM:
            return _with_words(action, Name)
        case Takes.INSTANT:
            return _with_words(action, When)
        case Takes.TICKET:
            return _with_other(action)
        case Takes.PART:
            return _with_part(action)
        case _ as never:
            assert_never(never)


def _alone(action: "Action") -> Callable[..., None]:
    def command(context: typer.Context, ticket: Ticket, *, as_json: Json = False) -> None:
        from engine.tickets.actions import ActionInput

        _act(context, ticket, action, ActionInput(), as_json=as_json)

    return command


def _with_words(action: "Action", kind: Any) -> Callable[..., None]:
    """`kind`: how the command line takes them."""

    def command(
        context: typer.Context, ticket: Ticket, words: Any = None, *, as_json: Json = False
    ) -> None:
        from engine.tickets.actions import ActionInput

        text = _text(" ".join(words or ()))
        _act(context, ticket, action, ActionInput(text), as_json=as_json)

    command.__annotations__["words"] = kind
    if kind is not Perhaps:
        command.__defaults__ = None
    return command


def _with_other(action: "Action") -> Callable[..., None]:
    def command(
        context: typer.Context, ticket: Ticket, into: Other, *, as_json: Json = False
    ) -> None:
        from engine.tickets.actions import ActionInput

        other = ticket_number(into)
        _act(context, ticket, action, ActionInput(other=other), as_json=as_json)

    return command


def _with_part(action: "Action") -> Callable[..., None]:
    def command(
        context: typer.Context,
        ticket: Ticket,
        *,
        subject: Subject,
        text: Text = "",
        as_json: Json = False,
    ) -> None:
        from engine.tickets.actions import ActionInput

        part = ActionInput(_text(text), subject=subject)
        _act(context, ticket, action, part, as_json=as_json)

    return command


def _text(words: str) -> str:
    return sys.stdin.read(TEXT_CHARACTERS_MAX) if words == "-" else words


def _act(
    context: typer.Context, ticket: str, action: "Action", what: "ActionInput", *, as_json: bool
) -> None:
    number = ticket_number(ticket)
    file = asyncio.run(_done(given(context), number, action, what))
    if as_json:
        show_file(file, given(context).clock.now())
    else:
        _tell(file, action, of=number)


async def _done(
    here: GlobalOptions, number: int, action: "Action", what: "ActionInput"
) -> "TicketFile":
    """The ticket that it led to, as it is then."""
    from engine.desk.acts import act
    from engine.tickets.message import Request
    from engine.tickets.people import DEFAULT

    async with here.desk() as (desk, storage):
        led_to = await act(desk, Request(DEFAULT, number, operator()), action, what)
        file = await storage.views.ticket_file(DEFAULT, led_to.number)
        assert file is not None, "just committed"
        return file


def _tell(file: "TicketFile", action: "Action", *, of: int) -> None:
    from engine.tickets.promise_clock import ClockKind
    from templates import render

    ticket = file.line.ticket
    wait = ticket.clock(ClockKind.ACK)
    facts = {
        "act": action.value,
        "ticket": ticket.id,
        "other": f"T-{of}",
        "subject": clean(ticket.subject),
        "names": [clean(name) for name in _paged(file)],
        "snoozed_until": moment(ticket.snoozed_until) if ticket.snoozed_until else "",
        "next_at": moment(wait.due_at) if wait and wait.running else "",
    }
    show(render("cli/acted.j2", facts))


def show_file(file: "TicketFile", now: "datetime") -> None:
    from api.shapes.ticket_file import ticket_file

    show_json(ticket_file(file, now=now).plain())


def _paged(file: "TicketFile") -> list[str]:
    """Whom the latest page went to."""
    from engine.tickets.events import Paged

    names = {str(person.id): person.name for person in file.people}
    pages = [entry.event for entry in file.history if isinstance(entry.event, Paged)]
    return [names.get(id, id) for id in pages[-1].people] if pages else []

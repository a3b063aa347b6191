"""`deskd ticket escalate | ack | merge | unmerge | split | waive`: the operator does what a button does."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Final

import typer

from deskd.base.terminal import clean, moment, show
from deskd.cli.global_options import GlobalOptions, Json, given, operator, ticket_number
from deskd.cli.ticket import Ticket, show_file

if TYPE_CHECKING:
    from engine.desk.desk import Desk
    from engine.ports.views import TicketFile
    from engine.tickets.message import Request
    from engine.tickets.ticket import Ticket as Found

Reason = Annotated[list[str], typer.Argument(metavar="REASON", help="In a few words.")]
Other = Annotated[str, typer.Argument(metavar="INTO", help="The ticket that goes on.")]


def escalate(
    context: typer.Context, ticket: Ticket, reason: Reason, *, as_json: Json = False
) -> None:
    """Page the next level now; whoever had acknowledged has to do so again."""
    words = " ".join(reason)
    file = _act(context, ticket, lambda desk, request: desk.escalate(request, words))
    _answer(context, file, "escalate", as_json=as_json)


def ack(context: typer.Context, ticket: Ticket, *, as_json: Json = False) -> None:
    """Say "I have it": nobody further up is paged."""
    file = _act(context, ticket, lambda desk, request: desk.acknowledge(request))
    _answer(context, file, "ack", as_json=as_json)


def merge(context: typer.Context, ticket: Ticket, into: Other, *, as_json: Json = False) -> None:
    """Make a ticket go on as another one; its requester follows that one."""
    number = ticket_number(into)
    file = _act(context, ticket, lambda desk, request: desk.merge(request, number))
    _answer(context, file, "merge", of=ticket, as_json=as_json)


def unmerge(context: typer.Context, ticket: Ticket, *, as_json: Json = False) -> None:
    """Take a merged ticket out again, within a day."""
    file = _act(context, ticket, lambda desk, request: desk.unmerge(request))
    _answer(context, file, "unmerge", as_json=as_json)


def split(
    context: typer.Context,
    ticket: Ticket,
    *,
    subject: Annotated[str, typer.Option(help="Of the new ticket.")],
    text: Annotated[str, typer.Option(help="What belongs to it.")] = "",
    as_json: Json = False,
) -> None:
    """Make a part of a ticket one of its own, for the same requester."""
    from engine.tickets.message import Draft

    draft = Draft(subject, text)
    file = _act(context, ticket, lambda desk, request: desk.split(request, draft))
    _answer(context, file, "split", of=ticket, as_json=as_json)


def waive(context: typer.Context, ticket: Ticket, reason: Reason, *, as_json: Json = False) -> None:
    """Say that its broken promises do not count."""
    words = " ".join(reason)
    file = _act(context, ticket, lambda desk, request: desk.waive(request, words))
    _answer(context, file, "waive", as_json=as_json)


ACTS: Final = (escalate, ack, merge, unmerge, split, waive)
"""Commands under `deskd ticket`."""

Act = Callable[["Desk", "Request"], Awaitable["Found"]]


def _act(context: typer.Context, ticket: str, act: Act) -> "TicketFile":
    """The ticket that it led to, as it is then."""
    return asyncio.run(_done(given(context), ticket_number(ticket), act))


async def _done(here: GlobalOptions, number: int, act: Act) -> "TicketFile":
    from engine.tickets.message import Request
    from engine.tickets.people import DEFAULT

    async with here.desk() as (desk, storage):
        led_to = await act(desk, Request(DEFAULT, number, operator()))
        file = await storage.views.ticket_file(DEFAULT, led_to.number)
        assert file is not None, "just committed"
        return file


def _answer(
    context: typer.Context, file: "TicketFile", act: str, *, of: str = "", as_json: bool
) -> None:
    from engine.tickets.promise_clock import ClockKind
    from templates import render

    if as_json:
        show_file(file, given(context).clock.now())
        return
    ticket = file.line.ticket
    wait = ticket.clock(ClockKind.ACK)
    facts = {
        "act": act,
        "ticket": ticket.id,
        "other": f"T-{ticket_number(of)}" if of else "",
        "subject": clean(ticket.subject),
        "names": [clean(name) for name in _paged(file)],
        "next_at": moment(wait.due_at) if wait and wait.running else "",
    }
    show(render("cli/acted.j2", facts))


def _paged(file: "TicketFile") -> list[str]:
    """Whom the latest page went to."""
    from engine.tickets.events import Paged

    names = {str(person.id): person.name for person in file.people}
    pages = [entry.event for entry in file.history if isinstance(entry.event, Paged)]
    return [names.get(id, id) for id in pages[-1].people] if pages else []

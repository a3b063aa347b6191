"""`deskd spool` and `deskd outbox`: what came in and could not be read, what waits to go out and why."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from deskd.base.errors import WRONG_USAGE, Failure
from deskd.base.terminal import clean, moment, show, show_json, table, write_bytes
from deskd.cli.global_options import ROWS_MAX, GlobalOptions, Json, given

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from engine.ports.views import OutboxLine, SpoolLine
    from storage.open.open_storage import Storage

spool = typer.Typer(no_args_is_help=True, help="What came in: read, waiting, or unreadable.")
outbox = typer.Typer(no_args_is_help=True, help="What goes out: sent, waiting, or undeliverable.")

Row = Annotated[int, typer.Argument(metavar="ID", help="The number in the list.")]
State = Annotated[str, typer.Option(help="Only rows in this state.")]
Limit = Annotated[int, typer.Option(min=1, help="Maximum number of rows.")]
FIND_MAX = 100_000
"""How far back one row is looked for by its number."""
RAW_SHOWN_MAX = 100_000
"""On a terminal `spool show --raw` prints this many bytes: enough for the headers and the words."""
HEADER_BYTES_MAX = 64 * 1024
"""Subject, From and Date stand in the first lines, whatever follows."""
SPOOL_STATES = ("waiting", "done", "dead")
OUTBOX_STATES = ("waiting", "sending", "sent", "dead")


def _state(text: str, known: tuple[str, ...]) -> str | None:
    if text and text not in known:
        raise Failure(f"--state {text}: one of {', '.join(known)}", code=WRONG_USAGE)
    return text or None


@spool.command("list")
def spool_list(
    context: typer.Context, *, state: State = "", limit: Limit = ROWS_MAX, as_json: Json = False
) -> None:
    """List the latest rows of the spool, newest last."""
    from api.shapes import queues as shapes

    wanted = _state(state, SPOOL_STATES)
    rows = asyncio.run(_spool_rows(given(context), wanted, limit))
    if as_json:
        show_json([shapes.spool_row(row).plain() for row in rows])
        return
    head = ("ID", "CHANNEL", "STATE", "TRIED", "RECEIVED", "TICKET", "SENDER", "REASON")
    table(head, [_spool_row(row) for row in rows])


def _spool_row(row: "SpoolLine") -> tuple[object, ...]:
    ticket = f"T-{row.ticket}" if row.ticket else None
    at = moment(row.received_at)
    return (row.id, row.channel, row.state, row.attempts, at, ticket, row.sender, row.reason)


async def _spool_rows(here: GlobalOptions, state: str | None, limit: int) -> list["SpoolLine"]:
    async with here.views() as views:
        return list(await views.spool(state=state, limit=limit))


@spool.command("show")
def spool_show(
    context: typer.Context,
    row: Row,
    *,
    raw: Annotated[
        bool, typer.Option("--raw", help="The message itself, as it was received.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show one row; with --raw the message itself, unchanged when written to a file or a pipe."""
    from api.shapes import queues as shapes

    found, content = asyncio.run(_spool_row_of(given(context), row))
    if raw:
        _show_raw(content)
    elif as_json:
        show_json(shapes.spool_row(found).plain())
    else:
        mail = _headings(content) if found.channel == "mail" else {}
        for name, value in {**shapes.spool_row(found).plain(), **mail}.items():
            show(f"{name:12} {clean(value)}")


def _show_raw(content: bytes) -> None:
    """A terminal is not ordered about by a stranger's mail; a file gets what came."""
    if not sys.stdout.isatty():
        write_bytes(content)
        return
    for line in content[:RAW_SHOWN_MAX].decode("utf-8", "replace").splitlines():
        show(clean(line))


def _headings(content: bytes) -> dict[str, str | None]:
    from mail.parsing.headers import read_fields

    block = content[:HEADER_BYTES_MAX].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    headers = read_fields(block)
    return {name: headers.text(name.lower()) or None for name in ("Subject", "From", "Date")}


async def _spool_row_of(here: GlobalOptions, id: int) -> tuple["SpoolLine", bytes]:
    async with here.storage() as storage:
        rows = await storage.views.spool(limit=FIND_MAX)
        found = next((row for row in rows if row.id == id), None)
        content = await storage.spool.raw(id)
    if found is None or content is None:
        raise Failure(f"the spool has no row {id}: `deskd spool list` shows all")
    return found, content


@spool.command("retry")
def spool_retry(context: typer.Context, row: Row) -> None:
    """Read a dead or waiting message again, now."""
    here = given(context)

    async def retry(storage: "Storage") -> bool:
        return await storage.spool.revive(row, at=here.clock.now())

    if not asyncio.run(_with(here, retry)):
        raise Failure(f"row {row} cannot be retried: there is no such row, or it is done")
    show(f"row {row} waits again")


@outbox.command("list")
def outbox_list(
    context: typer.Context, *, state: State = "", limit: Limit = ROWS_MAX, as_json: Json = False
) -> None:
    """List the latest rows of the outbox, newest last."""
    from api.shapes import queues as shapes

    wanted = _state(state, OUTBOX_STATES)
    rows = asyncio.run(_outbox_rows(given(context), wanted, limit))
    if as_json:
        show_json([shapes.outbox_row(row).plain() for row in rows])
        return
    head = ("ID", "TICKET", "CHANNEL", "PLACE", "KIND", "STATE", "TRIED", "NEXT", "LAST ERROR")
    table(head, [_outbox_row(row) for row in rows])


def _outbox_row(row: "OutboxLine") -> tuple[object, ...]:
    ticket = f"T-{row.ticket}" if row.ticket else None
    where = (ticket, row.channel, row.place, row.kind)
    return (row.id, *where, row.state, row.attempts, moment(row.next_at), row.last_error)


async def _outbox_rows(here: GlobalOptions, state: str | None, limit: int) -> list["OutboxLine"]:
    async with here.views() as views:
        return list(await views.outbox(state=state, limit=limit))


@outbox.command("show")
def outbox_show(context: typer.Context, row: Row, *, as_json: Json = False) -> None:
    """Show one row."""
    from api.shapes import queues as shapes

    rows = asyncio.run(_outbox_rows(given(context), None, FIND_MAX))
    found = next((each for each in rows if each.id == row), None)
    if found is None:
        raise Failure(f"the outbox has no row {row}: `deskd outbox list` shows all")
    if as_json:
        show_json(shapes.outbox_row(found).plain())
        return
    for name, value in shapes.outbox_row(found).plain().items():
        show(f"{name:18} {clean(value)}")


@outbox.command("retry")
def outbox_retry(context: typer.Context, row: Row) -> None:
    """Try to deliver a dead or waiting row again, now."""
    here = given(context)

    async def retry(storage: "Storage") -> bool:
        return await storage.outbox.revive(row, at=here.clock.now())

    if not asyncio.run(_with(here, retry)):
        raise Failure(f"row {row} cannot be retried: there is no such row, or it is sent")
    show(f"row {row} waits again")


@outbox.command("drop")
def outbox_drop(context: typer.Context, row: Row) -> None:
    """Give up a row for good: it will not be sent, and the rows behind it can be."""

    async def drop(storage: "Storage") -> bool:
        return await storage.outbox.drop(row)

    if not asyncio.run(_with(given(context), drop)):
        raise Failure(f"row {row} cannot be dropped: there is no such row, or it is sent")
    show(f"row {row} is dropped")


async def _with(here: GlobalOptions, work: "Callable[[Storage], Awaitable[bool]]") -> bool:
    async with here.storage() as storage:
        return await work(storage)

"""`deskd sla policies | apply`: what is promised, and today's rules for tickets that are open already."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from deskd.base.errors import WRONG_USAGE, Failure
from deskd.base.terminal import clean, complain, moment, show, show_json, table
from deskd.cli.global_options import ROWS_MAX, GlobalOptions, Json, given, operator, ticket_number

if TYPE_CHECKING:
    from api.shapes.policies import AppliedAllShape
    from engine.desk.desk import Desk
    from engine.desk.rule_changes import Applied
    from engine.promises.in_force import InForce
    from engine.tickets.ticket import Ticket
    from storage.open.open_storage import Storage

AT_ONCE: Final = 20
"""Tickets that share a commit."""


def policies(context: typer.Context, *, as_json: Json = False) -> None:
    """List every SLA policy as it is now, and which teams, departments and categories use it."""
    from api.shapes import policies as shapes
    from deskd.output import policy_rows

    found = asyncio.run(_policies(given(context)))
    if as_json:
        show_json([shapes.policy(one).plain() for one in found])
    else:
        table(policy_rows.HEAD, [row for one in found for row in policy_rows.rows(one)])


async def _policies(here: GlobalOptions) -> "list[InForce]":
    async with here.storage() as storage:
        return await _in_force(here, storage)


async def _in_force(here: GlobalOptions, storage: "Storage") -> "list[InForce]":
    """Says so when the file has changed since it was declared."""
    from deskd.declared.declared_policies import policies as written
    from engine.promises.in_force import in_force
    from engine.tickets.people import DEFAULT

    found = await storage.store.run(DEFAULT, lambda t: in_force(t.rules(), t.teams()))
    holding = {one.policy.id: one.policy for one in found}
    for policy in written(here.load().settings):
        if holding.get(policy.id) != policy:
            name = clean(policy.id)
            complain(f'policy "{name}" is another in the file: it holds when `deskd run` starts')
    return found


def apply(
    context: typer.Context,
    *,
    tickets: Annotated[
        list[str] | None, typer.Argument(metavar="[TICKET]...", help="T-123 or 123.")
    ] = None,
    policy: Annotated[
        str, typer.Option(help="Open tickets that use this policy, or would from now on.")
    ] = "",
    all_open: Annotated[bool, typer.Option("--all-open", help="Every open ticket.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    as_json: Json = False,
) -> None:
    """Apply today's policies and ladders to open tickets, instead of those they were opened with."""
    from api.shapes import policies as shapes

    if sum((bool(tickets), bool(policy), all_open)) != 1:
        raise Failure("name tickets, or --policy ID, or --all-open", code=WRONG_USAGE)
    numbers = [ticket_number(ticket) for ticket in tickets or ()]
    found = asyncio.run(_apply(given(context), numbers, policy, dry_run=dry_run))
    told = shapes.applied(found, dry_run=dry_run)
    if as_json:
        show_json(told.plain())
        return
    if told.changes:
        rows = [
            (one.after.id, moment(one.before.due_at), moment(one.after.due_at), _note(one))
            for one in found
            if one.moved
        ]
        table(("TICKET", "WAS DUE", "IS DUE", "NOTE"), rows)
    show(", ".join(f"{name.replace('_', ' ')} {count}" for name, count in _figures(told)))
    if dry_run:
        show("nothing was changed: this was a dry run")


def _figures(told: "AppliedAllShape") -> "Iterable[tuple[str, int]]":
    return ((name, value) for name, value in told if name not in {"dry_run", "changes"})


def _note(one: "Applied") -> str:
    rebased = "already past by the new goals: counted from now" if one.rebased else ""
    return "late" if one.late else rebased


async def _apply(
    here: GlobalOptions, numbers: Sequence[int], policy: str, *, dry_run: bool
) -> "list[Applied]":
    from deskd.base.ids import TimeSortedIds
    from engine.desk.desk import Desk

    async with here.storage() as storage:
        _known(policy, [one.policy.id for one in await _in_force(here, storage)])
        # The daemon looks once a second: nobody here to be nudged.
        desk = Desk(storage.store, here.clock, TimeSortedIds(here.clock), nudge=lambda: None)
        wanted = list(numbers) or [number async for number in _open(storage)]
        if policy:
            foreseen = await _each(desk, wanted, dry_run=True)
            wanted = [one.before.number for one in foreseen if _lives_by(policy, one)]
        return await _each(desk, wanted, dry_run=dry_run)


def _known(policy: str, known: Sequence[str]) -> None:
    from deskd.settings.names import meant

    if policy and policy not in known:
        raise Failure(f'there is no policy "{policy}"; {meant(policy, known)}')


def _lives_by(policy: str, one: "Applied") -> bool:
    def by(ticket: "Ticket") -> Iterable[str]:
        return (clock.policy for clock in ticket.clocks if not clock.settled)

    return policy in {*by(one.before), *by(one.after)}


async def _each(desk: "Desk", numbers: Sequence[int], *, dry_run: bool) -> "list[Applied]":
    from engine.tickets.message import Request
    from engine.tickets.people import DEFAULT

    found: list[Applied] = []
    for first in range(0, len(numbers), AT_ONCE):
        asked = [Request(DEFAULT, n, operator()) for n in numbers[first : first + AT_ONCE]]
        found += await asyncio.gather(*(desk.apply_policies(one, dry_run=dry_run) for one in asked))
    return found


async def _open(storage: "Storage") -> AsyncIterator[int]:
    from engine.tickets.people import DEFAULT

    before = None
    while True:
        lines = await storage.views.open_tickets(DEFAULT, limit=ROWS_MAX, before=before)
        for line in lines:
            yield line.ticket.number
        if len(lines) < ROWS_MAX:
            return
        before = lines[-1].ticket.number

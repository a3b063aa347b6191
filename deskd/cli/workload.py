"""`deskd workload [rebalance]` and `deskd shift list`: the workload of people, who is on duty, and balancing it."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from deskd.base.terminal import clean, moment, show, show_json, table
from deskd.cli.global_options import GlobalOptions, Json, given, operator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.desk.team_on_duty import TeamOnDuty
    from engine.shifts.rebalancing import Workload

app = typer.Typer(help="The workload of a team; `workload rebalance` balances it.")
shift = typer.Typer(no_args_is_help=True, help="Who is on shift.")

Team = Annotated[str, typer.Option(help="Id or name of the team; default: the default team.")]


@app.callback(invoke_without_command=True)
def workload(context: typer.Context, *, team: Team = "", as_json: Json = False) -> None:
    """List a team's people: on duty or not, tickets in work, load in percent of their limit."""
    from api.shapes import workload as shapes

    if context.invoked_subcommand is not None:
        return
    load = asyncio.run(_load(given(context), team))
    if as_json:
        show_json(shapes.workload(load).plain())
        return
    _show_capacity(load)
    rows = [
        (
            load.people[one.person].name,
            one.duty,
            f"{one.load.running}/{one.limit}",
            one.load.waiting,
            f"{100 * one.share:.0f}%",
            moment(one.last_assigned_at),
        )
        for one in load.members
    ]
    table(("NAME", "DUTY", "IN WORK", "WAITING", "LOAD", "LAST GIVEN"), rows)


@app.command()
def rebalance(
    context: typer.Context,
    *,
    team: Team = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the moves.")] = False,
    by_due: Annotated[
        bool,
        typer.Option("--by-due", help="Earliest due tickets first, instead of highest weight."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Move tickets that are not started from people with too many, or off duty, to people with room."""
    from api.shapes import workload as shapes

    load = asyncio.run(_evened(given(context), team, by_due=by_due, dry_run=dry_run))
    if as_json:
        show_json(shapes.workload(load).plain())
        return
    _show_capacity(load)
    if not load.moves:
        show("nothing to move")
        return
    names = {id: person.name for id, person in load.people.items()}
    rows = [
        (
            load.briefs[move.ticket].id,
            names[move.before],
            f"{move.before_percent}%",
            names[move.to],
            f"{move.to_percent}%",
            move.why,
            load.briefs[move.ticket].subject,
        )
        for move in load.moves
    ]
    table(("TICKET", "FROM", "OF AVERAGE", "TO", "OF AVERAGE", "WHY", "SUBJECT"), rows)
    show("moved" if load.applied else "nothing was moved: this is what would be")


@shift.command("list")
def list_(context: typer.Context, *, as_json: Json = False) -> None:
    """List the people of every team: on duty or not, since when and until when."""
    from api.shapes import workload as shapes

    crews = asyncio.run(_crews(given(context)))
    if as_json:
        show_json([each.plain() for crew in crews for each in shapes.shifts(crew)])
        return
    rows = []
    for crew in crews:
        for one in crew.members:
            said = crew.presence(one.person)
            out = f"{said.out} until {moment(said.out_until)}" if said.out else None
            name = crew.people[one.person].name
            since, until = moment(said.started_at), moment(said.ends_at)
            rows.append((crew.team.id, name, one.duty, since, until, out))
    table(("TEAM", "NAME", "DUTY", "SHIFT SINCE", "UNTIL", "OUT"), rows)


def _show_capacity(load: "Workload") -> None:
    here = load.capacity
    there = f"{here.on_duty} on duty" if here.on_duty else "nobody has started a shift"
    show(
        f"{clean(load.team.name)}: {there}, {here.running} of {here.limit} tickets in work, "
        f"room for {here.free}, {load.waiting} waiting"
    )


async def _load(here: GlobalOptions, team: str) -> "Workload":
    from engine.tickets.people import DEFAULT

    async with here.floor() as floor:
        return await floor.workload(DEFAULT, operator(), team or None)


async def _evened(here: GlobalOptions, team: str, *, by_due: bool, dry_run: bool) -> "Workload":
    from engine.tickets.people import DEFAULT

    by = operator()
    async with here.floor() as floor:
        load = await floor.workload(DEFAULT, by, team or None, by_due=by_due)
        if dry_run or not load.moves:
            return load
        return await floor.even_out(DEFAULT, by, load.team.id, seen=load.seen, by_due=by_due)


async def _crews(here: GlobalOptions) -> "Sequence[TeamOnDuty]":
    from engine.tickets.people import DEFAULT

    async with here.floor() as floor:
        return await floor.crews(DEFAULT, operator())

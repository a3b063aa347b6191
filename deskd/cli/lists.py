"""`deskd ticket list | search` and `deskd search rebuild`: lists as everywhere, for whoever runs the machine."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from deskd.base.errors import WRONG_USAGE, Failure
from deskd.base.terminal import complain, moment, show, show_json, table
from deskd.cli.global_options import ROWS_MAX, GlobalOptions, Json, given

if TYPE_CHECKING:
    from engine.lists.asking import Asked, Span, TicketFilter
    from engine.ports.views import Page, TicketLine
    from engine.tickets.ticket import Priority

search_app = typer.Typer(no_args_is_help=True, help="The index that `ticket search` reads.")

PROGRESS: Final = 10_000
"""Tickets between two lines of progress."""

Many = list[str] | None
All = Annotated[bool, typer.Option("--all", help="Also closed and merged ones.")]
Status = Annotated[
    Many, typer.Option(help="NEW, OPEN, IN_PROGRESS, ..., ESCALATED; may be repeated.")
]
PhaseOption = Annotated[Many, typer.Option("--phase", help="active, waiting, done, closed.")]
PriorityOption = Annotated[Many, typer.Option("--priority", help="P1 to P4, or critical ... low.")]
Department = Annotated[Many, typer.Option(help="Tickets of its teams.")]
Team = Annotated[Many, typer.Option(help="Id or name of the team.")]
Category = Annotated[Many, typer.Option(help="One of the desk's categories.")]
Assignee = Annotated[Many, typer.Option(help='Id, address or name of the agent, or "nobody".')]
Requester = Annotated[Many, typer.Option(help="Id, address or name of the requester.")]
Late = Annotated[bool, typer.Option("--late", help="Only tickets with a missed target.")]
Words = Annotated[
    str, typer.Option("--words", help="Only tickets with all of these words; newest first.")
]
SortOption = Annotated[
    str, typer.Option("--sort", help="created, updated, due, priority; default: late ones first.")
]
Limit = Annotated[int | None, typer.Option(min=1, help="Maximum number of tickets.")]
Paged = Annotated[
    bool, typer.Option("--page", help='With --json: {"items", "next"}, 50 or --limit.')
]
After = Annotated[
    str, typer.Option("--after", help="Continue after this cursor, the `next` of a page.")
]


_RANGE = "From..until, either end may be missing: dates, instants, or 7d (ago)."
Created = Annotated[str, typer.Option("--created", help=_RANGE)]
Updated = Annotated[str, typer.Option("--updated", help=_RANGE)]
Due = Annotated[str, typer.Option("--due", help=_RANGE)]


@dataclass(frozen=True)
class Printed:
    """How a list is written."""

    as_json: bool
    paged: bool
    limit: int | None

    @property
    def rows(self) -> int:
        from engine.lists.asking import PAGE_ROWS

        return self.limit or (PAGE_ROWS if self.paged else ROWS_MAX)


def list_(
    context: typer.Context,
    *,
    everything: All = False,
    status: Status = None,
    phase: PhaseOption = None,
    priority: PriorityOption = None,
    department: Department = None,
    team: Team = None,
    category: Category = None,
    assignee: Assignee = None,
    requester: Requester = None,
    created: Created = "",
    updated: Updated = "",
    due: Due = "",
    late: Late = False,
    words: Words = "",
    sort: SortOption = "",
    limit: Limit = None,
    paged: Paged = False,
    after: After = "",
    as_json: Json = False,
) -> None:
    """List tickets: late ones first, then the newest; with --json or --sort in plain order."""
    from engine.lists.asking import STATUSES, TicketFilter
    from engine.tickets.ticket import Phase

    here = given(context)
    now = here.clock.now()
    wanted = TicketFilter(
        everything,
        statuses=_among("--status", status, STATUSES),
        phases=tuple(Phase(one) for one in _among("--phase", phase, [*Phase])),
        priorities=_priorities(priority),
        departments=tuple(department or ()),
        teams=tuple(team or ()),
        categories=tuple(category or ()),
        assignees=tuple(assignee or ()),
        requesters=tuple(requester or ()),
        created=_span("--created", created, now),
        updated=_span("--updated", updated, now),
        due=_span("--due", due, now),
        late=late,
        words=words,
    )
    _print(here, wanted, sort, after, Printed(as_json, paged, limit))


def search(
    context: typer.Context,
    words: Annotated[
        list[str], typer.Argument(help="All of them must match; print* matches a beginning.")
    ],
    *,
    limit: Limit = None,
    paged: Paged = False,
    after: After = "",
    as_json: Json = False,
) -> None:
    """Search tickets, closed ones too, newest first: subject, text, files, people, notes."""
    from engine.lists.asking import TicketFilter

    wanted = TicketFilter(everything=True, words=" ".join(words) or " ")
    _print(given(context), wanted, "", after, Printed(as_json, paged, limit))


def _print(
    here: GlobalOptions, wanted: "TicketFilter", sort: str, after: str, printed: Printed
) -> None:
    from engine.lists.asking import PAGE_ROWS_MAX, Asked, Sort

    if printed.paged and not printed.as_json:
        raise Failure("--page is for programs: write --json --page", code=WRONG_USAGE)
    if printed.paged and printed.rows > PAGE_ROWS_MAX:
        raise Failure(
            f"--limit {printed.limit}: a page has {PAGE_ROWS_MAX} at most", code=WRONG_USAGE
        )
    order = Sort(_among("--sort", [sort], [*Sort])[0]) if sort else Sort.CREATED
    late_first = not (printed.as_json or sort or wanted.words)
    asked = Asked(wanted, order, late_first, printed.rows, after or None)
    page = asyncio.run(_page(here, asked))
    if printed.as_json:
        _write_json(page, printed)
    else:
        head = ("TICKET", "STATUS", "PRI", "TEAM", "DUE", "ASSIGNEE", "REQUESTER", "SUBJECT")
        table(head, [_row(line, page) for line in page.lines])
    if page.next and not printed.paged and (page.cut or not printed.as_json):
        _say_more(page)


def _write_json(page: "Page", printed: Printed) -> None:
    from api.shapes import tickets as shapes

    items = [shapes.ticket(line).plain() for line in page.lines]
    show_json({"items": items, "next": page.next} if printed.paged else items)


def _say_more(page: "Page") -> None:
    from templates import render

    facts = {"cut": page.cut, "cursor": page.next, "count": len(page.lines)}
    complain(render("cli/list_more.j2", facts))


async def _page(here: GlobalOptions, asked: "Asked") -> "Page":
    from engine.lists.reading import OPERATOR
    from engine.tickets.errors import Refused
    from engine.tickets.people import DEFAULT

    async with here.views() as views:
        try:
            return await views.tickets(DEFAULT, OPERATOR, asked, now=here.clock.now())
        except Refused as refused:
            # All that a list refuses is how it was asked for.
            raise Failure(_sentence(refused), code=WRONG_USAGE) from refused


def _sentence(refused: Exception) -> str:
    from engine.tickets.errors import Refused
    from templates import render

    assert isinstance(refused, Refused)
    return render("refused.j2", {"code": refused.code, "terminal": True, **refused.facts})


def _row(line: "TicketLine", page: "Page") -> tuple[object, ...]:
    ticket = line.ticket
    assignee = line.assignee.name if line.assignee else None
    who = line.requester.known_as("mail") or line.requester.name
    late = page.as_of is not None and ticket.due_at is not None and ticket.due_at < page.as_of
    due = f"{'late, ' if late else ''}{moment(ticket.due_at)}"
    status = "ESCALATED" if ticket.escalated else ticket.state.value
    status += ", snoozed" if ticket.snoozed_until else ""
    return (ticket.id, status, ticket.priority, ticket.team, due, assignee, who, ticket.subject)


# --- what was written, to what is meant


def _among(option: str, written: Many, known: Sequence[str]) -> tuple[str, ...]:
    """Each as it is known, whatever its letters; commas part several."""
    by_letters = {one.casefold(): one for one in known}
    words = [word.strip() for each in written or () for word in each.split(",")]
    for word in words:
        if word.casefold() not in by_letters:
            raise Failure(f"{option} {word}: write one of {', '.join(known)}", code=WRONG_USAGE)
    return tuple(by_letters[word.casefold()] for word in words)


def _priorities(written: Many) -> "tuple[Priority, ...]":
    from engine.tickets.ticket import Priority

    known = {**{one.value: one for one in Priority}, **{one.label: one for one in Priority}}
    by_letters = {name.casefold(): one for name, one in known.items()}
    return tuple(by_letters[one.casefold()] for one in _among("--priority", written, [*known]))


def _span(option: str, written: str, now: datetime) -> "Span":
    from engine.lists.asking import Span

    if not written:
        return Span()
    since, dots, until = written.partition("..")
    if not dots:
        raise Failure(
            f"{option} {written}: write from..until, such as 7d.. or 2026-03-01..2026-04-01",
            code=WRONG_USAGE,
        )
    return Span(_instant(option, since, now), _instant(option, until, now))


def _instant(option: str, written: str, now: datetime) -> datetime | None:
    """A date is its first moment, in UTC."""
    from engine.calendars.durations import Duration

    if not written:
        return None
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        pass
    else:
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    try:
        return now - Duration.read(written).time
    except (ValueError, OverflowError):
        example = "write a date, an instant such as 2026-03-01T09:00Z, or 7d for seven days ago"
        raise Failure(f"{option} {written}: {example}", code=WRONG_USAGE) from None


# --- the index


@search_app.command()
def rebuild(context: typer.Context) -> None:
    """Rebuild the index from the tickets; the daemon may run meanwhile, and it can be started again."""
    asyncio.run(_rebuild(given(context)))


async def _rebuild(here: GlobalOptions) -> None:
    async with here.storage() as storage:
        for workspace in await storage.views.workspaces():
            count, done = await storage.search.forget(workspace), 0
            whole = False
            while not whole:
                step = await storage.search.take_in(workspace)
                done, whole = done + step.done, step.whole
                if whole or done % PROGRESS == 0:
                    complain(f"{workspace}: {done} of {count} tickets")
        await storage.search.tidy()
    show("the index is made anew")

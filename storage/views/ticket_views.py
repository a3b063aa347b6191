"""Pictures of tickets: one statement for the tickets of a list, one per kind of thing that hangs on them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
)

from engine.ports.views import ConversationLine, Link, TicketFile, TicketLine
from engine.tickets.events import Entry, Paged
from engine.tickets.message import Comment, Note, Reference
from engine.tickets.people import Person, PersonId, Team, WorkspaceId
from engine.tickets.ticket import Ticket
from storage.codecs.codec import PEOPLE
from storage.sql.schema import (
    OPEN,
    links,
    participants,
    people,
    tickets,
)
from storage.sql.schema_streams import (
    attachments,
    clocks,
    comments,
    events,
    notes,
    of_tickets,
    outside_references,
)
from storage.sql.schema_traffic import outbox
from storage.tickets import directory, rows
from storage.tickets.rows import WITH_WORDS, AnyRow

# SQLite takes 32,766 bound values in one statement and PostgreSQL 65,535; lists are longer only for exports.
PAGE_MAX: Final = 10_000
# How a comment's deliveries are summed up: the worst first.
_VERDICTS: Final = ("dead", "waiting", "sending", "sent")


def open_lines(
    connection: Connection, workspace: WorkspaceId, limit: int, before: int | None
) -> Sequence[TicketLine]:
    chosen = select(tickets).where(tickets.c.workspace == workspace, text(OPEN))
    if before is not None:
        chosen = chosen.where(tickets.c.number < before)
    newest = chosen.order_by(tickets.c.number.desc())
    return lines_of(connection, workspace, newest.limit(min(limit, PAGE_MAX)))


def line(connection: Connection, workspace: WorkspaceId, number: int) -> TicketLine | None:
    one = select(tickets).where(tickets.c.workspace == workspace, tickets.c.number == number)
    return next(iter(lines_of(connection, workspace, one)), None)


def file(connection: Connection, workspace: WorkspaceId, number: int) -> TicketFile | None:
    shown = line(connection, workspace, number)
    if shown is None:
        return None
    mine = {"workspace": workspace, "ticket": number}
    history = [rows.entry(row) for row in connection.execute(_HISTORY, _stream(mine))]
    said = [rows.comment(row) for row in connection.execute(_COMMENTS, _stream(mine))]
    noted = [rows.note(row) for row in connection.execute(_NOTES, _stream(mine))]
    named = _people(connection, workspace, _named(shown, history, (*said, *noted)))
    verdicts = _deliveries(connection, mine)
    files_of_notes = _attachments(connection, workspace, [number], kind="note")[number]
    return TicketFile(
        line=shown,
        comments=tuple(
            ConversationLine(each, named.get(each.author or ""), verdicts.get(each.id))
            for each in said
        ),
        notes=tuple(ConversationLine(each, named.get(each.author or "")) for each in noted),
        note_attachments=tuple(map(rows.attachment, files_of_notes)),
        history=tuple(history),
        links=_links(connection, mine),
        people=tuple(named.values()),
    )


def comment(
    connection: Connection, workspace: WorkspaceId, id: str
) -> tuple[Comment, Person | None] | None:
    row = connection.execute(
        select(comments).where(comments.c.workspace == workspace, comments.c.id == id)
    ).one_or_none()
    return (rows.comment(row), _author(connection, workspace, row)) if row else None


def note(
    connection: Connection, workspace: WorkspaceId, id: str
) -> tuple[Note, Person | None] | None:
    row = connection.execute(
        select(notes).where(notes.c.workspace == workspace, notes.c.id == id)
    ).one_or_none()
    return (rows.note(row), _author(connection, workspace, row)) if row else None


def references(
    connection: Connection, workspace: WorkspaceId, ticket: int, wanted: Mapping[str, str | None]
) -> Sequence[Reference]:
    mine = select(outside_references).where(
        outside_references.c.workspace == workspace,
        of_tickets(outside_references),
        outside_references.c.stream_id == str(ticket),
        *(
            outside_references.c[name] == value
            for name, value in wanted.items()
            if value is not None
        ),
    )
    return [
        rows.reference(row) for row in connection.execute(mine.order_by(outside_references.c.id))
    ]


def by_reference(connection: Connection, workspace: WorkspaceId, wanted: Reference) -> int | None:
    found = (
        select(outside_references.c.stream_id)
        .where(
            outside_references.c.workspace == workspace,
            of_tickets(outside_references),
            outside_references.c.channel == wanted.channel,
            outside_references.c.place == wanted.place,
            outside_references.c.ref == wanted.ref,
        )
        .order_by(outside_references.c.id)
        .limit(1)
    )
    return rows.number(connection.execute(found).scalar())


def teams(connection: Connection, workspace: WorkspaceId) -> Sequence[Team]:
    return directory.all_teams(connection, workspace)


def _of_one(table: Table) -> ColumnElement[bool]:
    return and_(
        table.c.workspace == bindparam("workspace"),
        of_tickets(table),
        table.c.stream_id == bindparam("stream"),
    )


_HISTORY: Final = WITH_WORDS.where(_of_one(events)).order_by(events.c.seq)
_COMMENTS: Final = select(comments).where(_of_one(comments)).order_by(comments.c.at, comments.c.id)
_NOTES: Final = select(notes).where(_of_one(notes)).order_by(notes.c.at, notes.c.id)
_LINKS: Final = (
    select(links)
    .where(
        links.c.workspace == bindparam("workspace"),
        or_(links.c.ticket == bindparam("ticket"), links.c.other == bindparam("ticket")),
    )
    .order_by(links.c.at)
)
# Only what goes to the requester's side counts: that the team's channel was told is no delivery of the comment.
_DELIVERIES: Final = (
    select(outbox.c.comment, outbox.c.state)
    .join(
        participants,
        and_(
            participants.c.workspace == outbox.c.workspace,
            participants.c.ticket == outbox.c.ticket,
            participants.c.channel == outbox.c.channel,
            participants.c.place == outbox.c.place,
            participants.c.role.in_(("requester", "copied")),
        ),
    )
    .where(
        outbox.c.workspace == bindparam("workspace"),
        outbox.c.ticket == bindparam("ticket"),
        outbox.c.comment.is_not(None),
    )
)


def _stream(mine: rows.Values) -> rows.Values:
    return {"workspace": mine["workspace"], "stream": str(mine["ticket"])}


def lines_of(
    connection: Connection, workspace: WorkspaceId, chosen: Select[*tuple[object, ...]]
) -> Sequence[TicketLine]:
    found = connection.execute(chosen).all()
    if not found:
        return ()
    numbers = [row.number for row in found]
    clocks_of = _clocks(connection, workspace, numbers)
    files_of = _attachments(connection, workspace, numbers, kind="comment")
    opening_of = _openings(connection, workspace, numbers)
    teams_by = {team.id: team for team in directory.all_teams(connection, workspace)}
    wanted = {row.requester for row in found} | {row.assignee for row in found if row.assignee}
    people_by = _people(connection, workspace, wanted)

    def shown(ticket: Ticket) -> TicketLine:
        return TicketLine(
            ticket=ticket,
            requester=people_by[ticket.requester],
            assignee=people_by[ticket.assignee] if ticket.assignee else None,
            team=teams_by[ticket.team],
            opening=opening_of.get(ticket.number, ""),
            attachments=tuple(map(rows.attachment, files_of[ticket.number])),
        )

    return [shown(rows.ticket(row, map(rows.clock, clocks_of[row.number]))) for row in found]


def _clocks(
    connection: Connection, workspace: WorkspaceId, numbers: Sequence[int]
) -> Mapping[int, list[AnyRow]]:
    chosen = select(clocks).where(_of_these(clocks, workspace, numbers))
    return rows.by_number(connection.execute(chosen.order_by(clocks.c.position)))


def _attachments(
    connection: Connection, workspace: WorkspaceId, numbers: Sequence[int], *, kind: str
) -> Mapping[int, list[AnyRow]]:
    chosen = select(attachments).where(
        _of_these(attachments, workspace, numbers), attachments.c.subject_kind == kind
    )
    return rows.by_number(connection.execute(chosen.order_by(attachments.c.id)))


def _of_these(table: Table, workspace: WorkspaceId, numbers: Sequence[int]) -> ColumnElement[bool]:
    named = table.c.stream_id.in_([str(number) for number in numbers])
    return and_(table.c.workspace == workspace, of_tickets(table), named)


def _openings(
    connection: Connection, workspace: WorkspaceId, numbers: Sequence[int]
) -> Mapping[int, str]:
    """The first comment of each; ids grow with time, so the smallest is the first."""
    first = (
        select(func.min(comments.c.id))
        .where(_of_these(comments, workspace, numbers))
        .group_by(comments.c.stream_id)
    )
    chosen = select(comments.c.stream_id, comments.c.text).where(
        comments.c.workspace == workspace, comments.c.id.in_(first)
    )
    return {int(row.stream_id): row.text for row in connection.execute(chosen)}


def _people(
    connection: Connection, workspace: WorkspaceId, ids: Iterable[str]
) -> Mapping[str, Person]:
    chosen = select(people).where(people.c.workspace == workspace, people.c.id.in_(sorted(ids)))
    found = connection.execute(chosen.order_by(people.c.id)).all()
    return {each.id: each for each in directory.whole(connection, workspace, found)}


def _author(connection: Connection, workspace: WorkspaceId, row: AnyRow) -> Person | None:
    return directory.person(connection, workspace, row.author) if row.author else None


def _named(shown: TicketLine, history: Iterable[Entry], said: Iterable[Comment | Note]) -> set[str]:
    """Everybody the file names: who asked, who works, who did something, and to whom it was done."""
    named = {shown.ticket.requester, shown.ticket.assignee}
    named |= {message.author for message in said}
    for entry in history:
        named.add(entry.actor)
        named |= {getattr(entry.event, name) for name in PEOPLE[type(entry.event)]}
        if isinstance(entry.event, Paged):
            named |= set(map(PersonId, entry.event.people))
    return {id for id in named if id is not None}


def _deliveries(connection: Connection, mine: rows.Values) -> Mapping[str, str]:
    states: defaultdict[str, set[str]] = defaultdict(set)
    for row in connection.execute(_DELIVERIES, mine):
        states[row.comment].add(row.state)
    return {
        id: next(verdict for verdict in _VERDICTS if verdict in seen) for id, seen in states.items()
    }


def _links(connection: Connection, mine: rows.Values) -> tuple[Link, ...]:
    return tuple(
        Link(other=row.other, how=row.how, outgoing=True)
        if row.ticket == mine["ticket"]
        else Link(other=row.ticket, how=row.how, outgoing=False)
        for row in connection.execute(_LINKS, mine)
    )

"""Who reads a list, and whom its filter names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, func, or_, select

from engine.lists.asking import NOBODY, TicketFilter
from engine.lists.reading import Reading, reading
from engine.tickets.people import Person, Team, WorkspaceId
from storage.search import documents
from storage.search.index import Scope
from storage.sql.schema import people
from storage.tickets import directory
from storage.views.list_conditions import Named

# Who is called by a name in a filter: more namesakes and the name says nothing.
NAMESAKES_MAX: Final = 50

_CALLED: Final = (
    select(people.c.id)
    .where(
        people.c.workspace == bindparam("workspace"),
        or_(
            people.c.id == bindparam("name"),
            people.c.name_key == bindparam("folded"),
            func.lower(people.c.mail) == bindparam("folded"),
            people.c.slack == bindparam("name"),
        ),
    )
    .order_by(people.c.id)
    .limit(NAMESAKES_MAX)
)


@dataclass(frozen=True, slots=True)
class Reader:
    workspace: WorkspaceId
    teams: Sequence[Team]
    rights: Reading

    @property
    def scope(self) -> Scope:
        rights = self.rights
        if rights.everything:
            return Scope(everything=True)
        if rights.nothing:
            return Scope()
        public = (documents.team_scope(team, private=False) for team in sorted(rights.teams))
        private = (documents.team_scope(team, private=True) for team in sorted(rights.private))
        theirs = sorted(rights.teams - rights.private)
        held = (documents.assignee_scope(team, rights.person) for team in theirs)
        return Scope(
            inside=(*public, *private, *held),
            outside=(documents.requester_scope(rights.person),),
        )


def reader_of(connection: Connection, workspace: WorkspaceId, who: Person) -> Reader:
    teams = directory.all_teams(connection, workspace)
    return Reader(workspace, teams, reading(who, teams))


def named(connection: Connection, reader: Reader, wanted: TicketFilter) -> Named:
    people_named = [name for name in wanted.assignees if name != NOBODY]
    return Named(
        teams=_teams(reader, wanted),
        assignees=_called(connection, reader, people_named) if wanted.assignees else None,
        requesters=_called(connection, reader, wanted.requesters) if wanted.requesters else None,
        unassigned=NOBODY in wanted.assignees,
    )


def _teams(reader: Reader, wanted: TicketFilter) -> tuple[str, ...] | None:
    if not (wanted.teams or wanted.departments):
        return None
    return tuple(team.id for team in reader.teams if _is_meant(team, wanted))


def _is_meant(team: Team, wanted: TicketFilter) -> bool:
    called = {team.id, team.name.casefold()}
    names = {*wanted.teams, *(name.casefold() for name in wanted.teams)}
    departments = {name.casefold() for name in wanted.departments}
    by_team = not wanted.teams or bool(called & names)
    return by_team and (not departments or team.department.casefold() in departments)


def _called(connection: Connection, reader: Reader, names: Sequence[str]) -> tuple[str, ...]:
    """By id, address, Slack id or name."""

    def each() -> Iterator[str]:
        for name in names:
            wanted = {"workspace": reader.workspace, "name": name, "folded": name.casefold()}
            yield from connection.execute(_CALLED, wanted).scalars()

    return tuple(dict.fromkeys(each()))

"""Calendars, policies, ladders, mutes and rotations: rows in editions, and the Rules the engine counts with.

What a workspace's rules are changes seldom and is asked for in every transaction: what was read is kept in this
process by the number that rises with each change, so that asking costs no statement.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Table, bindparam, insert, select, update

from engine.calendars import hours_document
from engine.calendars.calendar import Calendar, Hours
from engine.calendars.calendar_history import CalendarHistory, Edition
from engine.duty.schedules import schedule_of
from engine.promises.rules import Declared, DeclaredRotation, Editions, Mute, Rules
from engine.tickets.people import Team, TeamId, WorkspaceId
from engine.tickets.workspace import Workspace
from storage.sql.schema import workspaces
from storage.sql.schema_rules import calendars, ladders, mutes, policies, rotations
from storage.tickets import directory, people_rows, rows, rules_rows
from storage.tickets.rows import AnyRow

T = TypeVar("T")

_KEPT: Final = 64
"""Workspaces (and editions of them) whose rules stay in memory."""

_ZONE_RULES: Final = "zone_rules"

FILE: Final = "file"
"""The owner of what deskd.toml declares."""

_Edition = tuple[str, int]
"""A workspace and the number of its rules."""
_Documents = Mapping[str, Mapping[str, Any]]


class KnownRules:
    """One process's memory of rules and teams, shared by all its transactions. Whoever writes one of them raises the
    rules' number."""

    def __init__(self) -> None:
        self._rules: dict[_Edition, Rules] = {}
        self._teams: dict[_Edition, Mapping[TeamId, Team]] = {}

    def of(self, connection: Connection, workspace: Workspace) -> Rules:
        known = self._rules.get(_edition(workspace))
        if known is None or known.workspace != workspace:
            known = _read(connection, workspace)
            _remember(self._rules, workspace, known)
        return known

    def teams(self, connection: Connection, workspace: Workspace) -> Mapping[TeamId, Team]:
        """In the order of directory.all_teams."""
        known = self._teams.get(_edition(workspace))
        if known is None:
            known = {team.id: team for team in directory.all_teams(connection, workspace.id)}
            _remember(self._teams, workspace, known)
        return known

    def forget(self) -> None:
        """What was read in a group of works may have been undone with it, and its number be given again."""
        self._rules.clear()
        self._teams.clear()


def _edition(workspace: Workspace) -> _Edition:
    return workspace.id, workspace.rules_version


def _remember(memory: dict[_Edition, T], workspace: Workspace, known: T) -> None:
    if len(memory) >= _KEPT:
        memory.pop(next(iter(memory)))
    memory[_edition(workspace)] = known


def read(connection: Connection, workspace: WorkspaceId, known: KnownRules) -> Rules:
    """For looking, beside every transaction."""
    mine = select(workspaces.c.settings).where(workspaces.c.id == workspace)
    found = connection.execute(mine).scalar()
    return known.of(connection, people_rows.settings(workspace, found))


def _read(connection: Connection, workspace: Workspace) -> Rules:
    # The rows of one id come oldest first: the newest stays.
    open_hours = {row.id: row for row in _rows(connection, calendars, workspace)}
    plans = _current(connection, rotations, workspace)
    promised = _rows(connection, policies, workspace)
    return Rules(
        workspace,
        calendars={id: (row.version, _compiled(row.document)) for id, row in open_hours.items()},
        edited_on={id: row.valid_from for id, row in open_hours.items()},
        former=frozenset(id for id, row in open_hours.items() if row.retired_at),
        policies=_editions(promised, rules_rows.policy),
        ladders=_editions(_rows(connection, ladders, workspace), rules_rows.ladder),
        mutes=tuple(map(_mute, _current(connection, mutes, workspace).values())),
        rotations={
            id: (row.document["team"], schedule_of(row.document["plan"]))
            for id, row in plans.items()
        },
        declared_at={(row.id, row.since): row.valid_from for row in promised},
    )


def almanac(connection: Connection, workspace: WorkspaceId) -> CalendarHistory:
    editions: dict[str, list[Edition]] = {}
    for row in connection.execute(_all_of(calendars), {"workspace": workspace}):
        edition = Edition(row.version, _compiled(row.document), row.valid_from)
        editions.setdefault(row.id, []).append(edition)
    return CalendarHistory(editions)


def _current(connection: Connection, table: Table, workspace: Workspace) -> Mapping[str, AnyRow]:
    """What holds now, by id."""
    return {row.id: row for row in _rows(connection, table, workspace) if not row.retired_at}


def _mute(row: AnyRow) -> Mute:
    return rules_rows.mute(row.document)


def _compiled(document: Mapping[str, Any]) -> Calendar:
    return Calendar(
        hours_document.hours_of({k: v for k, v in document.items() if k != _ZONE_RULES})
    )


def _editions(
    found: Sequence[AnyRow], read: Callable[[str, Mapping[str, Any]], T]
) -> Mapping[str, Editions[T]]:
    editions: dict[str, list[tuple[int, T | None]]] = {}
    for row in found:
        own = editions.setdefault(row.id, [])
        own.append((row.since, read(row.id, row.document)))
        if row.until is not None:
            own.append((row.until, None))
    return editions


@cache
def _all_of(table: Table) -> Any:
    mine = table.c.workspace == bindparam("workspace")
    return select(table).where(mine).order_by(table.c.id, table.c.version)


def _rows(connection: Connection, table: Table, workspace: Workspace) -> Sequence[AnyRow]:
    return connection.execute(_all_of(table), {"workspace": workspace.id}).all()


@dataclass(frozen=True, slots=True)
class _Edit:
    """One change of the rules: all that it writes holds from the same number and instant on."""

    connection: Connection
    workspace: Workspace
    number: int
    at: datetime


def keep(connection: Connection, workspace: Workspace, declared: Declared, at: datetime) -> bool:
    """Write what changed as new editions, with the workspace's next number; whether anything did.

    The caller holds the workspace's row, so that numbers and instants rise together.
    """
    wanted: tuple[tuple[Table, _Documents], ...] = (
        (calendars, {id: _calendar_document(each) for id, each in declared.calendars.items()}),
        (policies, {each.id: rules_rows.policy_document(each) for each in declared.policies}),
        (ladders, {each.id: rules_rows.ladder_document(each) for each in declared.ladders}),
        (mutes, _numbered(declared.mutes)),
        (rotations, {one.id: _rotation_document(one) for one in declared.rotations}),
    )
    known = {table: _rows(connection, table, workspace) for table, _ in wanted}
    written = [row.valid_from for found in known.values() for row in found]
    # Whoever asked for the time first may have been let in last.
    edit = _Edit(connection, workspace, workspace.rules_version + 1, max([at, *written]))
    changed = [_keep(edit, table, known[table], docs) for table, docs in wanted]
    return any(changed)


def _calendar_document(given: Hours) -> Mapping[str, Any]:
    """An update of the zone database is an edit, too."""
    return hours_document.document_of(given) | {_ZONE_RULES: hours_document.zone_rules(given.zone)}


def _rotation_document(one: DeclaredRotation) -> Mapping[str, Any]:
    return {"team": one.team, "plan": one.document}


def _numbered(declared: Sequence[Mute]) -> _Documents:
    return {str(n): rules_rows.mute_document(mute) for n, mute in enumerate(declared, start=1)}


def _keep(edit: _Edit, table: Table, known: Sequence[AnyRow], wanted: _Documents) -> bool:
    newest = {row.id: row for row in known}
    standing = {id for id, row in newest.items() if not row.retired_at}
    same = {
        id for id, document in wanted.items() if id in newest and newest[id].document == document
    }
    # A calendar put back as it was is the same edition: nothing has to be counted anew.
    back = same - standing if table is calendars else set()
    fresh = [
        _row(edit, id, newest[id].version + 1 if id in newest else 1, document)
        for id, document in wanted.items()
        if id not in same or id not in standing | back
    ]
    # What was made at run time is not the file's to retire.
    over = {id for id in standing - same if newest[id].owner == FILE}
    _retire(edit, table, [newest[id] for id in over], {"retired_at": edit.at, "until": edit.number})
    _retire(edit, table, [newest[id] for id in back], {"retired_at": None, "until": None})
    if fresh:
        edit.connection.execute(insert(table), fresh)
    return bool(fresh or over or back)


def _retire(edit: _Edit, table: Table, found: Sequence[AnyRow], mark: rows.Values) -> None:
    for row in found:
        key = (table.c.id == row.id, table.c.version == row.version)
        mine = table.c.workspace == row.workspace
        edit.connection.execute(update(table).where(mine, *key).values(mark))


def _row(edit: _Edit, id: str, version: int, document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "workspace": edit.workspace.id,
        "id": id,
        "version": version,
        "name": id,
        "document": document,
        "owner": FILE,
        "valid_from": edit.at,
        "retired_at": None,
        "since": edit.number,
        "until": None,
    }

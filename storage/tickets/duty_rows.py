"""engine.ports.duty_store for one workspace: who is on duty and who has which tickets, inside a transaction."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
    text,
)

from engine.duty.presence import Presence
from engine.duty.workload import Load
from engine.ports.duty_store import Brief, GivenBack, SaidEntry
from engine.tickets.people import PersonId, TeamId, WorkspaceId
from engine.tickets.promise_clock import StreamKind
from engine.tickets.ticket import Priority, State
from storage.codecs import codec
from storage.sql.schema import (
    OPEN,
    UNASSIGNED,
    people,
    teams,
    tickets,
)
from storage.sql.schema_rules import presences
from storage.sql.schema_streams import (
    comments,
    events,
    notes,
    of_tickets,
)
from storage.sql.statements import insert_or_update
from storage.tickets.presence_record import presence_of
from storage.tickets.rows import AnyRow, Values

_WORKSPACE: Final[BindParameter[str]] = bindparam("workspace")
_PEOPLE: Final[BindParameter[Sequence[str]]] = bindparam("people", expanding=True)
HELD_STATES: Final = (State.NEW, State.OPEN, State.IN_PROGRESS, State.PENDING_INFO, State.REOPENED)
_BEGUN: Final = (State.IN_PROGRESS, State.PENDING_INFO)

_PRESENCES: Final = select(presences).where(presences.c.workspace == _WORKSPACE)
_PRESENCE: Final = _PRESENCES.where(presences.c.person == bindparam("person"))
# Not FOR UPDATE: that would hold up whoever only points at the row, such as a ticket being opened.
_LOCK_TEAM: Final = (
    select(teams.c.id)
    .where(teams.c.workspace == _WORKSPACE, teams.c.id == bindparam("team"))
    .with_for_update(key_share=True)
)
_LOCK_PEOPLE: Final = (
    select(people.c.id)
    .where(people.c.workspace == _WORKSPACE, people.c.id.in_(_PEOPLE))
    .order_by(people.c.id)
    .with_for_update(key_share=True)
)
_SAID: Final = (
    select(events)
    .where(
        events.c.workspace == _WORKSPACE,
        events.c.stream_kind == StreamKind.PERSON,
        events.c.stream_id == bindparam("person"),
    )
    .order_by(events.c.seq.desc())
    .limit(bindparam("limit"))
)
_RELEASED: Final = (
    select(events.c.stream_id, events.c.actor, events.c.via, events.c.facts)
    .where(
        events.c.workspace == _WORKSPACE,
        of_tickets(events),
        events.c.stream_id.in_(bindparam("streams", expanding=True)),
        events.c.type == "released",
    )
    .order_by(events.c.stream_id, events.c.seq)
)
_LOADS: Final = (
    select(tickets.c.assignee, tickets.c.priority, tickets.c.state, func.count().label("tickets"))
    .where(tickets.c.workspace == _WORKSPACE, tickets.c.assignee.in_(_PEOPLE), text(OPEN))
    .group_by(tickets.c.assignee, tickets.c.priority, tickets.c.state)
)


def _spoke(words: Any) -> ColumnElement[bool]:
    mine = (
        words.c.workspace == tickets.c.workspace,
        of_tickets(words),
        words.c.stream_id == cast(tickets.c.number, Text),
    )
    return select(words.c.id).where(*mine, words.c.author == tickets.c.assignee).exists()


# An offer is untouched until it is accepted. What was reopened was worked on before; what counts is since then.
# Whoever put it aside has seen it.
_TOUCHED: Final = and_(
    ~tickets.c.offered,
    or_(
        tickets.c.state.in_(_BEGUN),
        tickets.c.acknowledged,
        tickets.c.snoozed_until.is_not(None),
        and_(tickets.c.state == State.OPEN, or_(_spoke(comments), _spoke(notes))),
    ),
)
_BRIEF: Final = (
    select(
        *(tickets.c[name] for name in ("number", "subject", "team", "category")),
        *(tickets.c[name] for name in ("priority", "state", "assignee", "due_at")),
        _TOUCHED.label("touched"),
    )
    .where(tickets.c.workspace == _WORKSPACE)
    .order_by(tickets.c.due_at.nulls_last(), tickets.c.number)
    .limit(bindparam("limit"))
)
_OF_TEAM: Final = tickets.c.team == bindparam("team")
_HELD: Final = _BRIEF.where(text(OPEN), tickets.c.state.in_(HELD_STATES))
_HELD_BY: Final = _HELD.where(tickets.c.assignee.in_(_PEOPLE))
_HELD_IN: Final = _HELD.where(_OF_TEAM, tickets.c.assignee.is_not(None))
_DUE_UNTIL: Final = _BRIEF.where(text(OPEN), _OF_TEAM, tickets.c.due_at <= bindparam("until"))
_CRITICAL: Final = tickets.c.priority == Priority.P1
_UNASSIGNED: Final = (
    _BRIEF.where(text(UNASSIGNED), _OF_TEAM, tickets.c.snoozed_until.is_(None))
    .order_by(None)
    .order_by(case((_CRITICAL, 0), else_=1), tickets.c.due_at.nulls_last(), tickets.c.number)
)
_UNASSIGNED_CRITICAL: Final = _UNASSIGNED.where(_CRITICAL)


class DutyRows:
    def __init__(self, connection: Connection, workspace: WorkspaceId) -> None:
        self._connection = connection
        self._workspace = workspace

    # What people said

    def presence(self, person: PersonId) -> Presence:
        self._lock_people([person])
        row = self._connection.execute(_PRESENCE, self._mine(person=person)).one_or_none()
        return presence_of(row) if row is not None else Presence(person=person)

    def presences(self) -> Mapping[PersonId, Presence]:
        found = self._connection.execute(_PRESENCES, self._mine())
        return {PersonId(row.person): presence_of(row) for row in found}

    def history(self, person: PersonId, *, limit: int) -> Sequence[SaidEntry]:
        wanted = self._mine(person=person, limit=limit)
        return [said_entry(row) for row in self._connection.execute(_SAID, wanted)]

    # Who is given what

    def lock(self, team: TeamId, people: Collection[PersonId]) -> None:
        self._connection.execute(_LOCK_TEAM, self._mine(team=team)).all()
        self._lock_people(people)

    def _lock_people(self, people: Collection[PersonId]) -> None:
        self._connection.execute(_LOCK_PEOPLE, self._mine(people=sorted(people))).all()

    def loads(self, people: Collection[PersonId]) -> Mapping[PersonId, Load]:
        found: dict[PersonId, Load] = {}
        for row in self._connection.execute(_LOADS, self._mine(people=sorted(people))):
            load = found.get(row.assignee, Load())
            found[row.assignee] = load.plus(Priority(row.priority), State(row.state), row.tickets)
        return found

    def last_assigned(self, people: Collection[PersonId]) -> Mapping[PersonId, datetime]:
        found = self._connection.execute(_PRESENCES, self._mine())
        given = {row.person: row.last_assigned_at for row in found if row.last_assigned_at}
        return {id: given[id] for id in people if id in given}

    def was_assigned(self, person: PersonId, at: datetime) -> None:
        self._keep_row(person, {"last_assigned_at": at})

    def _keep_row(self, person: PersonId, values: Values) -> None:
        insert_or_update(self._connection, presences, [self._mine(person=person) | values])

    # Tickets

    def unassigned(self, team: TeamId, *, limit: int, critical_only: bool) -> Sequence[Brief]:
        wanted = _UNASSIGNED_CRITICAL if critical_only else _UNASSIGNED
        return self._briefs(wanted, team=team, limit=limit)

    def held(
        self,
        *,
        people: Collection[PersonId] | None = None,
        team: TeamId | None = None,
        limit: int,
    ) -> Sequence[Brief]:
        if team is not None:
            return self._briefs(_HELD_IN, team=team, limit=limit)
        return self._briefs(_HELD_BY, people=sorted(people or ()), limit=limit)

    def due_until(self, team: TeamId, until: datetime, *, limit: int) -> Sequence[Brief]:
        return self._briefs(_DUE_UNTIL, team=team, until=until, limit=limit)

    def _briefs(self, wanted: Select[*tuple[Any, ...]], **given: Any) -> Sequence[Brief]:
        return [_brief(row) for row in self._connection.execute(wanted, self._mine(**given))]

    def given_back(self, numbers: Collection[int]) -> Mapping[int, Sequence[GivenBack]]:
        found: defaultdict[int, list[GivenBack]] = defaultdict(list)
        wanted = self._mine(streams=[str(number) for number in numbers])
        for row in self._connection.execute(_RELEASED, wanted):
            before = PersonId(row.facts["before"])
            passed = row.via != "shift" and row.actor in (None, before)
            found[int(row.stream_id)].append(GivenBack(before, passed))
        return found

    def _mine(self, **given: Any) -> Values:
        return {"workspace": self._workspace, **given}


def said_entry(row: AnyRow) -> SaidEntry:
    said = codec.decode_said(row.type, row.facts)
    return SaidEntry(row.seq, row.at, row.actor, row.via, said)


def _brief(row: AnyRow) -> Brief:
    return Brief(
        number=row.number,
        subject=row.subject,
        team=TeamId(row.team),
        category=row.category,
        priority=Priority(row.priority),
        state=State(row.state),
        assignee=row.assignee,
        due_at=row.due_at,
        touched=bool(row.touched),
    )

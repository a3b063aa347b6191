"""The Transaction of one workspace: every statement it issues names that workspace (a test reads them all)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import BindParameter, Connection, and_, bindparam, func, select, text, update

from engine.calendars.calendar_history import CalendarHistory
from engine.messages.effects import Tell
from engine.ports.store import Change
from engine.promises.rules import Declared, Rules
from engine.tickets.errors import Stale
from engine.tickets.events import Entry
from engine.tickets.message import Audience
from engine.tickets.people import Identity, Owner, Person, PersonId, Team, TeamId, WorkspaceId
from engine.tickets.promise_clock import Timer
from engine.tickets.ticket import Ticket
from engine.tickets.workspace import Workspace
from storage.sql.schema import (
    OPEN,
    links,
    participants,
    tickets,
    workspaces,
)
from storage.sql.schema_rules import escalations
from storage.sql.schema_streams import (
    RUNNING,
    clocks,
    events,
    of_tickets,
    outside_references,
)
from storage.sql.schema_traffic import spool
from storage.sql.statements import insert_new, insert_or_update
from storage.tickets import ahead, directory, people_rows, rows, rules
from storage.tickets.ahead import ReadAhead
from storage.tickets.duty_rows import DutyRows
from storage.tickets.record import record, tell_without_ticket
from storage.tickets.rows import WITH_WORDS, AnyRow
from storage.tickets.rules import KnownRules

_WORKSPACE: Final[BindParameter[str]] = bindparam("workspace")
_TICKET: Final = (
    select(tickets)
    .where(tickets.c.workspace == _WORKSPACE, tickets.c.number == bindparam("ticket"))
    # Its key never changes, so rows that only point to it (a delivered parcel's reference) need not wait.
    .with_for_update(key_share=True)
)
_CLOCKS: Final = (
    select(clocks)
    .where(
        clocks.c.workspace == _WORKSPACE,
        of_tickets(clocks),
        clocks.c.stream_id == bindparam("stream"),
    )
    .order_by(clocks.c.position)
)
_HISTORY: Final = WITH_WORDS.where(
    events.c.workspace == _WORKSPACE,
    of_tickets(events),
    events.c.stream_id == bindparam("stream"),
    events.c.seq > bindparam("after"),
).order_by(events.c.seq)
_AUDIENCE: Final = (
    select(participants.c.role, participants.c.channel, participants.c.place)
    .where(participants.c.workspace == _WORKSPACE, participants.c.ticket == bindparam("ticket"))
    .order_by(participants.c.position)
)
_BY_REFERENCE: Final = (
    select(outside_references.c.stream_id)
    .where(
        outside_references.c.workspace == _WORKSPACE,
        of_tickets(outside_references),
        outside_references.c.channel == bindparam("channel"),
        outside_references.c.ref == bindparam("ref"),
    )
    .order_by(outside_references.c.id)
    .limit(1)
)
_BY_REFERENCE_AT: Final = _BY_REFERENCE.where(outside_references.c.place == bindparam("place"))
_JOINED: Final = (
    select(tickets.c.number, tickets.c.requester)
    .join(
        links,
        and_(links.c.workspace == tickets.c.workspace, links.c.ticket == tickets.c.number),
    )
    .where(
        tickets.c.workspace == _WORKSPACE,
        links.c.other == bindparam("ticket"),
        links.c.how == "merged",
        tickets.c.merged_into == links.c.other,  # the link stays when a merge is undone
    )
    .order_by(tickets.c.number)
)
_OPENED_SINCE: Final = (
    select(func.count())
    .select_from(tickets)
    .where(
        tickets.c.workspace == _WORKSPACE,
        tickets.c.requester == bindparam("requester"),
        tickets.c.created_at >= bindparam("since"),
    )
)
_PAGED: Final = select(escalations.c.people).where(
    escalations.c.workspace == _WORKSPACE, escalations.c.ticket == bindparam("ticket")
)
_BY_CALENDAR: Final = (
    select(clocks.c.stream_id)
    .where(
        clocks.c.workspace == _WORKSPACE,
        of_tickets(clocks),
        clocks.c.calendar == bindparam("calendar"),
        clocks.c.calendar_version < bindparam("version"),
        text(RUNNING),
    )
    .limit(bindparam("limit"))
)
_MUTED: Final = (
    select(tickets.c.number)
    .where(tickets.c.workspace == _WORKSPACE, text(OPEN), tickets.c.muted)
    .order_by(tickets.c.number)
    .limit(bindparam("limit"))
)
_SETTINGS: Final = select(workspaces.c.settings).where(workspaces.c.id == _WORKSPACE)
# Held until the commit, against another daemon that starts at the same time; others' keys may still point to it.
_HELD: Final = _SETTINGS.with_for_update(key_share=True)
_NEXT_NUMBER: Final = (
    update(workspaces)
    .where(workspaces.c.id == bindparam("workspace_id"))
    .values(last_number=workspaces.c.last_number + 1)
    .returning(workspaces.c.last_number)
)
_SETTLE: Final = update(spool).where(
    spool.c.workspace == bindparam("of_workspace"),
    spool.c.id == bindparam("of_row"),
    spool.c.state != "done",
)
_SPOOL_STATE: Final = select(spool.c.state, spool.c.ticket).where(
    spool.c.workspace == _WORKSPACE, spool.c.id == bindparam("row")
)


class BoundTransaction:
    """engine.ports.Transaction over one sync connection, bound to one workspace for its whole life."""

    def __init__(
        self,
        connection: Connection,
        workspace: WorkspaceId,
        now: Callable[[], datetime],
        known: KnownRules,
    ) -> None:
        self._connection = connection
        self._workspace = workspace
        self._now = now
        self.dropped: set[Timer] = set()
        """Timers whose rows its steps have deleted."""
        self._known = known
        self._ahead = ReadAhead()
        # Asked for several times by one use case, and rarely written: read once per transaction.
        self._settings: Workspace | None = None
        self._exists = False
        self._risen = False

    @property
    def workspace(self) -> WorkspaceId:
        return self._workspace

    @property
    def staff(self) -> DutyRows:
        return DutyRows(self._connection, self._workspace)

    # The workspace itself

    def settings(self) -> Workspace:
        if self._settings is None:
            found = self._connection.execute(_SETTINGS, {"workspace": self._workspace}).first()
            self._exists = found is not None
            self._settings = people_rows.settings(
                self._workspace, found.settings if found else None
            )
        return self._settings

    def keep_settings(self, settings: Workspace) -> None:
        if settings.id != self._workspace:
            raise ValueError("a transaction can not write another workspace's settings")
        # The number of the rules' edition is ours, whatever is declared.
        self._write_settings(replace(settings, rules_version=self._hold().rules_version))

    def _write_settings(self, settings: Workspace) -> None:
        row = {"id": self._workspace, "settings": people_rows.settings_document(settings)}
        insert_or_update(self._connection, workspaces, [row])
        self._settings = None

    def _hold(self) -> Workspace:
        """The settings as they are now, and nobody else's to change."""
        self._found()
        held = self._connection.execute(_HELD, {"workspace": self._workspace}).one()
        self._settings = people_rows.settings(self._workspace, held.settings)
        return self._settings

    def rules(self) -> Rules:
        return self._known.of(self._connection, self.settings())

    def almanac(self) -> CalendarHistory:
        return rules.almanac(self._connection, self._workspace)

    def keep_rules(self, declared: Declared, *, at: datetime) -> None:
        settings = self._hold()
        if rules.keep(self._connection, settings, declared, at):
            self._raise_number(settings)

    def _raise_number(self, held: Workspace) -> None:
        self._write_settings(replace(held, rules_version=held.rules_version + 1))
        # Until this is committed nobody else may take for what holds what is read by the new number.
        self._known = KnownRules()
        self._risen = True

    def was_paged(self, number: int, person: PersonId) -> bool:
        wanted = {"workspace": self._workspace, "ticket": number}
        found = self._connection.execute(_PAGED, wanted)
        return any(person in row.people for row in found)

    def tickets_by_calendar(self, calendar: str, *, older_than: int, limit: int) -> Sequence[int]:
        wanted = {"workspace": self._workspace, "calendar": calendar, "version": older_than}
        found = self._connection.execute(_BY_CALENDAR, wanted | {"limit": limit})
        return [*dict.fromkeys(int(row.stream_id) for row in found)]

    def next_number(self) -> int:
        self._found()
        wanted = {"workspace_id": self._workspace}
        number: int = self._connection.execute(_NEXT_NUMBER, wanted).scalar_one()
        return number

    def _found(self) -> bool:
        """Make the workspace's row when it is missing; its settings are then the defaults. True: it was."""
        self.settings()
        if self._exists:
            return False
        row = {"id": self._workspace, "settings": {}, "last_number": 0}
        insert_new(self._connection, workspaces, [row])
        self._exists = True
        return True

    # Tickets

    def read_ahead(self, locked: Sequence[AnyRow], *, size: int) -> None:
        """Of a batch of at most `size` tickets: what is asked of each for the first time is known already."""
        self._ahead = ahead.read(self._connection, self._workspace, locked, size=size)

    def ticket(self, number: int) -> Ticket | None:
        if known := self._ahead.tickets.pop(number, None):
            return known
        wanted = {"workspace": self._workspace, "ticket": number}
        row = self._connection.execute(_TICKET, wanted).one_or_none()
        if row is None:
            return None
        mine = {"workspace": self._workspace, "stream": str(number)}
        running = self._connection.execute(_CLOCKS, mine)
        return rows.ticket(row, map(rows.clock, running))

    def history(self, number: int, *, after: int = 0) -> Sequence[Entry]:
        wanted = {"workspace": self._workspace, "stream": str(number), "after": after}
        return [rows.entry(row) for row in self._connection.execute(_HISTORY, wanted)]

    def audience(self, number: int) -> Audience:
        if known := self._ahead.audiences.pop(number, None):
            return known
        wanted = {"workspace": self._workspace, "ticket": number}
        return ahead.audience_of(self._connection.execute(_AUDIENCE, wanted))

    def ticket_by_reference(
        self, channel: str, ref: str, *, place: str | None = None
    ) -> int | None:
        wanted = {"workspace": self._workspace, "channel": channel, "ref": ref}
        if place is None:
            found = self._connection.execute(_BY_REFERENCE, wanted)
        else:
            found = self._connection.execute(_BY_REFERENCE_AT, wanted | {"place": place})
        return rows.number(found.scalar())

    def tickets_muted(self, *, limit: int) -> Sequence[int]:
        found = self._connection.execute(_MUTED, {"workspace": self._workspace, "limit": limit})
        return [row.number for row in found]

    def joined(self, number: int) -> Mapping[int, PersonId]:
        found = self._connection.execute(_JOINED, {"workspace": self._workspace, "ticket": number})
        return {row.number: PersonId(row.requester) for row in found}

    def tickets_opened_since(self, requester: PersonId, since: datetime) -> int:
        wanted = {"workspace": self._workspace, "requester": requester, "since": since}
        return self._connection.execute(_OPENED_SINCE, wanted).scalar_one()

    def record(self, change: Change) -> None:
        after = change.after
        if isinstance(after, Ticket):
            if after.workspace != self._workspace:
                raise ValueError("a transaction can not record another workspace's ticket")
            self._ahead.forget(after.number)
        record(self._connection, change, workspace=self._workspace, now=self._now())
        self.dropped.update(change.timers_dropped)

    def tell(self, effects: Sequence[Tell]) -> None:
        if any(tell.comment or tell.note for tell in effects):
            raise ValueError("words of a person are told with their ticket")
        self._found()
        tell_without_ticket(self._connection, effects, workspace=self._workspace, now=self._now())

    # People and teams

    def person(self, id: PersonId) -> Person | None:
        known = self._ahead.people.get(id)
        return known or directory.person(self._connection, self._workspace, id)

    def person_by(self, identity: Identity) -> Person | None:
        return directory.person_by(self._connection, self._workspace, identity)

    def people_named(self, name: str) -> Sequence[Person]:
        return directory.people_named(self._connection, self._workspace, name)

    def agents(self) -> Sequence[Person]:
        return directory.agents(self._connection, self._workspace)

    def people_of_the_file(self) -> frozenset[PersonId]:
        return directory.people_of_the_file(self._connection, self._workspace)

    def keep_person(self, person: Person, *, owner: Owner | None = None) -> None:
        self._found()
        directory.keep_person(self._connection, self._workspace, person, owner)
        self._ahead.people.pop(person.id, None)

    def keep_identity(
        self, identity: Identity, person: PersonId, *, at: datetime, how: str
    ) -> None:
        proof = directory.proof(person, at, how)
        directory.keep_identity(self._connection, self._workspace, identity, proof)

    def team(self, id: TeamId) -> Team | None:
        return self._known.teams(self._connection, self.settings()).get(id)

    def teams(self) -> Sequence[Team]:
        return list(self._known.teams(self._connection, self.settings()).values())

    def keep_team(self, team: Team, *, owner: Owner | None = None) -> None:
        # Held first: of two who change a team at the same time the second sees what the first made of it.
        held = self._hold()
        before = directory.team(self._connection, self._workspace, team.id)
        directory.keep_team(self._connection, self._workspace, team, owner)
        if before == team:
            return
        if self._risen:
            self._known.forget()
        else:
            self._raise_number(held)

    # The spool row this work answers

    def settle(self, spool_id: int, *, ticket: int | None, reason: str) -> None:
        row = {"of_workspace": self._workspace, "of_row": spool_id}
        mark = {"state": "done", "ticket": ticket, "reason": reason}
        if self._connection.execute(_SETTLE, row | mark).rowcount != 1:
            # Another daemon settled it since we looked: undo all of this, look again.
            raise Stale

    def spool_is_done(self, spool_id: int) -> bool:
        wanted = {"workspace": self._workspace, "row": spool_id}
        return self._connection.execute(_SPOOL_STATE, wanted).scalar() == "done"

    def ticket_settled(self, spool_id: int) -> int | None:
        wanted = {"workspace": self._workspace, "row": spool_id}
        row = self._connection.execute(_SPOOL_STATE, wanted).first()
        return row.ticket if row is not None and row.state == "done" else None

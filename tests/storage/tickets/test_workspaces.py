"""A workspace never sees another's rows: every statement of a bound Transaction names its workspace."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import time
from types import SimpleNamespace
from typing import Any

import pytest

from engine.calendars.calendar import Hours
from engine.duty.presence import Presence, ShiftStarted
from engine.ports.store import Transaction
from engine.promises.rules import BY_ROLE, DEVOPS, Declared, DeclaredRotation, Mute
from engine.tickets.events import Assigned, Linked
from engine.tickets.message import Attachment, Audience, Reference
from engine.tickets.people import DEFAULT, Identity, WorkspaceId
from engine.tickets.promise_clock import ClockKind, PromiseClock, Timer, TimerKind, of_ticket
from engine.tickets.workspace import Workspace
from storage.open.open_storage import Storage
from storage.sql.errors import StorageTrouble
from storage.tickets import rows
from storage.tickets.duty_rows import DutyRows
from storage.tickets.transaction import BoundTransaction
from tests.clock import MORNING
from tests.engine.messages.made import made
from tests.storage.ear import heard, writing
from tests.storage.make import (
    ANA,
    BOB,
    CARD,
    TEAM,
    TO_BOB,
    after,
    found,
    furnish,
    message,
    noting,
    opening,
    presence,
    record,
    show,
    step,
    tell,
    ticket,
)

OTHER = WorkspaceId("other")
MAIL = Identity("mail", "", "bob@example.com")
CLOCK = PromiseClock(ClockKind.RESOLUTION, 0, after(hours=1) - MORNING, MORNING)
TIMER = Timer(of_ticket(1), TimerKind.AUTO_CLOSE, 0, after(hours=1))
RICH = opening(
    1,
    after=ticket(1, clocks=(CLOCK,)),
    attachments=(Attachment("a", "b", 1, sha256="a" * 64),),
    references=(Reference("mail", "", "message", "<1@example.com>"),),
    timers_set=(TIMER,),
    waiting_copies=(CARD,),
    effects=(tell("a"), show()),
)
STEP = step(
    RICH.after,
    Linked(1, "names"),
    Assigned(None, ANA.id),
    after=replace(RICH.after, version=4, clocks=(replace(CLOCK, warnings=1),)),
    notes=noting(RICH.after).notes,
    audience=Audience(TO_BOB, (CARD,)),
    timers_dropped=(TIMER,),
    timers_set=(TIMER,),
)


def record_both(transaction: Transaction) -> None:
    for change in (RICH, STEP):
        transaction.record(change)


PLAN = {"kind": "daily", "start": "2026-03-02T09:00", "people": ["ana@example.com", "U_BEN"]}
DECLARED = Declared(
    {"office": Hours("Europe/Berlin", {"mon": ((time(9), time(17)),)})},
    (replace(DEVOPS, id="own"),),
    (replace(BY_ROLE, id="own"),),
    (Mute(MORNING, after(hours=1)),),
    (DeclaredRotation("days", "support", PLAN),),
)

ROW = SimpleNamespace(workspace=DEFAULT, number=1, **rows.ticket_values(RICH.after))

# Every verb of a Transaction, by name, so that a new one is noticed.
VERBS: dict[str, Callable[[Transaction], object]] = {
    "settings": lambda t: t.settings(),
    "next_number": lambda t: t.next_number(),
    "ticket": lambda t: t.ticket(1),
    "read_ahead": lambda t: t.read_ahead([ROW], size=2),
    "history": lambda t: t.history(1),
    "audience": lambda t: t.audience(1),
    "ticket_by_reference": lambda t: (
        t.ticket_by_reference("mail", "<1@example.com>"),
        t.ticket_by_reference("mail", "<1@example.com>", place=""),
    ),
    "tickets_opened_since": lambda t: t.tickets_opened_since(BOB.id, MORNING),
    "person": lambda t: t.person(ANA.id),
    "person_by": lambda t: t.person_by(MAIL),
    "people_named": lambda t: t.people_named("ana"),
    "agents": lambda t: t.agents(),
    "keep_person": lambda t: t.keep_person(ANA),
    "keep_identity": lambda t: t.keep_identity(MAIL, BOB.id, at=MORNING, how="mail"),
    "team": lambda t: t.team(TEAM.id),
    "teams": lambda t: t.teams(),
    "keep_team": lambda t: t.keep_team(TEAM),
    "keep_settings": lambda t: t.keep_settings(Workspace(DEFAULT)),
    "rules": lambda t: t.rules(),
    "almanac": lambda t: t.almanac(),
    "keep_rules": lambda t: t.keep_rules(DECLARED, at=MORNING),
    "was_paged": lambda t: t.was_paged(1, ANA.id),
    "tickets_by_calendar": lambda t: t.tickets_by_calendar("24x7", older_than=1, limit=9),
    "record": record_both,
    "tell": lambda t: t.tell([tell("apart")]),
    "settle": lambda t: t.settle(1, ticket=None, reason="acted"),
    "spool_is_done": lambda t: t.spool_is_done(1),
    "ticket_settled": lambda t: t.ticket_settled(1),
    "people_of_the_file": lambda t: t.people_of_the_file(),
    "tickets_muted": lambda t: t.tickets_muted(limit=9),
    "joined": lambda t: t.joined(1),
}

SAID = presence(ANA, Presence(MORNING), ShiftStarted(None))
STAFF: dict[str, Callable[[Transaction], Any]] = {
    "presence": lambda t: t.staff.presence(ANA.id),
    "presences": lambda t: t.staff.presences(),
    "history": lambda t: t.staff.history(ANA.id, limit=9),
    "lock": lambda t: t.staff.lock(TEAM.id, [ANA.id]),
    "loads": lambda t: t.staff.loads([ANA.id]),
    "last_assigned": lambda t: t.staff.last_assigned([ANA.id]),
    "was_assigned": lambda t: t.staff.was_assigned(ANA.id, MORNING),
    "unassigned": lambda t: t.staff.unassigned(TEAM.id, limit=9, critical_only=True),
    "held": lambda t: (
        t.staff.held(people=[ANA.id], limit=9),
        t.staff.held(team=TEAM.id, limit=9),
    ),
    "due_until": lambda t: t.staff.due_until(TEAM.id, MORNING, limit=9),
    "given_back": lambda t: t.staff.given_back([1]),
}
ALL = (
    VERBS
    | {"record a presence": lambda t: t.record(SAID)}
    | {f"staff.{name}": verb for name, verb in STAFF.items()}
)


def names_its_workspace(statement: str, values: Any) -> bool:
    """Rows are chosen by workspace (or, for the workspace itself, by id), or are inserted into it."""
    if re.match(r"(SELECT nextval|CREATE SEQUENCE)", statement):
        return "number_c21f969b5f03d33d43e04f8f136e7682" in statement
    rows = values if isinstance(values, list) else [values]
    held = all(DEFAULT in (row.values() if isinstance(row, dict) else row) for row in rows)
    own = (
        r"\b(workspace|workspaces\.id) = |^INSERT INTO (workspaces \(id|\w+ \((cursor, )?workspace)"
    )
    return held and re.search(own, statement) is not None


def test_every_verb_of_a_transaction_is_listened_to() -> None:
    verbs = {name for name in vars(BoundTransaction) if not name.startswith("_")}
    assert verbs - {"workspace", "staff"} == set(VERBS)
    assert {name for name in vars(DutyRows) if not name.startswith("_")} == set(STAFF)


async def test_every_statement_of_a_transaction_names_its_workspace(storage: Storage) -> None:
    await storage.spool.keep(message("a"))
    with heard(writing(storage)) as statements:
        await furnish(storage)
        for verb in ("record", *(name for name in ALL if name != "record")):
            before = len(statements)
            await storage.store.run(DEFAULT, ALL[verb])
            assert len(statements) > before, verb
    own = [each for each in statements if not each[0].startswith(("BEGIN", "SAVEPOINT"))]
    assert len(own) > 40
    stray = [statement for statement, values in own if not names_its_workspace(statement, values)]
    assert stray == []


async def test_the_listener_would_notice_a_stray_statement() -> None:
    assert not names_its_workspace("SELECT * FROM tickets WHERE tickets.number = ?", (1,))
    assert not names_its_workspace("SELECT * FROM tickets WHERE workspace = ?", ("other",))
    assert not names_its_workspace("INSERT INTO timers (stream_id) VALUES (?)", [("default",)])


async def test_two_workspaces_with_the_same_numbers_are_strangers(storage: Storage) -> None:
    await furnish(storage, DEFAULT, OTHER)
    theirs = replace(
        RICH,
        after=replace(RICH.after, workspace=OTHER, subject="theirs"),
        effects=(tell("a", message=made("receipt", "theirs")),),
    )
    await record(storage, RICH, theirs)
    renamed = replace(BOB, name="Somebody else")
    await storage.store.run(OTHER, lambda t: t.keep_person(renamed))
    await record(storage, STEP)

    def everything(transaction: Transaction) -> tuple[object, int, object, list[str]]:
        namesakes = transaction.people_named("Somebody else")
        return (
            transaction.ticket(1),
            len(transaction.history(1)),
            transaction.person(BOB.id),
            [person.id for person in namesakes],
        )

    assert await storage.store.run(DEFAULT, everything) == (STEP.after, 4, BOB, [])
    assert await storage.store.run(OTHER, everything) == (theirs.after, 2, renamed, [BOB.id])
    lines = await storage.views.outbox()
    assert [each.key for each in lines if each.kind != "show"] == ["a", "a"]


async def test_numbers_are_counted_per_workspace(storage: Storage) -> None:
    given = [
        await storage.store.run(workspace, lambda t: t.next_number())
        for workspace in (DEFAULT, OTHER, OTHER, DEFAULT)
    ]
    assert given == [1, 1, 2, 2]


async def test_a_row_can_not_point_into_another_workspace(storage: Storage) -> None:
    await furnish(storage)
    await storage.store.run(OTHER, lambda t: t.keep_team(TEAM))
    with pytest.raises(StorageTrouble):
        await record(storage, opening(1, workspace=OTHER))


async def test_a_transaction_refuses_to_write_for_another_workspace(storage: Storage) -> None:
    await storage.store.run(OTHER, found)
    with pytest.raises(ValueError, match="another workspace"):
        await storage.store.run(OTHER, lambda t: t.record(opening(1)))
    with pytest.raises(ValueError, match="another workspace"):
        await storage.store.run(OTHER, lambda t: t.keep_settings(Workspace(DEFAULT)))

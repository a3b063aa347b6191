"""fsck is silent about a sound desk, and names each broken promise it is shown."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

import pytest

from engine.ports.outbox import Sent
from engine.ports.store import Change, Transaction
from engine.promises import follow_up, sla
from engine.tickets import evolve
from engine.tickets.events import Commented, Event, Moved, Opened
from engine.tickets.message import Attachment, Reference
from engine.tickets.people import DEFAULT, WorkspaceId
from engine.tickets.ticket import Priority, State
from storage.checks.findings import PAGE
from storage.checks.fsck import Finding, fsck
from storage.open.open_storage import Storage
from tests.clock import MORNING
from tests.engine.make import around
from tests.storage import postgres
from tests.storage.conftest import Database
from tests.storage.make import (
    BOB,
    TEAM,
    after,
    entries,
    furnish,
    message,
    opening,
    show,
    tell,
    tell_apart,
    words,
)

OTHER = WorkspaceId("other")


def sound_change(number: int, workspace: WorkspaceId = DEFAULT, *events: Event) -> Change:
    """A new ticket as the desk makes it: clocks and timers follow from its events."""
    said = words(number)
    opened = Opened(f"help {number}", "mail", BOB.id, Priority.P3, "Other", TEAM.id)
    happened = [opened, Commented(said.id, by_agent=False), *events]
    first = evolve.born(workspace, number, replace(entries(opened)[0], seq=0))
    unfolded, _ = follow_up.unfold(happened, around(first, at=MORNING))
    history = entries(*(entry.event for entry in unfolded))
    new = evolve.replay(workspace, number, history)
    return replace(
        opening(number, after=new),
        entries=history,
        references=(Reference("mail", "", "message", f"<{number}@example.com>"),),
        timers_set=tuple(sla.timers(new)),
        effects=(show(), tell(f"receipt-{number}"), tell(f"more-{number}")),
    )


async def furnished(storage: Storage) -> None:
    """A sound desk: three tickets in two workspaces, files, a spool row each, parcels sent in order."""
    await furnish(storage, DEFAULT, OTHER)
    content = b"a plan"
    sha256 = await storage.files.keep(content)
    plan = Attachment("plan.pdf", "application/pdf", len(content), sha256=sha256)
    resolved = Moved(State.NEW, State.RESOLVED, "resolve")
    changes = (
        replace(sound_change(1), attachments=(plan,)),
        sound_change(2, DEFAULT, resolved),
        sound_change(1, OTHER),
    )
    for change in changes:
        await take_in(storage, change)
    await tell_apart(storage, tell("monday"), tell("tuesday"))
    minute = 0
    while parcels := await storage.outbox.lease(now=after(hours=1), until=after(hours=2), limit=9):
        for parcel in parcels:
            minute += 1
            await storage.outbox.sent(parcel, Sent(), at=after(hours=1, minutes=minute))


async def take_in(storage: Storage, change: Change) -> None:
    workspace, number = change.after.workspace, change.after.number
    kept = await storage.spool.keep(message(f"mail {number}", workspace=workspace))

    def work(transaction: Transaction) -> None:
        transaction.record(change)
        transaction.settle(kept.id, ticket=number, reason="opened")

    await storage.store.run(workspace, work)


async def corrupt(database: Database, *statements: str) -> None:
    """What a hand in the database, or a bug, could have done: without the keys that guard against it."""
    if database.kind == "sqlite":
        connection = sqlite3.connect(database.url.partition("///")[2])
        connection.executescript(";".join(("PRAGMA foreign_keys=OFF", *statements)))
        connection.close()
        return

    async def all_of_them(connection: postgres.Connection) -> None:
        await connection.execute("SET session_replication_role = replica")
        for statement in statements:
            await connection.execute(statement)

    await postgres.connected(database.url, all_of_them)


def codes(findings: Sequence[Finding]) -> set[str]:
    return {finding.code for finding in findings}


async def test_a_sound_desk_has_no_findings(storage: Storage) -> None:
    await furnished(storage)
    assert len(await storage.views.outbox(state="sent")) == 11
    assert await fsck(storage) == []


async def test_more_tickets_than_a_page_are_all_looked_at(
    storage: Storage, database: Database
) -> None:
    await furnish(storage)

    def many(transaction: Transaction) -> None:
        for number in range(1, PAGE + 12):
            transaction.record(sound_change(number))

    await storage.store.run(DEFAULT, many)
    assert await fsck(storage) == []
    await corrupt(database, "UPDATE tickets SET priority = 'P1' WHERE number IN (3, 205, 211)")
    assert [finding.text.split()[0] for finding in await fsck(storage)] == ["T-3", "T-205", "T-211"]


SEEDED = {
    "a state its history does not tell": (
        "state",
        "UPDATE tickets SET state = 'OPEN' WHERE workspace = 'default' AND number = 1",
    ),
    "a clock its history does not tell": (
        "state",
        "UPDATE clocks SET goal = goal + 1 WHERE workspace = 'default' AND stream_id = '1'",
    ),
    "a due time its clocks do not tell": (
        "due",
        "UPDATE tickets SET due_at = created_at WHERE workspace = 'default' AND number = 1",
    ),
    "an event that is gone": ("history", "DELETE FROM events WHERE stream_id = '1' AND seq = 2"),
    "a history that is gone": ("history", "DELETE FROM events WHERE workspace = 'other'"),
    "an event nobody can read": ("history", "UPDATE events SET type = 'danced' WHERE seq = 2"),
    "a timer that is missing": ("timer", "DELETE FROM timers WHERE kind = 'resolution.breach'"),
    "a timer too many": (
        "timer",
        "UPDATE timers SET kind = 'auto_close' WHERE kind = 'resolution.warn' AND stream_id = '1'",
    ),
    "parcels sent out of order": (
        "order",
        "UPDATE outbox SET final_at = (SELECT max(final_at) FROM outbox) WHERE key = 'receipt-1'",
    ),
    "digests sent out of order": (
        "order",
        "UPDATE outbox SET final_at = (SELECT max(final_at) FROM outbox) WHERE key = 'monday'",
        "UPDATE outbox SET final_at = (SELECT min(final_at) FROM outbox) WHERE key = 'tuesday'",
    ),
    "a message without effect": (
        "effect",
        "UPDATE spool SET reason = NULL WHERE ticket = 2",
    ),
    "a message opened into nothing": (
        "effect",
        "UPDATE spool SET ticket = NULL WHERE ticket = 2",
    ),
    "a message whose ticket is gone": (
        "effect",
        "UPDATE spool SET ticket = 77 WHERE ticket = 2",
    ),
    "a ticket opened by two messages": (
        "opened_twice",
        "UPDATE spool SET ticket = 1 WHERE ticket = 2",
    ),
    "one message in two tickets": (
        "doubled_ticket",
        "UPDATE outside_references SET ref = '<1@example.com>' WHERE stream_id = '2'",
        "UPDATE comments SET text = 'help me, 1' WHERE stream_id = '2'",
    ),
    "history of no ticket": (
        "stray",
        "UPDATE events SET stream_id = '77' WHERE stream_id = '2'",
    ),
    "a file of no comment": (
        "stray",
        "UPDATE attachments SET subject_id = 'nothing'",
    ),
    "a file of another workspace's comment": (
        "stray",
        "UPDATE attachments SET workspace = 'other'",
        "UPDATE comments SET id = 'else' WHERE workspace = 'other'",
    ),
    "a note to the requester": (
        "leak",
        """INSERT INTO notes (workspace, id, stream_kind, stream_id, via, text, at)
           SELECT workspace, 'n', stream_kind, stream_id, via, 'psst', at FROM comments
           WHERE workspace = 'default' AND stream_id = '1'""",
        "UPDATE outbox SET note = 'n' WHERE workspace = 'default' AND key = 'receipt-1'",
    ),
    "a file of another size": ("file", "UPDATE attachments SET size = 7"),
    "a file that is not there": ("file", f"UPDATE attachments SET sha256 = '{'0' * 64}'"),
}


@pytest.mark.parametrize("seeded", SEEDED.values(), ids=SEEDED)
async def test_each_broken_promise_is_found(
    storage: Storage, database: Database, seeded: tuple[str, ...]
) -> None:
    await furnished(storage)
    code, *statements = seeded
    await corrupt(database, *statements)
    assert code in codes(await fsck(storage))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_row_that_points_into_another_workspace_is_found(
    storage: Storage, database: Database
) -> None:
    await furnished(storage)
    await corrupt(database, "UPDATE timers SET workspace = 'other' WHERE stream_id = '2'")
    assert "parent" in codes(await fsck(storage))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_damaged_file_is_found(storage: Storage, database: Database) -> None:
    await furnished(storage)
    await corrupt(
        database,
        "PRAGMA writable_schema=ON",
        "UPDATE sqlite_master SET sql = replace(sql, 'sender TEXT', 'sender TEXT NOT NULL')"
        " WHERE name = 'spool'",
    )
    await corrupt(database, "PRAGMA ignore_check_constraints=ON", "UPDATE spool SET state = 'odd'")
    assert "integrity" in codes(await fsck(storage))

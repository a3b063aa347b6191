"""What is asked every second is answered from a partial index, however much lies in the tables."""

import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from engine.tickets.people import DEFAULT
from engine.tickets.promise_clock import Timer, TimerKind, of_ticket
from storage.open.open_storage import Storage
from tests.clock import MORNING
from tests.storage.conftest import Database
from tests.storage.ear import heard, looking, reading, writing
from tests.storage.make import BOB, after, furnish

Ask = Callable[[Storage], Awaitable[Any]]
LEASE: dict[str, Any] = {"now": MORNING, "until": after(minutes=1), "limit": 50}
FAILED = ((DEFAULT, Timer(of_ticket(1), TimerKind.AUTO_CLOSE, 0, MORNING)),)

ASKED: dict[str, tuple[Callable[[Storage], Engine], Ask, list[str]]] = {
    "due parcels": (
        writing,
        lambda s: s.outbox.lease(skip_channels=frozenset({"slack"}), **LEASE),
        ["ix_outbox_due", "ix_outbox_line"],
    ),
    "the next parcel": (
        reading,
        lambda s: s.outbox.next_at(now=MORNING),
        ["ix_outbox_due", "ix_outbox_line"],
    ),
    "waiting messages": (writing, lambda s: s.spool.lease("mail", **LEASE), ["ix_spool_waiting"]),
    "due timers": (
        writing,
        lambda s: s.timers.ring_due(now=MORNING, limit=9, work=lambda *_: True),
        ["ix_timers_due"],
    ),
    "due timers beside one that failed": (
        writing,
        lambda s: s.timers.ring_due(now=MORNING, limit=9, work=lambda *_: True, aside=FAILED),
        ["ix_timers_due"],
    ),
    "open tickets": (
        looking,
        lambda s: s.views.open_tickets(DEFAULT, limit=9),
        ["ix_tickets_open"],
    ),
    "tickets of a requester": (
        writing,
        lambda s: s.store.run(DEFAULT, lambda t: t.tickets_opened_since(BOB.id, MORNING)),
        ["ix_tickets_requester"],
    ),
    "teams with work to give out": (
        reading,
        lambda s: s.work.staffed_teams(waiting=True),
        ["ix_tickets_unassigned"],
    ),
    "clocks by an older calendar": (
        writing,
        lambda s: s.store.run(
            DEFAULT, lambda t: t.tickets_by_calendar("office", older_than=2, limit=9)
        ),
        ["ix_clocks_calendar"],
    ),
    "the depth of the outbox": (looking, lambda s: s.views.outbox_depth(), ["ix_outbox_d"]),
}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
async def test_no_question_asked_every_second_reads_a_whole_table(
    storage: Storage,
    database: Database,
    asked: tuple[Callable[[Storage], Engine], Ask, list[str]],
) -> None:
    engine, ask, indexes = asked
    await furnish(storage)
    with heard(engine(storage)) as statements:
        await ask(storage)
    asked_for = [each for each in statements if each[0].startswith("SELECT")]
    assert asked_for
    for asking in asked_for:
        plan = _plan(Path(database.url.partition("///")[2]), *asking)
        assert [index for index in indexes if index not in plan] == [], plan
        assert "SCAN outbox\n" not in plan
        assert "TEMP B-TREE" not in plan


def _plan(path: Path, statement: str, values: Any) -> str:
    connection = sqlite3.connect(path)
    try:
        rows = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        return "".join(f"{row[3]}\n" for row in rows)
    finally:
        connection.close()

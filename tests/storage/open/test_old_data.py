"""What a desk of an older release left behind is the same desk after the upgrade."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deskd.base.ids import TimeSortedIds
from deskd.cli.global_options import operator
from engine.desk.desk import Desk
from engine.lists.asking import Asked, TicketFilter
from engine.lists.reading import OPERATOR
from engine.tickets.message import Request
from engine.tickets.people import DEFAULT, WorkspaceId
from engine.tickets.promise_clock import of_ticket
from engine.tickets.ticket import Phase
from storage.checks.fsck import fsck
from storage.checks.verify import verify
from storage.open.open_storage import Storage, open_storage
from storage.open.upgrade import upgrade
from tests.clock import MORNING, ManualClock
from tests.storage import postgres
from tests.storage.conftest import sqlite_url
from tests.storage.open import old_data

COUNTED = (
    *("tickets", "events", "comments", "notes", "attachments", "clocks", "outbox"),
    *("outside_references", "participants", "escalations", "links", "people", "spool"),
)


@pytest.fixture(scope="session")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The desk as it was."""
    path = tmp_path_factory.mktemp("old") / "old.db"
    old_data.write(path)
    return path


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def upgraded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, old: Path
) -> Iterator[str]:
    """The same desk after the upgrade, to be looked at and not changed."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("upgraded") / "desk.db"
        shutil.copy(old, path)
        assert "0009" in asyncio.run(upgrade(sqlite_url(path)))
        yield sqlite_url(path)
        return
    request.getfixturevalue("postgres_url")
    url = postgres.create_bare()
    asyncio.run(old_data.copy_to_postgres(old, url))
    assert "0009" in asyncio.run(upgrade(url))
    yield url
    postgres.drop(url)


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite+aiosqlite:///"))


async def opened(url: str, folder: Path) -> Storage:
    return await open_storage(url, folder, ManualClock())


async def test_it_is_whole_after_the_upgrade(upgraded: str, tmp_path: Path) -> None:
    storage = await opened(upgraded, tmp_path)
    # Of its attachments only the rows are here.
    assert {finding.code for finding in await fsck(storage)} <= {"file"}
    assert await verify(storage) == []
    await storage.close()


async def test_every_ticket_is_what_it_was(upgraded: str, old: Path, tmp_path: Path) -> None:
    storage = await opened(upgraded, tmp_path)
    for workspace, number, *was in _old_tickets(old):
        ticket = await storage.store.run(
            WorkspaceId(workspace), lambda t, number=number: t.ticket(number)
        )
        assert [ticket.subject, ticket.state.value, ticket.assignee, ticket.version] == was
    await storage.close()


def _old_tickets(path: Path) -> list[tuple[Any, ...]]:
    query = "SELECT workspace, number, subject, state, assignee, version FROM tickets"
    [found] = old_data.told(path, [query])
    assert len(found) > 400
    return found


async def test_every_timer_is_due_when_it_was(upgraded: str, old: Path, tmp_path: Path) -> None:
    storage = await opened(upgraded, tmp_path)
    [was] = old_data.told(
        old,
        ["SELECT ticket, kind, cycle, due_at FROM timers WHERE workspace = 'default'"],
    )
    standing = await storage.timers.standing(DEFAULT)
    is_now = {
        (each.stream, each.kind.value, each.cycle, each.due_at.timestamp()) for each in standing
    }
    assert {(of_ticket(n), kind, cycle, due / 1e6) for n, kind, cycle, due in was} == is_now
    await storage.close()


@pytest.mark.parametrize("upgraded", ["sqlite"], indirect=True)
async def test_nothing_is_lost_and_no_word_stays_in_the_history(upgraded: str, old: Path) -> None:
    now = file_of(upgraded)
    counts = [f"SELECT count(*) FROM {table}" for table in COUNTED]
    assert old_data.told(now, counts) == old_data.told(old, counts)
    words = "SELECT count(*) FROM events WHERE facts LIKE '%\"subject\"%'"
    assert old_data.told(old, [words]) != [[(0,)]]
    assert old_data.told(now, [words]) == [[(0,)]]


@pytest.mark.parametrize("upgraded", ["sqlite"], indirect=True)
async def test_what_waits_goes_out_in_the_order_it_would_have(upgraded: str, old: Path) -> None:
    """The line is the old question in one word: the same rows stand before the same rows."""
    before = "SELECT id, lag(id) OVER (PARTITION BY {line} ORDER BY id) FROM outbox ORDER BY id"
    once = before.format(line="workspace, ticket, channel, place")
    now = before.format(line="workspace, line")
    assert old_data.told(file_of(upgraded), [now]) == old_data.told(old, [once])


async def test_no_old_ticket_is_put_aside(upgraded: str, tmp_path: Path) -> None:
    storage = await opened(upgraded, tmp_path)
    wanted = TicketFilter(everything=True, snoozed=True)
    page = await storage.views.tickets(DEFAULT, OPERATOR, Asked(wanted), now=MORNING)
    assert page.lines == ()
    await storage.close()


@pytest.mark.parametrize("upgraded", ["sqlite"], indirect=True)
async def test_an_old_ticket_can_be_put_aside(upgraded: str, tmp_path: Path) -> None:
    mine = tmp_path / "desk.db"
    shutil.copy(file_of(upgraded), mine)
    storage = await opened(sqlite_url(mine), tmp_path)
    asked = Asked(TicketFilter(phases=(Phase.ACTIVE,)), limit=1)
    page = await storage.views.tickets(DEFAULT, OPERATOR, asked, now=MORNING)
    number = page.lines[0].ticket.number
    clock = ManualClock()
    desk = Desk(storage.store, clock, TimeSortedIds(clock), nudge=lambda: None)
    asleep = await desk.snooze(Request(DEFAULT, number, operator()), "2h")
    assert asleep.snoozed_until is not None
    assert await storage.store.run(DEFAULT, lambda t: t.ticket(number)) == asleep
    assert {finding.code for finding in await fsck(storage)} <= {"file"}
    await storage.close()

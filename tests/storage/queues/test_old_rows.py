"""Rows that another desk wrote: an older one's are told as ever, and one that nobody can read stops nobody."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, update

from engine.desk.undelivered import tell_team
from engine.messages.conversation import Undelivered
from engine.messages.digests import OverdueDigest
from engine.messages.effects import Tell, Unreadable
from engine.ports.flood import FLOOD, SETTLE
from engine.ports.outbox import Parcel
from engine.tickets.people import DEFAULT, Address
from engine.tickets.workspace import Workspace
from storage.open.open_storage import Storage
from storage.sql.schema_traffic import outbox
from tests.clock import MORNING
from tests.engine.messages.made import made
from tests.storage.make import CARD, TEAM, furnish, open_with, tell
from tests.storage.queues.test_flood import count, digests, lease, numbers


async def as_if_written(storage: Storage, key: str, kind: str, facts: dict[str, Any]) -> None:
    def work(connection: Connection) -> None:
        row = update(outbox).where(outbox.c.key == key)
        connection.execute(row.values(template=kind, facts=facts)).close()

    await storage.writer.run(work)


async def old_breaches(storage: Storage, numbers: range) -> None:
    for number in numbers:
        key = f"{number}.breached"
        await open_with(storage, number, tell(key, CARD, message=made("promise_broken")))
        facts = {
            "ticket": f"T-{number}",
            "subject": f"help {number}",
            "timezone": "",
            "clock": "resolution",
            "due_at": MORNING.isoformat().replace("+00:00", "Z"),
            "assignee": "",
            "assignee_slack": "",
        }
        await as_if_written(storage, key, "breached", facts)


async def test_a_flood_that_an_older_desk_left_is_one_digest(storage: Storage) -> None:
    await furnish(storage)
    await old_breaches(storage, range(1, FLOOD + 3))
    new = made("promise_broken")
    await open_with(storage, 99, tell("99.promise_broken", CARD, message=new))
    assert await lease(storage) == []
    [told] = digests(await lease(storage, now=MORNING + SETTLE))
    assert count(told) == FLOOD + 3
    assert set(numbers(told)) >= set(range(1, FLOOD + 3))


async def test_a_digest_that_an_older_desk_began_is_joined(storage: Storage) -> None:
    await furnish(storage)
    await open_with(storage, 1, tell("overdue_digest.1", CARD, message=made("overdue_digest")))
    begun = {
        "count": 30,
        "timezone": "",
        "groups": [],
        "dues_at": ["2026-03-02T09:00:00Z"],
        "tickets": ["T-7"],
        "subjects": ["a|b"],
        "told": ["breached"],
        "clocks": ["resolution"],
        "assignees_slack": ["U0ANA"],
    }
    await as_if_written(storage, "overdue_digest.1", "overdue_digest", begun)
    await old_breaches(storage, range(2, 4))
    assert await lease(storage) == []
    [parcel] = await lease(storage, now=MORNING + SETTLE)
    assert isinstance(parcel.effect, Tell)
    assert isinstance(parcel.effect.message, OverdueDigest)
    assert (count(parcel.effect), parcel.effect.message.lines[-1].subject.text) == (32, "a|b")


@pytest.mark.parametrize("ticket", [1, None])
async def test_words_for_a_person_that_nobody_can_read_are_news_for_a_team(
    storage: Storage, ticket: int | None
) -> None:
    await furnish(storage)
    to_bob = tell("odd", Address("mail", "bob@example.com"))
    if ticket:
        await open_with(storage, ticket, to_bob)
    else:
        await storage.store.run(DEFAULT, lambda t: t.keep_settings(Workspace(DEFAULT, TEAM.id)))
        await storage.store.run(DEFAULT, lambda t: t.tell([replace(to_bob, comment=None)]))
    await as_if_written(storage, "odd", "telegram", {"message": {"to": "the moon"}})
    [odd] = await lease(storage)
    await give_up(storage, odd)
    [told] = await lease(storage)
    assert (told.key, told.ticket) == ("undelivered.odd", ticket)
    assert isinstance(told.effect, Tell)
    assert isinstance(told.effect.message, Undelivered)
    assert told.effect.to == TEAM.place
    assert told.effect.message.place.text == "bob@example.com"
    assert await storage.outbox.revive(odd.id, at=MORNING)
    [again] = await lease(storage)
    await give_up(storage, again)
    assert await lease(storage) == [], "unreadable again, and the team knows already"
    assert len(await storage.views.outbox()) == 2


async def give_up(storage: Storage, parcel: Parcel) -> None:
    """What delivery does when a courier says Never."""
    assert isinstance(parcel.effect, Unreadable)
    work = partial(tell_team, parcel=parcel, reason=parcel.effect.reason)
    await storage.store.run(DEFAULT, work)
    await storage.outbox.never(parcel, reason=parcel.effect.reason, at=MORNING)


async def test_a_row_that_nobody_can_read_is_dead_and_holds_up_nothing(storage: Storage) -> None:
    await furnish(storage)
    await open_with(storage, 1, tell("odd", CARD), tell("fine", CARD))
    await as_if_written(storage, "odd", "telegram", {"message": {"to": "the moon"}})
    await open_with(storage, 2, tell("other", CARD))
    odd, other = await lease(storage)
    assert (odd.key, other.key) == ("odd", "other")
    await give_up(storage, odd)
    assert [parcel.key for parcel in await lease(storage)] == ["fine"]
    lines = {line.key: line for line in await storage.views.outbox()}
    assert (lines["odd"].state, lines["odd"].kind) == ("dead", "telegram")
    assert "telegram can not be read" in (lines["odd"].last_error or "")
    assert await storage.outbox.revive(lines["odd"].id, at=MORNING)
    [again] = await lease(storage)
    await give_up(storage, again)
    lines = {line.key: line for line in await storage.views.outbox()}
    assert lines["odd"].state == "dead"

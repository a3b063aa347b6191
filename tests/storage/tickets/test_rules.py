"""What a workspace lives by: declared, kept in editions, read back as it was."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from engine.calendars import hours_document
from engine.ports.store import Transaction
from engine.promises.rules import (
    BY_ROLE,
    DEVOPS,
    Declared,
    DeclaredRotation,
    Ladder,
    Rules,
    Subject,
)
from engine.tickets.people import DEFAULT
from engine.tickets.ticket import Priority
from engine.tickets.workspace import Workspace
from storage.open.open_storage import Storage
from tests.clock import MORNING, ManualClock
from tests.storage.conftest import Database
from tests.storage.make import TEAM, after
from tests.storage.tickets.test_workspaces import DECLARED

PLAN = {"kind": "daily", "start": "2026-03-02T00:00", "people": ["ana@example.com", "U_BEN"]}


async def declare(storage: Storage, declared: Declared) -> Rules:
    await storage.store.run(DEFAULT, lambda t: t.keep_rules(declared, at=MORNING))
    return await storage.store.run(DEFAULT, lambda t: t.rules())


async def test_what_was_declared_is_what_is_read(storage: Storage) -> None:
    rules = await declare(storage, DECLARED)
    assert set(rules.calendars) == {"office"}
    assert [policy for _, policy in rules.policies["own"]] == list(DECLARED.policies)
    assert [ladder for _, ladder in rules.ladders["own"]] == list(DECLARED.ladders)
    assert rules.mutes == DECLARED.mutes


async def test_a_rotation_that_is_kept_says_who_is_on_duty(storage: Storage) -> None:
    rules = await declare(storage, Declared(rotations=(DeclaredRotation("days", "net", PLAN),)))
    at = [rules.on_duty("days", MORNING + timedelta(days=days)) for days in range(2)]
    assert sorted(name for names in at for name in names) == ["U_BEN", "ana@example.com"]
    assert rules.covering("net", MORNING) == set(at[0])
    assert (await declare(storage, Declared())).covering("net", MORNING) == frozenset()


async def test_daemons_that_declare_the_same_at_once_make_one_edition_that_all_see(
    database: Database, clock: ManualClock
) -> None:
    daemons = [await database.open(clock) for _ in range(3)]
    changed = replace(DECLARED, mutes=())

    def declare_it(transaction: Transaction, declared: Declared) -> None:
        transaction.keep_settings(Workspace(DEFAULT))
        transaction.keep_rules(declared, at=MORNING)

    for declared in (DECLARED, changed, DECLARED, changed):
        await asyncio.gather(
            *(
                each.store.run(DEFAULT, lambda t, what=declared: declare_it(t, what))
                for each in daemons
            )
        )
        seen = [await each.store.run(DEFAULT, lambda t: t.rules()) for each in daemons]
        assert {len(rules.mutes) for rules in seen} == {len(declared.mutes)}
        assert {len(rules.policies["own"]) for rules in seen} == {1}
    for each in daemons:
        await each.close()


async def test_an_update_of_the_zone_database_is_an_edit_of_the_calendars(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await declare(storage, DECLARED)
    monkeypatch.setattr(
        hours_document, "zone_rules", lambda zone: f"{zone} has no summer time any more"
    )
    after_update = await declare(storage, DECLARED)
    assert [rules.calendars["office"][0] for rules in (before, after_update)] == [1, 2]


OWN = replace(DEVOPS, id="own")
FASTER = replace(OWN, warn_at=(0.5,))
OLD, NEW = 1, 9
"""The numbers of the rules that tickets were opened under: before and after what changed."""


async def declare_in_turn(storage: Storage, *several: Declared) -> Rules:
    """The first in the morning, each next three hours after the one before it."""
    for number, declared in enumerate(several):
        at = after(hours=3 * number)
        await storage.store.run(DEFAULT, partial(_keep, declared=declared, at=at))
    return await storage.store.run(DEFAULT, lambda t: t.rules())


def _keep(transaction: Transaction, declared: Declared, at: datetime) -> None:
    transaction.keep_rules(declared, at=at)


def warned_at(rules: Rules, opened: int, policy: str = "own") -> tuple[float, ...]:
    team = replace(TEAM, policy=policy)
    return rules.terms(Subject(Priority.P3, "Other", team, opened)).warn_at


async def test_a_changed_policy_is_a_new_edition_and_old_tickets_keep_theirs(
    storage: Storage,
) -> None:
    rules = await declare_in_turn(storage, Declared(policies=(OWN,)), Declared(policies=(FASTER,)))
    assert (warned_at(rules, OLD), warned_at(rules, NEW)) == ((0.8,), (0.5,))


async def test_what_was_not_changed_is_no_new_edition(storage: Storage) -> None:
    once = await declare_in_turn(storage, DECLARED)
    again = await declare_in_turn(storage, DECLARED, DECLARED)
    assert again is once


async def test_a_policy_in_a_presets_place_spares_older_tickets_and_gives_the_place_back(
    storage: Storage,
) -> None:
    mine = replace(FASTER, id="devops")
    rules = await declare_in_turn(storage, Declared(), Declared(policies=(mine,)), Declared())
    found = [warned_at(rules, opened, "devops") for opened in (0, 1, NEW)]
    assert found == [(0.8,), (0.5,), (0.8,)]


async def test_a_policy_taken_out_goes_on_for_the_tickets_that_have_it(storage: Storage) -> None:
    rules = await declare_in_turn(storage, Declared(policies=(FASTER,)), Declared())
    assert warned_at(rules, OLD) == (0.5,)
    assert warned_at(rules, NEW) == DEVOPS.warn_at


async def test_a_ladder_is_that_of_the_tickets_opening(storage: Storage) -> None:
    short = Ladder("roles", BY_ROLE.levels[:1])
    rules = await declare_in_turn(storage, Declared(), Declared(ladders=(short,)), Declared())
    found = [rules.ladder(TEAM, opened) for opened in (0, 1, NEW)]
    assert found == [BY_ROLE, short, BY_ROLE]


async def test_a_calendar_taken_out_stays_for_what_counts_by_it_and_put_back_is_the_same(
    storage: Storage,
) -> None:
    with_office = Declared(calendars=DECLARED.calendars)
    gone = await declare_in_turn(storage, with_office, Declared())
    assert (gone.calendars["office"][0], gone.former) == (1, {"office"})
    back = await declare_in_turn(storage, with_office)
    assert (back.calendars["office"][0], back.former) == (1, frozenset())
    closed = replace(DECLARED.calendars["office"], yearly_holidays=frozenset({(12, 25)}))
    other = await declare_in_turn(storage, Declared(calendars={"office": closed}))
    assert other.calendars["office"][0] == 2


async def test_who_asked_for_the_time_first_and_came_last_declares_nothing_in_the_past(
    storage: Storage,
) -> None:
    """The instants of editions rise with their numbers, though a transaction may wait for another."""
    late, early = after(hours=3), after(hours=1)
    for policy, at in ((OWN, late), (FASTER, early)):
        declared = Declared(policies=(policy,))
        await storage.store.run(DEFAULT, partial(_keep, declared=declared, at=at))
    rules = await storage.store.run(DEFAULT, lambda t: t.rules())
    assert rules.declared_at == {("own", 1): late, ("own", 2): late}

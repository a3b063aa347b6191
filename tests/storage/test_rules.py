"""What a workspace lives by: declared, kept in editions, read back as it was."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from engine.model import DEFAULT, Workspace
from engine.ports import Transaction
from engine.rules import Declared, DeclaredRotation, Rules
from storage import Storage
from tests.clock import MORNING, ManualClock
from tests.storage.conftest import Database
from tests.storage.test_workspaces import DECLARED

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

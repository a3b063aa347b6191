"""What a use case asks again and again is read once, and is never older than what it wrote itself."""

from dataclasses import replace

from engine.ports.store import Transaction
from engine.tickets.people import DEFAULT
from engine.tickets.workspace import Workspace
from storage.open.open_storage import Storage
from tests.clock import ManualClock
from tests.storage.conftest import Database
from tests.storage.ear import heard, writing
from tests.storage.make import TEAM, furnish


async def test_settings_and_teams_are_read_once_however_often_they_are_asked_for(
    storage: Storage,
) -> None:
    await furnish(storage)

    def ask(transaction: Transaction) -> None:
        for _ in range(3):
            assert transaction.teams()
            assert transaction.team(TEAM.id) == TEAM
            assert transaction.settings().id == DEFAULT

    with heard(writing(storage)) as statements:
        await storage.store.run(DEFAULT, ask)
    # Teams, their addresses, the settings.
    assert sum(statement.startswith("SELECT") for statement, _ in statements) == 3
    with heard(writing(storage)) as statements:
        await storage.store.run(DEFAULT, ask)
    # The settings alone: their number says that the teams are those of before.
    assert sum(statement.startswith("SELECT") for statement, _ in statements) == 1


async def test_a_team_that_another_daemon_changed_is_not_remembered_as_it_was(
    storage: Storage, database: Database, clock: ManualClock
) -> None:
    await furnish(storage)
    assert await storage.store.run(DEFAULT, lambda t: t.team(TEAM.id)) == TEAM
    renamed = replace(TEAM, name="Renamed")
    beside = await database.open(clock)
    await beside.store.run(DEFAULT, lambda t: t.keep_team(renamed))
    await beside.close()
    assert await storage.store.run(DEFAULT, lambda t: t.team(TEAM.id)) == renamed


async def test_what_a_transaction_wrote_is_what_it_reads(storage: Storage) -> None:
    await furnish(storage)

    def write(transaction: Transaction) -> None:
        before = transaction.settings()
        transaction.keep_settings(replace(before, domains=frozenset({"new.example"})))
        assert transaction.settings().domains == frozenset({"new.example"})
        assert TEAM in transaction.teams()
        renamed = replace(TEAM, name="Renamed")
        transaction.keep_team(renamed)
        assert transaction.team(TEAM.id) == renamed
        assert renamed in transaction.teams()

    await storage.store.run(DEFAULT, write)


async def test_a_workspace_nobody_has_set_up_is_made_once(storage: Storage) -> None:
    def number(transaction: Transaction) -> tuple[Workspace, int, int]:
        return transaction.settings(), transaction.next_number(), transaction.next_number()

    assert await storage.store.run(DEFAULT, number) == (Workspace(DEFAULT), 1, 2)

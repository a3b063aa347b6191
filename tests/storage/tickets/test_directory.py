"""Who is who: people, their identities and teams come back as they were kept."""

from dataclasses import fields, replace
from typing import Any

import pytest

from deskd.base.ids import TimeSortedIds
from engine.desk import directory
from engine.desk.directory import DeclaredPerson, DeclaredWorkspace
from engine.ports.store import Transaction
from engine.ports.views import DeskAddress
from engine.promises.rules import Declared, Mute
from engine.tickets.people import (
    DEFAULT,
    Address,
    Identity,
    Person,
    PersonId,
    Role,
    Team,
    TeamId,
    WorkspaceId,
)
from engine.tickets.ticket import Priority
from engine.tickets.workspace import Workspace
from storage.open.open_storage import Storage
from tests.clock import MORNING, ManualClock
from tests.storage.make import ANA, BEN, TEAM, after, found, furnish

NETWORK = Team(
    TeamId("network"),
    "Réseau",
    "Infra",
    place=Address("slack", "G9"),
    addresses=("net@example.com", "lan@example.com"),
    policy="itil",
    open_to_agents=True,
    replies_public=True,
    calendar="office",
    ladder="short",
    strategy="pull",
    on_shift="hours",
)
FULL = Person(
    PersonId("zoe"),
    "Zoë Ångström",
    Role.LEAD,
    frozenset({TEAM.id, NETWORK.id}),
    (
        Identity("slack", "T1", "U_ZOE"),
        Identity("mail", "", "zoe@example.com"),
        Identity("sms", "", "+4930123456"),
    ),
    timezone="+02:00",
    status="pending",
    department="Infra",
    skills=frozenset({"network", "cisco"}),
    limit=5,
    vouched=frozenset({NETWORK.id}),
)


async def test_every_field_of_a_person_and_a_team_comes_back(storage: Storage) -> None:
    assert [f.name for f in fields(Person) if getattr(FULL, f.name) == f.default] == []
    assert [f.name for f in fields(Team) if getattr(NETWORK, f.name) == f.default] == []

    def work(transaction: Transaction) -> list[object]:
        found(transaction)
        transaction.keep_team(NETWORK)
        transaction.keep_person(FULL)
        for name in FULL.identities:
            transaction.keep_identity(name, FULL.id, at=MORNING, how="link")
        teams = (transaction.team(NETWORK.id), transaction.teams(), transaction.team(TeamId("no")))
        return [transaction.person(FULL.id), transaction.person(PersonId("no")), *teams]

    assert await storage.store.run(DEFAULT, work) == [
        *(FULL, None),
        *(NETWORK, [NETWORK, TEAM], None),
    ]


async def test_keeping_again_changes_and_leaves_teams(storage: Storage) -> None:
    await furnish(storage)
    changed = replace(
        ANA,
        name="Ana B.",
        teams=frozenset({NETWORK.id}),
        identities=(*ANA.identities, Identity("mail", "", "ana@example.com")),
    )

    def work(transaction: Transaction) -> Person | None:
        transaction.keep_team(NETWORK)
        transaction.keep_person(changed)
        return transaction.person(ANA.id)

    assert await storage.store.run(DEFAULT, work) == changed


async def test_an_address_belongs_to_the_team_that_took_it_last(storage: Storage) -> None:
    await furnish(storage)
    moved = replace(NETWORK, addresses=("support@example.com", "net@example.com"))
    await storage.store.run(DEFAULT, lambda t: t.keep_team(moved))
    assert await storage.views.desk_addresses() == [
        DeskAddress("support@example.com", DEFAULT, NETWORK.id),
        DeskAddress("net@example.com", DEFAULT, NETWORK.id),
    ]
    assert await storage.views.teams(DEFAULT) == [moved, replace(TEAM, addresses=())]


async def test_a_person_is_found_by_any_proven_identity(storage: Storage) -> None:
    slack = Identity("slack", "T1", "U_ANA")
    mail = Identity("mail", "", "ana@example.com")

    def work(transaction: Transaction) -> list[Person | None]:
        found(transaction)
        transaction.keep_identity(slack, ANA.id, at=MORNING, how="slack")
        transaction.keep_identity(mail, BEN.id, at=MORNING, how="link")
        transaction.keep_identity(mail, ANA.id, at=MORNING, how="link")
        return [
            transaction.person_by(each)
            for each in (slack, mail, replace(slack, issuer="T2"), replace(mail, kind="operator"))
        ]

    both = replace(ANA, identities=(slack, mail))
    assert await storage.store.run(DEFAULT, work) == [both, both, None, None]


async def test_people_are_found_by_exact_name_address_or_slack_id_in_any_case(
    storage: Storage,
) -> None:
    await furnish(storage)
    await storage.store.run(DEFAULT, lambda t: t.keep_person(replace(FULL, teams=frozenset())))

    def named(transaction: Transaction) -> list[list[str]]:
        asked = ("ANA", "u_ben", "Bob@Example.com", "zoë ÅNGSTRÖM", "an", "%", "")
        return [[p.id for p in transaction.people_named(name)] for name in asked]

    assert await storage.store.run(DEFAULT, named) == [
        *(["ana"], ["ben"], ["bob"], ["zoe"]),
        *([], [], []),
    ]


async def test_agents_are_those_with_a_role_or_a_team(storage: Storage) -> None:
    await furnish(storage)
    vouched = Person(PersonId("cyd"), "Cyd", Role.REQUESTER, frozenset({TEAM.id}))
    lone = Person(PersonId("dan"), "Dan", Role.MANAGER)

    def work(transaction: Transaction) -> list[Person]:
        transaction.keep_person(vouched)
        transaction.keep_person(lone)
        return list(transaction.agents())

    assert await storage.store.run(DEFAULT, work) == [ANA, BEN, vouched, lone]


async def test_settings_come_back_and_are_the_defaults_before(storage: Storage) -> None:
    full = Workspace(
        WorkspaceId("acme"),
        frozenset({"example.com", "example.org"}),
        ("Bug", "Feature"),
        ("sms", "mail"),
        TeamId("network"),
        Priority.P1,
        (Priority.P3, Priority.P4),
        "Europe/Berlin",
        "itil",
        {"hr": "office"},
        {"VM": "devops"},
        {"Network": ("network", "cisco")},
        "3bd",
        None,
    )
    same = [f.name for f in fields(Workspace) if getattr(full, f.name) == f.default]
    assert same == ["rules_version"]  # it is the storage's own
    assert await storage.store.run(full.id, lambda t: t.settings()) == Workspace(full.id)
    await storage.store.run(full.id, lambda t: t.keep_settings(full))
    await storage.store.run(full.id, lambda t: t.next_number())
    await storage.store.run(full.id, lambda t: t.keep_settings(full))
    assert await storage.store.run(full.id, lambda t: (t.settings(), t.next_number())) == (full, 2)


@pytest.mark.parametrize(
    "change",
    [
        {"addresses": ("support@example.com", "help@example.com")},
        {"addresses": ()},
        {"place": Address("slack", "C2")},
        {"place": None},
        {"name": "Helpdesk"},
    ],
)
async def test_a_team_that_changed_raises_the_number_in_the_same_commit(
    storage: Storage, change: dict[str, Any]
) -> None:
    await furnish(storage)
    before = await storage.views.rules_numbers()
    await storage.store.run(DEFAULT, lambda t: t.keep_team(replace(TEAM, **change)))
    assert await storage.views.rules_numbers() == {DEFAULT: before[DEFAULT] + 1}


async def test_a_declaration_that_changes_no_team_leaves_the_number_and_one_of_several_raises_it_once(
    storage: Storage,
) -> None:
    ids = TimeSortedIds(ManualClock())
    listed = DeclaredPerson("Ana", Role.AGENT, frozenset({TEAM.id}), ANA.identities)

    async def number(*teams: Team) -> int:
        roster = DeclaredWorkspace(Workspace(DEFAULT), teams, (listed,))
        await storage.store.run(DEFAULT, lambda t: directory.declare(t, roster, ids, MORNING))
        return (await storage.views.rules_numbers())[DEFAULT]

    first = await number(TEAM, NETWORK)
    assert await number(TEAM, NETWORK) == first
    # An address that goes over to another team is taken from the first.
    moved = replace(NETWORK, addresses=(*NETWORK.addresses, *TEAM.addresses))
    assert await number(replace(TEAM, addresses=()), moved) == first + 1


async def test_a_team_whose_change_is_undone_leaves_the_number_and_what_is_known_by_it(
    storage: Storage,
) -> None:
    await furnish(storage)
    before = await storage.views.rules_numbers()

    def half(transaction: Transaction) -> None:
        transaction.keep_team(NETWORK)
        assert transaction.rules().number == before[DEFAULT] + 1
        raise ValueError("undone")

    with pytest.raises(ValueError, match="undone"):
        await storage.store.run(DEFAULT, half)
    assert await storage.views.rules_numbers() == before
    mute = Mute(MORNING, after(hours=1), team=TEAM.id)
    declared = Declared(mutes=(mute,))
    await storage.store.run(DEFAULT, lambda t: t.keep_rules(declared, at=MORNING))
    rules = await storage.store.run(DEFAULT, lambda t: t.rules())
    assert (rules.number, rules.mutes) == (before[DEFAULT] + 1, (mute,))


async def test_a_reload_takes_back_only_what_the_file_declared(storage: Storage) -> None:
    """Ana is listed and suspended, Ben was made at run time, Cleo is vouched for by a private channel."""
    made = replace(BEN, role=Role.SENIOR)
    vouched = Person(
        PersonId("cleo"), "Cleo", teams=frozenset({TEAM.id}), vouched=frozenset({TEAM.id})
    )
    listed = DeclaredPerson("Ana", Role.AGENT, frozenset({TEAM.id}), ANA.identities)

    def declare(transaction: Transaction, *people: DeclaredPerson) -> list[Person | None]:
        roster = DeclaredWorkspace(Workspace(DEFAULT), (TEAM,), people)
        directory.declare(transaction, roster, TimeSortedIds(ManualClock()), MORNING)
        return [
            transaction.person_by(ANA.identities[0]),
            *map(transaction.person, (BEN.id, "cleo")),
        ]

    await storage.store.run(DEFAULT, lambda t: declare(t, listed))

    def at_run_time(transaction: Transaction) -> None:
        ana = transaction.person_by(ANA.identities[0])
        transaction.keep_person(replace(ana, status="suspended"))
        transaction.keep_person(made)
        transaction.keep_person(vouched)

    await storage.store.run(DEFAULT, at_run_time)
    ana, ben, cleo = await storage.store.run(DEFAULT, lambda t: declare(t, listed))
    assert (ana.status, ana.teams) == ("suspended", {TEAM.id})
    assert (ben.role, ben.teams, cleo.vouched) == (Role.SENIOR, made.teams, {TEAM.id})
    ana, ben, cleo = await storage.store.run(DEFAULT, declare)
    assert (ana.role, ana.teams) == (Role.REQUESTER, frozenset())
    assert (ben.role, ben.teams, cleo.teams) == (Role.SENIOR, made.teams, {TEAM.id})

"""Words find tickets for those who may read them, and a requester never finds a word of a note."""

import asyncio
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import Connection

from engine.lists.asking import Asked, TicketFilter, Whose
from engine.lists.words import fold, terms_of
from engine.tickets.access import Right, about_ticket, may
from engine.tickets.errors import Refused
from engine.tickets.events import TeamChanged
from engine.tickets.message import Audience, Comment, MessageId
from engine.tickets.people import DEFAULT, Address, Person, PersonId, Role, TeamId, WorkspaceId
from storage.open.open_storage import Storage
from tests.clock import MORNING, ManualClock
from tests.examples import examples
from tests.storage.conftest import Database
from tests.storage.crowd import TEAMS, Crowd, Drawn, drawn_crowd, make_private, settle
from tests.storage.make import ANA, BEN, BOB, TEAM, furnish, noting, opening, record, step, ticket

EXAMPLES = examples(
    8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NUMBERED = count()
ASKED = (
    "printer",
    "STRASSE",
    "secret",
    "vpn",
    "router",
    "prin*",
    "invoice vpn",
    "p3",
    "person",
    "down",
)


async def indexed(storage: Storage, seed: int) -> Crowd:
    crowd = drawn_crowd(seed, WorkspaceId(f"w{next(NUMBERED)}"))
    await settle(storage, crowd)
    await caught_up(storage)
    return crowd


async def caught_up(storage: Storage) -> None:
    while await storage.search.follow():
        pass


async def searched(storage: Storage, crowd: Crowd, who: Person, words: str) -> list[int]:
    asked = Asked(TicketFilter(everything=True, words=words), limit=100)
    page = await storage.views.tickets(crowd.workspace, who, asked, now=MORNING)
    return [line.ticket.number for line in page.lines]


def by_hand(crowd: Crowd, who: Person, words: str) -> list[int]:
    found = [d for d in crowd.readable(who) if _holds(crowd, who, d, words)]
    return sorted((drawn.ticket.number for drawn in found), reverse=True)


def _holds(crowd: Crowd, who: Person, drawn: Drawn, words: str) -> bool:
    ticket, names = drawn.ticket, {person.id: person for person in crowd.people}
    involved = [names[id] for id in (ticket.requester, ticket.assignee) if id]
    public = " ".join(
        [
            ticket.subject,
            drawn.said,
            drawn.file,
            *(f"{p.name} {p.known_as('mail')}" for p in involved),
        ]
    )
    may_note = may(who, Right.READ, about_ticket(ticket, crowd.team(ticket.team)))
    held = set(fold(f"{public} {drawn.noted}" if may_note else public))
    return all(
        any(word.startswith(term.word) if term.is_prefix else word == term.word for word in held)
        for term in terms_of(words)
    )


@EXAMPLES
@given(seed=st.integers(0, 2**32))
async def test_words_find_what_their_reader_may_read_newest_first(
    storage: Storage, seed: int
) -> None:
    crowd = await indexed(storage, seed)
    for who in crowd.people:
        for words in ASKED:
            assert await searched(storage, crowd, who, words) == by_hand(crowd, who, words), (
                who,
                words,
            )


def _damage(connection: Connection) -> None:
    connection.exec_driver_sql("DELETE FROM search")


LEA = Person(PersonId("lea"), "Lea", Role.LEAD, frozenset({TEAM.id}))


async def numbers(storage: Storage, who: Person, words: str, *, limit: int = 50) -> list[int]:
    asked = Asked(TicketFilter(everything=True, words=words), limit=limit)
    page = await storage.views.tickets(DEFAULT, who, asked, now=MORNING)
    return [line.ticket.number for line in page.lines]


async def test_a_word_of_a_note_is_found_by_agents_alone(storage: Storage) -> None:
    await furnish(storage)
    await record(storage, opening(1), noting(opening(1).after, "he is a nuisance"))
    await caught_up(storage)
    assert await numbers(storage, ANA, "nuisance") == [1]
    assert await numbers(storage, BOB, "nuisance") == []
    assert await numbers(storage, BOB, "help") == [1]


NO_MORE = (
    replace(BEN, role=Role.REQUESTER, teams=frozenset()),
    replace(BEN, teams=frozenset({TeamId("payroll")})),
)
"""Ben demoted, and Ben who works elsewhere now."""


@pytest.mark.parametrize("private", [False, True])
async def test_a_requester_finds_no_word_of_a_note_even_of_a_ticket_that_is_still_theirs(
    storage: Storage, private: bool
) -> None:
    await furnish(storage)
    opened = opening(1, after=ticket(1, requester=BEN.id, assignee=BEN.id, private=private))
    await record(storage, opened, noting(opened.after, "he is a nuisance"))
    await caught_up(storage)
    assert await numbers(storage, BEN, "nuisance") == [1]
    for who in NO_MORE:
        assert await numbers(storage, who, "nuisance") == []
        assert await numbers(storage, who, "help") == [1]


async def test_who_has_a_ticket_but_may_not_read_it_and_who_is_copied_find_nothing(
    storage: Storage,
) -> None:
    await furnish(storage)
    opened = opening(
        1, after=ticket(1, assignee=BEN.id), audience=Audience(None, (Address("slack", "U_BEN"),))
    )
    await record(storage, opened)
    await caught_up(storage)
    for who in NO_MORE:
        assert await numbers(storage, who, "help") == []
        for whose in (None, Whose.MINE, Whose.HELD):
            asked = Asked(TicketFilter(everything=True, whose=whose), limit=50)
            assert not (await storage.views.tickets(DEFAULT, who, asked, now=MORNING)).lines


async def test_a_ticket_that_moves_takes_its_readers_along(storage: Storage) -> None:
    await furnish(storage)
    network = next(team for team in TEAMS if team.id == "network")
    await storage.store.run(DEFAULT, lambda t: t.keep_team(network))
    nora = Person(PersonId("nora"), "Nora", Role.AGENT, frozenset({network.id}))
    opened = opening(1)
    await record(storage, opened)
    await caught_up(storage)
    assert (await numbers(storage, ANA, "vpn"), await numbers(storage, nora, "vpn")) == ([1], [])
    moved = step(opened.after, TeamChanged(TEAM.id, TeamId("network")))
    await record(storage, replace(moved, after=replace(moved.after, team=network.id)))
    assert await numbers(storage, ANA, "vpn") == [], "at once, though the index is a moment behind"
    await caught_up(storage)
    assert (await numbers(storage, ANA, "vpn"), await numbers(storage, nora, "vpn")) == ([], [1])


async def test_a_private_ticket_is_found_by_its_people_and_leads(storage: Storage) -> None:
    await furnish(storage)
    await storage.store.run(DEFAULT, lambda t: t.keep_person(LEA))
    await record(storage, opening(1, after=ticket(1, assignee=BEN.id)))
    await storage.writer.run(lambda connection: make_private(connection, DEFAULT, [1]))
    await caught_up(storage)
    found = [await numbers(storage, who, "vpn") for who in (ANA, BEN, BOB, LEA)]
    assert found == [[], [1], [1], [1]]


async def test_the_index_is_made_anew_from_what_is_stored(storage: Storage) -> None:
    await furnish(storage)
    await record(storage, *(opening(number) for number in range(1, 8)))
    await caught_up(storage)
    await storage.writer.run(_damage)
    assert await numbers(storage, ANA, "vpn") == []
    assert await storage.search.forget(DEFAULT) == 7
    while not (await storage.search.take_in(DEFAULT)).whole:
        pass
    await storage.search.tidy()
    assert await numbers(storage, ANA, "vpn") == [7, 6, 5, 4, 3, 2, 1]


async def test_tickets_from_before_the_index_are_taken_in_by_the_way(storage: Storage) -> None:
    await furnish(storage)
    await record(storage, *(opening(number) for number in range(1, 4)))
    await storage.writer.run(lambda c: c.exec_driver_sql("DELETE FROM feed_waiting") and None)
    await caught_up(storage)
    assert await numbers(storage, ANA, "vpn") == [3, 2, 1]


async def test_two_daemons_give_each_event_one_position_without_a_gap(
    database: Database, storage: Storage, clock: ManualClock
) -> None:
    await furnish(storage)
    other = await database.open(clock)
    for number in range(1, 21):
        await record(storage, opening(number))
        await asyncio.gather(storage.search.follow(), other.search.follow())
    await caught_up(other)
    await other.close()
    placed = await storage.writer.run(
        lambda c: c.exec_driver_sql(
            "SELECT position, stream_id, seq FROM feed ORDER BY position"
        ).all()
    )
    assert [row.position for row in placed] == list(range(1, 41))
    assert sorted((int(row.stream_id), row.seq) for row in placed) == [
        (number, seq) for number in range(1, 21) for seq in (1, 2)
    ]
    assert [row.seq for row in placed if row.stream_id == "7"] == [1, 2]
    assert len(await numbers(storage, ANA, "vpn")) == 20


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("", "no_words"),
        ("** -", "no_words"),
        ("pr*", "prefix_short"),
        ("a b c d e f g h i j k", "many_words"),
    ],
)
async def test_what_can_not_be_looked_up_is_refused(
    storage: Storage, words: str, code: str
) -> None:
    await furnish(storage)
    with pytest.raises(Refused, match=code):
        await numbers(storage, ANA, words or " ")


@pytest.mark.parametrize(
    "words",
    ["a' | 'b", "NEAR(a b)", "subject:vpn*", "{notes} vpn", "vpn\0down", "\ud800x", '"a" OR "b"'],
)
async def test_no_letter_is_an_order_to_the_database(storage: Storage, words: str) -> None:
    await furnish(storage)
    await record(storage, opening(1))
    await caught_up(storage)
    assert await numbers(storage, ANA, words) in ([], [1])


async def test_a_huge_mail_is_found_by_its_first_words_and_holds_nothing_up(
    storage: Storage,
) -> None:
    """Ten thousand words of Korean are two megabytes, folded: more than a tsvector of PostgreSQL holds."""
    await furnish(storage)
    huge = " ".join(
        chr(0xAC00 + i // 100) + chr(0xAC00 + 28 * (i % 100)) + "각" * 20 for i in range(10_000)
    )
    said = Comment(MessageId("huge"), BOB.id, "mail", f"enormous {huge}", MORNING)
    await record(storage, opening(1, comments=(said,)), opening(2))
    await caught_up(storage)
    assert await numbers(storage, ANA, "enormous") == [1]
    assert await numbers(storage, ANA, "vpn") == [2, 1]


REFUSING = {
    "sqlite": "CREATE TRIGGER refuse BEFORE INSERT ON search_docsize WHEN (new.id & 4294967295) = 2"
    " BEGIN SELECT RAISE(ABORT, 'refused'); END",
    "postgresql": "ALTER TABLE search ADD CONSTRAINT refuse CHECK (ticket <> 2)",
}
WILLING = {
    "sqlite": "DROP TRIGGER refuse",
    "postgresql": "ALTER TABLE search DROP CONSTRAINT refuse",
}


async def test_a_ticket_that_the_index_refuses_is_left_out_and_holds_nothing_up(
    storage: Storage, database: Database
) -> None:
    await furnish(storage)
    await execute(storage, REFUSING[database.kind])
    try:
        await record(storage, *(opening(number) for number in (1, 2, 3)))
        await caught_up(storage)
        assert await numbers(storage, ANA, "vpn") == [3, 1]
    finally:
        await execute(storage, WILLING[database.kind])
    await record(storage, noting(opening(2).after))
    await caught_up(storage)
    assert await numbers(storage, ANA, "vpn") == [3, 2, 1], "it is tried again when it changes"


async def test_a_workspace_that_cannot_be_followed_does_not_starve_the_others(
    storage: Storage,
) -> None:
    broken = WorkspaceId("a-broken")
    assert broken < DEFAULT, "it is followed first"
    await furnish(storage, broken, DEFAULT)
    await record(storage, opening(1, workspace=broken))
    await execute(
        storage, "UPDATE feed_waiting SET stream_id = 'none' WHERE workspace = 'a-broken'"
    )
    await record(storage, opening(1))
    with pytest.raises(ValueError, match="none"):
        await storage.search.follow()
    assert await numbers(storage, ANA, "vpn") == [1]


async def execute(storage: Storage, statement: str) -> None:
    await storage.writer.run(lambda c: c.exec_driver_sql(statement) and None)

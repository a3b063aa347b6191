"""What is recorded comes back whole, and nobody overwrites what he has not seen."""

import asyncio
from dataclasses import fields, replace
from datetime import timedelta
from functools import partial
from typing import get_args

import pytest

from engine.ports.store import Transaction
from engine.ports.views import Link
from engine.tickets.errors import Refused, Stale
from engine.tickets.events import Assigned, ClockStopped, Event, Linked, Noted, Opened, Released
from engine.tickets.message import Attachment, Audience, Comment, MessageId, Note, Reference
from engine.tickets.people import DEFAULT, Address, PersonId
from engine.tickets.promise_clock import ClockKind, PromiseClock, Timer, TimerKind, of_ticket
from engine.tickets.ticket import Priority, State, Ticket
from storage.open.open_storage import Storage
from storage.sql.errors import StorageTrouble
from tests.clock import MORNING
from tests.storage.events import EVERY_EVENT, FIRST, ODD
from tests.storage.make import (
    ANA,
    BEN,
    BOB,
    CARD,
    TO_BOB,
    after,
    entries,
    furnish,
    noting,
    opening,
    record,
    step,
    ticket,
    words,
)

FULL_CLOCK = PromiseClock(
    kind=ClockKind.RESOLUTION,
    cycle=3,
    goal=ODD,
    started_at=after(microseconds=1),
    used=timedelta(microseconds=5),
    running_since=after(seconds=1),
    due_at=after(hours=1),
    warn_at=after(minutes=50),
    stopped_at=after(hours=2),
    warnings=2,
    breached_at=after(hours=1, microseconds=1),
    rebased=True,
    cancelled_at=after(hours=3),
    waived=True,
    policy="itil",
    calendar="office",
    calendar_version=7,
    runs=((after(seconds=-9), after(seconds=-5)), (after(seconds=-2), after(seconds=-1))),
)
FULL_TICKET = ticket(
    1,
    subject="Žluťoučký 🐎",
    state=State.REOPENED,
    priority=Priority.P1,
    category="VM",
    updated_at=after(days=1, microseconds=999_999),
    version=2,
    assignee=ANA.id,
    escalation_level=2,
    acknowledged=True,
    pages=3,
    muted=True,
    offered=True,
    remind_at=after(days=2),
    gives_up_at=after(days=5),
    snoozed_until=after(days=3),
    merged_into=1,
    rules=7,
    private=True,
    reopened=3,
    resolved_at=after(hours=5),
    closed_at=after(hours=6),
    clocks=(PromiseClock(FIRST, 0, ODD, MORNING), FULL_CLOCK),
)


async def load(storage: Storage, number: int = 1) -> Ticket | None:
    return await storage.store.run(DEFAULT, lambda t: t.ticket(number))


def test_every_event_is_among_the_samples() -> None:
    assert {type(event) for event in EVERY_EVENT} == set(get_args(Event))


async def test_every_event_comes_back_as_it_was(storage: Storage) -> None:
    await furnish(storage)
    await record(storage, opening(1))
    happened = entries(*EVERY_EVENT, start=3, at=after(microseconds=123_456))
    happened = (*happened[:-1], replace(happened[-1], actor=None, via="timer"))
    change = replace(step(ticket(1), *EVERY_EVENT), entries=happened)
    await record(storage, change)
    assert await storage.store.run(DEFAULT, lambda t: t.history(1, after=2)) == list(happened)


async def test_every_field_of_a_ticket_comes_back(storage: Storage) -> None:
    given = [
        each.name for each in fields(Ticket) if each.default == getattr(FULL_TICKET, each.name)
    ]
    assert given == [], "the sample must differ from every default"
    plain = PromiseClock(FIRST, 0, ODD, MORNING)
    same = [
        each.name
        for each in fields(PromiseClock)
        if getattr(plain, each.name) == getattr(FULL_CLOCK, each.name)
    ]
    assert same == ["goal"]
    await furnish(storage)
    await record(storage, opening(1, after=FULL_TICKET))
    assert await load(storage) == FULL_TICKET


async def test_a_step_changes_every_field_it_may_change(storage: Storage) -> None:
    await furnish(storage)
    await record(storage, opening(1))
    full = replace(FULL_TICKET, version=3)
    await record(storage, step(ticket(1), Released(ANA.id), after=full))
    assert await load(storage) == full
    quiet = replace(ticket(1), version=4, clocks=full.clocks)
    await record(storage, step(full, Released(ANA.id), after=quiet))
    assert await load(storage) == quiet


async def test_only_clocks_that_changed_are_written(storage: Storage) -> None:
    await furnish(storage)
    await record(storage, opening(1, after=FULL_TICKET))
    stopped = replace(FULL_TICKET.clocks[0], stopped_at=after(hours=1))
    after_ = replace(FULL_TICKET, version=3, clocks=(stopped, FULL_CLOCK))
    await record(storage, step(FULL_TICKET, ClockStopped(FIRST, 0), after=after_))
    assert await load(storage) == after_


async def test_words_files_and_references_come_back(storage: Storage) -> None:
    await furnish(storage)
    comment = Comment(MessageId("m1"), None, "mail", "a\tb\r\n" * 400, after(seconds=1), TO_BOB)
    note = Note(MessageId("n1"), ANA.id, "slack", "psst", after(seconds=2), CARD)
    files = (
        Attachment("plan.pdf", "application/pdf", 12, sha256="a" * 64),
        Attachment("evil.exe", "application/x-dosexec", 5_000_000_000, refused="blocked_type"),
    )
    reference = Reference("mail", "", "message", "<1@example.com>")
    change = opening(
        1, comments=(comment,), notes=(note,), attachments=files, references=(reference,)
    )
    await record(storage, change)
    file = await storage.views.ticket_file(DEFAULT, 1)
    assert file is not None
    assert [said.message for said in file.comments] == [comment]
    assert [said.message for said in file.notes] == [note]
    assert file.line.attachments == files
    assert file.line.opening == comment.text
    assert await storage.views.comment(DEFAULT, "m1") == (comment, None)
    assert await storage.views.note(DEFAULT, "n1") == (note, ANA)
    assert await storage.views.note(DEFAULT, "m1") is None
    assert await storage.views.references(DEFAULT, 1, channel="mail") == [reference]
    assert await storage.views.ticket_by_reference(DEFAULT, "mail", "", "<1@example.com>") == 1


async def test_files_that_came_with_a_note_stay_with_the_note(storage: Storage) -> None:
    """An absence note with a logo: kept, shown to agents, and on no card."""
    await furnish(storage)
    await record(storage, opening(1))
    note = Note(MessageId("n1"), None, "mail", "I am away", after(seconds=1), TO_BOB)
    logo = Attachment("logo.png", "image/png", 12, sha256="a" * 64)
    noted = replace(step(ticket(1), Noted(note.id)), notes=(note,), attachments=(logo,))
    await record(storage, noted)
    file = await storage.views.ticket_file(DEFAULT, 1)
    assert file is not None
    assert file.note_attachments == file.attachments == (logo,)
    assert file.line.attachments == ()


async def test_words_no_database_can_hold_are_kept_readable(storage: Storage) -> None:
    await furnish(storage)
    comment = replace(words(1), text="a\0b\ud800c é")
    await record(storage, opening(1, after=ticket(1, subject="x\0y"), comments=(comment,)))
    line = await storage.views.ticket(DEFAULT, 1)
    assert line is not None
    assert line.opening == "a\ufffdb\ufffdc é"
    assert line.ticket.subject == "x\ufffdy"
    history = await storage.store.run(DEFAULT, lambda t: t.history(1))
    assert isinstance(history[0].event, Opened)
    assert history[0].event.subject == "x\ufffdy"


async def test_who_follows_a_ticket_is_kept_and_replaced_whole(storage: Storage) -> None:
    await furnish(storage)
    cc = (Address("mail", "b@example.com"), Address("mail", "a@example.com"))
    outsider = Address("mail", "x@elsewhere.example")
    first = Audience(TO_BOB, cc, CARD)
    await record(storage, opening(1, audience=first, waiting_copies=(outsider,)))
    assert await storage.store.run(DEFAULT, lambda t: t.audience(1)) == first
    taken_in = Audience(TO_BOB, (outsider,), None)
    change = step(ticket(1), Released(ANA.id), audience=taken_in)
    await record(storage, change)
    assert await storage.store.run(DEFAULT, lambda t: t.audience(1)) == taken_in


async def test_a_link_is_seen_from_both_sides(storage: Storage) -> None:
    await furnish(storage)
    await record(storage, opening(1), opening(2))
    await record(storage, step(ticket(2), Linked(1, "follows")))
    one = await storage.views.ticket_file(DEFAULT, 1)
    two = await storage.views.ticket_file(DEFAULT, 2)
    assert one is not None
    assert two is not None
    assert one.links == (Link(2, "follows", outgoing=False),)
    assert two.links == (Link(1, "follows", outgoing=True),)


async def test_timers_are_set_moved_and_dropped_with_the_step(storage: Storage) -> None:
    await furnish(storage)
    warn = Timer(of_ticket(1), TimerKind.RESOLUTION_WARN, 0, after(hours=1))
    breach = Timer(of_ticket(1), TimerKind.RESOLUTION_BREACH, 0, after(hours=2))
    await record(storage, opening(1, timers_set=(warn, breach)))
    moved = replace(breach, due_at=after(hours=3, microseconds=1))
    change = step(ticket(1), Released(ANA.id), timers_dropped=(warn, breach), timers_set=(moved,))
    await record(storage, change)
    assert await storage.timers.standing(DEFAULT) == [moved]


async def test_a_step_on_an_old_picture_is_stale_and_leaves_nothing(storage: Storage) -> None:
    await furnish(storage)
    await record(storage, opening(1))
    await record(
        storage,
        step(ticket(1), Assigned(None, ANA.id), after=ticket(1, version=3, assignee=ANA.id)),
    )
    with pytest.raises(Stale):
        await record(storage, noting(ticket(1)))
    file = await storage.views.ticket_file(DEFAULT, 1)
    assert file is not None
    assert file.line.assignee == ANA
    assert file.notes == ()


async def test_two_agents_claim_at_once_and_one_wins(storage: Storage) -> None:
    await furnish(storage)
    await record(storage, *(opening(number) for number in range(1, 11)))

    def claim(transaction: Transaction, number: int, agent: PersonId) -> None:
        before = transaction.ticket(number)
        assert before is not None
        if before.assignee is not None:
            raise Refused("taken", ticket=before.id, by=before.assignee)
        taken = replace(before, assignee=agent, version=before.version + 1)
        transaction.record(step(before, Assigned(None, agent), after=taken))

    tries = [
        storage.store.run(DEFAULT, partial(claim, number=number, agent=agent.id))
        for number in range(1, 11)
        for agent in (ANA, BEN)
    ]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    for won, lost in zip(answers[::2], answers[1::2], strict=True):
        assert sorted([type(won), type(lost)], key=str) == [type(None), Refused]


async def test_many_steps_at_once_on_one_ticket_are_all_taken(storage: Storage) -> None:
    await furnish(storage)
    await record(storage, opening(1))

    def note(transaction: Transaction) -> int:
        before = transaction.ticket(1)
        assert before is not None
        transaction.record(noting(before))
        return before.version

    versions = await asyncio.gather(*(storage.store.run(DEFAULT, note) for _ in range(40)))
    assert sorted(versions) == list(range(2, 42))


async def test_numbers_are_given_once_however_many_ask(storage: Storage) -> None:
    given = await asyncio.gather(
        *(storage.store.run(DEFAULT, lambda t: t.next_number()) for _ in range(40))
    )
    assert sorted(given) == list(range(1, 41))


async def test_a_failing_work_fails_alone(storage: Storage) -> None:
    await furnish(storage)

    def spoiled(transaction: Transaction) -> None:
        transaction.record(opening(2))
        raise Refused("absent", ticket="T-2")

    def broken(transaction: Transaction) -> None:
        transaction.record(opening(4))
        transaction.record(opening(4))

    works = [
        storage.store.run(DEFAULT, lambda t: t.record(opening(1))),
        storage.store.run(DEFAULT, spoiled),
        storage.store.run(DEFAULT, lambda t: t.record(opening(3))),
        storage.store.run(DEFAULT, broken),
        storage.store.run(DEFAULT, lambda t: t.record(opening(5))),
    ]
    answers = await asyncio.gather(*works, return_exceptions=True)
    assert [type(answer) for answer in answers] == [
        *(type(None), Refused, type(None), StorageTrouble, type(None))
    ]
    assert not answers[3].temporary  # type: ignore[union-attr] # its type was just checked
    assert [bool(await load(storage, n)) for n in range(1, 6)] == [True, False, True, False, True]


async def test_the_same_outside_id_means_the_oldest_ticket(storage: Storage) -> None:
    await furnish(storage)
    mail = Reference("mail", "", "message", "<same@example.com>")
    card = Reference("slack", "C1", "card", "171.1")
    elsewhere = Reference("slack", "C2", "card", "171.1")
    await record(storage, opening(1, references=(mail, card)))
    await record(storage, opening(2, references=(mail, elsewhere)))

    def looked_up(transaction: Transaction) -> list[int | None]:
        return [
            transaction.ticket_by_reference("mail", "<same@example.com>"),
            transaction.ticket_by_reference("slack", "171.1", place="C2"),
            transaction.ticket_by_reference("slack", "171.1", place="C9"),
            transaction.ticket_by_reference("mail", "171.1"),
        ]

    assert await storage.store.run(DEFAULT, looked_up) == [1, 2, None, None]


async def test_tickets_of_a_requester_are_counted_since(storage: Storage) -> None:
    await furnish(storage)
    await record(storage, opening(1), opening(2, after=ticket(2, created_at=after(hours=1))))
    counted = await storage.store.run(
        DEFAULT,
        lambda t: [
            t.tickets_opened_since(BOB.id, MORNING),
            t.tickets_opened_since(BOB.id, after(microseconds=1)),
            t.tickets_opened_since(ANA.id, MORNING),
        ],
    )
    assert counted == [2, 1, 0]

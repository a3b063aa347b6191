"""A digest of many messages: all of them, each with its true time, in the order in which they were due."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import get_args

from engine.messages.digests import Overdue, OverdueDigest, OverdueLine
from engine.messages.message import KINDS
from engine.messages.page_messages import LevelPaged, PromiseBroken, PromiseWarned
from engine.messages.values import Foreign, GroupHandle, Handle, TicketRef, Who, Zone
from engine.ports.flood import LATE, LISTED_MAX, Crowd, Gathered, digest, is_late
from engine.tickets.promise_clock import ClockKind
from tests.clock import MORNING
from tests.engine.messages.made import made

GERMANY = Zone("Europe/Berlin")


def late(number: int, *, warned: bool = False, minute: int | None = None) -> Gathered:
    due = MORNING + timedelta(minutes=number if minute is None else minute)
    ana = Who(Foreign("Ana"), Handle("U0ANA")) if number % 2 else Who(Foreign("Ben"))
    kind = PromiseWarned if warned else PromiseBroken
    subject = Foreign(f"help {number}")
    return kind(TicketRef(number), subject, GERMANY, ClockKind.RESOLUTION, due, ana)


def gathered(*messages: Gathered, onto: OverdueDigest | None = None) -> OverdueDigest:
    return digest(Crowd(messages, onto))


def tickets(told: OverdueDigest) -> list[int]:
    return [line.ticket.number for line in told.lines]


def paged(*groups: str, due_at: datetime | None = None) -> LevelPaged:
    message = made("level_paged", groups=tuple(map(GroupHandle, groups)), due_at=due_at)
    assert isinstance(message, LevelPaged)
    return message


def test_a_digest_tells_each_message_with_its_own_time_and_person() -> None:
    def line(what: Overdue, number: int, ana: Handle | None) -> OverdueLine:
        due = MORNING + timedelta(minutes=number)
        subject = Foreign(f"help {number}")
        return OverdueLine(what, TicketRef(number), subject, due, ClockKind.RESOLUTION, ana)

    assert gathered(late(2), late(1, warned=True)) == OverdueDigest(
        timezone=GERMANY,
        count=2,
        groups=(),
        lines=(line(Overdue.DUE, 1, Handle("U0ANA")), line(Overdue.LATE, 2, None)),
    )


def test_what_comes_later_joins_the_digest_in_its_place() -> None:
    joined = gathered(late(3), late(2), onto=gathered(late(1), late(4)))
    assert tickets(joined) == [1, 2, 3, 4]
    assert joined.count == 4


def test_a_group_that_is_paged_is_still_mentioned() -> None:
    pages = [paged("S1", f"S{n}") for n in range(3)]
    joined = gathered(pages[2], onto=gathered(*pages[:2]))
    assert joined.groups == (GroupHandle("S0"), GroupHandle("S1"), GroupHandle("S2"))


def test_more_than_a_message_holds_are_counted_and_the_oldest_are_listed() -> None:
    many = [late(number, minute=-number) for number in range(200)]
    told = gathered(*many[100:], onto=gathered(*many[:100]))
    assert told.count == 200
    assert tickets(told) == list(range(199, 199 - LISTED_MAX, -1))


def test_a_long_subject_is_cut_to_a_line() -> None:
    (line,) = gathered(replace(late(1), subject=Foreign("x" * 99))).lines
    assert line.subject == Foreign("x" * 29 + "…")


def test_late_is_what_was_due_well_before_it_was_recorded() -> None:
    message = late(0)
    assert is_late(message, MORNING + LATE)
    assert not is_late(message, MORNING + LATE - timedelta(seconds=1))
    assert not is_late(paged(), MORNING)
    assert not is_late(made("reply"), MORNING + LATE)


def test_words_of_a_person_are_never_gathered() -> None:
    words = {"reply", "question", "ticket_resolved", "receipt", "note_written", "agent_said"}
    assert not set(get_args(Gathered)) & {KINDS[kind] for kind in words}

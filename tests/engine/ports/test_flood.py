"""A digest of many messages: all of them, each with its true time, in the order in which they were due."""

from datetime import timedelta

from engine.messages.effects import Tell
from engine.ports import flood
from engine.ports.flood import LATE, LISTED_MAX, digest, is_late
from engine.tickets.people import Address
from tests.clock import MORNING

HOME = Address("slack", "C1")


def late(number: int, *, template: str = "breached", minute: int | None = None) -> Tell:
    due = MORNING + timedelta(minutes=number if minute is None else minute)
    facts = {
        "ticket": f"T-{number}",
        "subject": f"help {number}",
        "timezone": "Europe/Berlin",
        "clock": "resolution",
        "due_at": due.isoformat().replace("+00:00", "Z"),
        "assignee_slack": "U0ANA" if number % 2 else "",
    }
    return Tell(HOME, template, f"{number}.{template}", facts)


def tickets(tell: Tell) -> object:
    return tell.facts["tickets"]


def test_a_digest_tells_each_message_with_its_own_time_and_person() -> None:
    told = digest([late(2), late(1, template="warned")], "k")
    assert (told.to, told.template, told.key) == (HOME, "overdue_digest", "k")
    assert (told.comment, told.note) == (None, None)
    assert told.facts == {
        "count": 2,
        "timezone": "Europe/Berlin",
        "groups": [],
        "dues_at": ["2026-03-02T09:01:00Z", "2026-03-02T09:02:00Z"],
        "tickets": ["T-1", "T-2"],
        "subjects": ["help 1", "help 2"],
        "told": ["warned", "breached"],
        "clocks": ["resolution", "resolution"],
        "assignees_slack": ["U0ANA", ""],
    }


def test_what_comes_later_joins_the_digest_in_its_place() -> None:
    first = digest([late(1), late(4)], "k")
    joined = digest([late(3), late(2)], "other", onto=first)
    assert joined.key == "k"
    assert tickets(joined) == ["T-1", "T-2", "T-3", "T-4"]
    assert joined.facts["count"] == 4


def test_a_group_that_is_paged_is_still_mentioned() -> None:
    paged = [
        Tell(HOME, "paged", str(n), {"due_at": "", "groups": ["S1", f"S{n}"]}) for n in range(3)
    ]
    first = digest(paged[:2], "k")
    assert digest(paged[2:], "k", onto=first).facts["groups"] == ["S0", "S1", "S2"]


def test_more_than_a_message_holds_are_counted_and_the_oldest_are_listed() -> None:
    many = [late(number, minute=-number) for number in range(200)]
    told = digest(many[100:], "k", onto=digest(many[:100], "k"))
    assert told.facts["count"] == 200
    assert tickets(told) == [f"T-{number}" for number in range(199, 199 - LISTED_MAX, -1)]


def test_late_is_what_was_due_well_before_it_was_recorded() -> None:
    tell = late(0)
    assert is_late(tell, MORNING + LATE)
    assert not is_late(tell, MORNING + LATE - timedelta(seconds=1))
    assert not is_late(Tell(HOME, "page", "k", {"due_at": ""}), MORNING)
    assert not is_late(Tell(HOME, "page", "k", {}), MORNING)


def test_words_of_a_person_are_never_gathered() -> None:
    assert not flood.GATHERED & {"reply", "question", "resolved", "receipt", "noted", "agent_said"}

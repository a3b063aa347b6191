"""Which inbound messages join a ticket, wake it, open one, or are nothing."""

from datetime import timedelta

import pytest

from engine.tickets import join_or_open
from engine.tickets.join_or_open import Join, Open, is_thanks
from engine.tickets.message import Audience, Inbound
from engine.tickets.people import Address, Identity, Person, PersonId
from engine.tickets.ticket import State, Ticket
from tests.engine.make import BOB, START, ticket

AUDIENCE = Audience(Address("mail", "bob@example.com"), (Address("mail", "cc@example.com"),))
EVE = Person(PersonId("eve"), "Eve", identities=(Identity("mail", "", "eve@evil.example"),))
CC = Person(PersonId("cc"), "Cc", identities=(Identity("mail", "", "cc@example.com"),))


def decide(
    inbound: Inbound, by: Person, on: Ticket | None, audience: Audience | None
) -> Join | Open:
    asked = on is not None and on.requester == by.id
    return join_or_open.decide(inbound, on, audience, asked=asked)


def mail(
    person: Person, text: str = "It is broken again", *, days: float = 0, **more: str
) -> Inbound:
    return Inbound(
        channel="mail",
        key="k",
        sender=Identity("mail", "", person.known_as("mail") or ""),
        sender_name=person.name,
        subject="Re: VPN",
        text=text,
        received_at=START + timedelta(days=days),
        **more,  # type: ignore[arg-type] # only `automatic`, a str
    )


def test_the_requesters_reply_joins_and_wakes() -> None:
    assert decide(mail(BOB), BOB, ticket(State.RESOLVED), AUDIENCE) == Join(moves=True)


def test_a_stranger_with_a_true_token_gets_a_ticket_of_their_own() -> None:
    assert decide(mail(EVE), EVE, ticket(), AUDIENCE) == Open(1, "names")


def test_somebody_copied_may_speak_but_wakes_nothing() -> None:
    assert decide(mail(CC), CC, ticket(State.RESOLVED), AUDIENCE) == Join(moves=False)


def test_without_a_ticket_in_view_it_is_a_new_one() -> None:
    assert decide(mail(BOB), BOB, None, None) == Open()


def test_a_bare_thank_you_wakes_nothing_that_rests() -> None:
    thanks = mail(BOB, "Thanks!")
    assert decide(thanks, BOB, ticket(State.RESOLVED), AUDIENCE) == Join(moves=False)
    assert decide(thanks, BOB, ticket(State.PENDING_INFO), AUDIENCE) == Join(moves=True)


def test_a_machines_answer_wakes_nothing() -> None:
    robot = mail(BOB, automatic="auto-reply")
    assert decide(robot, BOB, ticket(State.RESOLVED), AUDIENCE) == Join(moves=False)


@pytest.mark.parametrize(("days", "expected"), [(14, Join(moves=True)), (14.1, Open(1, "follows"))])
def test_a_reply_two_weeks_after_closing_still_reopens_and_no_later(
    days: float, expected: object
) -> None:
    closed = ticket(State.CLOSED)
    assert closed.closed_at is not None
    late = mail(BOB, days=days + (closed.closed_at - START) / timedelta(days=1))
    assert decide(late, BOB, closed, AUDIENCE) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Thanks!",
        "thank you",
        "Thank you so much, Ana!",
        "Hi Ana,\nthanks, it works now.\n\nBest regards,\nBob Miller",
        "Vielen Dank!",
        "merci beaucoup",
        "👍",
        "Great, that worked. Cheers, Bob",
        "Thanks!\n\nOn Mon, 16 Nov 2026 at 10:00, Ana at Support wrote:\n> Please restart it. Does it work?",
        "Danke!\n> alles wieder gut?",
    ],
)
def test_thanks_in_many_words_is_thanks(text: str) -> None:
    assert is_thanks(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Thanks, but it is still broken",
        "Thanks! Could you also reset my password?",
        "Thank you. Now the printer is gone",
        "No thanks to you it is down again",
        "ok so what now",
        "Broken",
        "> thanks",
        "Thanks " * 40,
    ],
)
def test_words_that_may_hold_more_than_thanks_are_not(text: str) -> None:
    assert not is_thanks(text)

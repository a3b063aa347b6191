"""Who hears what. Above all: a note is never told to a requester."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.announcing import announce
from engine.announcing.recorded_step import RecordedStep
from engine.messages.conversation import AgentSaid, Receipt
from engine.messages.effects import Show, Tell
from engine.messages.values import Foreign, Handle, Who, Zone
from engine.messages.work import TicketReopened, TicketResolved
from engine.tickets.events import (
    Assigned,
    Breached,
    Commented,
    Entry,
    Event,
    Linked,
    Moved,
    Noted,
    Opened,
    Warned,
    Woken,
)
from engine.tickets.message import Audience, Comment, MessageId, Note
from engine.tickets.people import Address
from engine.tickets.promise_clock import ClockKind
from engine.tickets.ticket import Priority, State
from tests.engine.make import ANA, BEN, BOB, START, TEAM, after, ticket

BOBS_MAIL = Address("mail", "bob@example.com")
COPIED = Address("mail", "cc@example.com")
CHANNEL = Address("slack", "C1")
AUDIENCE = Audience(BOBS_MAIL, (COPIED,), CHANNEL)
WORDS = MessageId("m")
COMMENT = Comment(WORDS, ANA.id, "slack", "Try again", START)
NOTE = Note(WORDS, ANA.id, "slack", "He never restarts it", START)
OPENED = Opened("VPN is down", "mail", BOB.id, Priority.P3, "Other", TEAM.id)

EVENTS: list[Event] = [
    OPENED,
    Commented(WORDS, by_agent=True),
    Commented(WORDS, by_agent=False),
    Noted(WORDS),
    Assigned(None, BEN.id),
    Moved(State.NEW, State.PENDING_INFO, "ask"),
    Moved(State.NEW, State.RESOLVED, "resolve"),
    Moved(State.NEW, State.CLOSED, "close"),
    Moved(State.RESOLVED, State.REOPENED, "answer"),
    Linked(3, "names"),
    Warned(ClockKind.FIRST_RESPONSE, 1, START),
    Woken("answer"),
    Breached(ClockKind.RESOLUTION, 1, START),
]


def effects(
    *events: Event,
    words: Comment | Note | None = None,
    source: Address | None = None,
    receipt: bool = True,
) -> list[Tell | Show]:
    entries = [Entry(n, START, ANA.id, "slack", event) for n, event in enumerate(events, 1)]
    scene = RecordedStep(
        before=None,
        after=ticket(),
        entries=entries,
        audience=AUDIENCE,
        requester=BOB,
        actor=ANA,
        assignee=BEN,
        words=words,
        source=source,
        receipt=receipt,
    )
    return list(announce.effects_of(scene))


def told(*events: Event, **more: object) -> dict[str, list[Address]]:
    heard: dict[str, list[Address]] = {}
    for effect in effects(*events, **more):  # type: ignore[arg-type] # the keywords of effects()
        if isinstance(effect, Tell):
            heard.setdefault(effect.kind, []).append(effect.to)
    return heard


@given(st.lists(st.sampled_from(EVENTS), min_size=1, max_size=6))
def test_a_note_is_only_ever_told_to_the_team(events: list[Event]) -> None:
    for effect in effects(*events, words=NOTE):
        if isinstance(effect, Tell) and effect.note is not None:
            assert effect.to == CHANNEL
        if isinstance(effect, Tell) and effect.to != CHANNEL:
            assert effect.note is None
            assert effect.comment is None


@given(st.lists(st.sampled_from(EVENTS), min_size=1, max_size=6))
def test_every_telling_has_a_key_of_its_own(events: list[Event]) -> None:
    keys = [effect.key for effect in effects(*events, words=COMMENT) if isinstance(effect, Tell)]
    assert len(keys) == len(set(keys))


@given(st.lists(st.sampled_from(EVENTS), min_size=1, max_size=6))
def test_the_teams_card_is_redrawn_before_anything_is_said_under_it(events: list[Event]) -> None:
    assert effects(*events)[0] == Show(CHANNEL)


def test_opening_gives_a_receipt_to_the_requester_and_to_those_copied() -> None:
    heard = told(OPENED, Commented(WORDS, by_agent=False), words=COMMENT)
    assert heard == {"receipt": [BOBS_MAIL, COPIED]}


def test_a_machines_mail_gets_no_receipt() -> None:
    assert told(OPENED, receipt=False) == {}


def test_the_receipt_promises_the_first_response() -> None:
    receipt = next(e for e in effects(OPENED) if isinstance(e, Tell))
    assert isinstance(receipt.message, Receipt)
    assert receipt.message.promise_at == START + timedelta(hours=2)
    assert receipt.message.timezone == Zone("Europe/Berlin")


def test_an_agents_words_go_out_and_are_shown_to_the_team() -> None:
    heard = told(Commented(WORDS, by_agent=True), words=COMMENT)
    assert heard == {"reply": [BOBS_MAIL, COPIED], "agent_said": [CHANNEL]}


def test_words_are_not_echoed_where_they_were_written() -> None:
    heard = told(Commented(WORDS, by_agent=True), words=COMMENT, source=CHANNEL)
    assert heard == {"reply": [BOBS_MAIL, COPIED]}
    assert told(Noted(WORDS), words=NOTE, source=CHANNEL) == {}


def test_a_question_is_told_as_a_question() -> None:
    asked = Moved(State.NEW, State.PENDING_INFO, "ask")
    heard = told(Commented(WORDS, by_agent=True), asked, words=COMMENT)
    assert heard["question"] == [BOBS_MAIL, COPIED]
    assert "reply" not in heard


@pytest.mark.parametrize("why", ["ask", "first reply"])
def test_the_team_reads_whether_it_was_a_question(why: str) -> None:
    moved = Moved(State.NEW, State.PENDING_INFO, why)
    said = effects(Commented(WORDS, by_agent=True), moved, words=COMMENT)
    (heard,) = [one for one in said if isinstance(one, Tell) and one.kind == "agent_said"]
    assert isinstance(heard.message, AgentSaid)
    assert heard.message.question is (why == "ask")


def test_words_that_resolve_come_once_with_the_resolution() -> None:
    resolved = Moved(State.IN_PROGRESS, State.RESOLVED, "resolve")
    tells = [
        e
        for e in effects(Commented(WORDS, by_agent=True), resolved, words=COMMENT)
        if isinstance(e, Tell)
    ]
    to_bob = [tell for tell in tells if tell.to == BOBS_MAIL]
    assert [(tell.kind, tell.comment) for tell in to_bob] == [("ticket_resolved", WORDS)]
    assert isinstance(to_bob[0].message, TicketResolved)
    assert to_bob[0].message.closes_at == datetime(2026, 11, 19, 9, tzinfo=UTC)


def test_the_team_hears_the_requester() -> None:
    heard = told(Commented(WORDS, by_agent=False), words=COMMENT)
    assert heard == {"requester_said": [CHANNEL]}


def test_reopening_pings_whoever_had_it() -> None:
    reopened = Moved(State.RESOLVED, State.REOPENED, "answer")
    tell = next(e for e in effects(reopened) if isinstance(e, Tell))
    assert isinstance(tell.message, TicketReopened)
    assert (tell.to, tell.message.assignee) == (CHANNEL, Who(Foreign("Ben"), Handle("U_BEN")))


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (Warned(ClockKind.FIRST_RESPONSE, 1, after(hours=2)), "promise_warned"),
        (Breached(ClockKind.FIRST_RESPONSE, 1, after(hours=2)), "promise_broken"),
    ],
)
def test_a_promise_in_danger_is_told_to_the_team(event: Event, kind: str) -> None:
    assert told(event) == {kind: [CHANNEL]}


def test_assigning_somebody_else_tells_them_and_claiming_tells_nobody() -> None:
    assert told(Assigned(None, BEN.id)) == {"ticket_assigned": [CHANNEL]}
    assert told(Assigned(None, ANA.id)) == {}

"""DESIGN §3, cell by cell: which action leads where, and that a history tells its ticket again."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.promises import sla
from engine.tickets import evolve, lifecycle
from engine.tickets.actions import Action, legal
from engine.tickets.errors import Refused
from engine.tickets.events import Entry, Event, Opened
from engine.tickets.lifecycle import MOVES, destination
from engine.tickets.message import MessageId
from engine.tickets.people import DEFAULT, PersonId, TeamId
from engine.tickets.promise_clock import CLOCK_OF
from engine.tickets.ticket import Priority, State, Ticket
from tests.engine.make import ANA, BEN, BOB, START, entries_of, follow, opening_of, rung, ticket
from tests.examples import examples

N, O, I, P = State.NEW, State.OPEN, State.IN_PROGRESS, State.PENDING_INFO  # noqa: E741 - a table's columns
R, C, A, M = State.RESOLVED, State.CLOSED, State.REOPENED, State.MERGED

# One row per action, one column per state, written from DESIGN §3 by hand: the second opinion on MOVES.
#                              NEW OPEN IN_P PEND RESO CLOS REOP MERG
EXPECTED: dict[Action, list[State | None]] = {
    Action.CLAIM:           [I,   I,   None, P,   None, None, I,   None],
    Action.ASSIGN:          [O,   O,   I,    P,   None, None, A,   None],
    Action.RELEASE:         [None, O,  O,    P,   None, None, O,   None],
    Action.REPLY:           [N,   O,   I,    P,   R,    None, A,   None],
    Action.NOTE:            [N,   O,   I,    P,   R,    C,    A,   None],
    Action.ASK:             [P,   P,   P,    P,   None, None, P,   None],
    Action.RESOLVE:         [R,   R,   R,    R,   None, None, R,   None],
    Action.REOPEN:          [None, None, None, None, A, A,    None, None],
    Action.CLOSE:           [C,   C,   C,    None, C,   None, C,   None],
    Action.NOT_A_REQUEST:   [C,   C,   C,    C,   C,   None, C,   None],
    Action.PRIORITY:        [N,   O,   I,    P,   R,    None, A,   None],
    Action.CATEGORY:        [N,   O,   I,    P,   R,    None, A,   None],
    Action.TEAM:            [N,   O,   I,    P,   None, None, A,   None],
    Action.SNOOZE:          [N,   O,   I,    P,   None, None, A,   None],
    Action.UNSNOOZE:        [N,   O,   I,    P,   None, None, A,   None],
    Action.ANSWER:          [N,   O,   None, O,   A,    A,    A,   None],
    Action.ANSWER_ASSIGNED: [None, O,  I,    I,   A,    A,    A,   None],
    Action.EXPIRE:          [None, None, None, None, C, None, None, None],
    Action.ESCALATE:        [N,   O,   I,    P,   None, None, A,   None],
    Action.ACKNOWLEDGE:     [N,   O,   I,    P,   None, None, A,   None],
    Action.END_ESCALATION:  [N,   O,   I,    P,   None, None, A,   None],
    Action.MERGE:           [M,   M,   M,    M,   M,    None, M,   None],
    Action.UNMERGE:         [None, None, None, None, None, None, None, M],
    Action.SPLIT:           [N,   O,   I,    P,   R,    None, A,   None],
    Action.WAIVE:           [N,   O,   I,    P,   R,    C,    A,   None],
    Action.GIVE_UP:         [None, None, None, R, None, None, None, None],
}  # fmt: skip
STATES = [N, O, I, P, R, C, A, M]


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("state", STATES)
def test_each_cell_of_the_table_is_as_designed(state: State, action: Action) -> None:
    assert MOVES.get((state, action)) is EXPECTED[action][STATES.index(state)]


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("state", STATES)
def test_an_absent_move_is_refused_and_names_the_legal_ones(state: State, action: Action) -> None:
    assignee = ANA.id if state is I else None
    subject = ticket(state, assignee=assignee)
    if EXPECTED[action][STATES.index(state)] is not None:
        assert destination(subject, action) is EXPECTED[action][STATES.index(state)]
        return
    with pytest.raises(Refused) as refused:
        destination(subject, action)
    assert refused.value.code == "illegal_move"
    assert refused.value.facts["allowed"] == sorted(a.value for a in legal(subject))


def test_every_state_but_merged_is_reachable_and_left_again() -> None:
    reached = {N} | {to for (state, _), to in MOVES.items() if to is not state}
    left = {state for (state, _), to in MOVES.items() if to is not state}
    assert reached == set(STATES)
    assert left == set(STATES) - {M}


def test_a_second_claim_by_the_same_agent_changes_nothing() -> None:
    assert lifecycle.claim(ticket(I, assignee=ANA.id), by=ANA.id, holder="Ana") == []


def test_anothers_ticket_is_refused_with_the_holders_name() -> None:
    with pytest.raises(Refused) as refused:
        lifecycle.claim(ticket(I, assignee=ANA.id), by=BEN.id, holder="Ana")
    assert (refused.value.code, refused.value.facts["by"]) == ("taken", "Ana")


def test_release_is_offered_only_when_somebody_holds_it() -> None:
    assert Action.RELEASE not in legal(ticket(O))
    assert Action.RELEASE in legal(ticket(O, assignee=ANA.id))


def test_claim_is_offered_to_start_what_was_assigned() -> None:
    assert Action.CLAIM in legal(ticket(O, assignee=ANA.id))
    assert Action.CLAIM not in legal(ticket(I, assignee=ANA.id))


def test_moving_to_another_team_frees_it() -> None:
    before = ticket(I, assignee=ANA.id)
    moved = follow(before, lifecycle.set_team(before, to=TeamId("hr")), at=START)
    assert (moved.team, moved.assignee, moved.state) == ("hr", None, O)


def test_a_thank_you_leaves_a_resolved_ticket_resolved() -> None:
    events = lifecycle.answer(ticket(R), message=MessageId("m"), moves=False)
    assert follow(ticket(R), events, at=START).state is R


Do = Callable[[Ticket], list[Event]]
_WORDS = MessageId("m")
DOINGS: list[Do] = [
    lambda t: lifecycle.claim(t, by=ANA.id, holder="?"),
    lambda t: lifecycle.assign(t, to=BEN.id),
    lifecycle.release,
    lambda t: lifecycle.reply(t, message=_WORDS, by_agent=True),
    lambda t: lifecycle.note(t, message=_WORDS),
    lambda t: lifecycle.ask(t, message=_WORDS),
    lambda t: lifecycle.resolve(t, message=None),
    lambda t: lifecycle.resolve(t, message=_WORDS),
    lambda t: lifecycle.reopen(t, message=None, by_agent=True),
    lambda t: lifecycle.answer(t, message=_WORDS, moves=True),
    lambda t: lifecycle.answer(t, message=_WORDS, moves=False),
    lifecycle.close,
    lifecycle.expire,
    lifecycle.give_up,
    lifecycle.acknowledge,
    lifecycle.end_escalation,
    lambda t: lifecycle.waive(t, message=_WORDS),
    lambda t: lifecycle.assign(t, to=BEN.id, why="least_loaded"),
    lambda t: lifecycle.set_priority(t, to=Priority.P1),
    lambda t: lifecycle.set_priority(t, to=Priority.P4),
    lambda t: lifecycle.set_category(t, to="VM"),
    lambda t: lifecycle.set_team(t, to=TeamId("hr")),
    lambda t: lifecycle.set_team(t, to=TeamId("support")),
    lambda t: lifecycle.snooze(t, until=t.updated_at + timedelta(hours=2)),
    lifecycle.unsnooze,
]


@examples(300)
@given(
    st.lists(
        st.tuples(st.sampled_from(DOINGS), st.timedeltas(timedelta(), timedelta(hours=30))),
        max_size=40,
    )
)
def test_a_history_replays_to_the_ticket_it_belongs_to(doings: list[tuple[Do, timedelta]]) -> None:
    stored = ticket()
    history = list(_opening_of(stored))
    at = START
    for do, later in doings:
        at += later
        for due in sorted(sla.timers(stored), key=lambda timer: timer.due_at):
            if due.due_at <= at and due.kind in CLOCK_OF:
                stored = _record(stored, rung(stored, due, due.due_at), due.due_at, history)
        try:
            events = do(stored)
        except Refused:
            continue
        stored = _record(stored, events, at, history)
    assert evolve.replay(DEFAULT, stored.number, history) == stored
    assert [entry.seq for entry in history] == list(range(1, stored.version + 1))
    _holds_its_invariants(stored)


def _opening_of(stored: Ticket) -> list[Entry]:
    return opening_of(
        Opened(stored.subject, "mail", BOB.id, stored.priority, stored.category, stored.team)
    )


def _record(stored: Ticket, events: list[Event], at: datetime, history: list[Entry]) -> Ticket:
    entries = entries_of(stored, events, at=at, actor=PersonId("x"))
    history += entries
    return evolve.evolve_all(stored, entries)


def _holds_its_invariants(stored: Ticket) -> None:
    running = {clock.kind for clock in stored.clocks if clock.running}
    if stored.state is I:
        assert stored.assignee is not None
    if stored.state.phase != "active":
        assert "resolution" not in running
    if stored.state.phase in ("done", "closed"):
        assert not running
    assert (stored.closed_at is not None) == (stored.state is C)
    assert all(clock.used >= timedelta() for clock in stored.clocks)
    assert all(timer.stream == stored.stream for timer in sla.timers(stored))

"""Evening out: what was touched stays, the gap between people never widens, and a lead can read all of it."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.duty.presence import Duty
from engine.duty.rebalance_plan import MOVES_MAX, Held, Move, optimize, rebalance
from engine.duty.workload import WEIGHT, Load, Member, available, capacity
from engine.tickets.people import PersonId
from engine.tickets.ticket import Priority, State
from tests.engine.make import after

P1, P2, P3, P4 = Priority
ANA, BEN, CLEO = PersonId("ana"), PersonId("ben"), PersonId("cleo")
Proposes = Callable[[Sequence[Member], Sequence[Held]], list[Move]]
both = pytest.mark.parametrize("propose", [rebalance, optimize])


def held(
    number: int,
    holder: PersonId,
    priority: Priority = P3,
    *,
    touched: bool = False,
    due: float = 9.0,
    needs: frozenset[str] = frozenset(),
) -> Held:
    return Held(number, holder, priority, after(hours=due), touched, needs)


def team(tickets: Sequence[Held], **duties: Duty) -> list[Member]:
    """People with the loads that their tickets make."""
    return [
        Member(PersonId(name), duty, load=load_of(PersonId(name), tickets))
        for name, duty in duties.items()
    ]


def load_of(person: PersonId, tickets: Sequence[Held]) -> Load:
    load = Load()
    for ticket in tickets:
        load = load.plus(ticket.priority, State.OPEN) if ticket.holder == person else load
    return load


ON, OFF, UNSAID = Duty.ON, Duty.OFF, Duty.UNSAID


@both
def test_what_somebody_off_shift_holds_goes_to_who_is_there(propose: Proposes) -> None:
    tickets = [held(1, ANA)]
    (move,) = propose(team(tickets, ana=OFF, ben=ON), tickets)
    assert (move.ticket, move.before, move.to, move.why) == (1, ANA, BEN, "off")


@both
def test_from_who_carries_far_more_to_who_carries_far_less(propose: Proposes) -> None:
    tickets = [held(n, ANA) for n in range(1, 5)]
    moves = propose(team(tickets, ana=ON, ben=ON), tickets)
    assert {(move.before, move.to, move.why) for move in moves} == {(ANA, BEN, "overloaded")}
    assert [(move.before_percent, move.to_percent) for move in moves] == [(200, 0), (150, 50)]


@both
def test_what_is_about_even_stays_as_it_is(propose: Proposes) -> None:
    tickets = [held(1, ANA), held(2, ANA), held(3, BEN), held(4, BEN), held(5, ANA)]
    assert propose(team(tickets, ana=ON, ben=ON), tickets) == []


@both
def test_nobody_there_nobody_to_give_to(propose: Proposes) -> None:
    tickets = [held(1, ANA)]
    assert propose(team(tickets, ana=OFF, ben=OFF), tickets) == []


@both
def test_a_team_that_uses_no_shifts_can_be_evened_out_too(propose: Proposes) -> None:
    tickets = [held(n, ANA) for n in range(1, 5)]
    assert len(propose(team(tickets, ana=UNSAID, ben=UNSAID), tickets)) == 2


@both
def test_what_is_held_by_somebody_who_left_the_team_moves(propose: Proposes) -> None:
    (move,) = propose(team([], ben=ON), [held(1, PersonId("gone"), P1)])
    assert (move.to, move.why) == (BEN, "off")


@both
def test_a_ticket_moves_to_somebody_as_able(propose: Proposes) -> None:
    needs = frozenset({"network"})
    tickets = [held(n, ANA, needs=needs) for n in range(1, 5)]
    ana = Member(ANA, ON, needs, load=load_of(ANA, tickets))
    assert propose([ana, Member(BEN, ON)], tickets) == []
    (move,) = propose([ana, Member(BEN, ON), Member(CLEO, ON, needs)], tickets)[:1]
    assert move.to == CLEO


def test_rebalance_moves_the_heavy_first_and_optimize_what_is_due_first() -> None:
    tickets = [held(1, ANA, P3, due=1), held(2, ANA, P2, due=5), held(3, ANA, P3, due=3)]
    people = team(tickets, ana=OFF, ben=ON)
    assert [move.ticket for move in rebalance(people, tickets)][:1] == [2]
    assert [move.ticket for move in optimize(people, tickets)][:1] == [1]


def test_capacity_counts_those_who_are_there() -> None:
    tickets = [held(n, ANA) for n in range(1, 6)] + [held(9, BEN)]
    shown = capacity(team(tickets, ana=ON, ben=ON, cleo=OFF))
    assert (shown.there, shown.limit, shown.running, shown.free) == (2, 6, 6, 2)


_names = st.sampled_from("ana ben cleo dan eve".split()).map(PersonId)
_skills = st.frozensets(st.sampled_from(["network", "storage"]))
_held = st.lists(
    st.builds(
        Held,
        number=st.integers(1, 199),
        holder=_names,
        priority=st.sampled_from(Priority),
        due_at=st.none() | st.integers(0, 9).map(lambda hours: after(hours=hours)),
        touched=st.booleans(),
        needs=_skills,
    ),
    unique_by=lambda one: one.number,
    max_size=60,
)
_people = st.dictionaries(_names, st.tuples(st.sampled_from(Duty), _skills, st.integers(1, 5)))
_proposals = st.sampled_from([rebalance, optimize])


def staffed(
    people: dict[PersonId, tuple[Duty, frozenset[str], int]], tickets: list[Held]
) -> list[Member]:
    return [
        Member(person, duty, skills, limit, load_of(person, tickets))
        for person, (duty, skills, limit) in people.items()
    ]


@given(_proposals, _people, _held)
def test_what_was_touched_never_moves_and_nothing_moves_twice(
    propose: Proposes,
    people: dict[PersonId, tuple[Duty, frozenset[str], int]],
    tickets: list[Held],
) -> None:
    by_number = {ticket.number: ticket for ticket in tickets}
    moves = propose(staffed(people, tickets), tickets)
    assert len({move.ticket for move in moves}) == len(moves) <= MOVES_MAX
    for move in moves:
        assert not by_number[move.ticket].touched
        assert by_number[move.ticket].holder == move.before != move.to


@given(_proposals, _people, _held)
def test_nobody_is_brought_above_the_limit_or_moved_to_who_is_off(
    propose: Proposes,
    people: dict[PersonId, tuple[Duty, frozenset[str], int]],
    tickets: list[Held],
) -> None:
    members = staffed(people, tickets)
    running = {member.person: member.load.running for member in members}
    limit = {member.person: member.limit for member in members}
    there = {member.person for member in available(members)}
    by_number = {ticket.number: ticket for ticket in tickets}
    for move in propose(members, tickets):
        assert move.to in there
        if by_number[move.ticket].priority is not P1:
            assert running[move.to] < limit[move.to]
        running[move.to] += 1
        running[move.before] = running.get(move.before, 0) - 1


@given(_proposals, _people, _held)
def test_between_those_who_are_there_a_move_never_widens_the_spread(
    propose: Proposes,
    people: dict[PersonId, tuple[Duty, frozenset[str], int]],
    tickets: list[Held],
) -> None:
    members = staffed(people, tickets)
    there = {member.person for member in available(members)}
    limit = {member.person: member.limit for member in members}
    share = {member.person: member.share for member in members}
    by_number = {ticket.number: ticket for ticket in tickets}
    for move in propose(members, tickets):
        before = spread(share, there)
        weight = WEIGHT[by_number[move.ticket].priority]
        share[move.to] += weight / limit[move.to]
        if move.before in share:
            share[move.before] -= weight / limit[move.before]
        if move.before in there:
            assert spread(share, there) <= before + 1e-9


def spread(share: dict[PersonId, float], there: set[PersonId]) -> float:
    return max(share[one] for one in there) - min(share[one] for one in there)

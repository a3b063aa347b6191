"""Who gets which ticket: nobody above the limit, the able first, everybody in turn."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.duty.assign import Choice, Strategy, Waiting, plan
from engine.duty.presence import Duty
from engine.duty.workload import Load, Member
from engine.tickets.people import PersonId
from engine.tickets.ticket import Priority, State
from tests.engine.make import START, after

P1, P2, P3, P4 = Priority
NETWORK = frozenset({"network"})
BUSY = Load().plus(P3, State.IN_PROGRESS, 3)


def member(
    name: str,
    *,
    duty: Duty = Duty.ON,
    skills: frozenset[str] = frozenset(),
    load: Load | None = None,
    last: datetime | None = None,
) -> Member:
    return Member(PersonId(name), duty, skills, load=load or Load(), last_assigned_at=last)


def waiting(number: int, priority: Priority = P3, **more: object) -> Waiting:
    due = START + timedelta(minutes=number)
    return Waiting(number, priority, **{"due_at": due, **more})


def given_to(choices: Sequence[Choice]) -> list[tuple[int, str]]:
    return [(choice.ticket, choice.to) for choice in choices]


def test_only_those_on_duty_are_given_anything() -> None:
    team = [member("ana", duty=Duty.OFF), member("ben", duty=Duty.UNSAID), member("cleo")]
    assert given_to(plan(Strategy.LEAST_LOADED, team, [waiting(1)])) == [(1, "cleo")]


def test_with_nobody_on_duty_everything_waits() -> None:
    team = [member("ana", duty=Duty.OFF), member("ben", duty=Duty.UNSAID)]
    assert plan(Strategy.LEAST_LOADED, team, [waiting(1, P1)]) == []


def test_manual_gives_nothing() -> None:
    assert plan(Strategy.MANUAL, [member("ana")], [waiting(1, P1)]) == []


def test_the_least_loaded_is_who_carries_least_for_their_limit() -> None:
    one_critical = Load().plus(P1, State.IN_PROGRESS)
    two_low = Load().plus(P4, State.IN_PROGRESS, 2)
    team = [member("ana", load=one_critical), member("ben", load=two_low)]
    choices = plan(Strategy.LEAST_LOADED, team, [waiting(1)])
    assert given_to(choices) == [(1, "ben")]
    assert choices[0].why.running == 2


def test_tickets_that_wait_for_their_requesters_weigh_a_quarter_and_need_no_room() -> None:
    asked = Load().plus(P3, State.PENDING_INFO, 3)
    assert asked == Load(points=0.75, running=0, waiting=3)
    busy = Load().plus(P3, State.IN_PROGRESS)
    team = [member("ana", load=busy), member("ben", load=asked)]
    assert given_to(plan(Strategy.LEAST_LOADED, team, [waiting(1)])) == [(1, "ben")]


def test_among_equals_it_is_the_turn_of_who_was_given_something_least_recently() -> None:
    team = [member("ana", last=after(hours=2)), member("ben", last=after(hours=1)), member("cleo")]
    three = [waiting(1), waiting(2), waiting(3)]
    turns = [(1, "cleo"), (2, "ben"), (3, "ana")]
    assert given_to(plan(Strategy.LEAST_LOADED, team, three)) == turns
    assert given_to(plan(Strategy.ROUND_ROBIN, team, three)) == turns


def test_round_robin_looks_at_turns_not_at_loads() -> None:
    team = [member("ana", load=Load().plus(P2, State.OPEN)), member("ben", last=START)]
    assert given_to(plan(Strategy.ROUND_ROBIN, team, [waiting(1)])) == [(1, "ana")]


def test_at_the_limit_nothing_more_comes_but_a_p1() -> None:
    choices = plan(Strategy.LEAST_LOADED, [member("ana", load=BUSY)], [waiting(1), waiting(9, P1)])
    assert given_to(choices) == [(9, "ana")]


def test_pull_gives_only_to_somebody_with_nothing_running() -> None:
    one = Load().plus(P4, State.IN_PROGRESS)
    team = [member("ana", load=one), member("ben", load=Load().plus(P2, State.PENDING_INFO))]
    two = [waiting(1), waiting(2)]
    assert given_to(plan(Strategy.PULL, team, two)) == [(1, "ben")]


def test_what_is_due_first_goes_first_and_a_p1_before_all() -> None:
    team = [member("ana", load=Load().plus(P3, State.OPEN))]
    choices = plan(
        Strategy.LEAST_LOADED, team, [waiting(3), waiting(2), waiting(7, P1), waiting(1)]
    )
    assert given_to(choices) == [(7, "ana"), (1, "ana")]


def test_a_ticket_goes_to_who_has_its_skills() -> None:
    team = [member("ana"), member("ben", skills=NETWORK, load=Load().plus(P2, State.OPEN))]
    (choice,) = plan(Strategy.LEAST_LOADED, team, [waiting(1, needs=NETWORK)])
    assert choice.to == "ben"
    assert choice.why.skills == ("network",)
    assert choice.why.missing == ()


def test_a_ticket_waits_for_the_able_who_are_busy() -> None:
    team = [member("ana"), member("ben", skills=NETWORK, load=BUSY)]
    assert plan(Strategy.LEAST_LOADED, team, [waiting(1, needs=NETWORK)]) == []


def test_when_nobody_has_all_skills_it_goes_to_who_has_most_and_says_what_is_missing() -> None:
    needs = frozenset({"network", "cisco"})
    team = [member("ana"), member("ben", skills=NETWORK)]
    (choice,) = plan(Strategy.LEAST_LOADED, team, [waiting(1, needs=needs)])
    assert (choice.to, choice.why.skills, choice.why.missing) == ("ben", ("network",), ("cisco",))


def test_a_reopened_ticket_goes_back_to_who_had_it() -> None:
    team = [member("ana"), member("ben", load=Load().plus(P2, State.OPEN))]
    (choice,) = plan(Strategy.LEAST_LOADED, team, [waiting(1, former=PersonId("ben"))])
    assert (choice.to, choice.why.rule) == ("ben", "former")


def test_who_had_it_but_is_off_or_full_is_not_waited_for() -> None:
    for gone in (member("ben", duty=Duty.OFF), member("ben", load=BUSY)):
        (choice,) = plan(
            Strategy.LEAST_LOADED, [member("ana"), gone], [waiting(1, former=PersonId("ben"))]
        )
        assert (choice.to, choice.why.rule) == ("ana", "least_loaded")


def test_nobody_is_given_again_what_they_gave_back() -> None:
    passed = frozenset({PersonId("ana")})
    assert plan(Strategy.LEAST_LOADED, [member("ana")], [waiting(1, P1, passed=passed)]) == []
    team = [member("ana"), member("ben", load=Load().plus(P2, State.OPEN))]
    assert given_to(plan(Strategy.LEAST_LOADED, team, [waiting(1, passed=passed)])) == [(1, "ben")]


_skills = st.frozensets(st.sampled_from(["network", "storage", "database"]))
_loads = st.tuples(st.sampled_from(list(Priority)), st.integers(0, 4), st.integers(0, 2)).map(
    lambda has: Load().plus(has[0], State.IN_PROGRESS, has[1]).plus(P3, State.PENDING_INFO, has[2])
)
_names = st.sampled_from("ana ben cleo dan eve fay".split()).map(PersonId)
_members = st.lists(
    st.builds(
        Member,
        person=_names,
        duty=st.sampled_from(Duty),
        skills=_skills,
        limit=st.integers(1, 5),
        load=_loads,
        last_assigned_at=st.none() | st.integers(0, 5).map(lambda hours: after(hours=hours)),
    ),
    unique_by=lambda one: one.person,
)
_tickets = st.lists(
    st.builds(
        Waiting,
        number=st.integers(1, 99),
        priority=st.sampled_from(Priority),
        due_at=st.none() | st.integers(0, 9).map(lambda hours: after(hours=hours)),
        needs=_skills,
        former=st.none() | _names,
        passed=st.frozensets(_names, max_size=2),
    ),
    unique_by=lambda one: one.number,
    max_size=30,
)
_strategies = st.sampled_from(Strategy)


@given(_strategies, _members, _tickets)
def test_nobody_is_brought_above_the_limit_except_by_a_p1(
    strategy: Strategy, team: list[Member], tickets: list[Waiting]
) -> None:
    by_number = {ticket.number: ticket for ticket in tickets}
    running = {one.person: one.load.running for one in team}
    limit = {one.person: one.limit for one in team}
    for choice in plan(strategy, team, tickets):
        if by_number[choice.ticket].priority is not P1:
            most = 1 if strategy is Strategy.PULL and choice.why.rule != "former" else 99
            assert running[choice.to] < min(limit[choice.to], most)
        assert choice.why.running == running[choice.to]
        running[choice.to] += 1


@given(_strategies, _members, _tickets)
def test_each_ticket_goes_once_to_somebody_on_duty_who_did_not_pass_it(
    strategy: Strategy, team: list[Member], tickets: list[Waiting]
) -> None:
    by_number = {ticket.number: ticket for ticket in tickets}
    choices = plan(strategy, team, tickets)
    assert max(Counter(choice.ticket for choice in choices).values(), default=1) == 1
    on_duty = {one.person for one in team if one.duty is Duty.ON}
    for choice in choices:
        assert choice.to in on_duty - by_number[choice.ticket].passed


@given(_strategies, _members, _tickets)
def test_nobody_on_duty_would_have_been_abler(
    strategy: Strategy, team: list[Member], tickets: list[Waiting]
) -> None:
    by_number = {ticket.number: ticket for ticket in tickets}
    skills = {one.person: one.skills for one in team}
    for choice in plan(strategy, team, tickets):
        ticket = by_number[choice.ticket]
        asked = [one for one in team if one.duty is Duty.ON and one.person not in ticket.passed]
        best = max(len(one.skills & ticket.needs) for one in asked)
        assert choice.why.rule == "former" or len(skills[choice.to] & ticket.needs) == best
        assert set(choice.why.skills) | set(choice.why.missing) == ticket.needs


@given(_strategies, _members, _tickets)
def test_the_same_question_has_the_same_answer_however_it_is_asked(
    strategy: Strategy, team: list[Member], tickets: list[Waiting]
) -> None:
    assert plan(strategy, team, tickets) == plan(strategy, team[::-1], tickets[::-1])


@given(st.integers(1, 8), st.integers(0, 60))
def test_round_robin_gives_everybody_as_many_but_for_one(people: int, tickets: int) -> None:
    team = [Member(PersonId(f"p{n}"), Duty.ON, limit=99) for n in range(people)]
    choices = plan(Strategy.ROUND_ROBIN, team, [waiting(n) for n in range(1, tickets + 1)])
    counts = Counter(choice.to for choice in choices)
    each = [counts[one.person] for one in team]
    assert sum(each) == tickets
    assert max(each) - min(each) <= 1


@pytest.mark.parametrize("strategy", [Strategy.LEAST_LOADED, Strategy.ROUND_ROBIN])
def test_a_thousand_tickets_fill_the_team_and_no_more(strategy: Strategy) -> None:
    team = [Member(PersonId(f"p{n}"), Duty.ON) for n in range(40)]
    counts = Counter(one.to for one in plan(strategy, team, [waiting(n) for n in range(1, 1001)]))
    assert set(counts.values()) == {3}
    assert len(counts) == 40

"""Erlang's formula against exact fractions and published values."""

from datetime import timedelta
from fractions import Fraction
from math import factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.reports.staffing import AGENTS_MAX, agents_needed, chance_to_wait, load, served_within

THREE_MINUTES = timedelta(minutes=3)
loads = st.floats(min_value=0.01, max_value=300)


def textbook(erlangs: Fraction, agents: int) -> Fraction:
    """Erlang C as it stands in the books, with its factorials, exact."""
    full = erlangs**agents / factorial(agents) * agents / (agents - erlangs)
    return full / (sum(erlangs**n / factorial(n) for n in range(agents)) + full)


@pytest.mark.parametrize(
    ("erlangs", "agents", "chance"),
    [(1, 2, 1 / 3), (2, 3, 4 / 9), (3, 4, 0.5094), (10, 14, 0.1741), (20, 24, 0.2981)],
)
def test_known_values(erlangs: float, agents: int, chance: float) -> None:
    assert chance_to_wait(erlangs, agents) == pytest.approx(chance, abs=5e-5)


@given(st.integers(1, 4000), st.integers(1, 60))
def test_the_recursion_is_the_textbook_formula(hundredths: int, agents: int) -> None:
    erlangs = Fraction(hundredths, 100)
    if erlangs < agents:
        exact = float(textbook(erlangs, agents))
        assert chance_to_wait(float(erlangs), agents) == pytest.approx(exact, rel=1e-9)


def test_a_hundred_calls_an_hour_of_three_minutes_take_eight_agents() -> None:
    """The example of every call centre handbook: 80 % within 20 seconds. 5 erlangs, 8 agents, 86 %."""
    assert load(100, THREE_MINUTES) == pytest.approx(5)
    wait = timedelta(seconds=20)
    assert agents_needed(100, handling=THREE_MINUTES, wait=wait) == 8
    assert served_within(5, 8, handling=THREE_MINUTES, wait=wait) == pytest.approx(0.88, abs=0.005)


@given(loads, st.integers(1, 400))
def test_a_chance_is_a_chance_and_falls_with_every_agent(erlangs: float, agents: int) -> None:
    fewer, more = chance_to_wait(erlangs, agents), chance_to_wait(erlangs, agents + 1)
    assert 0 <= more <= fewer <= 1


@given(st.floats(0.01, 300), st.integers(1, 240), st.integers(1, 480))
def test_the_answer_is_the_fewest_that_is_enough(rate: float, minutes: int, within: int) -> None:
    handling, wait = timedelta(minutes=minutes), timedelta(minutes=within)
    agents = agents_needed(rate, handling=handling, wait=wait)
    erlangs = load(rate, handling)
    assert served_within(erlangs, agents, handling=handling, wait=wait) >= 0.8
    assert served_within(erlangs, agents - 1, handling=handling, wait=wait) < 0.8


def test_a_load_that_nobody_can_carry_is_said_and_not_divided_by() -> None:
    assert chance_to_wait(5, 5) == 1
    assert served_within(5, 4, handling=THREE_MINUTES, wait=THREE_MINUTES) == 0


def test_thousands_of_agents_overflow_nothing() -> None:
    assert 0 < chance_to_wait(5000, 5100) < 1
    wait = timedelta(minutes=1)
    assert agents_needed(1e9, handling=THREE_MINUTES, wait=wait) == AGENTS_MAX


def test_nothing_to_do_takes_nobody() -> None:
    assert agents_needed(0, handling=THREE_MINUTES, wait=THREE_MINUTES) == 0
    assert chance_to_wait(0, 1) == 0
    assert chance_to_wait(0, 0) == 1

"""Which promises break with the people there are, against a desk that is played minute by minute."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.reports.forecast import Range
from engine.reports.shortfall import MINUTE, Owed, Worked, handling, shortfall

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)


def owed(*minutes: int) -> list[Owed]:
    return [Owed(number, NOW + due * MINUTE) for number, due in enumerate(minutes, start=1)]


def always(agents: int) -> Range:
    return Range(agents, agents, agents)


def one_agent(until: datetime) -> timedelta:
    return until - NOW


def played(promises: Sequence[Owed], minutes: int) -> set[int]:
    """One agent takes what is due first and works on; the second path."""
    at, late = NOW, set()
    for each in sorted(promises, key=lambda promise: (promise.due_at, promise.ticket)):
        at += minutes * MINUTE
        if at > each.due_at:
            late.add(each.ticket)
    return late


@given(st.lists(st.integers(1, 600), max_size=40), st.integers(1, 60))
def test_what_breaks_is_what_a_played_desk_breaks(dues: list[int], minutes: int) -> None:
    found = shortfall(owed(*dues), minutes=always(minutes), staffed=one_agent)
    assert {each.ticket for each in found.likely} == played(owed(*dues), minutes)
    assert found.breaks == always(len(found.likely))


def test_done_at_the_due_instant_is_in_time() -> None:
    assert not shortfall(owed(30, 60), minutes=always(30), staffed=one_agent).likely
    assert shortfall(owed(30, 59), minutes=always(30), staffed=one_agent).likely[0].ticket == 2


def test_nobody_there_means_everything_breaks() -> None:
    alone = shortfall(owed(5, 500), minutes=always(1), staffed=lambda _: timedelta())
    assert [each.ticket for each in alone.likely] == [1, 2]


@given(st.lists(st.integers(1, 600), max_size=40))
def test_slower_work_breaks_no_fewer(dues: list[int]) -> None:
    found = shortfall(owed(*dues), minutes=Range(5, 10, 20), staffed=one_agent)
    assert found.breaks.low <= found.breaks.likely <= found.breaks.high


def worked(*resolved: int) -> list[Worked]:
    return [Worked(timedelta(hours=8), each) for each in resolved]


def test_how_long_a_ticket_takes_is_learnt_from_the_busiest_days() -> None:
    """On quiet days an agent's time is not all work: eight hours for two tickets are not four hours each."""
    days = worked(2, 2, 3, 4, 4, 4, 5, 6, 8, 16)
    assert handling(days) == Range(30.0, 60.0, 120.0)


def test_a_day_with_hardly_anybody_there_says_nothing() -> None:
    holiday = Worked(timedelta(minutes=10), 5)
    assert handling([*worked(4, 4), holiday]) == handling(worked(4, 4)) == Range(120, 120, 120)


def test_nothing_resolved_or_nobody_there_says_nothing() -> None:
    assert handling(worked(0, 0)) is None
    assert handling([Worked(timedelta(), 5)]) is None
    assert handling([]) is None


@given(st.lists(st.integers(0, 50), max_size=60))
def test_a_range_is_in_order(resolved: list[int]) -> None:
    taken = handling(worked(*resolved))
    if taken is not None:
        assert 0 < taken.low <= taken.likely <= taken.high

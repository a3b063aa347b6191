"""One after the other, as often as Slack allows: each who has to wait comes back once, at an instant of their own."""

from datetime import timedelta

import pytest

from bot.outgoing.rate_limits import KEPT_FOR, RateLimits
from engine.ports.outbox import Later
from tests.clock import MORNING, ManualClock

SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def pace(clock: ManualClock) -> RateLimits:
    return RateLimits(clock, every=SECOND, burst=2)


def wait(pace: RateLimits, who: int, key: str = "C1") -> timedelta:
    """How long `who` is to wait, nothing when they may go; never an unknown time, which would be a back-off."""
    try:
        pace.take(key, who)
    except Later as later:
        return later.after or timedelta(days=-1)
    return timedelta()


async def test_bursts_pass_and_each_channel_has_its_own(
    pace: RateLimits, clock: ManualClock
) -> None:
    assert [wait(pace, who) for who in (1, 2)] == [timedelta()] * 2
    assert wait(pace, 3) == SECOND
    assert wait(pace, 4, "C2") == timedelta()
    await clock.forward(seconds=1)
    assert wait(pace, 3) == timedelta()


async def test_a_backlog_goes_one_by_one_and_each_is_put_off_once(
    pace: RateLimits, clock: ManualClock
) -> None:
    """Six hundred wait: without instants of their own each would ask every second."""
    due = {who: clock.now() for who in range(600)}
    asked, went = 0, []
    while due:
        now = min(due.values())
        await clock.move_to(now)
        for who in [who for who, at in due.items() if at == now]:
            asked += 1
            after = wait(pace, who)
            if after:
                due[who] = clock.now() + after
            else:
                went.append(who)
                del due[who]
    assert went == list(range(600)), "first come, first served"
    assert asked == 600 + 598
    assert clock.now() - MORNING == 598 * SECOND


async def test_who_comes_later_does_not_push_in(pace: RateLimits, clock: ManualClock) -> None:
    assert [wait(pace, who).total_seconds() for who in range(5)] == [0, 0, 1, 2, 3]
    await clock.forward(seconds=1)
    assert wait(pace, 9) == 3 * SECOND
    assert wait(pace, 2) == timedelta()


async def test_who_comes_too_early_keeps_their_instant(
    pace: RateLimits, clock: ManualClock
) -> None:
    assert [wait(pace, who).total_seconds() for who in range(4)] == [0, 0, 1, 2]
    await clock.forward(seconds=0.5)
    assert wait(pace, 3) == timedelta(seconds=1.5)
    await clock.forward(seconds=1.5)
    assert wait(pace, 3) == timedelta()


async def test_many_who_come_late_are_no_larger_a_burst(
    pace: RateLimits, clock: ManualClock
) -> None:
    for who in range(8):
        wait(pace, who)
    await clock.forward(seconds=KEPT_FOR.total_seconds())
    assert [wait(pace, who).total_seconds() for who in range(2, 8)] == [0, 0, 1, 1, 1, 1]


async def test_who_does_not_come_loses_their_instant_and_holds_up_nobody(
    pace: RateLimits, clock: ManualClock
) -> None:
    for who in range(50):
        wait(pace, who)
    await clock.forward(seconds=50 + KEPT_FOR.total_seconds())
    assert [wait(pace, who).total_seconds() for who in (100, 101, 102)] == [0, 0, 1]


async def test_a_clock_set_back_makes_nobody_wait_for_yesterday(
    pace: RateLimits, clock: ManualClock
) -> None:
    for who in range(4):
        wait(pace, who)
    await clock.move_to(clock.now() - timedelta(days=1))
    assert wait(pace, 3) == SECOND

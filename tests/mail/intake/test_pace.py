"""Senders who wait go first, and the reader is never left without its share."""

from mail.intake.pace import (
    CROWD,
    CROWD_TIME,
    LET_IN_PER_ROW,
    ROWS_TOGETHER,
    STREAM_MAILS,
    STREAM_TIME,
    Pace,
)
from tests.clock import ManualClock

MANY = 1_000
IN_HAND = 32


def crowded(pace: Pace) -> None:
    for _ in range(STREAM_MAILS):
        pace.let_in(senders=CROWD)


def test_however_much_comes_nothing_is_held_while_few_are_at_it() -> None:
    pace = Pace(ManualClock())
    for _ in range(MANY):
        pace.let_in(senders=CROWD - 1)
        assert not pace.holds()
        assert pace.share(IN_HAND) == IN_HAND


def test_in_a_crowd_the_reader_gets_its_share_and_no_more() -> None:
    pace = Pace(ManualClock())
    crowded(pace)
    assert pace.holds()
    shares = []
    for _ in range(MANY):
        pace.let_in(senders=CROWD)
        if not pace.holds():
            shares.append(pace.share(IN_HAND))
    assert set(shares) == {ROWS_TOGETHER}
    fair = MANY // (LET_IN_PER_ROW * ROWS_TOGETHER)
    assert fair <= len(shares) <= fair + 1


async def test_slow_lines_beside_a_trickle_are_no_crowd() -> None:
    clock = ManualClock()
    pace = Pace(clock)
    for _ in range(MANY):
        pace.let_in(senders=CROWD * 3)
        assert not pace.holds()
        await clock.forward(seconds=STREAM_TIME.total_seconds() / (STREAM_MAILS - 1))


def test_one_moment_without_a_crowd_does_not_end_it() -> None:
    pace = Pace(ManualClock())
    crowded(pace)
    pace.let_in(senders=1)
    assert pace.holds()


async def test_when_the_crowd_is_gone_all_is_read_at_once() -> None:
    clock = ManualClock()
    pace = Pace(clock)
    crowded(pace)
    assert pace.holds()
    await clock.forward(seconds=CROWD_TIME.total_seconds())
    assert not pace.holds()
    assert pace.share(IN_HAND) == IN_HAND


async def test_a_clock_set_back_holds_nothing() -> None:
    clock = ManualClock()
    pace = Pace(clock)
    crowded(pace)
    await clock.forward(hours=-1)
    assert not pace.holds()

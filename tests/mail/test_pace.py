"""Mail that streams in goes first, and the reader is never left without its share."""

from mail.pace import LET_IN_PER_ROW, ROWS_TOGETHER, STREAM_MAILS, STREAM_TIME, Pace
from tests.clock import ManualClock

MANY = 1_000


async def test_mails_that_come_one_by_one_hold_nothing() -> None:
    clock = ManualClock()
    pace = Pace(clock)
    for _ in range(MANY):
        pace.let_in()
        assert not pace.holds()
        assert pace.share(32) == 32
        await clock.forward(seconds=STREAM_TIME.total_seconds() / (STREAM_MAILS - 1))


def test_in_a_stream_the_reader_gets_its_share_and_no_more() -> None:
    pace = Pace(ManualClock())
    for _ in range(STREAM_MAILS - 1):
        pace.let_in()
        assert pace.share(1) == 1
    shares = []
    for _ in range(MANY):
        pace.let_in()
        if not pace.holds():
            shares.append(pace.share(32))
    assert set(shares) == {ROWS_TOGETHER}
    assert len(shares) == MANY // (LET_IN_PER_ROW * ROWS_TOGETHER)


async def test_after_a_stream_all_is_read_at_once() -> None:
    clock = ManualClock()
    pace = Pace(clock)
    for _ in range(STREAM_MAILS):
        pace.let_in()
    assert pace.holds()
    await clock.forward(seconds=STREAM_TIME.total_seconds())
    assert not pace.holds()
    assert pace.share(32) == 32


async def test_a_clock_set_back_holds_nothing() -> None:
    clock = ManualClock()
    pace = Pace(clock)
    for _ in range(STREAM_MAILS):
        pace.let_in()
    await clock.forward(hours=-1)
    assert not pace.holds()

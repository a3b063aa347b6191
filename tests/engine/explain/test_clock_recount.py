"""Clocks counted again from their history: by another path, the same figures."""

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given

from engine.explain.clock_recount import ClockRecount, tallies
from engine.promises import sla
from tests.engine.life import Life
from tests.engine.lives import lives
from tests.engine.promises.test_clock_properties import MANY


def told(life: Life, now: datetime) -> dict[object, ClockRecount]:
    found = tallies(life.entries, life.almanac)
    return {key: tally.until(now, life.almanac) for key, tally in found.items()}


@MANY
@given(lives)
def test_counted_again_every_clock_has_used_the_same(life: Life) -> None:
    now = life.ticket.updated_at + timedelta(hours=30)
    counted = told(life, now)
    assert len(counted) == len(life.ticket.clocks)
    for clock in life.ticket.clocks:
        tally = counted[clock.kind, clock.cycle]
        assert tally.used == sla.used_by(clock, life.rules, now)
        assert all(said.recorded == said.counted for said in tally.said)


@MANY
@given(lives)
def test_its_parts_cover_all_of_a_clock_without_a_gap(life: Life) -> None:
    now = life.ticket.updated_at + timedelta(hours=30)
    counted = told(life, now)
    for clock in life.ticket.clocks:
        parts = counted[clock.kind, clock.cycle].parts
        assert parts[0].since == clock.started_at
        assert parts[-1].until == (clock.stopped_at or clock.cancelled_at or now)
        assert all(before.until == after.since for before, after in pairwise(parts))

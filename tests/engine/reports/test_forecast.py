"""Forecasts against streams whose truth is known, and every figure against a slower second path."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.reports import forecast as ahead
from engine.reports.forecast import Forecast, NotEnough, forecast, per_week, rhythm, weights
from engine.reports.staffing import needs

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)
WEEK = timedelta(weeks=1)
HOUR = timedelta(hours=1)

instants = st.lists(st.integers(1, 8 * 7 * 24 * 60).map(lambda m: NOW - timedelta(minutes=m)))


def steady(weeks: int, per_hour: int = 1) -> list[datetime]:
    """So many in every hour of so many weeks."""
    hours = weeks * 7 * 24
    return [
        NOW - timedelta(minutes=45) - hour * HOUR for hour in range(hours) for _ in range(per_hour)
    ]


def office(weeks: int, random: Random, mean: float = 3) -> list[datetime]:
    """Chance arrivals on working days from eight to five, UTC."""
    found = []
    for back in range(weeks * 7 * 24):
        hour = (NOW - back * HOUR).replace(minute=0) - HOUR
        if hour.weekday() < 5 and 8 <= hour.hour < 17:
            found += [hour + timedelta(minutes=20)] * _chance(random, mean)
    return [*found, NOW - weeks * WEEK]


def _chance(random: Random, mean: float) -> int:
    """A Poisson count: how many exponential waits fit into one."""
    count, at = 0, random.expovariate(mean)
    while at < 1:
        count, at = count + 1, at + random.expovariate(mean)
    return count


def told(arrived: list[datetime], *, resolved: list[datetime] | None = None) -> Forecast:
    answer = forecast(arrived, resolved or [], open_now=10, now=NOW, zone=UTC)
    assert isinstance(answer, Forecast)
    return answer


def test_below_three_weeks_nothing_is_said() -> None:
    short = forecast([NOW - 3 * WEEK + HOUR], [], open_now=0, now=NOW, zone=UTC)
    assert short == NotEnough(3.0)
    assert forecast([], [], open_now=0, now=NOW, zone=UTC) == NotEnough(0.0)
    assert isinstance(told([NOW - 3 * WEEK]), Forecast)


def test_a_steady_stream_is_foretold_exactly() -> None:
    answer = told([NOW - 9 * WEEK, *steady(8)])
    assert answer.weeks == 8
    assert answer.arrivals == pytest.approx([1] * 168)
    assert [day.arrivals.likely for day in answer.days] == pytest.approx([24] * 7)
    assert answer.error.mean == pytest.approx(0)
    assert answer.error.percent == pytest.approx(0)
    assert answer.error.inside == 1


def test_the_latest_week_weighs_most_and_all_weeks_together_one() -> None:
    assert sum(weights(8)) == pytest.approx(1)
    assert weights(8)[1] == pytest.approx(0.7 * weights(8)[0])


@given(instants)
def test_each_hour_of_the_week_is_the_weighted_count_of_that_hour(came: list[datetime]) -> None:
    """Second path: walk the hours of the week backwards and look each one up."""
    line = rhythm(came, now=NOW, weeks=8, zone=BERLIN)
    seen = Counter(_hour(each) for each in came)
    ends = _hour(NOW)
    rates = line.by_hour_of_week()
    for slot in range(168):
        last = next(ends - n * HOUR for n in range(1, 169) if _slot(ends - n * HOUR) == slot)
        counts = [seen[last - week * WEEK] for week in range(8)]
        expected = sum(
            0.3 * 0.7**n * count / (1 - 0.7**8) for n, count in enumerate(counts)
        )  # a geometric series sums up to 1 - 0.7^8
        assert rates[slot] == pytest.approx(expected)


def _hour(at: datetime) -> datetime:
    local = at.astimezone(BERLIN)
    return datetime(local.year, local.month, local.day, local.hour)  # noqa: DTZ001 - local on purpose


def _slot(at: datetime) -> int:
    return at.weekday() * 24 + at.hour


@given(instants, instants, st.integers(0, 50))
def test_the_backlog_is_open_plus_arrivals_minus_throughput(
    came: list[datetime], went: list[datetime], open_now: int
) -> None:
    lines = [rhythm(each, now=NOW, weeks=8, zone=BERLIN) for each in (came, went)]
    level = float(open_now)
    for hour, found in enumerate(ahead.backlog(lines[0], lines[1], open_now)):
        level += lines[0].expected(hour) - lines[1].expected(hour)
        level = level if level > 0 else 0.0
        assert found == pytest.approx(level)


def test_a_desk_that_resolves_what_comes_keeps_its_backlog() -> None:
    kept = told(steady(8), resolved=steady(8))
    assert [day.backlog.likely for day in kept.days] == pytest.approx([10] * 7)
    grown = told(steady(8, per_hour=2), resolved=steady(8))
    assert grown.days[-1].backlog.likely == pytest.approx(10 + 168)


def test_days_begin_with_the_current_local_hour() -> None:
    answer = forecast(steady(4), [], open_now=0, now=NOW, zone=BERLIN)
    assert isinstance(answer, Forecast)
    assert answer.days[0].begins.isoformat() == "2026-11-16T10:00:00"
    assert answer.days[6].begins.isoformat() == "2026-11-22T10:00:00"


def test_four_of_five_days_lie_in_their_range() -> None:
    """Forty independent desks, each foretold for the week that then really comes."""
    random, inside, days = Random(7), 0, 0
    for _ in range(40):
        line = rhythm(office(9, random), now=NOW, weeks=9, zone=UTC)
        for day, actual in enumerate(_days(line.weeks[0])):
            if actual:
                said = line.before(1).range(range(day * 24, day * 24 + 24))
                inside, days = inside + (said.low <= actual <= said.high), days + 1
    assert 0.75 < inside / days < 0.9


def _days(week: tuple[int, ...]) -> list[int]:
    return [sum(week[n : n + 24]) for n in range(0, 168, 24)]


def test_bursts_widen_the_range() -> None:
    calm = [each for each in steady(8) if each.hour % 4 == 0]
    bursts = [each for each in steady(8, per_hour=4) if (NOW - each) // WEEK % 4 == 0]
    wide, narrow = told(bursts).days[0].arrivals, told(calm).days[0].arrivals
    assert wide.high - wide.likely > 2 * (narrow.high - narrow.likely)


@given(instants)
def test_a_range_is_in_order_and_never_below_nothing(came: list[datetime]) -> None:
    answer = told([*came, NOW - 8 * WEEK])
    for day in answer.days:
        for each in (day.arrivals, day.backlog):
            assert 0 <= each.low <= each.likely <= each.high


def test_the_past_error_is_what_the_same_method_would_have_missed_by() -> None:
    """Second path: stand at the end of each earlier week, know only what came before, and compare."""
    came = office(8, Random(3))
    misses, shares = [], []
    for back in range(1, 7):
        then = NOW - back * WEEK
        line = rhythm([each for each in came if each < then], now=then, weeks=8 - back, zone=UTC)
        real = rhythm(came, now=then + WEEK, weeks=1, zone=UTC).weeks[0]
        for day, actual in enumerate(_days(real)):
            said = sum(map(line.expected, range(day * 24, day * 24 + 24)))
            misses.append(abs(actual - said))
            shares += [abs(actual - said) / actual] if actual else []
    error = told(came).error
    assert error.days == len(misses) == 42
    assert error.mean == pytest.approx(sum(misses) / len(misses))
    assert error.percent == pytest.approx(100 * sum(shares) / len(shares))


def test_a_desk_where_nothing_came_has_no_percentage() -> None:
    assert told([NOW - 8 * WEEK - HOUR]).error.percent is None


def test_an_agents_throughput_is_a_week_of_what_they_resolved() -> None:
    found = per_week(steady(4), now=NOW, weeks=4, zone=UTC)
    assert found.likely == pytest.approx(168)
    assert found.low < 168 < found.high


def test_the_busiest_hour_of_each_day_says_how_many_agents_it_takes() -> None:
    line = rhythm(office(8, Random(5), mean=6), now=NOW, weeks=8, zone=UTC)
    week = list(needs(line, minutes=ahead.Range(20, 30, 40), wait=timedelta(minutes=30)))
    assert len(week) == 7
    monday, saturday = week[0], next(day for day in week if day.hour.weekday() == 5)
    assert 8 <= monday.hour.hour < 17
    assert monday.agents.low <= monday.agents.likely <= monday.agents.high
    assert monday.agents.likely >= 3
    assert saturday.agents.likely == 0

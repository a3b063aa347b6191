"""The few filters that words need: how long, how much, which day."""

import pytest

from templates import day, lasting, share


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.4, "under 1 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (299.7, "4 min 59 s"),
        (364, "6 min 04 s"),
        (600, "10 min"),
        (631, "11 min"),
        (3569, "59 min"),
        (3599, "1 h 00 min"),
        (7500, "2 h 05 min"),
        (48 * 3600, "48 h 00 min"),
        (100 * 3600, "100 h"),
    ],
)
def test_how_long_is_never_said_in_days(seconds: float, said: str) -> None:
    assert lasting(seconds).replace("\u00a0", " ") == said
    assert " " not in lasting(seconds), "a line does not break in it"


@pytest.mark.parametrize(
    ("percent", "said"),
    [
        (None, "no data"),
        (0.0, "0%"),
        (0.1, "1%"),
        (0.4, "1%"),
        (49.6, "50%"),
        (99.4, "99%"),
        (99.9, "99%"),
        (100.0, "100%"),
    ],
)
def test_all_or_nothing_is_said_only_when_it_is(percent: float | None, said: str) -> None:
    assert share(percent) == said


def test_a_day_has_its_weekday() -> None:
    assert day("2026-11-23") == "Mon 23 Nov"

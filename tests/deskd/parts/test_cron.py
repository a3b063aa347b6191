"""Slots of chores: on the clocks of a zone each once, also on the days when clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from deskd.parts.cron import Cron, Every, Recurrence, Waking

BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def slots(when: Recurrence, first: str, until: str) -> list[str]:
    """All there are, asked for in both directions."""
    start, end = at(first), at(until)
    found: list[datetime] = []
    after = start
    while (slot := when.next(after=after)) is not None and slot <= end:
        found.append(slot)
        after = slot
    back: list[datetime] = []
    while (slot := when.last(until=end)) > start:
        back.append(slot)
        end = slot - timedelta(microseconds=1)
    assert back[::-1] == found
    return [f"{slot:%d %H:%M}" for slot in found]


def test_a_slot_is_the_latest_one_not_later_than_now() -> None:
    daily = Cron("0 9 * * *", BERLIN)
    nine = at("2026-03-02T09:00+01:00")
    assert daily.last(until=nine) == nine
    assert daily.last(until=nine - timedelta(microseconds=1)) == nine - timedelta(days=1)
    assert daily.next(after=nine) == nine + timedelta(days=1)


def test_weekdays_are_named_as_people_name_them() -> None:
    weekdays = Cron("30 8 * * mon-fri", BERLIN)
    assert slots(weekdays, "2026-03-06T00:00Z", "2026-03-10T00:00Z") == ["06 07:30", "09 07:30"]
    with pytest.raises(ValueError, match="by name"):
        Cron("30 8 * * 1-5", BERLIN)


@pytest.mark.parametrize("line", ["9 o'clock", "0 25 * * *", "0 9 * *", "0 9 * * someday"])
def test_a_line_nobody_can_read_is_refused_when_it_is_written(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Cron(line, BERLIN)


@pytest.mark.parametrize(
    ("line", "first", "until", "expected"),
    [
        # 29 March 2026: 02:00 becomes 03:00; 25 October: 03:00 becomes 02:00.
        ("0 9 * * *", "2026-03-28", "2026-03-31", ["28 08:00", "29 07:00", "30 07:00"]),
        ("0 9 * * *", "2026-10-24", "2026-10-27", ["24 07:00", "25 08:00", "26 08:00"]),
        ("30 2 * * *", "2026-03-28", "2026-03-31", ["28 01:30", "29 01:30", "30 00:30"]),
        ("30 2 * * *", "2026-10-24", "2026-10-27", ["24 00:30", "25 00:30", "26 01:30"]),
        ("0 0 * * *", "2026-03-28T00:00Z", "2026-03-30T12:00Z", ["28 23:00", "29 22:00"]),
        (
            "30 * * * *",
            "2026-10-25T00:00Z",
            "2026-10-25T03:00Z",
            ["25 00:30", "25 01:30", "25 02:30"],
        ),
        ("30 * * * *", "2026-03-29T00:00Z", "2026-03-29T02:00Z", ["29 00:30", "29 01:30"]),
    ],
)
def test_a_day_on_which_clocks_change_has_each_slot_once(
    line: str, first: str, until: str, expected: list[str]
) -> None:
    first, until = (text if "T" in text else f"{text}T00:00Z" for text in (first, until))
    assert slots(Cron(line, BERLIN), first, until) == expected


def test_a_line_that_no_day_fits_has_no_slot() -> None:
    never = Cron("0 0 30 2 *", BERLIN)
    assert never.next(after=at("2026-03-02T00:00Z")) is None
    assert never.last(until=at("2026-03-02T00:00Z")).year == 1970


@pytest.mark.parametrize(
    "zone",
    [BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo", "UTC"],
)
def test_a_daily_slot_is_on_every_local_day_of_a_year(zone: str) -> None:
    for line in ("0 0 * * *", "30 2 * * *", "45 1 * * *", "59 23 * * *"):
        when = Cron(line, zone)
        seen, slot = [], at("2026-01-01T12:00Z")
        while slot < at("2027-01-01T12:00Z"):
            found = when.next(after=slot)
            assert found is not None
            slot = found
            seen.append(slot.astimezone(ZoneInfo(zone)).date())
        assert [day - seen[0] for day in seen] == [timedelta(days=n) for n in range(len(seen))]


def test_every_so_often_is_the_same_for_all_who_ask() -> None:
    hourly = Every(timedelta(hours=1))
    assert slots(hourly, "2026-03-02T09:20Z", "2026-03-02T12:00Z") == [
        "02 10:00",
        "02 11:00",
        "02 12:00",
    ]


@pytest.mark.parametrize("when", [Cron("0 9 * * *", BERLIN), Every(timedelta(hours=1))])
def test_apscheduler_is_told_the_slots_themselves(when: Recurrence) -> None:
    now = at("2026-03-02T07:30Z")
    waking = Waking(when)
    first = waking.get_next_fire_time(None, now)
    assert first == when.next(after=now)
    assert waking.get_next_fire_time(first, now + timedelta(days=2)) == when.next(after=first)

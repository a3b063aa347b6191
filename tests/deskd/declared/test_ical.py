"""Holidays out of iCalendar files: what counts, what is written out, what is left out, and what is no such file."""

from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskd.declared.ical import BYTES_MAX, DAYS_MAX, YEARS, Holidays, holidays_in, holidays_in_file
from tests.examples import examples

DAY = "DTSTART;VALUE=DATE:"


def ics(*events: str) -> bytes:
    inside = "".join(f"BEGIN:VEVENT\n{event}\nSUMMARY:x\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{inside}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def days(*events: str) -> list[str]:
    found = holidays_in(ics(*events))
    assert (found.yearly, found.left_out) == ({}, [])
    return sorted(day.isoformat() for day in found.days)


def yearly(*events: str) -> list[tuple[int, int]]:
    found = holidays_in(ics(*events))
    assert (found.days, found.left_out) == ({}, [])
    return sorted(found.yearly)


def test_an_all_day_event_is_a_holiday_and_keeps_its_name() -> None:
    content = ics(f"{DAY}20260403").replace(b"SUMMARY:x", b"SUMMARY:Good\\nFriday")
    assert holidays_in(content) == Holidays(days={date(2026, 4, 3): "Good Friday"})


def test_an_event_of_several_days_ends_before_its_end() -> None:
    assert days(f"{DAY}20261224\nDTEND;VALUE=DATE:20261227") == [
        "2026-12-24",
        "2026-12-25",
        "2026-12-26",
    ]
    assert days(f"{DAY}20261231\nDURATION:P2D") == ["2026-12-31", "2027-01-01"]


def test_times_from_midnight_to_midnight_are_days_and_others_are_appointments() -> None:
    start, end = "DTSTART;TZID=Europe/Berlin:20260105T000000", "DTEND;TZID=Europe/Berlin:20260107T"
    assert days(f"{start}\n{end}000000") == ["2026-01-05", "2026-01-06"]
    assert days(f"{start}\n{end}080000", f"{start}", "DTSTART:20260101T090000Z") == []


def test_an_event_of_every_year_is_a_yearly_holiday() -> None:
    assert yearly(f"{DAY}20201225\nDTEND;VALUE=DATE:20201227\nRRULE:FREQ=YEARLY") == [
        (12, 25),
        (12, 26),
    ]
    assert yearly(f"{DAY}19200101\nRRULE:FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1") == [(1, 1)]
    assert yearly(f"{DAY}20201231\nDTEND;VALUE=DATE:20210102\nRRULE:FREQ=YEARLY") == [
        (1, 1),
        (12, 31),
    ]


def test_an_event_that_moves_is_written_out() -> None:
    fourth_thursday = days(f"{DAY}19421126\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH")
    assert len(fourth_thursday) == len(YEARS)
    assert {"2026-11-26", "2027-11-25", "2028-11-23"} < set(fourth_thursday)
    last_monday = days(f"{DAY}20240527\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;UNTIL=20260601")
    assert last_monday == ["2024-05-27", "2025-05-26", "2026-05-25"]


def test_an_event_that_ends_or_skips_years_is_written_out() -> None:
    assert days(f"{DAY}20240501\nRRULE:FREQ=YEARLY;COUNT=2") == ["2024-05-01", "2025-05-01"]
    assert days(f"{DAY}20240501\nRRULE:FREQ=YEARLY;INTERVAL=2;UNTIL=20290101") == [
        "2024-05-01",
        "2026-05-01",
        "2028-05-01",
    ]
    without = days(f"{DAY}20240501\nRRULE:FREQ=YEARLY;UNTIL=20270101\nEXDATE;VALUE=DATE:20250501")
    assert without == ["2024-05-01", "2026-05-01"]
    assert days(f"{DAY}20240501\nRDATE;VALUE=DATE:20240503") == ["2024-05-01", "2024-05-03"]


def test_one_of_a_row_that_was_moved_is_only_where_it_went() -> None:
    row = f"UID:7\n{DAY}20240501\nRRULE:FREQ=YEARLY;COUNT=3"
    moved = f"UID:7\nRECURRENCE-ID;VALUE=DATE:20250501\n{DAY}20250502"
    assert days(row, moved) == ["2024-05-01", "2025-05-02", "2026-05-01"]


def test_what_was_cancelled_is_no_holiday() -> None:
    assert days(f"{DAY}20260403\nSTATUS:CANCELLED") == []


@pytest.mark.parametrize(
    "event",
    [
        f"{DAY}20260102\nRRULE:FREQ=WEEKLY",
        f"{DAY}20260102\nRRULE:FREQ=YEARLY;BYDAY=MO",
        f"{DAY}20260102\nRRULE:FREQ=YEARLY;BYMONTH=1,7",
        f"{DAY}20260102\nRRULE:FREQ=YEARLY;BYSETPOS=1",
        f"{DAY}20260102\nRRULE:FREQ=YEARLY\nRRULE:FREQ=YEARLY;BYMONTH=2",
        f"{DAY}20260102\nRRULE:FREQ=OFTEN",
        f"{DAY}20260102\nRRULE:FREQ=YEARLY;BYMONTH=13",
        f"{DAY}20260102\nDTEND;VALUE=DATE:20280102",
        f"{DAY}99991231\nDURATION:P2D",
        "DTSTART:soon",
        "",
    ],
)
def test_what_cannot_be_read_is_left_out_and_named(event: str) -> None:
    found = holidays_in(ics(event, f"{DAY}20260403"))
    assert list(found.days) == [date(2026, 4, 3)]
    assert len(found.left_out) == 1
    assert found.left_out[0].startswith('"x": ')


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is no iCalendar file: it holds no calendar"),
        (b"\x89PNG", "is no iCalendar file: "),
        (b"BEGIN:VTODO\r\nEND:VTODO\r\n", "is no iCalendar file: it holds no calendar"),
        (b"BEGIN:VCALENDAR\r\n" + b"x" * BYTES_MAX, f"is larger than {BYTES_MAX} bytes"),
    ],
)
def test_what_is_no_calendar_or_too_much_is_refused(content: bytes, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        holidays_in(content)


def test_too_many_holidays_are_refused() -> None:
    begins = (date(1700, 1, 1) + timedelta(days=366) * n for n in range(30))
    with pytest.raises(ValueError, match=f"more than {DAYS_MAX} holidays"):
        holidays_in(ics(*(f"DTSTART;VALUE=DATE:{day:%Y%m%d}\nDURATION:P366D" for day in begins)))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        holidays_in_file(tmp_path / "none.ics")
    (tmp_path / "one.ics").write_bytes(ics(f"{DAY}20260403"))
    assert list(holidays_in_file(tmp_path / "one.ics").days) == [date(2026, 4, 3)]


WHOLE = ics(
    f"UID:7\n{DAY}20240501\nDTEND;VALUE=DATE:20240502\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=1WE;COUNT=3"
    "\nEXDATE;VALUE=DATE:20250501\nRDATE;VALUE=PERIOD:20250501T000000Z/P1D",
    f"UID:7\nRECURRENCE-ID;VALUE=DATE:20250501\n{DAY}20250502",
)
scraps = st.sampled_from(
    [b"", b";", b":", b"=", b"\r\n", b"\x00", b"\xff", b"VALUE=DATE", b"-1", b"9" * 20, b"RRULE:", b"P9W"]
)  # fmt: skip


@examples(300)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 9), scraps), max_size=5))
def test_a_damaged_file_is_read_or_refused_and_nothing_else(
    damages: list[tuple[int, int, bytes]],
) -> None:
    content = WHOLE
    for at, cut, scrap in damages:
        content = content[:at] + scrap + content[at + cut :]
    with suppress(ValueError):
        assert len(holidays_in(content).days) <= DAYS_MAX

"""When digests and reports are made: written as people write times, wrong ones told with one that is right."""

from pathlib import Path

import pytest

from engine.reports.kinds import ReportKind
from tests.deskd.settings.test_settings import problems, read


def test_without_a_word_both_come_in_the_morning(tmp_path: Path) -> None:
    lines = list(read(tmp_path).settings.reports.lines)
    assert lines == [(ReportKind.DAILY, "0 9 * * *"), (ReportKind.WEEKLY, "0 8 * * mon")]


def test_other_times_and_none(tmp_path: Path) -> None:
    text = '[reports]\ndaily = ""\nweekly = "Fri  16:30"\n'
    assert list(read(tmp_path, text).settings.reports.lines) == [
        (ReportKind.WEEKLY, "30 16 * * fri")
    ]
    # TOML has times of its own.
    bare = list(read(tmp_path, "[reports]\ndaily = 07:30:00\n").settings.reports.lines)
    assert bare[0] == (ReportKind.DAILY, "30 7 * * *")


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ('daily = "nine"', '"09:00"'),
        ('daily = "25:00"', '"09:00"'),
        ('weekly = "someday 08:00"', '"mon 08:00"'),
        ('weekly = "mon"', '"mon 08:00"'),
    ],
)
def test_a_wrong_one_is_told_with_one_that_is_right(tmp_path: Path, line: str, right: str) -> None:
    (problem,) = problems(tmp_path, f"[reports]\n{line}\n")
    assert "deskd.toml:2" in problem
    assert right in problem

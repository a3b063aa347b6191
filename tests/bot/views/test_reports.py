"""Digests and reports in Slack: what is drawn is within the limits, and the words say all that is drawn."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.views import limits
from bot.views.messages import told
from bot.views.reports import GROUPS_MAX, report_message
from engine.messages.digests import GroupedBy, ReportDigest, ReportGroup, ReportGroups, Share
from engine.reports.kinds import Period, ReportKind
from engine.reports.report import By, Group
from engine.reports.report_message import report_message as digest
from sandbox.blockkit.blocks import check_message
from tests.bot.make import strings
from tests.bot.views.test_cards import HOSTILE, OUR_MARKS
from tests.engine.report_sample import WEEK, YESTERDAY, sample

LONG = Period(WEEK.first - timedelta(weeks=30), WEEK.end, WEEK.zone)
SHOWN = {
    "weekly": digest(sample(WEEK), kind=ReportKind.WEEKLY, scope="Support", listed=5),
    "daily": digest(sample(YESTERDAY), kind=ReportKind.DAILY, scope="Support", listed=5),
    "a whole year": digest(sample(LONG), kind=ReportKind.RANGE, scope="Support", listed=5),
    "nothing at all": digest(sample(WEEK, 0), kind=ReportKind.WEEKLY, scope="Support"),
    "hostile": digest(sample(WEEK), kind=ReportKind.MONTH, scope=HOSTILE * 3),
}


def charts(report: ReportDigest) -> list[dict[str, Any]]:
    return [b for b in report_message(report).blocks if b["type"] == "data_visualization"]


def priorities(report: ReportDigest) -> tuple[ReportGroup, ...]:
    (groups,) = (each.groups for each in report.by if each.by is GroupedBy.PRIORITY)
    return groups


def values(chart: dict[str, Any]) -> dict[str, list[float]]:
    return {
        series["name"]: [point["value"] for point in series["data"]]
        for series in chart["chart"]["series"]
    }


@pytest.mark.parametrize("report", SHOWN.values(), ids=SHOWN)
def test_slack_would_take_it(report: ReportDigest) -> None:
    said = report_message(report)
    assert limits.validate(said.payload(), "message") == []
    check_message(list(said.blocks), [])
    assert len(said.text.encode()) <= limits.FALLBACK_TEXT_BYTES


def test_nobody_is_pinged_and_nothing_is_linked_by_a_subject_or_a_name() -> None:
    busy = sample(WEEK)
    evil = tuple(Group(HOSTILE, HOSTILE, g.figures) for g in busy.by[By.AGENT])
    named = replace(busy, by={**busy.by, By.AGENT: evil, By.CATEGORY: evil})
    late = tuple(replace(e, ticket=replace(e.ticket, subject=HOSTILE)) for e in named.late)
    said = report_message(digest(replace(named, late=late), kind=ReportKind.WEEKLY, scope=HOSTILE))
    marked = [b for b in said.blocks if b["type"] in ("section", "context")]
    for text in (said.text, *strings(marked)):
        bare = OUR_MARKS.sub("", text)
        assert "<" not in bare, bare
        assert "*prizes*" not in bare


def test_two_charts_show_what_came_and_went_and_what_was_kept() -> None:
    report = SHOWN["weekly"]
    flow, kept = charts(report)
    assert flow["chart"]["axis_config"]["categories"][0] == "Mon 23 Nov"
    assert values(flow) == {
        "Opened": [each.opened for each in report.trend],
        "Resolved": [each.resolved for each in report.trend],
    }
    assert values(kept) == {"Met": [g.figures.kept_all.percent for g in priorities(report)]}


def test_the_words_say_everything_the_charts_show() -> None:
    report = SHOWN["weekly"]
    words = report_message(report).text.replace("\u00a0", " ")
    for flow in report.trend:
        assert f": {flow.opened} opened, {flow.resolved} resolved" in words
    for group in priorities(report):
        kept = group.figures.kept_all
        assert f"met {round(kept.percent or 0)}% ({kept.part} of {kept.whole})" in words


def test_no_data_is_said_and_not_drawn() -> None:
    report = SHOWN["nothing at all"]
    assert charts(report) == []
    words = report_message(report).text
    assert "no data" in words
    assert "100" not in words
    assert "*Late:* nothing." in words


def test_a_priority_of_which_nothing_was_judged_has_no_bar() -> None:
    report = SHOWN["weekly"]
    first, *others = priorities(report)
    unjudged = replace(first, figures=replace(first.figures, kept_all=Share(0, 0, None)))
    grouped = ReportGroups(GroupedBy.PRIORITY, (unjudged, *others))
    kept = charts(replace(report, by=(grouped,)))[1]
    assert kept["chart"]["axis_config"]["categories"] == ["P2 High", "P3 Medium", "P4 Low"]


def test_more_weeks_than_slack_draws_leave_the_latest() -> None:
    report = SHOWN["a whole year"]
    categories = charts(report)[0]["chart"]["axis_config"]["categories"]
    assert len(report.trend) > len(categories) == limits.CHART_CATEGORIES
    assert categories[-1] == "Mon 23 Nov"


def test_a_long_list_of_agents_is_cut_and_says_so() -> None:
    busy = sample(WEEK)
    agents = tuple(Group(f"p{n}", f"Agent {n}", busy.whole) for n in range(GROUPS_MAX + 3))
    crowd = replace(busy, by={**busy.by, By.AGENT: agents})
    words = "\n".join(
        strings(list(report_message(digest(crowd, kind=ReportKind.WEEKLY, scope="x")).blocks))
    )
    assert "Agent 14:" in words
    assert "Agent 15:" not in words
    assert "and 3 more" in words


def test_a_day_is_told_by_priority_alone() -> None:
    words = report_message(SHOWN["daily"]).text
    assert "By priority" in words
    assert "By agent" not in words


def test_a_report_that_is_told_is_drawn_as_one_that_was_asked_for() -> None:
    assert told(SHOWN["weekly"], None) == report_message(SHOWN["weekly"])

"""A report as a Slack message: figures in words, two charts that Slack draws, and the lists. Pure.

The text twin says everything the charts show, for screen readers, notifications and a Slack that refuses charts.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bot.views import blocks
from bot.views.blocks import SlackMessage
from bot.views.limits import Json
from bot.views.text import mrkdwn
from bot.views.words import harmless, plain_sentence, sentence
from engine.messages.digests import GroupedBy, ReportDigest
from templates import day, render

GROUPS_MAX: Final = 15
"""Lines of one grouping: what fits a section, and what anybody reads."""
_BRIEF: Final = frozenset({"daily", "today"})
"""One day is told by priority alone; the other groupings of so few tickets say nothing."""


def report_message(report: ReportDigest) -> SlackMessage:
    parts = {name: sentence(f"report_digest_{name}", {"report": report}) for name in _PARTS}
    groups = list(_groups(report))
    head = plain_sentence("report_digest_title", {"report": report})
    drawn = [
        blocks.header(head),
        blocks.section(parts["summary"]),
        *_flow(report),
        blocks.section(parts["figures"]),
        *_kept(report),
        *(blocks.section(parts[name]) for name in ("late", "risk", "ages")),
        *([blocks.section(parts["set_aside"])] if parts["set_aside"] else []),
        *map(blocks.section, groups),
        blocks.context(sentence("report_digest_foot", {"report": report})),
    ]
    words = [f"*{mrkdwn(head)}*", *filter(None, parts.values()), *groups]
    return blocks.said("\n\n".join(words), drawn)


def forecast_message(found: Sequence[Mapping[str, object]]) -> SlackMessage:
    """One forecast after another, as programs read them; there is at least the word that nobody has a team."""
    safe = [harmless(one, _NAMES) for one in found]
    text = "\n\n".join(render("report/forecast.j2", one) for one in safe) or sentence(
        "forecast_none", {}
    )
    return blocks.said(text, blocks.sections(text))


_NAMES: Final = frozenset({"scope", "name", "ticket"})
_PARTS: Final = ("summary", "figures", "late", "risk", "ages", "trend", "set_aside")


def _flow(report: ReportDigest) -> list[Json]:
    """What came and what went."""
    series = [
        (_chart("opened"), [flow.opened for flow in report.trend]),
        (_chart("resolved"), [flow.resolved for flow in report.trend]),
    ]
    if not any(sum(values) for _, values in series):
        return []
    days = [day(flow.first) for flow in report.trend]
    return [blocks.bar_chart(_chart("week" if report.weekly else "day"), days, series)]


def _kept(report: ReportDigest) -> list[Json]:
    """The priorities of which anything was judged; where there is no data there is no bar."""
    judged = [
        (group.name.text if group.name else "", percent)
        for grouping in report.by
        if grouping.by is GroupedBy.PRIORITY
        for group in grouping.groups
        if (percent := group.figures.kept_all.percent) is not None
    ]
    if not judged:
        return []
    names, values = zip(*judged, strict=True)
    return [blocks.bar_chart(_chart("priorities"), names, [(_chart("kept"), values)])]


def _groups(report: ReportDigest) -> Iterator[str]:
    for grouping in report.by:
        found = grouping.groups
        if found and (grouping.by is GroupedBy.PRIORITY or report.kind.word not in _BRIEF):
            more = max(0, len(found) - GROUPS_MAX)
            facts = {"kind": grouping.by, "groups": found[:GROUPS_MAX], "more": more}
            yield sentence("report_digest_groups", facts)


def _chart(word: str) -> str:
    return plain_sentence("report_digest_chart", {"word": word})

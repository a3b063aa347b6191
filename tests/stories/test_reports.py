"""What managers see: digests in the morning, charts that Slack draws, and figures for whoever may see them."""

from datetime import datetime, timedelta

import pytest

from deskd.parts.chores import Chores
from sandbox.base import limits
from sandbox.base.workspace import Message
from tests.stories.town import Town, worked

BOB = "bob@example.com"


async def handled(desk: Town) -> None:
    """One ticket that Ana answers and resolves, one that nobody takes."""
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    ana = desk.person("ana")
    worked(await ana.click(await desk.card("T-1"), "claim"))
    await desk.card("In progress")
    await desk.resolve(ana, "T-1", "It is repaired.")
    await desk.mail(BOB, "No mail", "Since this morning.")
    await desk.card("T-2")
    await desk.quiet()


def next_nine(now: datetime) -> datetime:
    return (now + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)


async def comes(desk: Town, at: datetime) -> None:
    """It is that time. The scheduler sleeps by the wall clock, so it is woken by hand."""
    await desk.clock.move_to(at)
    assert desk.built is not None
    parts = (part for stage in desk.built.daemon.stages for part in stage)
    (chores,) = (part for part in parts if isinstance(part, Chores))
    await chores.look_at_all()
    await desk.still()


def digests(messages: list[Message]) -> list[Message]:
    return [m for m in messages if "opened" in m.text and "*Support: " in m.text]


async def test_the_team_finds_its_digest_in_the_channel_at_nine(desk: Town) -> None:
    await handled(desk)
    nine = next_nine(desk.clock.now())
    await comes(desk, nine - timedelta(seconds=1))
    assert digests(desk.slack.messages("it-desk")) == []
    await comes(desk, nine)
    found = await desk.until(lambda: digests(desk.slack.messages("it-desk")), "the digest")
    await desk.quiet()
    assert len(digests(desk.slack.messages("it-desk"))) == len(found) == 1
    assert "2 opened, 1 resolved, 1 open now" in found[0].text
    assert "T-2" in found[0].text
    assert "Ana" not in found[0].text, "whoever reads the channel sees no agent's figures"
    charts = [block for block in found[0].blocks if block["type"] == "data_visualization"]
    assert [chart["title"] for chart in charts] == [
        "Opened and resolved, day by day",
        "Targets met, in percent",
    ]


async def test_where_slack_refuses_the_charts_the_words_go(
    desk: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Slack that does not know them."""
    monkeypatch.setattr(limits, "MESSAGE_CHARTS", 0)
    await handled(desk)
    await comes(desk, next_nine(desk.clock.now()))
    found = await desk.until(lambda: digests(desk.slack.messages("it-desk")), "the digest")
    assert not found[0].blocks
    assert "2 opened, 1 resolved, 1 open now" in found[0].text
    assert "Mon 2 Mar: 2 opened, 1 resolved" in found[0].text.replace("\u00a0", " ")


async def test_a_manager_has_it_in_a_direct_message_with_the_agents(desk: Town) -> None:
    await handled(desk)
    mia = desk.person("mia")
    await comes(desk, datetime.fromisoformat("2026-03-09T08:00:00Z"))

    def weekly() -> list[Message]:
        return [m for m in desk.slack.messages(mia.dm_channel) if "week of" in m.text]

    found = await desk.until(weekly, "the weekly report")
    assert "*By agent*" in found[0].text
    assert "Ana: 1 opened, 1 resolved" in found[0].text


async def test_an_agents_report_shows_only_their_own_figures(desk: Town) -> None:
    await handled(desk)
    ana, ben = desk.person("ana"), desk.person("ben")
    worked(await ana.command("/ticket report", channel="it-desk"))
    own = await desk.until(lambda: ana.ephemerals, "Ana's report")
    assert "Ana: today, Mon 2 Mar" in own[-1].text
    assert "1 opened, 1 resolved, 0 open now" in own[-1].text
    worked(await ben.command("/ticket report week mine", channel="it-desk"))
    nothing = await desk.until(lambda: ben.ephemerals, "Ben's report")
    assert "0 opened, 0 resolved, 0 open now" in nothing[-1].text
    assert "no data" in nothing[-1].text


async def test_a_manager_asks_and_sees_the_department(desk: Town) -> None:
    await handled(desk)
    mia = desk.person("mia")
    worked(await mia.command("/ticket report month"))
    seen = await desk.until(lambda: mia.ephemerals, "Mia's report")
    assert "2 opened, 1 resolved, 1 open now" in seen[-1].text
    assert "*By agent*" in seen[-1].text


async def test_a_requester_is_told_who_may_see_figures(desk: Town) -> None:
    carla = desk.person("carla")
    worked(await carla.command("/ticket report"))
    told = await desk.until(lambda: carla.ephemerals, "the answer")
    assert "that takes the role agent" in told[-1].visible_text()


async def test_a_span_nobody_knows_is_answered_with_those_there_are(desk: Town) -> None:
    ben = desk.person("ben")
    worked(await ben.command("/ticket report decade"))
    told = await desk.until(lambda: ben.ephemerals, "the answer")
    assert "I do not know “decade”" in told[-1].visible_text()
    assert "month" in told[-1].visible_text()


async def test_a_manager_asks_what_is_likely_to_come_and_an_agent_may_not(desk: Town) -> None:
    mia, ana = desk.person("mia"), desk.person("ana")
    worked(await mia.command("/ticket forecast"))
    seen = await desk.until(lambda: mia.ephemerals, "Mia's forecast")
    assert "the next seven days" in seen[-1].visible_text()
    assert "Not enough data: 0 weeks" in seen[-1].visible_text()
    worked(await mia.command("/ticket forecast nowhere"))
    await desk.until(lambda: "no team" in mia.ephemerals[-1].visible_text(), "the refusal")
    worked(await ana.command("/ticket forecast", channel="it-desk"))
    refused = await desk.until(lambda: ana.ephemerals, "Ana's refusal")
    assert "lead" in refused[-1].visible_text()

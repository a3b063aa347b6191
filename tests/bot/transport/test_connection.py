"""The connection outlives bad tokens, burnt tickets, refreshes, silence and outages, and ends in bounded time."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.base.log import LogEntry
from tests.bot.office import HASTE, Office, open_office, working


def refusals(office: Office, words: str) -> list[LogEntry]:
    return [one for one in office.slack.log.errors if words in one.text]


async def works(office: Office, words: str) -> None:
    """Somebody writes, and it becomes a ticket with a card."""
    await office.cleo.dm(words)
    await office.card(words)


async def test_a_bad_bot_token_degrades_and_says_so(tmp_path: Path, template: Path) -> None:
    async with open_office(tmp_path, template, bot_token="xoxb-wrong") as office:
        office.trouble_expected = True
        trouble = office.face.parts[0].trouble
        assert trouble is not None
        assert trouble.startswith("slack: invalid_auth")
        assert "slack.bot_token" in trouble
        assert (await office.mail()).outcome == "opened", "mail goes on"


async def test_a_bad_app_token_degrades_and_says_so(tmp_path: Path, template: Path) -> None:
    async with open_office(tmp_path, template, app_token="xapp-wrong") as office:
        office.trouble_expected = True
        assert "invalid_auth (apps.connections.open" in (office.face.parts[0].trouble or "")
        await office.mail()
        await office.card()


async def test_people_named_by_slack_id_are_declared_before_anybody_can_click(
    tmp_path: Path, template: Path
) -> None:
    declared: list[tuple[str, int]] = []

    async def introduce(slack_team: str) -> None:
        declared.append((slack_team, len(office.slack.sockets.connections)))

    async with (
        open_office(tmp_path, template, running=False, introduce=introduce) as office,
        working(*office.face.parts),
    ):
        await works(office, "hello")
        assert declared == [(office.face.people.team_id, 0)]


async def test_a_login_that_was_bad_is_tried_again(tmp_path: Path, template: Path) -> None:
    async with open_office(tmp_path, template, running=False) as office:
        office.trouble_expected = True
        office.slack.faults.refuse("auth.test", "account_inactive", times=2)
        async with working(*office.face.parts):
            assert "account_inactive" in (office.face.parts[0].trouble or "")
            while not office.slack.sockets.connections:
                office.clock.skip(timedelta(minutes=1))
                await asyncio.sleep(0.02)
            await works(office, "after the second try")
            assert office.face.parts[0].trouble is None


async def test_it_waits_as_long_as_slack_asks_before_opening_a_socket(
    tmp_path: Path, template: Path
) -> None:
    async with open_office(tmp_path, template, running=False) as office:
        office.trouble_expected = True
        office.slack.faults.rate_limit("apps.connections.open", retry_after=60)
        async with working(*office.face.parts):
            office.clock.skip(timedelta(seconds=50))
            await asyncio.sleep(0.1)
            assert len(office.slack.calls("apps.connections.open")) == 1
            office.clock.skip(timedelta(seconds=11))
            await office.slack.connected()


async def test_after_a_burnt_ticket_the_socket_is_rebuilt(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """slack_sdk alone would try the used-up address for ever."""
    office.trouble_expected = True
    office.slack.sockets.refuse_handshakes(1)
    office.slack.sockets.reset()
    await office.until(lambda: refusals(office, "ticket already used"))
    await office.slack.connected()
    await works(office, "heard again")
    assert not [one for one in caplog.records if re.search(r"ticket=\w", one.getMessage())]


async def test_handshakes_refused_at_the_start_are_tried_with_fresh_tickets(
    tmp_path: Path, template: Path
) -> None:
    async with open_office(tmp_path, template, running=False) as office:
        office.trouble_expected = True
        office.slack.sockets.refuse_handshakes(2)
        async with working(*office.face.parts):
            assert office.face.parts[0].trouble is not None
            while not office.slack.sockets.connections:
                office.clock.skip(timedelta(minutes=1))
                await asyncio.sleep(0.02)
            await works(office, "in the end")
    opened = len(office.slack.calls("apps.connections.open"))
    assert opened == 3, "one fresh ticket for each try"


async def test_a_refresh_loses_nothing_and_doubles_nothing(office: Office) -> None:
    office.trouble_expected = True  # what is on the old line when it closes is sent again
    await office.slack.sockets.disconnect("refresh_requested")
    await office.cleo.dm("during the refresh")
    await office.card("during the refresh")
    await office.slack.sockets.disconnect("warning")
    await office.cleo.dm("and after")
    await office.card("and after")
    await office.settled()
    assert len([kind for kind, _, _ in await office.spool_states()]) == 2


async def test_a_silent_socket_is_noticed(office: Office) -> None:
    office.trouble_expected = True
    before = len(office.slack.calls("apps.connections.open"))
    office.slack.sockets.stall()
    await office.until(lambda: len(office.slack.calls("apps.connections.open")) > before)
    await office.until(lambda: [one for one in office.slack.sockets.connections if not one.stalled])
    await works(office, "no longer deaf")


async def test_a_short_outage_is_quiet_and_a_long_one_is_told(office: Office) -> None:
    office.trouble_expected = True
    connection = office.face.parts[0]
    assert connection.trouble is None
    office.slack.go_down()
    await office.until(lambda: not office.slack.sockets.connections)
    await asyncio.sleep(0.2)
    office.clock.skip(timedelta(seconds=40))
    await office.becomes(lambda: _is(connection.trouble is not None))
    office.slack.come_back()
    while not office.slack.sockets.connections:
        office.clock.skip(timedelta(minutes=1))
        await asyncio.sleep(0.02)
    await office.becomes(lambda: _is(connection.trouble is None))


async def _is(truth: bool) -> bool:
    return truth


async def test_it_ends_in_bounded_time_even_on_a_dead_socket(
    tmp_path: Path, template: Path
) -> None:
    loop = asyncio.get_running_loop()
    async with open_office(tmp_path, template, running=False) as office:
        office.trouble_expected = True
        async with working(*office.face.parts):
            office.slack.sockets.stall()
            began = loop.time()
        assert loop.time() - began < HASTE.close_within.total_seconds() + 1


async def test_what_is_in_hand_is_finished_before_the_end(tmp_path: Path, template: Path) -> None:
    async with open_office(tmp_path, template, running=False) as office:
        office.trouble_expected = True
        async with working(*office.face.parts):
            await office.mail()
            card = await office.card()
            office.slack.faults.slow("users.info", seconds=0.3)
            outcome = await office.ana.click(card, "claim")
            assert outcome.ok
            assert await office.state() == "NEW"
        assert await office.state() == "IN_PROGRESS"

"""Two daemons on one database: what one of them declares, the other lives by at its next look."""

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import pytest

from bot.context.slack_people import SlackPeople
from bot.transport.app import client_for
from engine.desk.desk import Desk
from engine.desk.directory import DeclaredWorkspace
from engine.tickets.people import DEFAULT, Address, Team
from engine.tickets.workspace import Workspace
from mail.intake.address_book import KnownAddresses
from mail.intake.smtp_in import Listen, SmtpIn
from sandbox.slack.driver import SlackStandIn
from storage.open.open_storage import Storage, open_storage
from tests.bot.office import CountingIds, furnish, settings_for
from tests.clock import ManualClock
from tests.storage import postgres
from tests.storage.make import TEAM


@dataclass
class Two:
    here: Storage
    there: Storage
    clock: ManualClock

    async def declare_there(self, *teams: Team) -> None:
        desk = Desk(self.there.store, self.clock, CountingIds(), nudge=lambda: None)
        await desk.declare(DEFAULT, DeclaredWorkspace(Workspace(DEFAULT), teams))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, template: Path) -> Iterator[str]:
    """On SQLite the other is a command: there is one daemon."""
    if request.param == "sqlite":
        shutil.copy(template, tmp_path / "desk.db")
        yield f"sqlite+aiosqlite:///{tmp_path / 'desk.db'}"
        return
    if reason := postgres.unreachable():
        pytest.skip(reason)
    url = postgres.create()
    yield url
    postgres.drop(url)


@pytest.fixture
async def two(url: str, tmp_path: Path) -> AsyncIterator[Two]:
    clock = ManualClock()
    here, there = [await open_storage(url, tmp_path / "files", clock) for _ in range(2)]
    yield Two(here, there, clock)
    await here.close()
    await there.close()


async def test_an_address_that_another_daemon_declared_is_taken_at_the_next_mail(two: Two) -> None:
    await two.declare_there(TEAM)
    book = KnownAddresses(two.here.views)
    door = SmtpIn(
        Listen("127.0.0.1", 0, "desk.test"), two.here.spool, book, two.clock, nudge=lambda _: None
    )
    assert (await door.accepts("help@example.com")).startswith("550 ")
    await two.declare_there(replace(TEAM, addresses=("help@example.com",)))
    assert (await door.accepts("help@example.com")).startswith("250 ")
    assert (await door.accepts("support@example.com")).startswith("550 ")


async def test_a_channel_that_another_daemon_declared_makes_agents_at_the_next_act(
    two: Two,
) -> None:
    async with SlackStandIn.start(two.clock) as slack, aiohttp.ClientSession() as session:
        team = furnish(slack)
        client = client_for(settings_for(slack), session, slack.bot_token)
        people = SlackPeople(client, two.here.views, two.clock, DEFAULT)
        people.team_id = slack.team_id
        ana = slack.user("ana").user_id
        other = slack.add_channel("network", private=True, members=["ana"])
        await two.declare_there(team)
        assert (await people.who_is(ana)).member_of == {slack.channel("it-desk").id}
        await two.declare_there(replace(team, place=Address("slack", other.id)))
        assert (await people.who_is(ana)).member_of == {other.id}


async def test_who_is_in_a_channel_is_asked_again_when_another_daemon_changed_teams(
    two: Two,
) -> None:
    async with SlackStandIn.start(two.clock) as slack, aiohttp.ClientSession() as session:
        team = furnish(slack)
        client = client_for(settings_for(slack), session, slack.bot_token)
        people = SlackPeople(client, two.here.views, two.clock, DEFAULT)
        people.team_id = slack.team_id
        ana, channel = slack.user("ana").user_id, slack.channel("it-desk")
        await two.declare_there(team)
        assert (await people.who_is(ana)).member_of == {channel.id}
        slack.workspace.change_channel(channel.id, kind="public")
        await two.declare_there(team)
        assert (await people.who_is(ana)).member_of == {channel.id}, "nothing was declared anew"
        await two.declare_there(replace(team, name="Helpdesk"))
        assert (await people.who_is(ana)).member_of == frozenset()

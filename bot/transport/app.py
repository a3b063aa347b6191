"""Slack's face of the desk, put together: the clients, Bolt, the Parts and the courier. Needs a running loop."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from yarl import URL

from bot.context.background import Background
from bot.context.context import BotContext, ReportSource
from bot.context.ephemeral import Ephemeral
from bot.context.home_viewers import HomeViewers
from bot.context.slack_people import SlackPeople
from bot.outgoing.courier import SlackCourier
from bot.transport.bolt_app import Login, build_app
from bot.transport.channels import Channels
from bot.transport.connection import PATIENT, Patience, SlackConnection
from bot.transport.event_reader import EventReader
from engine.desk.desk import Desk
from engine.ports.clock import Clock, Part
from engine.ports.duty_store import WorkViews
from engine.ports.spool import Spool
from engine.ports.views import Views
from engine.shifts.duty_desk import DutyDesk
from engine.tickets.people import WorkspaceId

SLACK: Final = "https://slack.com/api/"
# Slack answers in well under a second; what takes longer than this is an outage, and the outbox repeats.
CALL_TIMEOUT: Final = aiohttp.ClientTimeout(total=15, connect=5)


@dataclass(frozen=True, slots=True)
class SlackSettings:
    bot_token: str = field(repr=False)
    app_token: str = field(repr=False)
    base_url: str = SLACK
    signing_secret: str = field(default="", repr=False)
    """Only needed when Slack calls us over HTTP instead of Socket Mode."""


@dataclass(frozen=True, slots=True)
class SlackNeeds:
    """What a channel needs of the desk."""

    desk: Desk
    floor: DutyDesk
    spool: Spool
    views: Views
    work: WorkViews
    clock: Clock
    workspace: WorkspaceId
    reports: ReportSource
    introduce: Callable[[str], Awaitable[None]]
    """Declares the people whom deskd.toml names by Slack id, once Slack has said which of its teams this is."""


@dataclass(frozen=True, slots=True)
class SlackParts:
    parts: tuple[Part, ...]
    courier: SlackCourier
    bolt: AsyncApp
    """For HTTP mode: build mounts it on the one HTTP server."""
    session: aiohttp.ClientSession
    people: SlackPeople
    """Its `team_id` tells which workspace of Slack this is, once Slack has said so."""

    async def close(self) -> None:
        """After the parts have ended."""
        await self.session.close()


def face(settings: SlackSettings, rooms: SlackNeeds, *, patience: Patience = PATIENT) -> SlackParts:
    session = aiohttp.ClientSession(timeout=CALL_TIMEOUT)
    client = client_for(settings, session, settings.bot_token)
    courier = SlackCourier(client, rooms.views, rooms.clock)
    front = BotContext(
        workspace=rooms.workspace,
        desk=rooms.desk,
        floor=rooms.floor,
        spool=rooms.spool,
        views=rooms.views,
        work=rooms.work,
        clock=rooms.clock,
        client=client,
        people=SlackPeople(client, rooms.views, rooms.clock, rooms.workspace),
        voice=Ephemeral(client, session),
        courier=courier,
        hands=Background(rooms.clock),
        looks=HomeViewers(rooms.clock),
        reports=rooms.reports,
    )
    login = Login(settings.bot_token, rooms.introduce)
    reader = EventReader(front)
    bolt = build_app(
        front,
        login,
        client_for(settings, session, None),
        secret=settings.signing_secret,
        nudge=reader.nudge,
    )
    connection = SlackConnection(
        front,
        login,
        bolt,
        app_token=settings.app_token,
        patience=patience,
    )
    return SlackParts((connection, reader, Channels(front)), courier, bolt, session, front.people)


def client_for(
    settings: SlackSettings, session: aiohttp.ClientSession, token: str | None
) -> AsyncWebClient:
    """No retries of its own: one that repeats a post after a dropped connection posts twice."""
    client = AsyncWebClient(
        token=token,
        base_url=settings.base_url,
        session=session,
        retry_handlers=[],
        logger=_sdk_logger(),
    )
    if _is_loopback(settings.base_url):
        # slack_sdk takes HTTPS_PROXY from the environment and ignores NO_PROXY.
        client.proxy = None
    return client


def _is_loopback(url: str) -> bool:
    host = URL(url).host or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _sdk_logger() -> logging.Logger:
    """Below INFO slack_sdk and Bolt write out what people said; that is never ours to log."""
    logger = logging.getLogger("deskd.bot.slack_sdk")
    logger.setLevel(max(logging.INFO, logger.getEffectiveLevel()))
    return logger

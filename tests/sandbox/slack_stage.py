"""A furnished workspace for the tests of the Slack stand-in, and two kinds of app that connect."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.base.workspace import Channel
from sandbox.slack.actor import Actor
from sandbox.slack.driver import SlackStandIn
from tests.clock import ManualClock

Json = dict[str, Any]
# Quick enough for a test, slow enough not to spin.
PING_SECONDS = 0.2


@dataclass(frozen=True)
class Stage:
    slack: SlackStandIn
    clock: ManualClock
    client: AsyncWebClient
    desk: Channel
    general: Channel

    @property
    def ana(self) -> Actor:
        return self.slack.user("ana")

    @property
    def ben(self) -> Actor:
        return self.slack.user("ben")

    @property
    def session(self) -> aiohttp.ClientSession:
        session = self.client.session
        assert session is not None
        return session

    async def post(self, text: str = "card", **more: Any) -> Any:
        answer = await self.client.chat_postMessage(channel=self.desk.id, text=text, **more)
        return self.slack.workspace.messages[self.desk.id][answer["ts"]]


@asynccontextmanager
async def open_stage() -> AsyncIterator[Stage]:
    """Ana and Ben in a private and a public channel, the bot with them; time stands still."""
    clock = ManualClock()
    async with SlackStandIn.start(clock) as slack, aiohttp.ClientSession() as session:
        slack.add_user("ana")
        slack.add_user("ben")
        desk = slack.add_channel("it-desk", private=True, members=["ana", "ben"])
        general = slack.add_channel("general", members=["ana", "ben"])
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url, session=session)
        yield Stage(slack, clock, client, desk, general)


@asynccontextmanager
async def bolt(stage: Stage, app: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
    """The real thing: slack-bolt over Socket Mode, unmodified."""
    handler = AsyncSocketModeHandler(app, stage.slack.app_token, ping_interval=PING_SECONDS)
    await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
    await stage.slack.connected()
    try:
        yield handler
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped


def bolt_app(stage: Stage) -> AsyncApp:
    return AsyncApp(client=stage.client)


@dataclass
class Listener:
    """A bare Socket Mode client: keeps what it gets, acks unless told not to."""

    socket: aiohttp.ClientWebSocketResponse
    answer: Callable[[Json], Json | None]
    hello: Json = field(default_factory=dict)
    got: list[Json] = field(default_factory=list)
    silent: bool = False

    async def listen(self) -> None:
        async for message in self.socket:
            envelope = json.loads(message.data)
            self.got.append(envelope)
            if not self.silent and "envelope_id" in envelope:
                await self.ack(envelope)

    async def ack(self, envelope: Json) -> None:
        reply: Json = {"envelope_id": envelope["envelope_id"]}
        payload = self.answer(envelope["payload"])
        if payload is not None:
            reply["payload"] = payload
        await self.socket.send_json(reply)

    def events(self, kind: str) -> list[Json]:
        payloads = [one["payload"]["event"] for one in self.got if one["type"] == "events_api"]
        return [event for event in payloads if event["type"] == kind]


async def ticket(stage: Stage) -> str:
    client = AsyncWebClient(base_url=stage.slack.base_url, session=stage.client.session)
    answer = await client.apps_connections_open(app_token=stage.slack.app_token)
    return str(answer["url"])


@asynccontextmanager
async def listener(
    stage: Stage, answer: Callable[[Json], Json | None] = lambda _: None, *, silent: bool = False
) -> AsyncIterator[Listener]:
    async with stage.session.ws_connect(await ticket(stage)) as socket:
        bare = Listener(socket, answer, await socket.receive_json(), silent=silent)
        listening = asyncio.create_task(bare.listen())  # noqa: TID251 - a group would wrap a test's failure
        try:
            yield bare
        finally:
            listening.cancel()

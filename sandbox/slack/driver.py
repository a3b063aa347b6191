"""The stand-in for Slack as tests, the demo and the page take it: start, act, look."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any, TypeVar

from aiohttp import web

from engine.ports.clock import Clock
from sandbox.base.errors import ImpossibleError
from sandbox.base.log import EventLog
from sandbox.base.workspace import App, Channel, Message, SlackWorkspace, User
from sandbox.slack.actor import Actor
from sandbox.slack.server import Listener, build_app
from sandbox.workplace.faults import FaultPlan
from sandbox.workplace.socket_mode import SocketMode
from sandbox.workplace.stand_in import ApiCall, Slack
from sandbox.workplace.tiers import Tiers

# How long a test waits for something before it says what it saw instead.
PATIENCE_SECONDS = 30.0
# What a test looks at may change without a line in the log (the app's own state), so it looks again.
RECHECK_SECONDS = 0.02
# Lines of the log that go into such a complaint.
COMPLAINT_LINES = 25

T = TypeVar("T")
Hook = Callable[[web.Application], None]


class SlackStandIn:
    """`async with SlackStandIn.start(clock) as slack:`, or open() and close() by hand."""

    def __init__(
        self,
        clock: Clock,
        *,
        app: App | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        hooks: Sequence[Hook] = (),
    ) -> None:
        self.slack = Slack.build(clock, SlackWorkspace(app=app or App()))
        self.app = build_app(self.slack)
        for hook in hooks:
            hook(self.app)
        self._listener = Listener(self.app, host, port)
        installed = self.workspace.app
        self.workspace.add_user(
            User(
                id=installed.bot_user_id,
                name=installed.name.lower(),
                real_name=installed.name,
                team_id=self.team_id,
                tz="UTC",
                is_bot=True,
                bot_id=installed.bot_id,
            )
        )

    @classmethod
    @asynccontextmanager
    async def start(cls, clock: Clock, **options: Any) -> AsyncIterator["SlackStandIn"]:
        stand_in = cls(clock, **options)
        await stand_in.open()
        try:
            yield stand_in
        finally:
            await stand_in.close()

    async def open(self) -> None:
        origin = await self._listener.open()
        self.slack.origin = self.slack.response_urls.origin = origin
        self.log.add("started", f"Slack's stand-in listens on {origin}")

    async def close(self) -> None:
        await self.sockets.close()
        await self.slack.background.close()
        await self._listener.close()

    # --- how to reach it

    @property
    def base_url(self) -> str:
        return f"{self.slack.origin}/api/"

    @property
    def workspace(self) -> SlackWorkspace:
        return self.slack.workspace

    @property
    def team_id(self) -> str:
        return self.workspace.team.id

    @property
    def bot_token(self) -> str:
        return self.workspace.app.bot_token

    @property
    def app_token(self) -> str:
        return self.workspace.app.app_token

    @property
    def signing_secret(self) -> str:
        return self.workspace.app.signing_secret

    @property
    def bot_user_id(self) -> str:
        return self.workspace.app.bot_user_id

    # --- its parts

    @property
    def log(self) -> EventLog:
        return self.slack.log

    @property
    def faults(self) -> FaultPlan:
        return self.slack.faults

    @property
    def sockets(self) -> SocketMode:
        return self.slack.sockets

    @property
    def tiers(self) -> Tiers:
        return self.slack.tiers

    @property
    def scopes(self) -> set[str]:
        return self.slack.scopes

    # --- furnishing

    def add_user(self, name: str, *, guest: bool = False, **traits: Any) -> Actor:
        """Any field of `User` can be given; an address is made up unless it is."""
        known: dict[str, Any] = {
            "id": self.workspace.next_id("U"),
            "real_name": name.capitalize(),
            "team_id": self.team_id,
            "email": f"{name}@example.com",
            "is_restricted": guest,
        }
        user = self.workspace.add_user(User(name=name, **(known | traits)))
        self.log.add("user_added", f"{name} is in the workspace", user=user.id)
        return Actor(self.slack, user.id)

    def change_user(self, name: str, **traits: Any) -> User:
        return self.workspace.add_user(replace(self.workspace.user_named(name), **traits))

    def add_channel(
        self,
        name: str,
        *,
        private: bool = False,
        members: Sequence[str] = (),
        with_bot: bool = True,
    ) -> Channel:
        ids = [self.workspace.user_named(member).id for member in members]
        if with_bot:
            ids.append(self.bot_user_id)
        unique = tuple(dict.fromkeys(ids))
        return self.slack.acts.create_channel(name, "private" if private else "public", unique)

    def archive(self, name: str) -> Channel:
        channel = self.workspace.channel_named(name)
        return self.workspace.change_channel(channel.id, is_archived=True)

    def user(self, name: str) -> Actor:
        return Actor(self.slack, self.workspace.user_named(name).id)

    def channel(self, name: str) -> Channel:
        return self.workspace.channel_named(name)

    # --- looking

    def messages(self, channel: str | Channel) -> list[Message]:
        """Everything there, thread replies too, oldest first."""
        return list(self.workspace.messages[self._id(channel)].values())

    def _id(self, channel: str | Channel) -> str:
        if isinstance(channel, Channel):
            return channel.id
        return self.workspace.channel_named(channel).id

    def thread(self, root: Message) -> list[Message]:
        return self.workspace.replies(root.channel, root.thread_ts or root.ts)

    def current(self, message: Message) -> Message:
        """As it stands now."""
        current = self.workspace.current(message)
        if current is None:
            raise ImpossibleError("the message is not there any more")
        return current

    def calls(self, method: str | None = None, *, ok: bool | None = None) -> list[ApiCall]:
        """API calls so far, oldest first."""
        return [
            call
            for call in self.slack.calls
            if method in (None, call.method) and ok in (None, call.ok)
        ]

    async def wait_for(self, look: Callable[[], T], within: float = PATIENCE_SECONDS) -> T:
        """The first truthy answer of `look`, asked again after all that happens."""
        try:
            async with asyncio.timeout(within):
                while True:
                    seen = self.log.last_seq
                    if found := look():
                        return found
                    await self._news_or_a_moment(seen)
        except TimeoutError:
            lines = [f"  {one.level:5} {one.text}" for one in self.log.entries[-COMPLAINT_LINES:]]
            story = "\n".join(lines)
            raise AssertionError(f"waited {within} s in vain; what happened:\n{story}") from None

    async def _news_or_a_moment(self, seen: int) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(RECHECK_SECONDS):
                await self.log.newer_than(seen)

    async def message(
        self,
        *,
        containing: str,
        channel: str | Channel | None = None,
        thread: Message | None = None,
        within: float = PATIENCE_SECONDS,
    ) -> Message:
        """The newest message with these words, waited for."""

        def look() -> Message | None:
            if thread is not None:
                held = self.thread(thread)
            elif channel is not None:
                held = self.messages(channel)
            else:
                held = [one for room in self.workspace.messages.values() for one in room.values()]
            fitting = [one for one in held if containing in one.visible_text()]
            return fitting[-1] if fitting else None

        found = await self.wait_for(look, within)
        assert found is not None
        return found

    async def connected(self, sockets: int = 1, within: float = PATIENCE_SECONDS) -> None:
        """Until so many sockets of the app are open."""
        await self.wait_for(lambda: len(self.sockets.connections) >= sockets, within)

    # --- trouble on demand

    def go_down(self) -> None:
        """A whole outage: open sockets are cut, and nothing answers until come_back()."""
        self.log.add("outage", "Slack is down")
        self.faults.down = True
        self.sockets.reset()

    def come_back(self) -> None:
        self.faults.down = False
        self.log.add("outage_over", "Slack is back")

    def deliver_again(self, kind: str = "") -> None:
        """The latest event (of an inner type) once more, as Slack sometimes does."""
        for sent in reversed(self.sockets.sent):
            if sent.delivery.type == "events_api" and kind in sent.delivery.about:
                self.sockets.replay(sent.delivery)
                return
        raise ImpossibleError(f"no event {kind!r} was sent yet")

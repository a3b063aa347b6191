"""The Part that keeps a Socket Mode connection: preflight, socket, watchdog, drain. It never gives up and never dies.

slack_sdk reconnects by itself, but after one failed handshake it tries the same used-up address for ever. So every
connection is built here from a fresh address, bounded, and watched; one that stays down is thrown away and rebuilt.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

from bot.context.context import BotContext
from bot.outgoing.slack_errors import CALL_ERRORS, code_of, in_words, verdict
from bot.transport import after_crash
from bot.transport.bolt_app import Login
from bot.views.limits import Json
from engine.ports.clock import Clock
from engine.ports.outbox import Later, back_off

_log = logging.getLogger("deskd.bot.connection")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the connection waits for what; tests are less patient."""

    ping_every: timedelta = timedelta(seconds=5)
    """slack_sdk's own pings; an unanswered one closes the socket."""
    connect_within: timedelta = timedelta(seconds=20)
    watch_every: timedelta = timedelta(seconds=2)
    rebuild_after: timedelta = timedelta(seconds=20)
    """Longer than slack_sdk needs to reconnect by itself when it can."""
    close_within: timedelta = timedelta(seconds=3)


PATIENT: Final = Patience()
# Down for less is a refresh or a blip, and nobody needs to know.
QUIET: Final = timedelta(seconds=30)
# apps.connections.open may be limited to one a minute; Retry-After says so when it is.
MOST_ATTEMPTS_COUNTED: Final = 6

Step = Callable[[], Awaitable[None]]


class Socket:
    """One handler and its one connection; never used again once it was closed."""

    def __init__(
        self, app: AsyncApp, app_token: str, proxy: str | None, *, ping_every: timedelta
    ) -> None:
        self._handler = AsyncSocketModeHandler(
            app, app_token, logger=socket_logger(), ping_interval=ping_every.total_seconds()
        )
        # slack_sdk takes a proxy from the environment and knows no exceptions; ours are in `proxy` already.
        self._handler.client.proxy = proxy
        self._greeted = asyncio.Event()
        self._handler.client.message_listeners.append(self._listen)

    async def _listen(self, _client: object, message: Json, _raw: str | None = None) -> None:
        if message.get("type") == "hello":
            self._greeted.set()

    async def connect(self, url: str, *, within: timedelta) -> None:
        """Over this fresh address. Raises TimeoutError, also when the handshake fails: slack_sdk only repeats it."""
        self._handler.client.wss_uri = url
        async with asyncio.timeout(within.total_seconds()):
            connect: Step = self._handler.connect_async
            await connect()
            await self._greeted.wait()

    async def is_alive(self) -> bool:
        return await self._handler.client.is_connected()

    async def close(self, *, within: timedelta) -> None:
        """slack_sdk's own close can hang on a dead peer; what it would have ended is ended here then."""
        client = self._handler.client
        try:
            async with asyncio.timeout(within.total_seconds()):
                close: Step = self._handler.close_async
                await close()
        except (*CALL_ERRORS, RuntimeError) as error:
            _log.warning("a socket did not close by itself: %s", type(error).__name__)
            for task in (
                client.message_processor,
                client.current_session_monitor,
                client.message_receiver,
            ):
                if task is not None:
                    task.cancel()
            await client.aiohttp_client_session.close()


class _OneLine(logging.Filter):
    """slack_sdk writes a traceback and the address, a credential, at every failed handshake."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _TICKET.sub("ticket=…", record.getMessage()), ()
        record.exc_info = None
        return True


_TICKET: Final = re.compile(r"ticket=[^&\s'\"]+")
_ONE_LINE: Final = _OneLine()


def socket_logger() -> logging.Logger:
    """Below INFO slack_sdk writes out every message."""
    logger = logging.getLogger("deskd.bot.socket")
    logger.setLevel(logging.WARNING)
    logger.addFilter(_ONE_LINE)
    return logger


class SlackConnection:
    name = "slack"

    def __init__(
        self,
        front: BotContext,
        login: Login,
        app: AsyncApp,
        *,
        app_token: str,
        patience: Patience = PATIENT,
    ) -> None:
        self._front = front
        self._login = login
        self._app = app
        self._app_token = app_token
        self._patience = patience
        self._outage: _Outage | None = _Outage(
            "slack: not connected yet", front.clock.now(), loud=False
        )
        self._socket: Socket | None = None

    @property
    def trouble(self) -> str | None:
        outage = self._outage
        return outage.words(self._front.clock) if outage else None

    async def run(self, *, ready: Callable[[], None]) -> None:
        """`ready` is called when connected, or when it is clear that Slack must wait: mail must not."""
        said = _Once(ready)
        async with asyncio.TaskGroup() as group:
            self._front.hands.open(group)
            clearing = group.create_task(self._clear_leftovers())
            try:
                await self._stay_connected(said)
            finally:
                await self._close_socket()
                clearing.cancel()
                await self._front.hands.drain()

    # --- staying connected

    async def _stay_connected(self, ready: "_Once") -> None:
        attempts = 0
        while True:
            step = "auth.test: slack.bot_token"
            try:
                await self._log_in()
                step = "apps.connections.open: slack.app_token"
                await self._connect()
            except CALL_ERRORS as error:
                about = f" ({step})" if code_of(error) else ""
                self._mark_down(f"{in_words(error)}{about}", loud=True)
                attempts = min(attempts + 1, MOST_ATTEMPTS_COUNTED)
                ready()
                await self._close_socket()
                await self._pause(self._wait_after(error, attempts))
                continue
            attempts = 0
            self._outage = None
            ready()
            _log.info("connected to Slack")
            await self._watch()
            await self._close_socket()

    async def _log_in(self) -> None:
        answer = await self._front.client.auth_test()
        data: Json = dict(answer.data) if isinstance(answer.data, dict) else {}
        await self._login.learn(data)
        self._front.people.team_id = str(data["team_id"])
        self._front.people.me = str(data["user_id"])
        self._front.people.site = self._front.courier.site = str(data.get("url") or "")

    async def _connect(self) -> None:
        """A ticket is good for one handshake, so each try opens its own."""
        opened = await self._front.client.apps_connections_open(app_token=self._app_token)
        self._socket = Socket(
            self._app,
            self._app_token,
            self._front.client.proxy,
            ping_every=self._patience.ping_every,
        )
        await self._socket.connect(str(opened["url"]), within=self._patience.connect_within)

    async def _watch(self) -> None:
        """Return when the socket has been down for too long to hope."""
        assert self._socket is not None
        clock = self._front.clock
        while True:
            await self._pause(self._patience.watch_every)
            if await self._socket.is_alive():
                self._outage = None
                continue
            outage = self._mark_down("slack: disconnected", loud=False)
            if clock.now() - outage.since >= self._patience.rebuild_after:
                _log.warning("the socket stays down: building a new one")
                return

    def _wait_after(self, error: Exception, attempts: int) -> timedelta:
        from_slack = verdict_wait(error)
        return from_slack or back_off(attempts, spread=0.5)

    def _mark_down(self, reason: str, *, loud: bool) -> "_Outage":
        before = self._outage
        since = before.since if before else self._front.clock.now()
        if before is None or before.reason != reason:
            _log.warning("%s", reason)
        self._outage = _Outage(reason, since, loud=loud)
        return self._outage

    async def _close_socket(self) -> None:
        if self._socket is not None:
            socket, self._socket = self._socket, None
            await socket.close(within=self._patience.close_within)

    # --- what a crash left behind

    async def _clear_leftovers(self) -> None:
        while True:
            try:
                seen = await after_crash.take_up(self._front) if self._logged_in else 0
            except Exception:  # noqa: BLE001 - the boundary: leftovers wait in the spool, and are tried again
                _log.exception("leftovers could not be taken up")
                seen = 0
            await self._pause(_LEFTOVERS_AGAIN if seen else _LEFTOVERS_EVERY)

    @property
    def _logged_in(self) -> bool:
        return bool(self._front.people.team_id)

    async def _pause(self, length: timedelta) -> None:
        await self._front.clock.sleep_until(self._front.clock.now() + length)


_LEFTOVERS_EVERY: Final = timedelta(seconds=5)
_LEFTOVERS_AGAIN: Final = timedelta(seconds=1)


def verdict_wait(error: Exception) -> timedelta | None:
    """What Slack asked us to wait, if it did."""
    judged = verdict(error, "", posting=False)
    return judged.after if isinstance(judged, Later) else None


@dataclass(frozen=True, slots=True)
class _Outage:
    reason: str
    since: datetime
    loud: bool
    """Worth saying at once: it will not pass by itself, or there never was a connection."""

    def words(self, clock: Clock) -> str | None:
        lasted = clock.now() - self.since
        if not self.loud and lasted < QUIET:
            return None
        return f"{self.reason}, for {int(lasted.total_seconds())} s"


class _Once:
    def __init__(self, call: Callable[[], None]) -> None:
        self._call: Callable[[], None] | None = call

    def __call__(self) -> None:
        if self._call is not None:
            call, self._call = self._call, None
            call()

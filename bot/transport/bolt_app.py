"""The Bolt app: one catch-all listener per kind, so that nothing goes unacked. They ack and hand on; that is all.

`process_before_response=True`: the ack leaves when the listener returns, instead of at Bolt's next look 10 ms later.
So a listener only says what the ack says and gives the work to the Background; only a sent form is waited for,
within a budget, because its errors travel in the ack. By then the inbox has stored it: acked means kept.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.context.background import NO_ROW, BusyError, StoppedError
from bot.context.context import BotContext
from bot.context.ephemeral import in_plain_words
from bot.context.interaction import Interaction
from bot.listeners import home_refresh
from bot.listeners.clicks import click
from bot.listeners.commands import command
from bot.listeners.error_boundary import Work, given_back, guarded
from bot.listeners.submissions import FormAnswer, submit
from bot.transport.inbox import KEPT, Inbox
from bot.views.limits import Json

_log = logging.getLogger("deskd.bot.listeners")

ANYTHING: Final = re.compile(".*", re.DOTALL)
# Slack gives three seconds from where it stands; the way here and back is part of them.
ACK_BUDGET: Final = timedelta(seconds=2)


class Login:
    """Who we are in Slack, told by auth.test; Bolt asks it at every request instead of asking Slack."""

    def __init__(self, token: str, introduce: Callable[[str], Awaitable[None]]) -> None:
        """`introduce` declares the people who are named by an id of that Slack team."""
        self._token = token
        self._introduce = introduce
        self._known: AuthorizeResult | None = None

    async def learn(self, answer: Json) -> None:
        """Before the socket opens: whoever clicks first is a stranger to nobody."""
        if self._known is None or self._known.team_id != answer["team_id"]:
            await self._introduce(str(answer["team_id"]))
        self._known = AuthorizeResult(
            enterprise_id=answer.get("enterprise_id"),
            team_id=answer["team_id"],
            team=answer.get("team"),
            url=answer.get("url"),
            bot_user_id=answer["user_id"],
            bot_id=answer.get("bot_id"),
            bot_token=self._token,
        )

    def known(self) -> AuthorizeResult:
        """An answer of None, or Slack's own error, would be acked by Bolt and so lost; this is not."""
        if self._known is None:
            raise NotLoggedInError
        return self._known


class NotLoggedInError(Exception):
    """Something came before auth.test succeeded: it is not acked."""


def build_app(
    front: BotContext,
    login: Login,
    client: AsyncWebClient,
    *,
    secret: str,
    nudge: Callable[[], None],
) -> AsyncApp:
    """`client` has no token: Bolt takes the one that `login` tells."""

    async def authorize() -> AuthorizeResult:
        return login.known()

    app = AsyncApp(
        # Bolt sets the level of the logger of this name.
        name="deskd.bot.bolt",
        logger=client.logger,
        client=client,
        signing_secret=secret,
        authorize=authorize,
        process_before_response=True,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    listeners = Listeners(front)
    app.use(Inbox(front, nudge).keep_first)
    app.event(ANYTHING)(listeners.on_event)
    app.command(ANYTHING)(listeners.on_command)
    app.action(ANYTHING)(listeners.on_action)
    app.view_submission(ANYTHING)(listeners.on_view)
    app.view_closed(ANYTHING)(listeners.on_nothing)
    app.shortcut(ANYTHING)(listeners.on_nothing)
    app.options(ANYTHING)(listeners.on_options)
    return app


class Listeners:
    def __init__(self, front: BotContext) -> None:
        self._front = front

    async def on_event(self, ack: AsyncAck, body: Json) -> None:
        """Messages wait in the spool for the reader; membership only empties a memory."""
        event: Json = body["event"]
        match event.get("type"):
            case "member_joined_channel" | "member_left_channel":
                self._front.people.forget_channel(str(event.get("channel")))
            case "user_change":
                self._front.people.forget_user(str((event.get("user") or {}).get("id")))
            case "app_home_opened" if event.get("tab") == "home":
                self._show_home(event)
        await ack()

    def _show_home(self, event: Json) -> None:
        """A picture, and nobody's loss: it is in no spool, and drawn anew at the next look."""
        with suppress(BusyError, StoppedError):
            drawing = home_refresh.opened(self._front, event)
            self._front.hands.start(drawing, row=NO_ROW, by=str(event.get("user")))

    async def on_command(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        done = self._interaction("command", body, context)
        if await self._start(done, command):
            await ack()

    async def on_action(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        done = self._interaction("action", body, context)
        if await self._start(done, click):
            await ack()

    async def _start(self, done: Interaction, work: Work) -> bool:
        """False: not taken on, so not acked. Slack says that it failed, and then it must not be done later."""
        try:
            doing = guarded(self._front, done, work)
            self._front.hands.start(doing, row=done.spool_id, by=done.user)
        except BusyError:
            _log.error("too much at once: spool row %d is refused", done.spool_id)
            # Not marked: it will be done later, so Slack must not say that it failed.
            return not await given_back(self._front, done, reason="refused: too much at once")
        except StoppedError:
            return False
        return True

    async def on_view(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        sent = self._interaction("view", body, context)
        hands = self._front.hands
        try:
            task = hands.start(submit(self._front, sent), row=sent.spool_id, by=sent.user)
        except (BusyError, StoppedError):
            if not await given_back(self._front, sent, reason="refused: too much at once"):
                await ack()
            return
        if await hands.within(task, ACK_BUDGET):
            await ack(**task.result().response)
            with suppress(BusyError, StoppedError):
                hands.start(home_refresh.refresh(self._front, sent.user), row=NO_ROW)
            return
        _log.warning("a form took longer than %s: its outcome is told apart", ACK_BUDGET)
        with suppress(BusyError, StoppedError):
            hands.start(self._tell_later(sent, task), row=sent.spool_id)
        await ack()

    async def _tell_later(self, sent: Interaction, task: asyncio.Task[FormAnswer]) -> None:
        answer = await task
        if answer.words:
            await self._front.voice.whisper(sent.ear, in_plain_words(answer.words))

    async def on_options(self, ack: AsyncAck) -> None:
        await ack(options=[])

    async def on_nothing(self, ack: AsyncAck) -> None:
        await ack()

    def _interaction(self, kind: str, body: Json, context: AsyncBoltContext) -> Interaction:
        return Interaction(context[KEPT], kind, body, self._front.clock.now())

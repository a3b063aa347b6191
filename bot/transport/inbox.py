"""Global middleware: whatever may matter is in the spool, durably, before Slack hears that we have it.

An event that cannot be stored is not acked, so Slack sends it again. A command, a click or a form comes only once:
there the person is told that nothing was done.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from bot.context.context import BotContext
from bot.context.ephemeral import ReplyTo, in_marked_words
from bot.context.interaction import kind_of, to_raw
from bot.views.limits import Json
from bot.views.modals import first_input
from bot.views.words import sentence
from engine.ports.spool import Incoming, Kept

_log = logging.getLogger("deskd.bot.inbox")

KEPT: Final = "deskd_kept"
"""Where the listeners find the spool row of what they are given."""

_UNAVAILABLE: Final = 503

Next = Callable[[], Awaitable[BoltResponse]]


class Inbox:
    def __init__(self, front: BotContext, nudge: Callable[[], None]) -> None:
        self._front = front
        self._nudge = nudge

    async def keep_first(
        self, body: Json, context: AsyncBoltContext, next_: Next
    ) -> BoltResponse | None:
        kind = kind_of(body)
        if kind is None or (kind == "event" and not matters(body["event"])):
            await next_()
            return None
        try:
            kept = await self._keep(kind, body)
        except Exception:  # noqa: BLE001 - the boundary: whatever storage raises, it is not stored and so not acked
            _log.exception("%s could not be stored", kind)
            return await self._not_stored(kind, body)
        if not kept.fresh:
            _log.info("%s came again: acked, not done again", kind)
            return BoltResponse(status=200, body="")
        if kind == "event":
            self._nudge()
        context[KEPT] = kept.id
        await next_()
        return None

    async def _keep(self, kind: str, body: Json) -> Kept:
        user = body.get("user_id") or (body.get("user") or body.get("event") or {}).get("id")
        sender = user or (body.get("event") or {}).get("user")
        return await self._front.spool.keep(
            Incoming(
                workspace=self._front.workspace,
                channel="slack",
                kind=kind,
                key=key_of(kind, body),
                raw=to_raw(body),
                envelope={"type": str(body.get("type") or "command")},
                received_at=self._front.clock.now(),
                sender=str(sender) if sender else None,
            )
        )

    async def _not_stored(self, kind: str, body: Json) -> BoltResponse:
        words = sentence("not_stored", {})
        if kind == "view":
            errors = {first_input(body["view"]): words}
            return BoltResponse(status=200, body={"response_action": "errors", "errors": errors})
        if kind == "command":
            return BoltResponse(status=200, body={"response_type": "ephemeral", "text": words})
        if kind == "action":
            ear = ReplyTo(str(body["user"]["id"]), response_url=body.get("response_url"))
            await self._front.voice.whisper(ear, in_marked_words(words))
        return BoltResponse(status=_UNAVAILABLE, body="")


def matters(event: Json) -> bool:
    """People's words in a thread or in a direct message. The rest of the channel is none of our business."""
    if event.get("type") != "message" or event.get("bot_id") or not event.get("user"):
        return False
    if event.get("subtype") not in (None, "file_share", "thread_broadcast"):
        return False
    return event.get("channel_type") == "im" or bool(event.get("thread_ts"))


def key_of(kind: str, body: Json) -> str:
    """The same thing again has the same key. A form may be sent twice with one hash, after an error: its trigger
    tells the two apart."""
    if kind == "event":
        return f"event:{body['event_id']}"
    if kind == "view":
        view = body["view"]
        return f"view:{view['id']}:{view.get('hash', '')}:{body.get('trigger_id', '')}"
    return f"{kind}:{body['trigger_id']}"

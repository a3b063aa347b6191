"""The courier for channel "slack": draws cards, says things in their threads and in direct messages.

A card is one message per ticket and channel, redrawn from the ticket as it is when drawn, so that repeats do no
harm. What is said is posted once: each post carries a key in its metadata, and after an attempt whose outcome is
unknown it is looked for before it is said again. (Slack documents no idempotency key for posting.)
"""

import logging
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.outgoing.rate_limits import DRAW_BURST, DRAW_EVERY, POST_BURST, POST_EVERY, RateLimits
from bot.outgoing.slack_errors import (
    CALL_ERRORS,
    MESSAGE_GONE,
    UNREADABLE,
    code_of,
    in_words,
    verdict,
)
from bot.views import limits
from bot.views.blocks import SlackMessage
from bot.views.cards import ticket_card
from bot.views.limits import Json
from bot.views.messages import told
from bot.views.pages import page, page_over
from bot.views.promise_line import Moment
from bot.views.text import permalink
from bot.views.words import plain_sentence
from engine.messages.effects import Show, Tell, Unreadable
from engine.messages.page_messages import PageOver, PersonPaged
from engine.ports.clock import Clock
from engine.ports.outbox import Later, Never, Parcel, Sent
from engine.ports.views import Views
from engine.tickets.message import Reference
from engine.tickets.people import WorkspaceId

_log = logging.getLogger("deskd.bot.courier")

EVENT_TYPE: Final = "deskd"
# Metadata is readable by every app in the workspace: keys are hashed, and say nothing of the ticket.
_KEYS: Final = uuid.UUID("6f1d6c1e-3a0b-5f57-9a35-0f3d1f2f7f10")
# Clocks of Slack and ours differ a little.
_LOOK_BACK: Final = timedelta(seconds=5)
_LOOK_PAGE: Final = 200
_LOOK_PAGES: Final = 5
# How often, and how long each time, a page waits for the card that it leads to.
_CARD_AWAITED: Final = 3
_CARD_SOON: Final = timedelta(seconds=0.3)
# A person's direct channel never changes; this many are remembered.
_MOST_DIRECT: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Post:
    """One message to be posted once."""

    parcel: Parcel
    place: str
    said: Json
    name: str = ""
    """What makes it one and the same; the parcel's own key unless given."""
    look: bool = False

    @property
    def key(self) -> str:
        return str(uuid.uuid5(_KEYS, f"{self.parcel.workspace}:{self.name or self.parcel.key}"))

    @property
    def thread(self) -> str | None:
        return self.said.get("thread_ts")


class _ThreadGoneError(Exception):
    """The message whose thread was meant is deleted."""


class SlackCourier:
    def __init__(self, client: AsyncWebClient, views: Views, clock: Clock) -> None:
        self._client = client
        self._views = views
        self._clock = clock
        self._posts = RateLimits(clock, every=POST_EVERY, burst=POST_BURST)
        self._draws = RateLimits(clock, every=DRAW_EVERY, burst=DRAW_BURST)
        self._direct: OrderedDict[str, str] = OrderedDict()
        self.site = ""
        """Slack's address of this workspace, for links; told by auth.test."""

    async def deliver(self, parcel: Parcel) -> Sent:
        effect = parcel.effect
        if isinstance(effect, Show):
            return await self._show(parcel)
        if isinstance(effect, Unreadable):
            raise Never(effect.reason)
        if parcel.ticket is None:
            return await self._tell_apart(parcel, effect)
        if is_person(effect.to.place):
            return await self._tell_person(parcel, effect)
        return await self._tell_team(parcel, effect)

    async def redraw(self, workspace: WorkspaceId, ticket: int, channel: str, ts: str) -> None:
        """The very card that was clicked, also one that is in no row: a click repairs it. Best effort."""
        line = await self._views.ticket(workspace, ticket)
        if line is None:
            return
        card = _checked(ticket_card(line, await self._now(workspace)))
        try:
            await self._call("chat.update", channel, {"ts": ts, **card})
        except CALL_ERRORS as error:
            _log.warning("card of T-%d not redrawn: %s", ticket, in_words(error))

    # --- cards

    async def _show(self, parcel: Parcel) -> Sent:
        place = parcel.effect.to.place
        if is_person(place):
            raise Never(plain_sentence("trouble", {"error": "card_to_person", "place": place}))
        card = await self._last(parcel, place, "card")
        self._draws.take(f"{parcel.workspace}:{parcel.ticket}:{place}", parcel.id)
        if card is None:
            return await self._post_card(parcel, place)
        drawn = _checked(await self._draw(parcel))
        try:
            await self._call("chat.update", place, {"ts": card, **drawn})
        except CALL_ERRORS as error:
            if code_of(error) in MESSAGE_GONE:
                return await self._post_card(parcel, place)
            raise verdict(error, place, posting=False) from error
        return Sent()

    async def _draw(self, parcel: Parcel) -> SlackMessage:
        line = await self._views.ticket(parcel.workspace, _number(parcel))
        if line is None:
            raise Never(plain_sentence("trouble", {"error": "gone", "place": ""}))
        return ticket_card(line, await self._now(parcel.workspace))

    async def _now(self, workspace: WorkspaceId) -> Moment:
        return Moment(await self._views.rules(workspace), self._clock.now())

    async def _post_card(self, parcel: Parcel, place: str, *, look: bool = False) -> Sent:
        """`look`: a card may be there that no row knows of."""
        name = f"card.{parcel.ticket}.{place}"
        sent = await self._post(
            _Post(parcel, place, _checked(await self._draw(parcel)), name, look=look)
        )
        return _named(sent, "card")

    # --- words

    async def _tell_team(self, parcel: Parcel, tell: Tell) -> Sent:
        """In the thread of the ticket's card; where there is no card, one is drawn first."""
        place = tell.to.place
        said = await self._said(parcel, tell)
        card = await self._last(parcel, place, "card")
        if card is not None:
            try:
                return await self._post(_Post(parcel, place, {**said, "thread_ts": card}))
            except _ThreadGoneError:
                _log.info("the card of T-%d is gone: drawn anew", parcel.ticket)
        # Always looked for first: this very delivery may have drawn it and then failed to speak.
        drawn = await self._post_card(parcel, place, look=True)
        thread = {**said, "thread_ts": drawn.references[0].ref}
        sent = await self._post(_Post(parcel, place, thread))
        return Sent((*drawn.references, *sent.references), sent.repeated)

    async def _tell_person(self, parcel: Parcel, tell: Tell) -> Sent:
        """In the ticket's own thread with that person; the first message begins it."""
        if tell.note is not None:
            raise Never(
                plain_sentence("trouble", {"error": "note_to_person", "place": tell.to.place})
            )
        place = await self._direct_channel(tell.to.place)
        message = tell.message
        if isinstance(message, PageOver):
            return await self._page_over(parcel, message, place)
        if isinstance(message, PersonPaged):
            said = _checked(page(message, parcel.workspace, await self._card_link(parcel)))
            # In the thread alone nobody may hear of it: Slack tells of threads only to who follows them.
            return _paged(await self._tell_direct(parcel, place, said, aloud=True))
        return await self._tell_direct(parcel, place, await self._said(parcel, tell))

    async def _tell_direct(
        self, parcel: Parcel, place: str, said: Json, *, aloud: bool = False
    ) -> Sent:
        root = await self._last(parcel, place, "root")
        if root is not None:
            try:
                thread = {**said, "thread_ts": root, "reply_broadcast": aloud}
                return await self._post(_Post(parcel, place, thread))
            except _ThreadGoneError:
                _log.info("the direct thread of T-%d is gone: begun anew", parcel.ticket)
        return _named(await self._post(_Post(parcel, place, said)), "root")

    async def _page_over(self, parcel: Parcel, over: PageOver, place: str) -> Sent:
        """The pages of this call say who has it now, in the place of their buttons."""
        since = (over.paged_at or parcel.created_at) - _LOOK_BACK
        pages = await self._views.references(
            parcel.workspace, _number(parcel), channel="slack", place=place, kind="page"
        )
        said = _checked(page_over(over, parcel.workspace, await self._card_link(parcel)))
        for one in pages:
            if float(one.ref) < since.timestamp():
                continue
            try:
                await self._call("chat.update", place, {"ts": one.ref, **said})
            except CALL_ERRORS as error:
                if code_of(error) not in MESSAGE_GONE:
                    raise verdict(error, place, posting=False) from error
        return Sent()

    async def _card_link(self, parcel: Parcel) -> str:
        """Of its newest card: a ticket that moved to another team has one in each channel.

        A page of a new ticket may be faster than its card: it waits a moment for it, and then goes without.
        """
        cards = await self._views.references(
            parcel.workspace, _number(parcel), channel="slack", kind="card"
        )
        if not cards and parcel.attempts <= _CARD_AWAITED:
            raise Later("its card is not drawn yet", after=_CARD_SOON)
        return permalink(self.site, cards[-1].place, cards[-1].ref) if cards else ""

    async def _tell_apart(self, parcel: Parcel, tell: Tell) -> Sent:
        """What belongs to no ticket stands by itself, at the top of the channel or of the direct conversation."""
        place = tell.to.place
        if is_person(place):
            place = await self._direct_channel(place)
        return await self._post(_Post(parcel, place, _checked(told(tell.message, None))))

    async def _said(self, parcel: Parcel, tell: Tell) -> Json:
        words = await self._words(parcel, tell)
        return _checked(told(tell.message, words, ticket=parcel.ticket))

    async def _words(self, parcel: Parcel, tell: Tell) -> str | None:
        if tell.comment is not None:
            comment = await self._views.comment(parcel.workspace, tell.comment)
            return comment[0].text if comment else None
        if tell.note is not None:
            note = await self._views.note(parcel.workspace, tell.note)
            return note[0].text if note else None
        return None

    async def _direct_channel(self, user: str) -> str:
        known = self._direct.get(user)
        if known is not None:
            return known
        try:
            opened = await self._client.conversations_open(users=user)
        except CALL_ERRORS as error:
            raise verdict(error, user, posting=False) from error
        channel: Json = opened["channel"]
        self._direct[user] = str(channel["id"])
        if len(self._direct) > _MOST_DIRECT:
            self._direct.popitem(last=False)
        return self._direct[user]

    async def _last(self, parcel: Parcel, place: str, kind: str) -> str | None:
        found = await self._views.references(
            parcel.workspace, _number(parcel), channel="slack", place=place, kind=kind
        )
        return found[-1].ref if found else None

    # --- posting once

    async def _post(self, post: _Post) -> Sent:
        place, unsure = post.place, False
        if post.parcel.uncertain or post.look:
            found, unsure = await self._look_for(post)
            if found is not None:
                return Sent((Reference("slack", place, "message", found),))
        self._posts.take(place, post.parcel.id)
        body = {
            **post.said,
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": {"event_type": EVENT_TYPE, "event_payload": {"k": post.key}},
        }
        try:
            ts = await self._call("chat.postMessage", place, body)
        except CALL_ERRORS as error:
            if code_of(error) in MESSAGE_GONE and post.thread:
                raise _ThreadGoneError from error
            raise verdict(error, place, posting=True) from error
        return Sent((Reference("slack", place, "message", ts),), repeated=unsure)

    async def _call(self, method: str, channel: str, body: Json) -> str:
        """Post or update; answers the ts. Blocks that Slack refuses are left out: the words still go."""
        try:
            answer = await self._client.api_call(method, json={"channel": channel, **body})
        except SlackApiError as error:
            if code_of(error) not in UNREADABLE or "blocks" not in body:
                raise
            _log.error("%s refused the blocks (%s): sent as text", method, code_of(error))
            bare = {**body, "blocks": []}
            answer = await self._client.api_call(method, json={"channel": channel, **bare})
        return str(answer["ts"])

    async def _look_for(self, post: _Post) -> tuple[str | None, bool]:
        """The ts of the post with our key, if an earlier attempt made it; and whether that stays unsure."""
        since = (post.parcel.created_at - _LOOK_BACK).timestamp()
        thread = post.thread
        args: Json = {
            "channel": post.place,
            "oldest": f"{since:.6f}",
            "include_all_metadata": True,
            "limit": _LOOK_PAGE,
            **({"ts": thread} if thread else {}),
        }
        method = "conversations.replies" if thread else "conversations.history"
        for _ in range(_LOOK_PAGES):
            try:
                page = await self._client.api_call(method, params=args)
            except CALL_ERRORS as error:
                return None, _unsure(error, post.place)
            for message in page["messages"]:
                if _key_of(message) == post.key:
                    return str(message["ts"]), False
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None, False
            args["cursor"] = cursor
        return None, True


def _number(parcel: Parcel) -> int:
    assert parcel.ticket is not None, "a Show has its ticket, and other Tells are told apart"
    return parcel.ticket


def is_person(place: str) -> bool:
    """U… and W… are people; C…, G… and D… are conversations."""
    return place[:1] in ("U", "W")


def _unsure(error: Exception, place: str) -> bool:
    """Looking failed. Trouble that passes: look again later, still unsure. Else say it, perhaps twice."""
    judged = verdict(error, place, posting=False)
    if isinstance(judged, Later) and judged.whole_channel:
        raise Later(
            judged.reason, after=judged.after, whole_channel=True, uncertain=True
        ) from error
    return code_of(error) != "thread_not_found"


def _key_of(message: Json) -> str | None:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    return payload.get("k") if metadata.get("event_type") == EVENT_TYPE else None


def _paged(sent: Sent) -> Sent:
    """The same post, known as a page too, so that it can say later who answered it."""
    (one,) = sent.references
    page = Reference(one.channel, one.place, "page", one.ref)
    return Sent((one, page), sent.repeated)


def _named(sent: Sent, kind: str) -> Sent:
    """The same post, known as the ticket's card or as the root of its direct thread."""
    (one,) = sent.references
    return Sent((Reference(one.channel, one.place, kind, one.ref),), sent.repeated)


def _checked(said: SlackMessage) -> Json:
    """What goes out holds Slack's limits; if it ever does not, the words go without their blocks."""
    payload = said.payload()
    problems = limits.validate(payload, "message")
    if problems:
        _log.error("blocks beyond Slack's limits, sent as text: %s", "; ".join(problems))
        return {"text": said.text, "blocks": []}
    return payload

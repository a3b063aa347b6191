"""A message event becomes words on a ticket: by an agent in its thread, or by a person who writes to the bot."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.context.context import BotContext
from bot.context.ephemeral import ReplyTo, in_marked_words, in_plain_words
from bot.context.refusal_reason import reason_for, ticket_at
from bot.listeners import verbs
from bot.outgoing.slack_errors import CALL_ERRORS, in_words
from bot.views.explanation import why_message
from bot.views.limits import Json
from bot.views.text import HEADER_WORDS, first_line, mentioned, plain
from bot.views.words import plain_sentence
from engine.tickets.errors import OwnTrouble, Refused
from engine.tickets.message import Inbound, Proof, Reference, Request
from engine.tickets.people import Address, Caller, Role

_log = logging.getLogger("deskd.bot.conversation")

# Each name may cost a call to Slack; a message that mentions more people keeps their ids.
MOST_NAMED: Final = 10
SENT_MARK: Final = "outbox_tray"
"""Put on an agent's message that went to the requester, so that everybody sees that it did."""
DONE_MARK: Final = "white_check_mark"
"""Put on a message that asked us for something, when it is done."""


CARD_IS_KNOWN: Final = timedelta(seconds=10)
"""Slack shows a card before its id is recorded here: whoever answers in that moment is heard a little later."""


class CardNotKnownError(OwnTrouble):
    """The thread is nobody's yet, and may become a ticket's within seconds."""

    temporary = True


class Conversation:
    def __init__(self, front: BotContext) -> None:
        self._front = front

    async def take(self, spool_id: int, body: Json, received_at: datetime) -> None:
        """Settles the row, unless it raises."""
        event: Json = body["event"]
        place, ts = str(event["channel"]), str(event["ts"])
        if await ticket_at(self._front, place, ts) is not None:
            await self._front.spool.done(spool_id, reason="ignored: taken in before")
            return
        direct = event.get("channel_type") == "im"
        ticket = await ticket_at(self._front, place, event.get("thread_ts"))
        if not direct and ticket is None:
            if event.get("thread_ts") and self._front.clock.now() - received_at < CARD_IS_KNOWN:
                raise CardNotKnownError
            await self._front.spool.done(spool_id, reason="ignored: not a ticket's thread")
            return
        try:
            if ticket is not None and await self._works(event, ticket):
                await self._work(spool_id, event, ticket)
            else:
                await self._receive(spool_id, event, received_at, ticket)
        except Refused as refused:
            await self._refuse(spool_id, event, refused, ticket)

    async def _works(self, event: Json, ticket: int) -> bool:
        """Whether the words are those of somebody who works on tickets: in the working thread, and in the direct one
        of a page; there the requester's own words are a requester's."""
        if event.get("channel_type") != "im":
            return True
        front = self._front
        line = await front.views.ticket(front.workspace, ticket)
        person = await front.desk.identify(
            front.workspace, await front.people.who_is(str(event["user"]))
        )
        asked_for_it = line is not None and person.id == line.requester.id
        return person.rank >= Role.AGENT and not asked_for_it

    async def _work(self, spool_id: int, event: Json, ticket: int) -> None:
        raw = str(event.get("text") or "")
        asked = verbs.asked_of(raw, self._front.people.me)
        if asked is None and event.get("channel_type") == "im":
            asked = verbs.said_bare(raw)
        if asked is None:
            await self._speak(spool_id, event, await self._text(event), ticket)
        elif asked.is_known:
            await self._do(spool_id, event, asked, ticket)
        elif asked.verb == verbs.WHY:
            await self._tell_why(spool_id, event, ticket)
        else:
            request = replace(await self._request(spool_id, event, ticket), settles=None)
            allowed = (await self._front.desk.allowed(request)).actions
            await self._front.spool.done(spool_id, reason="ignored: no verb of ours")
            words = verbs.unknown(asked, allowed)
            await self._front.voice.whisper(self._ear(event), in_marked_words(words))

    async def _do(self, spool_id: int, event: Json, asked: verbs.SpokenVerb, ticket: int) -> None:
        request = await self._request(spool_id, event, ticket)
        rest = asked.rest if asked.verb == "assign" else await self._plain(asked.rest)
        await verbs.do(self._front, request, replace(asked, rest=rest))
        await self._mark(str(event["channel"]), str(event["ts"]), DONE_MARK)

    async def _tell_why(self, spool_id: int, event: Json, ticket: int) -> None:
        """Only whoever asks sees it."""
        front = self._front
        request = replace(await self._request(spool_id, event, ticket), settles=None)
        explanation = await front.desk.why(request)
        await front.spool.done(spool_id, reason="answered")
        await front.voice.whisper(self._ear(event), why_message(explanation))

    async def _refuse(
        self, spool_id: int, event: Json, refused: Refused, ticket: int | None
    ) -> None:
        user, place = str(event["user"]), str(event["channel"])
        reason = await reason_for(self._front, refused, user=user, place=place, ticket=ticket)
        await self._front.spool.done(spool_id, reason=f"refused: {refused.code}")
        await self._front.voice.whisper(self._ear(event), in_plain_words(reason))

    def _ear(self, event: Json) -> ReplyTo:
        direct = event.get("channel_type") == "im"
        thread = event.get("thread_ts") or (event["ts"] if direct else None)
        return ReplyTo(str(event["user"]), str(event["channel"]), str(thread) if thread else None)

    async def _speak(self, spool_id: int, event: Json, text: str, ticket: int) -> None:
        """The desk knows whether it is a note or for the requester."""
        request = await self._request(spool_id, event, ticket)
        spoken = await self._front.desk.speak(request, text)
        if spoken.public:
            await self._mark(str(event["channel"]), str(event["ts"]), SENT_MARK)

    async def _request(self, spool_id: int, event: Json, ticket: int) -> Request:
        place, user = str(event["channel"]), str(event["user"])
        direct = event.get("channel_type") == "im"
        by = await self._who(event, Address("slack", user if direct else place))
        reference = Reference("slack", place, "message", str(event["ts"]))
        return Request(self._front.workspace, ticket, by, settles=spool_id, reference=reference)

    async def _mark(self, place: str, ts: str, name: str) -> None:
        try:
            await self._front.client.reactions_add(channel=place, timestamp=ts, name=name)
        except CALL_ERRORS as error:
            _log.info("a message could not be marked: %s", in_words(error))

    async def _receive(
        self, spool_id: int, event: Json, received_at: datetime, ticket: int | None
    ) -> None:
        """In a direct message: in a ticket's thread it joins, anywhere else it opens one."""
        front = self._front
        text = await self._text(event)
        place, ts, user = str(event["channel"]), str(event["ts"]), str(event["user"])
        by = await self._who(event, Address("slack", user))
        await front.desk.identify(front.workspace, by)
        root = str(event.get("thread_ts") or ts)
        opens = Reference("slack", place, "root", root)
        joins = Reference("slack", place, "message", ts)
        inbound = Inbound(
            channel="slack",
            key=f"{place}:{ts}",
            sender=by.identity,
            sender_name=by.name,
            subject=first_line(text, HEADER_WORDS),
            text=text,
            received_at=received_at,
            reference=opens if ticket is None else joins,
            proofs=() if ticket is None else (Proof(ticket, "thread"),),
            source=by.source,
        )
        await front.desk.receive(front.workspace, inbound, settles=spool_id)

    async def _who(self, event: Json, source: Address) -> Caller:
        return await self._front.people.who_is(str(event["user"]), source=source)

    async def _text(self, event: Json) -> str:
        raw = str(event.get("text") or "")
        files = [str(file.get("name") or "") for file in event.get("files") or ()]
        if raw.strip() or not files:
            return await self._plain(raw)
        return plain_sentence("files_only", {"names": ", ".join(files)})

    async def _plain(self, raw: str) -> str:
        names: dict[str, str] = {}
        for user in mentioned(raw)[:MOST_NAMED]:
            names[user] = await self._front.people.name_of(user) or user
        return plain(raw, names)

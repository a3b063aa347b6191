"""A message event becomes words on a ticket: by an agent in its thread, or by a person who writes to the bot."""

import logging
from datetime import datetime
from typing import Final

from bot.front import Front
from bot.limits import Json
from bot.outsiders import reason_for, ticket_at
from bot.text import first_line, mentioned, plain
from bot.troubles import CALL_ERRORS, in_words
from bot.voice import Ear, in_plain_words
from bot.words import plain_sentence
from engine.errors import Refused
from engine.model import Address, Caller, Inbound, Proof, Reference, Request

_log = logging.getLogger("deskd.bot.conversation")

# A direct message has no subject: its first line is one, as long as a card's header shows.
SUBJECT: Final = 120
# Each name may cost a call to Slack; a message that mentions more people keeps their ids.
MOST_NAMED: Final = 10
SENT_MARK: Final = "outbox_tray"
"""Put on an agent's message that went to the requester, so that everybody sees that it did."""


class Conversation:
    def __init__(self, front: Front) -> None:
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
            await self._front.spool.done(spool_id, reason="ignored: not a ticket's thread")
            return
        text = await self._text(event)
        try:
            if direct:
                await self._receive(spool_id, event, text, received_at, ticket)
            elif ticket is not None:
                await self._speak(spool_id, event, text, ticket)
        except Refused as refused:
            await self._refuse(spool_id, event, refused, ticket)

    async def _refuse(
        self, spool_id: int, event: Json, refused: Refused, ticket: int | None
    ) -> None:
        user, place = str(event["user"]), str(event["channel"])
        reason = await reason_for(self._front, refused, user=user, place=place, ticket=ticket)
        await self._front.spool.done(spool_id, reason=f"refused: {refused.code}")
        direct = event.get("channel_type") == "im"
        thread = event.get("thread_ts") or (event["ts"] if direct else None)
        ear = Ear(user, place, str(thread) if thread else None)
        await self._front.voice.whisper(ear, in_plain_words(reason))

    async def _speak(self, spool_id: int, event: Json, text: str, ticket: int) -> None:
        """In the working thread: the desk knows whether it is a note or for the requester."""
        place, ts = str(event["channel"]), str(event["ts"])
        by = await self._who(event, Address("slack", place))
        reference = Reference("slack", place, "message", ts)
        request = Request(self._front.workspace, ticket, by, settles=spool_id, reference=reference)
        spoken = await self._front.desk.speak(request, text)
        if spoken.public:
            await self._mark(place, ts)

    async def _mark(self, place: str, ts: str) -> None:
        try:
            await self._front.client.reactions_add(channel=place, timestamp=ts, name=SENT_MARK)
        except CALL_ERRORS as error:
            _log.info("a sent message could not be marked: %s", in_words(error))

    async def _receive(
        self, spool_id: int, event: Json, text: str, received_at: datetime, ticket: int | None
    ) -> None:
        """In a direct message: in a ticket's thread it joins, anywhere else it opens one."""
        front = self._front
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
            subject=first_line(text, SUBJECT),
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
        names: dict[str, str] = {}
        for user in mentioned(raw)[:MOST_NAMED]:
            names[user] = await self._front.people.name_of(user) or user
        files = [str(file.get("name") or "") for file in event.get("files") or ()]
        if raw.strip() or not files:
            return plain(raw, names)
        return plain_sentence("files_only", {"names": ", ".join(files)})

"""Interactions that fail: the person is told, the spool row says why. Never raises."""

import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Final

from bot.context.context import BotContext
from bot.context.ephemeral import in_marked_words, in_plain_words
from bot.context.interaction import Interaction
from bot.context.refusal_reason import reason_for, ticket_at
from bot.context.slack_people import UnreachableError
from bot.views.words import sentence
from engine.tickets.errors import Refused, TooMuchAtOnce

_log = logging.getLogger("deskd.bot.guard")

Work = Callable[[BotContext, Interaction], Awaitable[None]]

# Refusals that mean: the card the person looked at is not what the ticket is now.
OUTDATED: Final = frozenset({"stale", "taken", "illegal_move"})


async def guarded(front: BotContext, done: Interaction, work: Work) -> None:
    try:
        await _politely(front, done, work)
    except UnreachableError as error:
        if await given_back(front, done, reason=f"refused: {error}"):
            await front.voice.whisper(done.ear, in_marked_words(sentence("unreachable", {})))
    except TooMuchAtOnce:
        if await given_back(front, done, reason="refused: too much at once"):
            await front.voice.whisper(done.ear, in_marked_words(sentence("not_stored", {})))
    except Exception:  # noqa: BLE001 - the boundary: one bad interaction ends here, logged, kept and told
        number = await bury(front, done)
        if number is not None:
            told = sentence("unexpected", {"number": number})
            await front.voice.whisper(done.ear, in_marked_words(told))


async def _politely(front: BotContext, done: Interaction, work: Work) -> None:
    try:
        await work(front, done)
    except Refused as refused:
        card = await ticket_at(front, done.channel, done.message_ts)
        reason = await reason_for(front, refused, user=done.user, place=done.channel, ticket=card)
        if not await given_back(front, done, reason=f"refused: {refused.code}"):
            return
        await front.voice.whisper(done.ear, in_plain_words(reason))
        await _bring_up_to_date(front, done, refused, card)


async def settle(front: BotContext, done: Interaction, *, reason: str) -> bool:
    """The row is done without a ticket. False: it could not be marked, so it will be worked again."""
    try:
        await front.spool.done(done.spool_id, reason=reason)
    except Exception:  # noqa: BLE001 - the boundary: what was asked for has been answered all the same
        _log.exception("spool row %d could not be marked done", done.spool_id)
        return False
    return True


async def given_back(front: BotContext, done: Interaction, *, reason: str) -> bool:
    """Nothing was done and nothing will be: the person may be told no, or to ask again.

    False: the row could not be marked, so it will be worked again, and the person has been told that.
    """
    if await settle(front, done, reason=reason):
        return True
    await _tell_later(front, done)
    return False


async def _tell_later(front: BotContext, done: Interaction) -> None:
    await front.voice.whisper(done.ear, in_marked_words(sentence("kept_for_later", {})))


async def bury(front: BotContext, done: Interaction) -> str | None:
    """Inside an except: log it under a short number, and keep the row for a person to look at.

    None: it could not be kept out of work, so it will be tried again, and the person has been told that.
    """
    number = uuid.uuid4().hex[:8]
    _log.exception("[%s] %s in spool row %d failed", number, done.kind, done.spool_id)
    try:
        await front.spool.bury(done.spool_id, reason=f"unexpected error {number}")
    except Exception:  # noqa: BLE001 - the boundary: storage is in trouble as well
        _log.exception("[%s] spool row %d could not be buried", number, done.spool_id)
        await _tell_later(front, done)
        return None
    return number


async def _bring_up_to_date(
    front: BotContext, done: Interaction, refused: Refused, card: int | None
) -> None:
    """`card`: whose was clicked, as far as a row knows."""
    named = str(refused.facts.get("ticket", "")).removeprefix("T-")
    ticket = int(named) if named.isdigit() else card
    outdated = refused.code in OUTDATED or done.is_from_menu
    channel, ts = done.channel, done.message_ts
    if outdated and ticket is not None and channel and ts and not channel.startswith("D"):
        await front.courier.redraw(front.workspace, ticket, channel, ts)

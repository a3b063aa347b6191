"""Interactions a crash left undone: done now when they still fit, otherwise the person is told that they were not."""

import logging
from datetime import timedelta
from typing import Final

from bot.context.context import BotContext
from bot.context.ephemeral import in_marked_words, in_plain_words
from bot.context.interaction import ANSWERABLE, Interaction, from_raw
from bot.listeners.clicks import click
from bot.listeners.commands import command
from bot.listeners.error_boundary import guarded, settle
from bot.listeners.submissions import submit
from bot.views.words import sentence
from engine.ports.spool import SpoolRow

_log = logging.getLogger("deskd.bot.leftovers")

KINDS: Final = ("command", "action", "view")
# What is younger may be in the hands of some daemon at this moment; it is looked at again.
SETTLED_BY: Final = timedelta(seconds=10)
LEASE: Final = timedelta(minutes=2)
BATCH: Final = 50


async def take_up(front: BotContext) -> int:
    """Work what is there; answers how many rows were seen. Never raises for one bad row."""
    now = front.clock.now()
    rows = await front.spool.lease("slack", now=now, until=now + LEASE, limit=BATCH, kinds=KINDS)
    for row in rows:
        await _take(front, row)
    return len(rows)


async def _take(front: BotContext, row: SpoolRow) -> None:
    now = front.clock.now()
    age = now - row.received_at
    if age < SETTLED_BY or front.hands.hold(row.id):
        at = max(now, row.received_at) + SETTLED_BY
        await front.spool.retry(row.id, reason="may be in hand", at=at)
        return
    left = Interaction(row.id, row.kind, from_raw(row.raw), row.received_at, replayed=True)
    _log.info("%s in spool row %d was left undone %s ago", row.kind, row.id, age)
    if age > ANSWERABLE:
        await settle(front, left, reason="ignored: too old when it was found")
        await front.voice.whisper(left.ear, in_marked_words(sentence("too_late", {"about": ""})))
    elif row.kind == "view":
        answer = await submit(front, left)
        if answer.words:
            await front.voice.whisper(left.ear, in_plain_words(answer.words))
    else:
        await guarded(front, left, command if row.kind == "command" else click)

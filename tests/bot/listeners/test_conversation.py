"""Whose words are heard: in a ticket's thread, in another one, and in one that is becoming a ticket's."""

import asyncio
from datetime import datetime, timedelta

import pytest

from bot.listeners.conversation import CARD_IS_KNOWN
from engine.ports.outbox import Parcel, Sent
from storage.queues.outbox import SqlOutbox
from tests.bot.office import Office


async def test_words_in_another_thread_are_nobodys_business(office: Office) -> None:
    await office.mail()
    await office.card()
    chat = await office.ana.say("it-desk", "lunch?")
    await office.ben.reply(chat, "in ten minutes")
    waits = ("event", "waiting", "waits: CardNotKnownError")

    async def waited() -> bool:
        return waits in await office.spool_states()

    await office.becomes(waited)
    office.clock.skip(CARD_IS_KNOWN)
    await office.settled()
    assert ("event", "done", "ignored: not a ticket's thread") in await office.spool_states()
    assert (await office.file()).notes == ()


async def test_words_under_a_card_whose_id_is_not_recorded_yet_are_heard(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded, sent = asyncio.Event(), SqlOutbox.sent

    async def slow(self: SqlOutbox, parcel: Parcel, how: Sent, *, at: datetime) -> None:
        await recorded.wait()
        await sent(self, parcel, how, at=at)

    async def waited() -> bool:
        return ("event", "waiting", "waits: CardNotKnownError") in await office.spool_states()

    async def noted() -> bool:
        return [said.message.text for said in (await office.file()).notes] == ["on my way"]

    monkeypatch.setattr(SqlOutbox, "sent", slow)
    await office.mail()
    await office.ana.reply(await office.card(), "on my way")
    await office.becomes(waited)
    recorded.set()
    await office.delivered()
    office.clock.skip(timedelta(seconds=2))
    await office.becomes(noted)

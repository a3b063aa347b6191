"""A message to one person about what they just did: ephemeral at the place if possible, else a direct message."""

import logging
from dataclasses import dataclass
from itertools import product

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.outgoing.slack_errors import CALL_ERRORS, in_words
from bot.views import blocks
from bot.views.blocks import SlackMessage
from bot.views.limits import Json
from bot.views.text import escape

_log = logging.getLogger("deskd.bot.voice")

_OK = 200


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """Where a person can be told something only they see."""

    user: str
    channel: str | None = None
    thread: str | None = None
    response_url: str | None = None


def in_plain_words(sentence: str) -> SlackMessage:
    """A sentence of ours that may quote anything: shown without any markup."""
    return blocks.said(escape(sentence), [blocks.plain_section(sentence)])


def in_marked_words(sentence: str) -> SlackMessage:
    """A sentence from templates/slack: mrkdwn, its facts made harmless already."""
    return blocks.said(sentence, [blocks.section(sentence)])


class Ephemeral:
    def __init__(self, client: AsyncWebClient, session: aiohttp.ClientSession) -> None:
        self._client = client
        self._session = session

    async def whisper(self, ear: ReplyTo, said: SlackMessage) -> bool:
        """Try the response_url, then an ephemeral message, then a direct one; then each without its blocks, which
        may be what was refused. False: nobody could be told."""
        forms = (said, SlackMessage(said.text)) if said.blocks else (said,)
        for form, way in product(forms, (self._respond, self._ephemeral, self._direct)):
            try:
                if await way(ear, form):
                    return True
            except CALL_ERRORS as error:
                _log.info("%s could not be told this way: %s", ear.user, in_words(error))
        _log.warning("%s could not be told anything", ear.user)
        return False

    async def replace(self, ear: ReplyTo, said: SlackMessage) -> None:
        """In place of the ephemeral message whose button was pressed. Best effort."""
        try:
            await self._respond(ear, said, replace=True)
        except CALL_ERRORS as error:
            _log.info("an ephemeral message stays as it was: %s", in_words(error))

    async def _respond(self, ear: ReplyTo, said: SlackMessage, *, replace: bool = False) -> bool:
        if not ear.response_url:
            return False
        hook = AsyncWebhookClient(
            ear.response_url, session=self._session, logger=_log, retry_handlers=[]
        )
        hook.proxy = self._client.proxy
        body: Json = {"response_type": "ephemeral", "replace_original": replace, **said.payload()}
        if ear.thread and not replace:
            body["thread_ts"] = ear.thread
        return (await hook.send_dict(body)).status_code == _OK

    async def _ephemeral(self, ear: ReplyTo, said: SlackMessage) -> bool:
        if not ear.channel or ear.channel.startswith("D"):
            return False
        await self._client.chat_postEphemeral(
            channel=ear.channel, user=ear.user, thread_ts=ear.thread, **said.payload()
        )
        return True

    async def _direct(self, ear: ReplyTo, said: SlackMessage) -> bool:
        in_thread = ear.thread if (ear.channel or "").startswith("D") else None
        await self._client.chat_postMessage(
            channel=ear.channel if in_thread and ear.channel else ear.user,
            thread_ts=in_thread,
            unfurl_links=False,
            unfurl_media=False,
            **said.payload(),
        )
        return True

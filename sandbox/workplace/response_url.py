"""response_url: five answers within half an hour, also where the bot is no member."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sandbox.base.errors import SlackError
from sandbox.base.workspace import Json, Message
from sandbox.workplace.acts import Acts
from sandbox.workplace.content import checked_content

MAX_USES = 5
LIFE = timedelta(minutes=30)
# Old ones are remembered this far, to tell "expired" from "never existed".
MAX_URLS = 2_000
_ARGUMENTS = frozenset(
    {
        "text",
        "blocks",
        "attachments",
        "response_type",
        "replace_original",
        "delete_original",
        "thread_ts",
        "unfurl_links",
        "unfurl_media",
        "metadata",
        "mrkdwn",
    }
)


@dataclass
class ResponseUrl:
    user: str
    channel: str
    expires: datetime
    # The message whose button was clicked, which may be replaced or deleted.
    original: Message | None
    uses: int = 0


@dataclass
class ResponseUrls:
    acts: Acts
    # Where the server listens, set once it does.
    origin: str = ""
    _issued: OrderedDict[str, ResponseUrl] = field(default_factory=OrderedDict)

    def issue(self, user: str, channel: str, original: Message | None = None) -> str:
        secret = secrets.token_urlsafe(18)
        expires = self.acts.clock.now() + LIFE
        self._issued[secret] = ResponseUrl(user, channel, expires, original)
        while len(self._issued) > MAX_URLS:
            self._issued.popitem(last=False)
        return f"{self.origin}/response/{self.acts.workspace.team.id}/{secret}"

    def use(self, secret: str, body: Json) -> Json:
        """What came in becomes a message, or a Slack refusal."""
        url = self._issued.get(secret)
        if url is None or self.acts.clock.now() > url.expires:
            raise SlackError("expired_url")
        if url.uses >= MAX_USES:
            raise SlackError("used_url")
        unknown = sorted(set(body) - _ARGUMENTS)
        if unknown:
            raise SlackError("invalid_arguments", unexpected=unknown)
        self._answer(url, body)
        url.uses += 1
        return {"ok": True}

    def _answer(self, url: ResponseUrl, body: Json) -> None:
        original = self.acts.workspace.current(url.original) if url.original else None
        if body.get("delete_original"):
            self._delete(original)
            return
        content = checked_content(
            str(body.get("text") or ""),
            body.get("blocks"),
            body.get("attachments"),
            surface="response",
        )
        if body.get("replace_original") and original is not None:
            self._replace(original, content)
        else:
            self.answer(url.user, url.channel, content, body)

    def answer(self, user: str, channel: str, content: Json, body: Json) -> Message:
        """A new message: for the one person, unless `response_type` says for all."""
        kind: Any = body.get("response_type", "ephemeral")
        message = self.acts.draft(channel, **content, thread_ts=body.get("thread_ts"))
        if kind == "in_channel":
            return self.acts.post(message)
        return self.acts.whisper(replace(message, ephemeral_for=user))

    def _replace(self, original: Message, content: Json) -> None:
        if original.is_ephemeral:
            self.acts.whisper(replace(original, **content))
        else:
            self.acts.edit(original, None, **content)

    def _delete(self, original: Message | None) -> None:
        if original is None:
            raise SlackError("message_not_found")
        if original.ephemeral_for is not None:
            self.acts.workspace.drop_ephemeral(original.ephemeral_for, original.ts)
            self.acts.log.add("ephemeral_deleted", "an ephemeral message was taken back")
        else:
            self.acts.delete(original)

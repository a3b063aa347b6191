"""One thing a person did: a command, a click, a form sent. As it came from Slack and is kept in the spool."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.context.ephemeral import ReplyTo
from bot.views.button_value import ButtonValue, read
from bot.views.limits import Json

# Slack's own lives of a trigger and of a response_url; the second is 30 min, halved for clocks that differ.
TRIGGER_LIFE: Final = timedelta(seconds=3)
ANSWERABLE: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Interaction:
    spool_id: int
    kind: str  # command | action | view
    body: Json
    received_at: datetime
    replayed: bool = False
    """Found undone at start: its trigger is dead, and nobody waits for an ack."""

    @property
    def user(self) -> str:
        """The id of the person."""
        return str(self.body.get("user_id") or self.body["user"]["id"])

    @property
    def trigger_id(self) -> str:
        return str(self.body.get("trigger_id", ""))

    @property
    def channel(self) -> str | None:
        container = self.body.get("container") or {}
        named = self.body.get("channel") or {}
        found = self.body.get("channel_id") or container.get("channel_id") or named.get("id")
        pointer = self.view_pointer
        return str(found) if found else (pointer.channel if pointer else "") or None

    @property
    def message_ts(self) -> str | None:
        """Of the message that was clicked, unless only one person sees it."""
        container = self.body.get("container") or {}
        return None if container.get("is_ephemeral") else container.get("message_ts")

    @property
    def is_ephemeral(self) -> bool:
        return bool((self.body.get("container") or {}).get("is_ephemeral"))

    @property
    def is_from_menu(self) -> bool:
        """From a list that keeps showing what was chosen until it is redrawn."""
        actions = self.body.get("actions") or [{}]
        return bool(actions[0].get("type") == "static_select")

    @property
    def view_pointer(self) -> ButtonValue | None:
        return read((self.body.get("view") or {}).get("private_metadata", ""))

    @property
    def ear(self) -> ReplyTo:
        container = self.body.get("container") or {}
        return ReplyTo(
            user=self.user,
            channel=self.channel,
            thread=container.get("thread_ts"),
            response_url=self.body.get("response_url"),
        )


def kind_of(body: Json) -> str | None:
    """The spool's word for it; None for what is only acked (options, shortcuts, a form closed)."""
    if "command" in body:
        return "command"
    kinds = {"event_callback": "event", "block_actions": "action", "view_submission": "view"}
    return kinds.get(str(body.get("type")))


def to_raw(body: Json) -> bytes:
    """Without the verification token: a secret, and of no use here."""
    kept = {key: value for key, value in body.items() if key != "token"}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()


def from_raw(raw: bytes) -> Json:
    body: Json = json.loads(raw)
    return body

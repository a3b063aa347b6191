"""One call of a Web API method: its arguments, read as strictly as Slack reads them, its rights."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.base.errors import SlackError
from sandbox.base.workspace import Channel, Json, Message, User
from sandbox.workplace.stand_in import Slack

Caller = Literal["bot", "app", "any"]
# Which prefix of scope opens which kind of conversation.
_SCOPE_PREFIX: Mapping[str, str] = {"public": "channels", "private": "groups", "im": "im"}
# Pages of lists; Slack's own bound.
MAX_PAGE = 1_000


@dataclass(frozen=True)
class Call:
    method: str
    args: Json
    slack: Slack

    def text(self, name: str) -> str | None:
        value = self.args.get(name)
        if value is None:
            return None
        if not isinstance(value, str | int | float):
            raise bad_argument(f"must be a string [json-pointer:/{name}]")
        return str(value)

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise bad_argument(f"missing required field: {name}")
        return value

    def flag(self, name: str) -> bool | None:
        value = self.args.get(name)
        if value is None or isinstance(value, bool):
            return value
        truth = {"true": True, "1": True, "false": False, "0": False}.get(str(value).lower())
        if truth is None:
            raise bad_argument(f"must be a boolean [json-pointer:/{name}]")
        return truth

    def number(self, name: str, default: int) -> int:
        value = self.args.get(name, default)
        try:
            return int(value)
        except (TypeError, ValueError):
            raise bad_argument(f"must be an integer [json-pointer:/{name}]") from None

    def structure(self, name: str) -> Any:
        """A JSON argument, which a form carries as text."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise bad_argument(f"must be valid JSON [json-pointer:/{name}]") from None

    def page(self, items: list[Any], default: int = 100) -> tuple[list[Any], str]:
        """The items after `cursor`, and the cursor of the next page."""
        limit = self.number("limit", default)
        if not 0 < limit <= MAX_PAGE:
            raise SlackError("invalid_limit")
        cursor = self.text("cursor") or "0"
        if not cursor.isdigit() or int(cursor) > len(items):
            raise SlackError("invalid_cursor")
        start = int(cursor)
        end = start + limit
        return items[start:end], str(end) if end < len(items) else ""

    # --- rights

    def need(self, *scopes: str) -> None:
        missing = [scope for scope in scopes if scope not in self.slack.scopes]
        if missing:
            provided = ",".join(sorted(self.slack.scopes))
            raise SlackError("missing_scope", needed=",".join(missing), provided=provided)

    def need_for(self, channel: Channel, act: str) -> None:
        """As `channels:read` for a public channel and `groups:read` for a private one."""
        self.need(f"{_SCOPE_PREFIX[channel.kind]}:{act}")

    # --- what the arguments name

    def user(self, name: str = "user") -> User:
        user = self.slack.workspace.users.get(self.required(name))
        if user is None:
            raise SlackError("user_not_found")
        return user

    def is_member(self, channel: Channel) -> bool:
        return self.slack.workspace.app.bot_user_id in channel.members

    def channel(self, name: str = "channel") -> Channel:
        """By id; a private one is unknown to a bot that is not in it."""
        channel = self.slack.workspace.channels.get(self.required(name))
        if channel is None or not (channel.kind == "public" or self.is_member(channel)):
            raise SlackError("channel_not_found")
        return channel

    def joined_channel(self, name: str = "channel") -> Channel:
        channel = self.channel(name)
        if not self.is_member(channel):
            raise SlackError("not_in_channel")
        return channel

    def message(self, channel: Channel, ts: str) -> Message:
        message = self.slack.workspace.messages[channel.id].get(ts)
        if message is None:
            raise SlackError("message_not_found")
        return message


@dataclass(frozen=True)
class Method:
    name: str
    run: Callable[[Call], Json]
    args: frozenset[str]
    scopes: tuple[str, ...] = ()
    # Whose token may call it.
    caller: Caller = "bot"
    tier: str = "3"


def method(
    name: str, run: Callable[[Call], Json], args: str, scopes: str = "", tier: str = "3"
) -> Method:
    return Method(name, run, frozenset(args.split()), tuple(scopes.split()), tier=tier)


def bad_argument(message: str) -> SlackError:
    return SlackError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {message}"]})

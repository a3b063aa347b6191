"""What the stand-in for Slack holds, as values; nothing here talks, checks or waits."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

Json = dict[str, Any]
ChannelKind = Literal["public", "private", "im"]

# A person's ephemeral messages and errors are kept for the page; Slack forgets them on reload.
MAX_EPHEMERALS = 200
# A workspace left running for days must not eat the machine; the oldest messages go first.
MAX_MESSAGES_PER_CHANNEL = 10_000


@dataclass(frozen=True)
class SlackTeam:
    id: str = "T0SANDBOX1"
    name: str = "Sandbox"
    domain: str = "sandbox"


def _made_up(prefix: str) -> str:
    """A credential that opens nothing but this stand-in, and says so."""
    return f"{prefix}-sandbox"


@dataclass(frozen=True)
class App:
    """The one app installed in the workspace: the bot under test or on show."""

    id: str = "A0SANDBOX1"
    name: str = "Desk"
    bot_id: str = "B0SANDBOX1"
    bot_user_id: str = "U0SANDBOT1"
    bot_token: str = _made_up("xoxb")
    app_token: str = _made_up("xapp")
    signing_secret: str = _made_up("signing")
    verification_token: str = _made_up("verification")


@dataclass(frozen=True)
class User:
    id: str
    name: str
    real_name: str
    team_id: str
    email: str | None = None
    tz: str = "Europe/Berlin"
    locale: str = "en-US"
    is_email_confirmed: bool = True
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_bot: bool = False
    is_admin: bool = False
    deleted: bool = False
    bot_id: str | None = None

    @property
    def is_guest(self) -> bool:
        return self.is_restricted or self.is_ultra_restricted


@dataclass(frozen=True)
class Channel:
    id: str
    name: str
    kind: ChannelKind
    created: int
    creator: str
    members: tuple[str, ...] = ()
    is_archived: bool = False
    topic: str = ""
    purpose: str = ""

    @property
    def is_im(self) -> bool:
        return self.kind == "im"

    @property
    def is_private(self) -> bool:
        return self.kind == "private"

    @property
    def event_type(self) -> str:
        """The `channel_type` that events of this channel carry."""
        return {"public": "channel", "private": "group", "im": "im"}[self.kind]


@dataclass(frozen=True)
class Message:
    """One version of a message; an edit puts a new one in place, so a kept one is a stale copy."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: tuple[Json, ...] = ()
    attachments: tuple[Json, ...] = ()
    thread_ts: str | None = None
    subtype: str | None = None
    bot_id: str | None = None
    username: str | None = None
    icon_emoji: str | None = None
    icon_url: str | None = None
    client_msg_id: str | None = None
    metadata: Json | None = None
    edited_by: str | None = None
    edited_ts: str | None = None
    reactions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unfurl_links: bool | None = None
    unfurl_media: bool | None = None
    # Set on an ephemeral message: the one user who sees it.
    ephemeral_for: str | None = None

    @property
    def is_ephemeral(self) -> bool:
        return self.ephemeral_for is not None

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts

    def visible_text(self) -> str:
        """Everything a person can read of it: the notification's text, blocks and attachments."""
        parts = [self.text, *texts_in(self.blocks), *texts_in(self.attachments)]
        return "\n".join(part for part in parts if part)


@dataclass(frozen=True)
class View:
    """One version of a modal or a home tab."""

    id: str
    type: Literal["modal", "home"]
    user: str
    hash: str
    blocks: tuple[Json, ...]
    title: Json | None = None
    submit: Json | None = None
    close: Json | None = None
    private_metadata: str = ""
    callback_id: str = ""
    external_id: str = ""
    clear_on_close: bool = False
    notify_on_close: bool = False
    submit_disabled: bool = False
    root_view_id: str = ""
    previous_view_id: str | None = None
    # block_id -> action_id -> value, as Slack's `state.values`: what the person entered so far.
    values: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    # block_id -> sentence: what the app's last `response_action: errors` said.
    errors: Mapping[str, str] = field(default_factory=dict)

    def visible_text(self) -> str:
        parts = [*texts_in([self.title or {}]), *texts_in(self.blocks), *self.errors.values()]
        return "\n".join(part for part in parts if part)


@dataclass(frozen=True)
class Trouble:
    """What Slack's client tells a person when the app did not answer as it must."""

    user: str
    code: str
    about: str
    at: datetime


@dataclass
class SlackWorkspace:
    """The whole state. Values are replaced, never changed in place."""

    team: SlackTeam = field(default_factory=SlackTeam)
    app: App = field(default_factory=App)
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    # channel id -> ts -> message, in order of ts
    messages: dict[str, dict[str, Message]] = field(default_factory=dict)
    # user id -> messages only they see, oldest first
    ephemerals: dict[str, list[Message]] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    # user id -> ids of the open modals, root first
    modals: dict[str, list[str]] = field(default_factory=dict)
    # user id -> id of the published home tab
    homes: dict[str, str] = field(default_factory=dict)
    troubles: dict[str, list[Trouble]] = field(default_factory=dict)
    _counter: int = 0
    _last_ts: int = 0

    def next_id(self, prefix: str) -> str:
        self._counter += 1
        return f"{prefix}{self._counter:09d}"

    def next_ts(self, now: datetime) -> str:
        """A message's name in Slack: seconds and microseconds, never the same twice."""
        wanted = round(now.timestamp() * 1_000_000)
        self._last_ts = max(wanted, self._last_ts + 1)
        seconds, micros = divmod(self._last_ts, 1_000_000)
        return f"{seconds}.{micros:06d}"

    def add_user(self, user: User) -> User:
        self.users[user.id] = user
        self.ephemerals.setdefault(user.id, [])
        self.troubles.setdefault(user.id, [])
        return user

    def add_channel(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        self.messages.setdefault(channel.id, {})
        return channel

    def user_named(self, name: str) -> User:
        """By id or by name."""
        if name in self.users:
            return self.users[name]
        for user in self.users.values():
            if user.name == name:
                return user
        raise KeyError(f"nobody here is called {name!r}")

    def channel_named(self, name: str) -> Channel:
        """By id or by name, with or without #."""
        if name in self.channels:
            return self.channels[name]
        for channel in self.channels.values():
            if not channel.is_im and channel.name == name.removeprefix("#"):
                return channel
        raise KeyError(f"no channel here is called {name!r}")

    def im_between(self, one: str, other: str) -> Channel | None:
        for channel in self.channels.values():
            if channel.is_im and set(channel.members) == {one, other}:
                return channel
        return None

    def put_message(self, message: Message) -> Message:
        held = self.messages[message.channel]
        held[message.ts] = message
        if len(held) > MAX_MESSAGES_PER_CHANNEL:
            del held[next(iter(held))]
        return message

    def put_ephemeral(self, message: Message) -> Message:
        held = self.ephemerals.setdefault(message.ephemeral_for or "", [])
        for index, earlier in enumerate(held):
            if earlier.ts == message.ts:
                held[index] = message
                return message
        held.append(message)
        del held[:-MAX_EPHEMERALS]
        return message

    def drop_ephemeral(self, user: str, ts: str) -> None:
        held = self.ephemerals.get(user, [])
        held[:] = [message for message in held if message.ts != ts]

    def current(self, message: Message) -> Message | None:
        """The version in place now, or None when it was deleted."""
        if message.ephemeral_for is not None:
            held = self.ephemerals.get(message.ephemeral_for, [])
            return next((one for one in held if one.ts == message.ts), None)
        return self.messages.get(message.channel, {}).get(message.ts)

    def channel_messages(self, channel: str) -> list[Message]:
        """The channel as it reads: no thread replies, except those sent to the channel too."""
        return [
            message
            for message in self.messages[channel].values()
            if not message.is_reply or message.subtype == "thread_broadcast"
        ]

    def replies(self, channel: str, thread_ts: str) -> list[Message]:
        return [
            message
            for message in self.messages[channel].values()
            if message.is_reply and message.thread_ts == thread_ts
        ]

    def change_channel(self, channel: str, **changes: Any) -> Channel:
        changed = replace(self.channels[channel], **changes)
        self.channels[channel] = changed
        return changed

    def modal(self, user: str) -> View | None:
        """The modal on top, as the person sees it."""
        stack = self.modals.get(user, [])
        return self.views[stack[-1]] if stack else None

    def home(self, user: str) -> View | None:
        view_id = self.homes.get(user)
        return self.views[view_id] if view_id else None


# Keys of blocks and elements whose strings a person reads; ids, values and urls are not among them.
_READ_KEYS = frozenset(
    {
        "alt_text",
        "caption",
        "confirm",
        "description",
        "fallback",
        "hint",
        "label",
        "placeholder",
        "pretext",
        "subtext",
        "subtitle",
        "text",
        "title",
    }
)


def texts_in(parts: Iterable[Any]) -> Iterator[str]:
    """The readable strings of blocks, in the order they are shown."""
    for part in parts:
        if isinstance(part, Mapping):
            yield from _texts_of(part)
        elif isinstance(part, (list, tuple)):
            yield from texts_in(part)


def _texts_of(part: Mapping[str, Any]) -> Iterator[str]:
    for key, value in part.items():
        if isinstance(value, str):
            if key in _READ_KEYS:
                yield value
        else:
            yield from texts_in([value])

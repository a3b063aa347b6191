"""What the left of the page shows: the workspace as one person's client has it. It acts on nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from sandbox.base.workspace import Channel, Message, User, View
from sandbox.page.place import Place
from sandbox.render.mrkdwn import mrkdwn_html
from sandbox.render.render import message_html, view_html
from sandbox.render.sheet import FormTarget, Sheet
from sandbox.render.words import Viewer, clock_words, day_words, moment_words, with_emoji
from sandbox.slack.actor import Actor
from sandbox.slack.driver import SlackStandIn

# What is drawn of a channel: 60 cards take some 40 ms of the loop that the stand-ins share.
MESSAGES_SHOWN = 60
# Slack puts a person's messages under one name when they come within minutes.
GROUPED_SECONDS = 300
# Colours of the avatars in page.css.
TONES = 8
_MODAL_LAYER = "modal"


@dataclass(frozen=True)
class Author:
    name: str
    initials: str
    tone: int
    is_app: bool = False
    emoji: str = ""


@dataclass(frozen=True)
class Line:
    """A message as it is drawn."""

    message: Message
    author: Author
    at: str
    at_full: str
    day: str
    body: Markup
    replies: Sequence[Author] = ()
    last_reply: str = ""
    # Under the same name as the line before, so that the name is not repeated.
    follows: bool = False
    new_day: bool = False
    reactions: Sequence[tuple[str, str, int, bool]] = ()


@dataclass(frozen=True)
class Workroom:
    """The workspace, seen by one person at one place."""

    slack: SlackStandIn
    place: Place

    @cached_property
    def me(self) -> Actor | None:
        """Who acts: the one named in the address, or the first of the people."""
        people = self.people
        named = [one for one in people if one.id == self.place.me]
        return Actor(self.slack.slack, (named or people)[0].id) if people else None

    @cached_property
    def people(self) -> list[User]:
        users = self.slack.workspace.users.values()
        return [one for one in users if not one.is_bot and not one.deleted]

    @property
    def app(self) -> User:
        return self.slack.workspace.users[self.slack.bot_user_id]

    @cached_property
    def reader(self) -> Viewer:
        names = {one.id: one.real_name for one in self.slack.workspace.users.values()}
        names |= {one.id: one.name for one in self.slack.workspace.channels.values()}
        me = self.me
        return Viewer(names, me.user.tz if me else "UTC", self.slack.slack.clock.now())

    # The side bar

    def rooms(self) -> list[Channel]:
        me = self.me
        return [one for one in me.channels if not one.is_im] if me else []

    def talks(self) -> list[tuple[Channel, User]]:
        """Direct conversations with people; the app has its own place."""
        me = self.me
        channels = me.channels if me else []
        return [
            (one, other)
            for one in channels
            if one.is_im and (other := self.other(one)) and not other.is_bot
        ]

    def other(self, channel: Channel) -> User | None:
        """Whom a direct conversation is with."""
        me = self.me
        ids = [one for one in channel.members if me is None or one != me.user_id]
        return self.slack.workspace.users.get(ids[0]) if ids else None

    def app_talk(self) -> Channel | None:
        me = self.me
        return self.slack.workspace.im_between(me.user_id, self.app.id) if me else None

    def in_app(self) -> bool:
        channel, talk = self.channel(), self.app_talk()
        return bool(self.place.tab) or (channel is not None and channel == talk)

    def channel(self) -> Channel | None:
        """The one shown: as the address says, else the first that holds the app."""
        me = self.me
        seen = {one.id: one for one in me.channels} if me else {}
        if self.place.channel in seen:
            return seen[self.place.channel]
        rooms = self.rooms()
        with_app = [one for one in rooms if self.app.id in one.members]
        return next(iter([*with_app, *rooms]), None)

    # Messages

    def lines(self) -> list[Line]:
        channel = self.channel()
        if channel is None:
            return []
        shown = self.slack.workspace.channel_messages(channel.id)[-MESSAGES_SHOWN:]
        whispers = [one for one in self._whispers(channel) if not one.is_reply]
        return self._drawn([*shown, *whispers], "m")

    def thread(self) -> list[Line]:
        """The open thread, its first message included; nothing when none is open."""
        channel = self.channel()
        root = self._root()
        if channel is None or root is None:
            return []
        replies = self.slack.workspace.replies(channel.id, root.ts)[-MESSAGES_SHOWN:]
        whispers = [one for one in self._whispers(channel) if one.thread_ts == root.ts]
        lines = self._drawn([root, *replies, *whispers], "t")
        return [replace(line, replies=(), new_day=False) for line in lines]

    def _root(self) -> Message | None:
        channel = self.channel()
        held = self.slack.workspace.messages.get(channel.id, {}) if channel else {}
        return held.get(self.place.thread)

    def _whispers(self, channel: Channel) -> list[Message]:
        me = self.me
        return [one for one in me.ephemerals if one.channel == channel.id] if me else []

    def _drawn(self, messages: Iterable[Message], prefix: str) -> list[Line]:
        ordered = sorted(messages, key=lambda one: float(one.ts))
        lines = [self._line(one, prefix) for one in ordered]
        if lines:
            lines[0] = replace(lines[0], new_day=True)
        for number, (before, after) in enumerate(pairwise(tuple(lines)), start=1):
            same_day = before.day == after.day
            follows = same_day and _belongs_below(before, after)
            lines[number] = replace(after, new_day=not same_day, follows=follows)
        return lines

    def _line(self, message: Message, prefix: str) -> Line:
        reader = self.reader
        at = datetime.fromtimestamp(float(message.ts), UTC).astimezone(reader.zone)
        replies = []
        if not message.is_reply and message.thread_ts and not message.is_ephemeral:
            replies = self.slack.workspace.replies(message.channel, message.ts)
        return Line(
            message=message,
            author=self.author(message),
            at=clock_words(at),
            at_full=f"{at:%A, %B %d, %Y, %H:%M:%S %Z}",
            day=day_words(at, reader),
            body=self._body(message, prefix),
            replies=[self.author(one) for one in replies],
            last_reply=_time_of(replies[-1], reader) if replies else "",
            reactions=[
                (name, with_emoji(f":{name}:"), len(who), bool(self.me and self.me.user_id in who))
                for name, who in message.reactions
            ],
        )

    def _body(self, message: Message, prefix: str) -> Markup:
        has_parts = bool(message.blocks or message.attachments)
        words = "" if message.blocks else message.text
        body = mrkdwn_html(words, self.reader) if words else Markup("")
        if not has_parts:
            return body
        hidden = (("channel", message.channel), ("ts", message.ts), *self._hidden())
        target = replace(self._target(f"{prefix}{message.ts.replace('.', '-')}"), fields=hidden)
        sheet = Sheet(self.reader, target)
        return body + message_html(message.blocks, message.attachments, sheet)

    def author(self, message: Message) -> Author:
        user = self.slack.workspace.users.get(message.user)
        name = message.username or (user.real_name if user else message.user)
        emoji = with_emoji(message.icon_emoji) if message.icon_emoji else ""
        is_app = message.bot_id is not None or bool(user and user.is_bot)
        return Author(name, initials(name), tone(message.user), is_app, emoji)

    # Views

    def home(self) -> Markup | None:
        me = self.me
        view = me.home if me else None
        return self._view(view, "home") if view else None

    def modal(self) -> Markup | None:
        me = self.me
        view = me.modal if me else None
        return self._view(view, _MODAL_LAYER) if view else None

    def _view(self, view: View, prefix: str) -> Markup:
        reader = self.reader
        fields = (("view", view.id), *self._hidden())
        target = replace(
            self._target(f"{prefix}-{view.id}"),
            fields=fields,
            submit_url="/slack/submit",
            close_url="/slack/close",
            values=view.values,
            errors=view.errors,
        )
        shown: dict[str, Any] = {
            "type": view.type,
            "title": view.title,
            "submit": view.submit,
            "close": view.close,
            "blocks": view.blocks,
        }
        return view_html(shown, names=reader.names, tz=reader.tz, now=reader.now, target=target)

    def _target(self, id: str) -> FormTarget:
        return FormTarget(
            act_url="/slack/act",
            id=id,
            people=tuple((one.id, one.real_name) for one in self.people),
            channels=tuple((one.id, f"#{one.name}") for one in self.rooms()),
        )

    def _hidden(self) -> tuple[tuple[str, str], ...]:
        return (("place", self.place.query),)


def initials(name: str) -> str:
    return "".join(word[0] for word in name.split()[:2] if word).upper() or "?"


def tone(key: str) -> int:
    """The same colour for the same person, whatever process draws it."""
    return sum(map(ord, key)) % TONES


def _belongs_below(before: Line, after: Line) -> bool:
    """Cards and whispers always say whose they are."""
    both = (before.message, after.message)
    plain = not any(one.is_ephemeral or one.blocks or one.attachments for one in both)
    near = float(after.message.ts) - float(before.message.ts) < GROUPED_SECONDS
    return plain and near and before.author == after.author and not before.replies


def _time_of(message: Message, reader: Viewer) -> str:
    at = datetime.fromtimestamp(float(message.ts), UTC).astimezone(reader.zone)
    return moment_words(at, reader)

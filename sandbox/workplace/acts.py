"""What people and the bot do in the workspace, and the events Slack sends the app about it."""

import re
import secrets
import uuid
from dataclasses import dataclass, replace
from typing import Any

from engine.ports.clock import Clock
from sandbox.base.errors import SlackError
from sandbox.base.log import EventLog
from sandbox.base.workspace import Channel, ChannelKind, Json, Message, SlackWorkspace, User
from sandbox.workplace import envelopes
from sandbox.workplace.shapes import seconds, view_object
from sandbox.workplace.socket_mode import SocketMode

# A preview in the log, not the words themselves.
PREVIEW_CHARS = 60


@dataclass(frozen=True)
class Acts:
    workspace: SlackWorkspace
    clock: Clock
    log: EventLog
    sockets: SocketMode
    # The app's own, as the Web API checks them: what it may not read, it is not told either.
    scopes: set[str]

    # --- events

    def emit(self, event: Json) -> None:
        """To the app, once its socket takes it, if its scopes let it subscribe to such events."""
        needed = needed_scope(event)
        if needed is not None and needed not in self.scopes:
            self.log.add("unsubscribed", f"no {event['type']} for the app without {needed}")
            return
        event_id = f"Ev{secrets.token_hex(5).upper()}"
        now = self.clock.now()
        self.sockets.emit(envelopes.event_callback(self.workspace, event, event_id, now))

    def hears(self, channel_id: str) -> bool:
        """The app gets events only from conversations its bot is in."""
        return self.workspace.app.bot_user_id in self.workspace.channels[channel_id].members

    def _ts(self) -> str:
        return self.workspace.next_ts(self.clock.now())

    # --- messages

    def say(self, user: User, channel: Channel, text: str, **thread: Any) -> Message:
        """A person writes; in a thread, `thread_ts` and perhaps a `subtype` come along."""
        message = Message(
            channel=channel.id,
            ts=self._ts(),
            user=user.id,
            text=text,
            client_msg_id=str(uuid.uuid4()),
            **thread,
        )
        return self.post(message)

    def draft(self, channel: str, text: str, **rest: Any) -> Message:
        """A message by the bot, not yet posted."""
        app = self.workspace.app
        ts = self._ts()
        return Message(
            channel=channel, ts=ts, user=app.bot_user_id, text=text, bot_id=app.bot_id, **rest
        )

    def post(self, message: Message) -> Message:
        self.workspace.put_message(message)
        parent = self._parent(message)
        if parent is not None and parent.thread_ts is None:
            self.workspace.put_message(replace(parent, thread_ts=parent.ts))
        channel = self.workspace.channels[message.channel]
        self._line("message", f"in {_name(channel)}", message)
        if self.hears(message.channel):
            self.emit(envelopes.message_event(self.workspace, message))
            self._emit_mention(message, channel)
        return message

    def _parent(self, message: Message) -> Message | None:
        if message.thread_ts is None:
            return None
        return self.workspace.messages[message.channel].get(message.thread_ts)

    def _emit_mention(self, message: Message, channel: Channel) -> None:
        bot = self.workspace.app.bot_user_id
        mentioned = re.search(rf"<@{bot}(\|[^>]*)?>", message.text) is not None
        if mentioned and message.user != bot and not channel.is_im:
            self.emit(envelopes.mention_event(self.workspace, message))

    def edit(self, message: Message, by: str | None, **changes: Any) -> Message:
        """`by` is who the message will say edited it; None says nothing."""
        before = self.workspace.messages[message.channel][message.ts]
        ts = self._ts()
        if by is not None:
            changes |= {"edited_by": by, "edited_ts": f"{seconds(ts)}.000000"}
        after = replace(before, **changes)
        self.workspace.put_message(after)
        self._line("message_changed", f"by {by or before.user}", after)
        if self.hears(message.channel):
            self.emit(envelopes.changed_event(self.workspace, before, after, ts))
        return after

    def delete(self, message: Message) -> None:
        gone = self.workspace.messages[message.channel].pop(message.ts)
        self._line("message_deleted", "", gone)
        if self.hears(message.channel):
            self.emit(envelopes.deleted_event(self.workspace, gone, self._ts()))

    def whisper(self, message: Message) -> Message:
        """An ephemeral message: no event, no history."""
        self.workspace.put_ephemeral(message)
        self._line("ephemeral", f"only for {message.ephemeral_for}", message)
        return message

    def _line(self, kind: str, about: str, message: Message) -> None:
        preview = message.visible_text()[:PREVIEW_CHARS].replace("\n", " ")
        text = f"{kind} {about}: {preview}"
        self.log.add(kind, text, channel=message.channel, ts=message.ts, user=message.user)

    # --- reactions

    def react(self, message: Message, user: str, name: str) -> None:
        current = self._existing(message)
        held = dict(current.reactions)
        if user in held.get(name, ()):
            raise SlackError("already_reacted")
        held[name] = (*held.get(name, ()), user)
        self._set_reactions(current, held)
        self._emit_reaction("reaction_added", current, user, name)

    def unreact(self, message: Message, user: str, name: str) -> None:
        current = self._existing(message)
        held = dict(current.reactions)
        if user not in held.get(name, ()):
            raise SlackError("no_reaction")
        held[name] = tuple(one for one in held[name] if one != user)
        self._set_reactions(current, {key: users for key, users in held.items() if users})
        self._emit_reaction("reaction_removed", current, user, name)

    def _existing(self, message: Message) -> Message:
        current = self.workspace.current(message)
        if current is None or current.is_ephemeral:
            raise SlackError("message_not_found")
        return current

    def _set_reactions(self, message: Message, held: dict[str, tuple[str, ...]]) -> None:
        self.workspace.put_message(replace(message, reactions=tuple(held.items())))

    def _emit_reaction(self, kind: str, message: Message, user: str, name: str) -> None:
        text = f"{user} {kind}: {name}"
        self.log.add(kind, text, channel=message.channel, ts=message.ts, user=user)
        if self.hears(message.channel):
            event = envelopes.reaction_event(kind, message, user, name)
            self.emit(event | {"event_ts": self._ts()})

    # --- membership

    def join(self, user: User, channel: Channel, *, inviter: str | None = None) -> Channel:
        if user.id in channel.members:
            return channel
        joined = self.workspace.change_channel(channel.id, members=(*channel.members, user.id))
        self.log.add("member_joined", f"{user.name} joined {_name(channel)}", user=user.id)
        if self.hears(channel.id):
            event = envelopes.membership_event("member_joined_channel", joined, user)
            if inviter is not None:
                event["inviter"] = inviter
            self.emit(event | {"event_ts": self._ts()})
        return joined

    def leave(self, user: User, channel: Channel) -> Channel:
        heard = self.hears(channel.id)
        members = tuple(member for member in channel.members if member != user.id)
        left = self.workspace.change_channel(channel.id, members=members)
        self.log.add("member_left", f"{user.name} left {_name(channel)}", user=user.id)
        if heard:
            event = envelopes.membership_event("member_left_channel", left, user)
            self.emit(event | {"event_ts": self._ts()})
        return left

    def create_channel(self, name: str, kind: ChannelKind, members: tuple[str, ...]) -> Channel:
        prefix = {"public": "C", "private": "C", "im": "D"}[kind]
        creator = members[0] if members else self.workspace.app.bot_user_id
        channel = Channel(
            id=self.workspace.next_id(prefix),
            name=name,
            kind=kind,
            created=int(self.clock.now().timestamp()),
            creator=creator,
            members=members,
        )
        self.log.add("channel_created", f"{_name(channel)} created", channel=channel.id)
        return self.workspace.add_channel(channel)

    def open_im(self, one: str, other: str) -> tuple[Channel, bool]:
        """The direct conversation of two, and whether it existed."""
        channel = self.workspace.im_between(one, other)
        if channel is not None:
            return channel, True
        return self.create_channel("", "im", (one, other)), False

    def open_home(self, user: User, tab: str = "home") -> None:
        """A person looks at the app's home."""
        channel, _ = self.open_im(user.id, self.workspace.app.bot_user_id)
        event: Json = {
            "type": "app_home_opened",
            "user": user.id,
            "channel": channel.id,
            "tab": tab,
            "event_ts": self._ts(),
        }
        home = self.workspace.home(user.id)
        if home is not None:
            event["view"] = view_object(home, self.workspace)
        self.log.add("home_opened", f"{user.name} opens the app's {tab} tab", user=user.id)
        self.emit(event)


_HISTORY = {"channel": "channels:history", "group": "groups:history", "im": "im:history"}
_MEMBERSHIP = {"C": "channels:read", "G": "groups:read"}


def needed_scope(event: Json) -> str | None:
    match event["type"]:
        case "message":
            return _HISTORY[event["channel_type"]]
        case "app_mention":
            return "app_mentions:read"
        case "reaction_added" | "reaction_removed":
            return "reactions:read"
        case "member_joined_channel" | "member_left_channel":
            return _MEMBERSHIP[event["channel_type"]]
        case _:
            return None


def _name(channel: Channel) -> str:
    return "a direct message" if channel.is_im else f"#{channel.name}"

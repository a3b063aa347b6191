"""One person at their Slack client: can do what the client shows, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.base.errors import ImpossibleError, SlackError
from sandbox.base.workspace import Channel, Json, Message, SlackWorkspace, Trouble, User, View
from sandbox.slack.forms import elements_of, filled, find
from sandbox.slack.interactions import ActOutcome, Interactions
from sandbox.workplace.stand_in import Slack


@dataclass(frozen=True)
class Actor:
    """`await ana.click(card, "claim")`: raises ImpossibleError where a real client has no way."""

    slack: Slack
    user_id: str

    @property
    def _workspace(self) -> SlackWorkspace:
        return self.slack.workspace

    @property
    def user(self) -> User:
        return self._workspace.users[self.user_id]

    @property
    def mention(self) -> str:
        return f"<@{self.user_id}>"

    @property
    def _interactions(self) -> Interactions:
        return Interactions(self.slack)

    # --- what the person sees

    @property
    def modal(self) -> View | None:
        """The modal on top."""
        return self._workspace.modal(self.user_id)

    @property
    def views(self) -> list[View]:
        """All open modals, root first."""
        return [self._workspace.views[one] for one in self._workspace.modals.get(self.user_id, [])]

    @property
    def home(self) -> View | None:
        return self._workspace.home(self.user_id)

    @property
    def ephemerals(self) -> list[Message]:
        return list(self._workspace.ephemerals.get(self.user_id, []))

    @property
    def troubles(self) -> list[Trouble]:
        return list(self._workspace.troubles.get(self.user_id, []))

    @property
    def dm_channel(self) -> Channel:
        """The conversation with the bot; looking at it opens it."""
        channel, _ = self.slack.acts.open_im(self.user_id, self._workspace.app.bot_user_id)
        return channel

    @property
    def dms(self) -> list[Message]:
        """Everything in the conversation with the bot, thread replies too."""
        return list(self._workspace.messages[self.dm_channel.id].values())

    @property
    def channels(self) -> list[Channel]:
        """What the person's client lists."""
        return [one for one in self._workspace.channels.values() if self._sees(one)]

    def _sees(self, channel: Channel) -> bool:
        return self.user_id in channel.members or (
            channel.kind == "public" and not self.user.is_guest
        )

    def _channel(self, named: str | Channel) -> Channel:
        wanted = named.id if isinstance(named, Channel) else named
        channel = self._workspace.channel_named(wanted)
        if not self._sees(channel):
            raise ImpossibleError(f"{self.user.name} does not see #{channel.name}")
        return channel

    def _current(self, message: Message) -> Message:
        current = self._workspace.current(message)
        if current is None:
            raise ImpossibleError("the message is not there any more")
        self._channel(message.channel)
        if message.ephemeral_for not in (None, self.user_id):
            raise ImpossibleError(f"only {message.ephemeral_for} sees that message")
        return current

    # --- writing

    async def say(
        self,
        where: str | Channel,
        text: str,
        *,
        thread: Message | None = None,
        broadcast: bool = False,
    ) -> Message:
        """In a thread, `broadcast` ticks "also send to the channel"."""
        channel = self._writable(where)
        if thread is None:
            return self.slack.acts.say(self.user, channel, text)
        if text.startswith("/"):
            raise ImpossibleError("commands do not work in threads")
        root = self._current(thread)
        subtype = "thread_broadcast" if broadcast else None
        thread_ts = root.thread_ts or root.ts
        return self.slack.acts.say(self.user, channel, text, thread_ts=thread_ts, subtype=subtype)

    def _writable(self, where: str | Channel) -> Channel:
        channel = self._channel(where)
        if self.user_id not in channel.members:
            raise ImpossibleError(f"{self.user.name} has to join #{channel.name} first")
        if channel.is_archived:
            raise ImpossibleError(f"#{channel.name} is archived")
        if self.user.deleted:
            raise ImpossibleError(f"{self.user.name} is deactivated")
        return channel

    async def dm(self, text: str, *, thread: Message | None = None) -> Message:
        return await self.say(self.dm_channel, text, thread=thread)

    async def reply(self, to: Message, text: str) -> Message:
        """In the thread of a message."""
        return await self.say(to.channel, text, thread=to)

    async def edit(self, message: Message, text: str) -> Message:
        return self.slack.acts.edit(self._own(message), self.user_id, text=text)

    async def delete(self, message: Message) -> None:
        self.slack.acts.delete(self._own(message))

    def _own(self, message: Message) -> Message:
        current = self._current(message)
        if current.user != self.user_id:
            raise ImpossibleError("people change their own messages only")
        return current

    async def react(self, message: Message, name: str) -> None:
        try:
            self.slack.acts.react(self._current(message), self.user_id, name.strip(":"))
        except SlackError as refusal:
            raise ImpossibleError(refusal.code) from None

    async def unreact(self, message: Message, name: str) -> None:
        try:
            self.slack.acts.unreact(self._current(message), self.user_id, name.strip(":"))
        except SlackError as refusal:
            raise ImpossibleError(refusal.code) from None

    async def join(self, where: str | Channel) -> Channel:
        channel = self._channel(where)
        if channel.kind != "public":
            raise ImpossibleError("one is invited to a private channel")
        return self.slack.acts.join(self.user, channel)

    async def leave(self, where: str | Channel) -> Channel:
        return self.slack.acts.leave(self.user, self._channel(where))

    async def invite(self, guest: str, where: str | Channel) -> Channel:
        """Also how the bot comes into a channel."""
        channel = self._writable(where)
        invited = self._workspace.user_named(guest)
        return self.slack.acts.join(invited, channel, inviter=self.user_id)

    async def open_home(self, tab: str = "home") -> None:
        self.slack.acts.open_home(self.user, tab)

    # --- commands and shortcuts

    async def command(self, line: str, *, channel: str | Channel | None = None) -> ActOutcome:
        """`await ana.command("/ticket new VPN is down", channel="general")`."""
        if not line.startswith("/") or "commands" not in self.slack.scopes:
            raise ImpossibleError(f"{line.split(maxsplit=1)[0]} is not a valid command")
        where = self.dm_channel if channel is None else self._channel(channel)
        return await self._interactions.command(self.user, where, line)

    async def shortcut(self, callback_id: str, message: Message | None = None) -> ActOutcome:
        """A global one, or one from the menu of a message."""
        on = None if message is None else self._current(message)
        return await self._interactions.shortcut(self.user, callback_id, on)

    # --- buttons, menus and forms

    async def click(
        self, on: Message | View, name: str, *, choice: Any = None, stale: bool = False
    ) -> ActOutcome:
        """A button by its action_id. `stale` clicks what an old copy still shows."""
        seen = on if stale else self._as_it_is(on)
        return await self._interactions.click(self.user, seen, find(seen, name), choice)

    async def choose(
        self, on: Message | View, name: str, choice: Any, *, stale: bool = False
    ) -> ActOutcome:
        """An option of an overflow, a select or radio buttons, by value or by its words."""
        seen = on if stale else self._as_it_is(on)
        found = find(seen, name)
        silent = found.block["type"] == "input" and not found.block.get("dispatch_action")
        if silent:
            raise ImpossibleError(f"{found.name} acts only when the form is submitted")
        return await self._interactions.click(self.user, seen, found, choice)

    async def suggestions(self, on: Message | View, name: str, words: str) -> list[Json]:
        """What an external select offers."""
        seen = self._as_it_is(on)
        return await self._interactions.suggest(self.user, seen, find(seen, name), words)

    async def submit(
        self, view: View | None = None, values: Mapping[str, Any] | None = None
    ) -> ActOutcome:
        """Fills in the modal on top and submits it; keys as in `find`."""
        top = self._top(view)
        if top.submit is None and not any(block["type"] == "input" for block in top.blocks):
            raise ImpossibleError("this modal has no submit button")
        return await self._interactions.submit(self.user, top, filled(top, values or {}))

    async def close(self, view: View | None = None) -> ActOutcome:
        return await self._interactions.close(self.user, self._top(view))

    def _top(self, view: View | None) -> View:
        top = self.modal
        if top is None:
            raise ImpossibleError(f"{self.user.name} has no modal open")
        if view is not None and view.id != top.id:
            raise ImpossibleError("that modal is closed, or another one lies on it")
        return top

    def _as_it_is(self, on: Message | View) -> Message | View:
        if isinstance(on, Message):
            return self._current(on)
        home = self.home
        if home is not None and on.id == home.id:
            return home
        return self._top(on)

    def can(self, on: Message | View) -> list[str]:
        """The action_ids a person could use there now."""
        return [found.action_id for found in elements_of(self._as_it_is(on))]

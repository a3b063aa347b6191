"""From a person's act to the app and back: send, wait for the ack, show what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.base.errors import SlackError
from sandbox.base.workspace import Channel, Json, Message, Trouble, User, View
from sandbox.slack.forms import Found, clicked, state_of
from sandbox.web_api.views import checked_view
from sandbox.workplace import envelopes
from sandbox.workplace.content import checked_content
from sandbox.workplace.envelopes import Origin
from sandbox.workplace.socket_mode import Ack, NotConnectedError
from sandbox.workplace.stand_in import Slack

# What a person's client remembers of the app's failures.
MAX_TROUBLES = 200


@dataclass(frozen=True)
class ActOutcome:
    """What a person sees at once after an act."""

    # Slack's word for what went wrong: operation_timeout, dispatch_failed, invalid_blocks ...
    error: str | None = None
    # The message a command was answered with, when its ack carried one.
    message: Message | None = None
    # A submission's errors, by block_id.
    errors: Mapping[str, str] = field(default_factory=dict)
    # The modal on top afterwards.
    view: View | None = None

    @property
    def ok(self) -> bool:
        return self.error is None and not self.errors


@dataclass(frozen=True)
class Interactions:
    slack: Slack

    async def command(self, user: User, channel: Channel, line: str) -> ActOutcome:
        name, _, text = line.partition(" ")
        url = self.slack.response_urls.issue(user.id, channel.id)
        origin = Origin(user, self.slack.triggers.issue(user.id), channel, url)
        payload = envelopes.slash_command(self.slack.workspace, origin, name, text.strip())
        ack, error = await self._ask("slash_commands", payload, user, name, answerable=True)
        if ack is None or not ack.payload:
            return self._outcome(user, error)
        try:
            return self._outcome(user, None, self._shown(user, channel, ack.payload))
        except SlackError as refusal:
            return self._outcome(user, self._trouble(user, refusal.code, name, refusal.fields))

    def _shown(self, user: User, channel: Channel, body: Json) -> Message:
        text = str(body.get("text") or "")
        content = checked_content(
            text, body.get("blocks"), body.get("attachments"), surface="response"
        )
        return self.slack.response_urls.answer(user.id, channel.id, content, body)

    async def click(
        self, user: User, on: Message | View, found: Found, choice: Any = None
    ) -> ActOutcome:
        ts = self.slack.workspace.next_ts(self.slack.clock.now())
        action = clicked(found, choice, ts)
        if isinstance(on, View):
            payload = self._view_click(user, on, action)
        else:
            payload = self._message_click(user, on, action)
        about = f"the click on {found.name}"
        _, error = await self._ask("interactive", payload, user, about, answerable=False)
        return self._outcome(user, error)

    def _view_click(self, user: User, view: View, action: Json) -> Json:
        if action["type"] not in ("button", "overflow"):
            entered = {key: part for key, part in action.items() if key in _STATE_KEYS}
            values = {action["block_id"]: {action["action_id"]: entered}}
            self.slack.modals.enter(view, values)
        view = self.slack.modals.enter(view, state_of(self.slack.workspace.views[view.id]))
        origin = Origin(user, self.slack.triggers.issue(user.id, view_id=view.id))
        return envelopes.view_actions(self.slack.workspace, origin, view, [action])

    def _message_click(self, user: User, message: Message, action: Json) -> Json:
        channel = self.slack.workspace.channels[message.channel]
        current = self.slack.workspace.current(message) or message
        url = self.slack.response_urls.issue(user.id, channel.id, message)
        origin = Origin(user, self.slack.triggers.issue(user.id), channel, url)
        state = state_of(current)
        return envelopes.message_actions(self.slack.workspace, origin, current, [action], state)

    async def submit(
        self, user: User, view: View, values: dict[str, dict[str, Json]]
    ) -> ActOutcome:
        view = self.slack.modals.enter(view, values)
        origin = Origin(user, self.slack.triggers.issue(user.id, view_id=view.id))
        payload = envelopes.view_submission(self.slack.workspace, origin, view)
        about = f"the form {view.callback_id}"
        ack, error = await self._ask("interactive", payload, user, about, answerable=True)
        if ack is None:
            return self._outcome(user, error)
        try:
            errors = self._follow(view, ack.payload or {})
        except SlackError as refusal:
            error = self._trouble(user, refusal.code, about, refusal.fields)
            return self._outcome(user, error)
        return ActOutcome(errors=errors, view=self.slack.workspace.modal(user.id))

    def _follow(self, view: View, response: Json) -> Mapping[str, str]:
        """Does what `response_action` says; returns the errors to show."""
        match response.get("response_action"):
            case None:
                self._close(view)
            case "clear":
                self.slack.modals.clear(view.user)
            case "update":
                self.slack.modals.update(view, checked_view(response.get("view") or {}))
            case "push":
                self.slack.modals.push(view.user, checked_view(response.get("view") or {}))
            case "errors":
                errors = _checked_errors(view, response.get("errors"))
                self.slack.modals.show_errors(view, errors)
                return errors
            case other:
                raise SlackError("invalid_response_action", given=other)
        return {}

    def _close(self, view: View) -> None:
        """Only if it still is on top: the app may have opened another meanwhile."""
        if self.slack.workspace.modals.get(view.user, [])[-1:] == [view.id]:
            self.slack.modals.pop(view.user)

    async def close(self, user: User, view: View) -> ActOutcome:
        """The person closes it by its own button; the app hears of it only if it asked to."""
        cleared = view.clear_on_close
        if cleared:
            self.slack.modals.clear(user.id)
        else:
            self.slack.modals.pop(user.id)
        if not view.notify_on_close:
            return self._outcome(user, None)
        payload = envelopes.view_closed(
            self.slack.workspace, Origin(user, ""), view, cleared=cleared
        )
        _, error = await self._ask("interactive", payload, user, "view_closed", answerable=False)
        return self._outcome(user, error)

    async def shortcut(self, user: User, callback_id: str, message: Message | None) -> ActOutcome:
        """From the composer, or from a message's own menu."""
        workspace, now = self.slack.workspace, self.slack.clock.now()
        trigger = self.slack.triggers.issue(user.id)
        if message is None:
            payload = envelopes.global_shortcut(workspace, Origin(user, trigger), callback_id, now)
        else:
            channel = workspace.channels[message.channel]
            url = self.slack.response_urls.issue(user.id, channel.id)
            origin = Origin(user, trigger, channel, url)
            payload = envelopes.message_shortcut(workspace, origin, message, callback_id, now)
        about = f"the shortcut {callback_id}"
        _, error = await self._ask("interactive", payload, user, about, answerable=False)
        return self._outcome(user, error)

    async def suggest(self, user: User, on: Message | View, found: Found, words: str) -> list[Json]:
        """What an external select offers for the words typed so far."""
        channel = self.slack.workspace.channels[on.channel] if isinstance(on, Message) else None
        wanted = {"action_id": found.action_id, "block_id": found.block_id, "value": words}
        origin = Origin(user, "", channel)
        payload = envelopes.block_suggestion(self.slack.workspace, origin, on, wanted)
        ack, _ = await self._ask("interactive", payload, user, found.name, answerable=True)
        answer = (ack.payload if ack else None) or {}
        groups = answer.get("option_groups") or []
        return [
            *(answer.get("options") or []),
            *(one for group in groups for one in group["options"]),
        ]

    # --- the common part

    async def _ask(
        self, type_: str, payload: Json, user: User, about: str, *, answerable: bool
    ) -> tuple[Ack | None, str | None]:
        try:
            ack = await self.slack.sockets.ask(type_, payload, answerable=answerable)
        except NotConnectedError:
            return None, self._trouble(user, "dispatch_failed", about, {})
        if ack is None:
            return None, self._trouble(user, "operation_timeout", about, {})
        return ack, None

    def _trouble(self, user: User, code: str, about: str, fields: Mapping[str, Any]) -> str:
        now = self.slack.clock.now()
        held = self.slack.workspace.troubles.setdefault(user.id, [])
        held.append(Trouble(user.id, code, about, now))
        del held[:-MAX_TROUBLES]
        self.slack.log.red("trouble", f"{user.name} sees: {about} failed, {code}", **fields)
        return code

    def _outcome(self, user: User, error: str | None, message: Message | None = None) -> ActOutcome:
        return ActOutcome(error, message, view=self.slack.workspace.modal(user.id))


_STATE_KEYS = frozenset(
    {"type", "value", "rich_text_value", "files"}
    | {
        f"selected_{part}"
        for one in ("option", "user", "conversation", "channel")
        for part in (one, f"{one}s")
    }
    | {"selected_date", "selected_time", "selected_date_time"}
)


def _checked_errors(view: View, errors: Any) -> dict[str, str]:
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors:
        raise SlackError("invalid_response_action", given=errors)
    unknown = sorted(set(errors) - inputs)
    if unknown:
        raise SlackError("invalid_response_action", no_input_blocks=unknown)
    return {block: str(text) for block, text in errors.items()}

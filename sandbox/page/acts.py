"""What the left of the page does when a form comes in: as the person named, through the driver."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from multidict import MultiDictProxy

from sandbox.base.errors import ImpossibleError
from sandbox.base.workspace import Json, Message, View
from sandbox.page.place import Place
from sandbox.page.workspace_pane import Workroom
from sandbox.render.sheet import field_name
from sandbox.render.words import zone
from sandbox.slack.actor import Actor
from sandbox.slack.driver import SlackStandIn
from sandbox.slack.forms import Found, elements_of, entered
from sandbox.slack.interactions import ActOutcome

# A composer takes what Slack's does.
WORDS_MAX = 12_000
_NAME = re.compile(r"(?<![\w@<])@([\w.-]+)")

Form = MultiDictProxy[str | bytes | bytearray | web.FileField]


@dataclass(frozen=True)
class PageActs:
    """Each takes the place and the form, and gives the place to show next and a refusal, if any."""

    slack: SlackStandIn

    async def say(self, place: Place, form: Form) -> tuple[Place, str]:
        text = _words(form, "text").strip()
        room = Workroom(self.slack, place)
        channel = room.channel()
        if not text or channel is None:
            return place, ""
        me = self._me(place)
        thread = self._message(place, channel.id, _words(form, "thread"))
        if text.startswith("/") and thread is None:
            return place, _trouble(await me.command(text, channel=channel))
        await me.say(channel, self._with_mentions(_escaped(text)), thread=thread)
        return place, ""

    async def act(self, place: Place, form: Form) -> tuple[Place, str]:
        """A press on a message, a modal or the home tab."""
        me = self._me(place)
        on = self._subject(place, form)
        block, action, chosen = _press(form)
        found = next(
            (one for one in elements_of(on) if (one.block_id, one.action_id) == (block, action)),
            None,
        )
        if found is None:
            raise ImpossibleError("that element is not there any more")
        if isinstance(on, View):
            self._keep_entered(me, on, form)
        choice = chosen if chosen is not None else _choice(found, form, me.user.tz)
        return place, _trouble(await me.click(on, found.name, choice=choice))

    async def submit(self, place: Place, form: Form) -> tuple[Place, str]:
        me = self._me(place)
        view = self._view(form)
        self._keep_entered(me, view, form)
        values = {one.name: _choice(one, form, me.user.tz) for one in _inputs(view)}
        return place, _trouble(await me.submit(view, values))

    async def close(self, place: Place, form: Form) -> tuple[Place, str]:
        return place, _trouble(await self._me(place).close(self._view(form)))

    async def app(self, place: Place, form: Form) -> tuple[Place, str]:
        """The app's own place: its home tab, or the direct conversation with it."""
        me = self._me(place)
        channel = me.dm_channel
        tab = "home" if _words(form, "tab") == "home" else ""
        await me.open_home(tab or "messages")
        return place.to(channel=channel.id, tab=tab, thread=""), ""

    async def join(self, place: Place, form: Form) -> tuple[Place, str]:
        channel = self.slack.workspace.channels.get(_words(form, "channel"))
        if channel is None:
            raise ImpossibleError("that channel is not there any more")
        await self._me(place).join(channel)
        return place, ""

    async def react(self, place: Place, form: Form) -> tuple[Place, str]:
        me = self._me(place)
        message = self._message(place, _words(form, "channel"), _words(form, "ts"))
        if message is None:
            raise ImpossibleError("the message is not there any more")
        name = _words(form, "name")
        mine = me.user_id in dict(message.reactions).get(name, ())
        await (me.unreact(message, name) if mine else me.react(message, name))
        return place, ""

    def _me(self, place: Place) -> Actor:
        me = Workroom(self.slack, place).me
        if me is None:
            raise ImpossibleError("nobody is in this workspace")
        return me

    def _subject(self, place: Place, form: Form) -> Message | View:
        if form.get("view"):
            return self._view(form)
        message = self._message(place, _words(form, "channel"), _words(form, "ts"))
        if message is None:
            raise ImpossibleError("the message is not there any more")
        return message

    def _view(self, form: Form) -> View:
        view = self.slack.workspace.views.get(_words(form, "view"))
        if view is None:
            raise ImpossibleError("that window is closed")
        return view

    def _message(self, place: Place, channel: str, ts: str) -> Message | None:
        held = self.slack.workspace.messages.get(channel, {})
        if ts in held:
            return held[ts]
        mine = self.slack.workspace.ephemerals.get(self._me(place).user_id, [])
        return next((one for one in mine if ts and one.ts == ts), None)

    def _keep_entered(self, me: Actor, view: View, form: Form) -> None:
        """What is typed stays in the form, whatever becomes of the press."""
        values: dict[str, dict[str, Json]] = {}
        for found in _inputs(view):
            try:
                value = entered(found, _choice(found, form, me.user.tz))
            except ImpossibleError:
                continue
            values.setdefault(found.block_id, {})[found.action_id] = value
        self.slack.slack.modals.enter(view, values)

    def _with_mentions(self, text: str) -> str:
        """`@ana` as the composer of a real client sends it."""
        names = {one.name.lower(): one.id for one in self.slack.workspace.users.values()}

        def mentioned(found: re.Match[str]) -> str:
            id = names.get(found[1].lower())
            return f"<@{id}>" if id else found[0]

        return _NAME.sub(mentioned, text)


def _escaped(text: str) -> str:
    """What is typed is words: a client sends no mark that its person did not pick."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _trouble(outcome: ActOutcome) -> str:
    return outcome.error or ""


def _words(form: Form, name: str) -> str:
    value = form.get(name, "")
    return value.replace("\r\n", "\n")[:WORDS_MAX] if isinstance(value, str) else ""


def _press(form: Form) -> tuple[str, str, str | None]:
    try:
        block, action, chosen = json.loads(_words(form, "press"))
    except ValueError:
        raise ImpossibleError("nothing was pressed") from None
    return str(block), str(action), None if chosen is None else str(chosen)


def _inputs(view: View) -> list[Found]:
    """What a person can fill in; the rest is pressed."""
    pressed = {"button", "overflow", "workflow_button", "icon_button", "feedback_buttons", "image"}
    return [one for one in elements_of(view) if one.kind not in pressed]


def _choice(found: Found, form: Form, tz: str) -> Any:
    """What a form's field says, as the driver takes it."""
    name = field_name(found.block_id, found.action_id)
    given = [one.replace("\r\n", "\n") for one in form.getall(name, []) if isinstance(one, str)]
    values = [one for one in given if one]
    if found.kind == "checkboxes" or found.kind.startswith("multi_"):
        return values
    if found.kind == "file_input":
        return []
    return _single(found, values[0], tz) if values else None


def _single(found: Found, value: str, tz: str) -> Any:
    match found.kind:
        case "datetimepicker":
            return _moment(value, tz)
        case "rich_text_input":
            section = {"type": "rich_text_section", "elements": [{"type": "text", "text": value}]}
            return {"type": "rich_text", "elements": [section]}
        case "external_select":
            return _option_held(found.element, value)
    return value


def _moment(value: str, tz: str) -> int:
    """The field holds local time without a zone."""
    try:
        return int(datetime.fromisoformat(value).replace(tzinfo=zone(tz)).timestamp())
    except ValueError:
        raise ImpossibleError(f"{value!r} is no date and time") from None


def _option_held(element: Mapping[str, Any], value: str) -> Any:
    options: Sequence[Json] = element.get("initial_options") or [element.get("initial_option")]
    return next((one for one in options if one and one["value"] == value), None)

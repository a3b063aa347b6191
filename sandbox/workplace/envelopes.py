"""The payloads Slack sends to an app: events, commands and interactions. It builds, others send."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.base.workspace import Channel, Json, Message, SlackWorkspace, User, View
from sandbox.workplace.shapes import message_object, root_of, shown_message, view_object


@dataclass(frozen=True)
class Origin:
    """Where a person acts, and the three handles an app gets for answering."""

    user: User
    trigger_id: str
    channel: Channel | None = None
    response_url: str = ""


def event_callback(workspace: SlackWorkspace, event: Json, event_id: str, at: datetime) -> Json:
    app, team = workspace.app, workspace.team
    return {
        "token": app.verification_token,
        "team_id": team.id,
        "enterprise_id": None,
        "context_team_id": team.id,
        "context_enterprise_id": None,
        "api_app_id": app.id,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(at.timestamp()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": team.id,
                "user_id": app.bot_user_id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{event_id}",
    }


def _place(workspace: SlackWorkspace, message: Message, event_ts: str) -> Json:
    channel = workspace.channels[message.channel]
    return {"channel": channel.id, "event_ts": event_ts, "channel_type": channel.event_type}


def message_event(workspace: SlackWorkspace, message: Message) -> Json:
    event = message_object(message, workspace)
    # Slack's own message events name the app inside bot_profile only.
    event.pop("app_id", None)
    event |= _from_outside(workspace, message)
    if message.subtype == "thread_broadcast":
        event = {key: event[key] for key in event if key not in {"parent_user_id", "team"}}
        event |= root_of(workspace, message)
    return event | _place(workspace, message, message.ts)


def _from_outside(workspace: SlackWorkspace, message: Message) -> Json:
    team = workspace.users[message.user].team_id
    return {} if team == workspace.team.id else {"user_team": team, "source_team": team}


def _version(workspace: SlackWorkspace, message: Message) -> Json:
    shape = shown_message(message, workspace)
    for key in ("app_id", "metadata", "reply_users"):
        shape.pop(key, None)
    team = shape.get("team", workspace.team.id)
    return shape | {"user_team": team, "source_team": team}


def changed_event(
    workspace: SlackWorkspace, before: Message, after: Message, event_ts: str
) -> Json:
    return {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "message": _version(workspace, after),
        "previous_message": _version(workspace, before),
        "ts": event_ts,
    } | _place(workspace, after, event_ts)


def deleted_event(workspace: SlackWorkspace, gone: Message, event_ts: str) -> Json:
    return {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "deleted_ts": gone.ts,
        "previous_message": _version(workspace, gone),
        "ts": event_ts,
    } | _place(workspace, gone, event_ts)


def mention_event(workspace: SlackWorkspace, message: Message) -> Json:
    event = message_object(message, workspace)
    for key in ("parent_user_id", "metadata"):
        event.pop(key, None)
    event |= _from_outside(workspace, message)
    return event | {"type": "app_mention", "channel": message.channel, "event_ts": message.ts}


def reaction_event(kind: str, message: Message, user: str, name: str) -> Json:
    return {
        "type": kind,
        "user": user,
        "reaction": name,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "item_user": message.user,
    }


def membership_event(kind: str, channel: Channel, user: User) -> Json:
    letter = {"public": "C", "private": "G", "im": "D"}[channel.kind]
    return {
        "type": kind,
        "user": user.id,
        "channel": channel.id,
        "channel_type": letter,
        "team": user.team_id,
    }


def slash_command(workspace: SlackWorkspace, origin: Origin, command: str, text: str) -> Json:
    assert origin.channel is not None
    name = "directmessage" if origin.channel.is_im else origin.channel.name
    return {
        "token": workspace.app.verification_token,
        "team_id": workspace.team.id,
        "team_domain": workspace.team.domain,
        "channel_id": origin.channel.id,
        "channel_name": "privategroup" if origin.channel.is_private else name,
        "user_id": origin.user.id,
        "user_name": origin.user.name,
        "command": command,
        "text": text,
        "api_app_id": workspace.app.id,
        # A command's fields are those of a form, where everything is a string.
        "is_enterprise_install": "false",
        "response_url": origin.response_url,
        "trigger_id": origin.trigger_id,
    }


def _interaction(kind: str, workspace: SlackWorkspace, origin: Origin) -> Json:
    user: dict[str, Any] = {
        "id": origin.user.id,
        "username": origin.user.name,
        "name": origin.user.name,
        "team_id": origin.user.team_id,
    }
    return {
        "type": kind,
        "team": {"id": workspace.team.id, "domain": workspace.team.domain},
        "enterprise": None,
        "is_enterprise_install": False,
        "user": user,
        "api_app_id": workspace.app.id,
        "token": workspace.app.verification_token,
    }


def _channel_named(channel: Channel) -> Json:
    return {"id": channel.id, "name": "directmessage" if channel.is_im else channel.name}


def message_actions(
    workspace: SlackWorkspace, origin: Origin, message: Message, actions: list[Json], state: Json
) -> Json:
    """block_actions on a message."""
    assert origin.channel is not None
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": message.is_ephemeral,
    }
    if message.thread_ts is not None:
        container["thread_ts"] = message.thread_ts
    payload = _interaction("block_actions", workspace, origin) | {
        "container": container,
        "trigger_id": origin.trigger_id,
        "channel": _channel_named(origin.channel),
        "state": {"values": state},
        "response_url": origin.response_url,
        "actions": actions,
    }
    if not message.is_ephemeral:
        payload["message"] = shown_message(message, workspace)
    return payload


def view_actions(
    workspace: SlackWorkspace, origin: Origin, view: View, actions: list[Json]
) -> Json:
    """block_actions in a modal or on the home tab."""
    return _interaction("block_actions", workspace, origin) | {
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": origin.trigger_id,
        "view": view_object(view, workspace),
        "actions": actions,
    }


def view_submission(workspace: SlackWorkspace, origin: Origin, view: View) -> Json:
    return _interaction("view_submission", workspace, origin) | {
        "trigger_id": origin.trigger_id,
        "view": view_object(view, workspace),
        "response_urls": [],
    }


def view_closed(workspace: SlackWorkspace, origin: Origin, view: View, *, cleared: bool) -> Json:
    return _interaction("view_closed", workspace, origin) | {
        "view": view_object(view, workspace),
        "is_cleared": cleared,
    }


def global_shortcut(
    workspace: SlackWorkspace, origin: Origin, callback_id: str, at: datetime
) -> Json:
    payload = _interaction("shortcut", workspace, origin)
    del payload["api_app_id"]
    return payload | {
        "callback_id": callback_id,
        "trigger_id": origin.trigger_id,
        "action_ts": f"{at.timestamp():.6f}",
    }


def message_shortcut(
    workspace: SlackWorkspace, origin: Origin, message: Message, callback_id: str, at: datetime
) -> Json:
    assert origin.channel is not None
    payload = _interaction("message_action", workspace, origin)
    del payload["api_app_id"], payload["user"]["username"]
    return payload | {
        "callback_id": callback_id,
        "trigger_id": origin.trigger_id,
        "message_ts": message.ts,
        "message": shown_message(message, workspace),
        "response_url": origin.response_url,
        "channel": _channel_named(origin.channel),
        "action_ts": f"{at.timestamp():.6f}",
    }


def block_suggestion(
    workspace: SlackWorkspace, origin: Origin, container: Message | View, wanted: Json
) -> Json:
    """What an external select asks while the person types; `wanted` is action, block and words."""
    payload = _interaction("block_suggestion", workspace, origin) | wanted
    if isinstance(container, View):
        return payload | {
            "container": {"type": "view", "view_id": container.id},
            "view": view_object(container, workspace),
        }
    assert origin.channel is not None
    return payload | {
        "container": {
            "type": "message",
            "message_ts": container.ts,
            "channel_id": container.channel,
            "is_ephemeral": container.is_ephemeral,
        },
        "channel": _channel_named(origin.channel),
        "message": shown_message(container, workspace),
    }

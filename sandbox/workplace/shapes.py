"""Slack's JSON of users, channels, messages and views, key for key as its samples show them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.base.workspace import Channel, Json, Message, SlackWorkspace, User, View

NO_IMAGE = "https://images.sandbox.invalid/blank.png"
_AVATAR_SIZES = (24, 32, 48, 72, 192, 512, 1024)
_TEAM_ICON_SIZES = (34, 44, 68, 88, 102, 132, 230)


def images(sizes: Iterable[int]) -> Json:
    return {f"image_{size}": NO_IMAGE for size in sizes}


def seconds(ts: str) -> int:
    return int(ts.split(".", maxsplit=1)[0])


def user_object(user: User, now: datetime, *, with_email: bool, with_locale: bool = False) -> Json:
    zone = ZoneInfo(user.tz)
    offset = now.astimezone(zone).utcoffset()
    shape: Json = {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "deleted": user.deleted,
        "color": "4bbe2e",
        "real_name": user.real_name,
        "tz": user.tz,
        "tz_label": now.astimezone(zone).tzname() or user.tz,
        "tz_offset": int(offset.total_seconds()) if offset else 0,
        "profile": _profile(user, with_email=with_email),
        "is_admin": user.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": int(now.timestamp()),
        "has_2fa": False,
        "is_email_confirmed": user.is_email_confirmed,
        "who_can_share_contact_card": "EVERYONE",
    }
    if user.is_stranger:
        shape["is_stranger"] = True
    if with_locale:
        shape["locale"] = user.locale
    return shape


def _profile(user: User, *, with_email: bool) -> Json:
    first, _, last = user.real_name.partition(" ")
    profile: Json = {
        "title": "",
        "phone": "",
        "skype": "",
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.name,
        "display_name_normalized": user.name,
        "status_text": "",
        "status_emoji": "",
        "status_emoji_display_info": [],
        "status_expiration": 0,
        "status_text_canonical": "",
        "avatar_hash": "g0000000000",
        "first_name": first,
        "last_name": last,
        "team": user.team_id,
        "image_original": NO_IMAGE,
        "is_custom_image": False,
        "huddle_state": "default_unset",
        "huddle_state_expiration_ts": 0,
        **images(_AVATAR_SIZES),
    }
    if with_email and user.email is not None:
        profile["email"] = user.email
    if user.bot_id is not None:
        profile |= {"bot_id": user.bot_id, "api_app_id": "", "always_active": True}
    return profile


def channel_object(channel: Channel, workspace: SlackWorkspace) -> Json:
    if channel.is_im:
        return im_object(channel, workspace)
    team = workspace.team.id
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": not channel.is_private,
        "is_group": channel.is_private,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.is_private,
        "created": channel.created,
        "is_archived": channel.is_archived,
        "is_general": channel.name == "general",
        "unlinked": 0,
        "name_normalized": channel.name,
        "is_shared": False,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "context_team_id": team,
        "updated": channel.created * 1000,
        "creator": channel.creator,
        "is_ext_shared": False,
        "shared_team_ids": [team],
        "pending_connected_team_ids": [],
        "is_member": workspace.app.bot_user_id in channel.members,
        "last_read": "0000000000.000000",
        "topic": _note(channel.topic, channel),
        "purpose": _note(channel.purpose, channel),
        "previous_names": [],
    }


def _note(value: str, channel: Channel) -> Json:
    if not value:
        return {"value": "", "creator": "", "last_set": 0}
    return {"value": value, "creator": channel.creator, "last_set": channel.created}


def im_object(channel: Channel, workspace: SlackWorkspace) -> Json:
    bot = workspace.app.bot_user_id
    partner = next((user for user in channel.members if user != bot), bot)
    return {
        "id": channel.id,
        "created": channel.created,
        "is_archived": channel.is_archived,
        "is_im": True,
        "is_org_shared": False,
        "user": partner,
        "context_team_id": workspace.team.id,
        "updated": channel.created * 1000,
        "priority": 0,
        "is_user_deleted": workspace.users[partner].deleted,
    }


def bot_profile(workspace: SlackWorkspace) -> Json:
    app = workspace.app
    return {
        "id": app.bot_id,
        "deleted": False,
        "name": app.name,
        "updated": 0,
        "app_id": app.id,
        "icons": images((36, 48, 72)),
        "team_id": workspace.team.id,
    }


def said_blocks(text: str, ts: str) -> list[Json]:
    """What Slack makes of the words a person types."""
    words = [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}]
    return [{"type": "rich_text", "block_id": f"said{seconds(ts)}", "elements": words}]


def message_object(message: Message, workspace: SlackWorkspace) -> Json:
    """A message as it stands by itself: without channel, thread figures and reactions."""
    shape: Json = {"type": "message", "text": message.text, "ts": message.ts}
    if message.subtype is not None:
        shape["subtype"] = message.subtype
    shape |= _author(message, workspace)
    shape |= _content(message)
    if message.edited_by is not None:
        shape["edited"] = {"user": message.edited_by, "ts": message.edited_ts}
    if message.thread_ts is not None:
        shape["thread_ts"] = message.thread_ts
    if message.is_reply and message.thread_ts is not None:
        parent = workspace.messages[message.channel].get(message.thread_ts)
        if parent is not None:
            shape["parent_user_id"] = parent.user
    return shape


def _author(message: Message, workspace: SlackWorkspace) -> Json:
    if message.bot_id is None:
        author = workspace.users[message.user]
        shape: Json = {"user": message.user, "team": author.team_id}
        if message.client_msg_id is not None:
            shape["client_msg_id"] = message.client_msg_id
        return shape
    if message.subtype == "bot_message":
        icons = {"emoji": message.icon_emoji} if message.icon_emoji else {}
        icons["image_64"] = message.icon_url or NO_IMAGE
        return {"bot_id": message.bot_id, "username": message.username, "icons": icons}
    return {
        "user": message.user,
        "team": workspace.team.id,
        "bot_id": message.bot_id,
        "app_id": workspace.app.id,
        "bot_profile": bot_profile(workspace),
    }


def _content(message: Message) -> Json:
    shape: Json = {}
    if message.blocks:
        shape["blocks"] = list(message.blocks)
    elif message.bot_id is None and message.subtype in (None, "thread_broadcast"):
        shape["blocks"] = said_blocks(message.text, message.ts)
    if message.attachments:
        shape["attachments"] = list(message.attachments)
    if message.metadata is not None:
        shape["metadata"] = message.metadata
    return shape


def listed_message(message: Message, workspace: SlackWorkspace, *, with_metadata: bool) -> Json:
    """A message as conversations.history and .replies give it."""
    shape = message_object(message, workspace)
    if not with_metadata:
        shape.pop("metadata", None)
    if message.reactions:
        shape["reactions"] = [
            {"name": name, "users": list(users), "count": len(users)}
            for name, users in message.reactions
        ]
    replies = workspace.replies(message.channel, message.ts)
    if replies:
        shape |= thread_figures(message, replies)
    if message.subtype == "thread_broadcast":
        shape |= root_of(workspace, message)
    return shape


def shown_message(message: Message, workspace: SlackWorkspace) -> Json:
    """A message as payloads carry it: with thread figures, without reactions."""
    replies = workspace.replies(message.channel, message.ts)
    figures = thread_figures(message, replies) if replies else {}
    return message_object(message, workspace) | figures


def root_of(workspace: SlackWorkspace, message: Message) -> Json:
    """What a reply that was also sent to the channel carries of its thread."""
    root = workspace.messages[message.channel].get(message.thread_ts or "")
    return {} if root is None else {"root": shown_message(root, workspace)}


def thread_figures(parent: Message, replies: list[Message]) -> Json:
    authors = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": parent.ts,
        "reply_count": len(replies),
        "reply_users_count": len(authors),
        "reply_users": authors,
        "latest_reply": replies[-1].ts,
        "is_locked": False,
        "subscribed": False,
    }


def view_object(view: View, workspace: SlackWorkspace) -> Json:
    state = {block: dict(actions) for block, actions in view.values.items()}
    return {
        "id": view.id,
        "team_id": workspace.team.id,
        "type": view.type,
        "blocks": list(view.blocks),
        "private_metadata": view.private_metadata,
        "callback_id": view.callback_id,
        "state": {"values": state},
        "hash": view.hash,
        "title": view.title or {"type": "plain_text", "text": "View Title", "emoji": True},
        "clear_on_close": view.clear_on_close,
        "notify_on_close": view.notify_on_close,
        "close": view.close,
        "submit": view.submit,
        "submit_disabled": view.submit_disabled,
        "previous_view_id": view.previous_view_id,
        "root_view_id": view.root_view_id,
        "app_id": workspace.app.id,
        "external_id": view.external_id,
        "app_installed_team_id": workspace.team.id,
        "bot_id": workspace.app.bot_id,
    }


def team_object(workspace: SlackWorkspace) -> Json:
    team = workspace.team
    icon: dict[str, Any] = {**images(_TEAM_ICON_SIZES), "image_default": True}
    return {
        "id": team.id,
        "name": team.name,
        "url": f"https://{team.domain}.slack.invalid/",
        "domain": team.domain,
        "email_domain": "",
        "icon": icon,
        "avatar_base_url": "https://images.sandbox.invalid/",
        "is_verified": False,
    }

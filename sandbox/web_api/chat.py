"""Web API: chat.*"""

from typing import Any

from sandbox.base.errors import SlackError
from sandbox.base.workspace import Channel, Json, Message
from sandbox.blockkit.blocks import check_message
from sandbox.web_api.calls import Call, Method, bad_argument, method
from sandbox.workplace.content import checked_content, escaped
from sandbox.workplace.shapes import message_object, root_of

# Longer texts of an update are refused; counted in bytes after Slack's escaping.
UPDATE_TEXT_BYTES = 4_000


def post_message(call: Call) -> Json:
    channel = _posting_channel(call)
    content = read_content(call)
    thread_ts = call.text("thread_ts")
    if thread_ts is not None and thread_ts not in call.slack.workspace.messages[channel.id]:
        raise SlackError("thread_not_found")
    draft = call.slack.acts.draft(channel.id, **content, **_looks(call), thread_ts=thread_ts)
    message = call.slack.acts.post(draft)
    shape = message_object(message, call.slack.workspace)
    if message.subtype == "thread_broadcast":
        shape |= root_of(call.slack.workspace, message)
    return {"channel": channel.id, "ts": message.ts, "message": shape}


def _looks(call: Call) -> Json:
    """A name and a picture of its own make it a `bot_message`."""
    looks: Json = {
        "unfurl_links": call.flag("unfurl_links"),
        "unfurl_media": call.flag("unfurl_media"),
    }
    given = {name: call.text(name) for name in ("username", "icon_emoji", "icon_url")}
    if any(given.values()):
        call.need("chat:write.customize")
        looks |= given | {"subtype": "bot_message"}
        looks["username"] = given["username"] or call.slack.workspace.app.name
    elif call.flag("reply_broadcast") and call.text("thread_ts"):
        looks["subtype"] = "thread_broadcast"
    return looks


def _posting_channel(call: Call) -> Channel:
    workspace = call.slack.workspace
    wanted = call.required("channel")
    if wanted in workspace.users:
        return _im_with(call, wanted)
    channel = _named(call, wanted)
    if channel.is_archived:
        raise SlackError("is_archived")
    if not call.is_member(channel) and "chat:write.public" not in call.slack.scopes:
        raise SlackError("not_in_channel")
    return channel


def _im_with(call: Call, user_id: str) -> Channel:
    workspace = call.slack.workspace
    user = workspace.users[user_id]
    if user.deleted or user.is_bot:
        raise SlackError("channel_not_found")
    channel, _ = call.slack.acts.open_im(user_id, workspace.app.bot_user_id)
    return channel


def _named(call: Call, wanted: str) -> Channel:
    """Slack takes a channel's name, too."""
    try:
        channel = call.slack.workspace.channel_named(wanted)
    except KeyError:
        raise SlackError("channel_not_found") from None
    if channel.kind != "public" and not call.is_member(channel):
        raise SlackError("channel_not_found")
    return channel


def read_content(call: Call) -> Json:
    text = call.text("text") or call.text("markdown_text") or ""
    blocks, attachments = call.structure("blocks"), call.structure("attachments")
    content = checked_content(text, blocks, attachments, surface="message")
    return content | {"metadata": _metadata(call)}


def _metadata(call: Call) -> Json | None:
    metadata = call.structure("metadata")
    if metadata is None:
        return None
    known = isinstance(metadata, dict) and isinstance(metadata.get("event_type"), str)
    if not known or not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    kept: Json = {name: metadata[name] for name in ("event_type", "event_payload")}
    return kept


def update(call: Call) -> Json:
    channel = call.channel()
    message = _own_message(call, channel, call.required("ts"))
    given = call.text("text")
    if given is not None and len(escaped(given).encode()) > UPDATE_TEXT_BYTES:
        raise SlackError("msg_too_long")
    content = _kept(message) | {
        name: value for name, value in read_content(call).items() if name in _replaced(call)
    }
    bot = call.slack.workspace.app.bot_user_id
    # A message drawn with blocks does not say that it was edited; one of plain text does.
    edited = call.slack.acts.edit(message, None if content["blocks"] else bot, **content)
    shape = message_object(edited, call.slack.workspace)
    for key in ("ts", "thread_ts", "parent_user_id"):
        shape.pop(key, None)
    return {"channel": channel.id, "ts": edited.ts, "text": edited.text, "message": shape}


def _replaced(call: Call) -> set[str]:
    """Text without blocks takes the old blocks away; what is not named otherwise stays."""
    given: set[str] = {"blocks", "attachments", "metadata"} & set(call.args)
    if "text" in call.args or "markdown_text" in call.args:
        given |= {"text", "blocks"}
    return given


def _kept(message: Message) -> Json:
    return {
        "text": message.text,
        "blocks": message.blocks,
        "attachments": message.attachments,
        "metadata": message.metadata,
    }


def _own_message(call: Call, channel: Channel, ts: str) -> Message:
    message = call.message(channel, ts)
    if channel.is_archived:
        raise SlackError("is_archived")
    if message.bot_id != call.slack.workspace.app.bot_id:
        raise SlackError("cant_update_message")
    return message


def delete(call: Call) -> Json:
    channel = call.channel()
    ts = call.required("ts")
    try:
        message = _own_message(call, channel, ts)
    except SlackError as refusal:
        if refusal.code == "cant_update_message":
            raise SlackError("cant_delete_message") from None
        raise
    call.slack.acts.delete(message)
    return {"channel": channel.id, "ts": ts}


def post_ephemeral(call: Call) -> Json:
    channel = call.joined_channel()
    if channel.is_archived:
        raise SlackError("is_archived")
    user = call.user()
    if user.id not in channel.members:
        raise SlackError("user_not_in_channel")
    content = read_content(call)
    message = call.slack.acts.draft(
        channel.id, **content, thread_ts=call.text("thread_ts"), ephemeral_for=user.id
    )
    call.slack.acts.whisper(message)
    return {"message_ts": message.ts}


def permalink(call: Call) -> Json:
    channel = call.channel()
    message = call.message(channel, call.required("message_ts"))
    team = call.slack.workspace.team
    link = (
        f"https://{team.domain}.slack.invalid/archives/{channel.id}/p{message.ts.replace('.', '')}"
    )
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def validate_blocks(call: Call) -> Json:
    blocks: Any = call.structure("blocks")
    if not isinstance(blocks, list):
        raise bad_argument("missing required field: blocks")
    check_message(blocks, [], surface="message")
    return {}


_CONTENT = (
    "channel text blocks attachments metadata markdown_text thread_ts parse link_names mrkdwn"
)

METHODS: tuple[Method, ...] = (
    method(
        "chat.postMessage",
        post_message,
        f"{_CONTENT} as_user reply_broadcast unfurl_links unfurl_media username icon_emoji icon_url",
        "chat:write",
        "channel",
    ),
    method(
        "chat.update",
        update,
        f"{_CONTENT.replace(' thread_ts', '')} ts as_user reply_broadcast file_ids",
        "chat:write",
    ),
    method("chat.delete", delete, "channel ts as_user", "chat:write"),
    method(
        "chat.postEphemeral",
        post_ephemeral,
        f"{_CONTENT} user as_user username icon_emoji icon_url",
        "chat:write",
        "4",
    ),
    method("chat.getPermalink", permalink, "channel message_ts", tier="hundreds"),
    method("blocks.validate", validate_blocks, "blocks", tier="4"),
)

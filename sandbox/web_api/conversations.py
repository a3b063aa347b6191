"""Web API: conversations.* and reactions.*"""

from sandbox.base.errors import SlackError
from sandbox.base.workspace import Channel, Json, Message
from sandbox.web_api.calls import Call, Method, bad_argument, method
from sandbox.workplace.shapes import channel_object, listed_message


def info(call: Call) -> Json:
    channel = call.channel()
    call.need_for(channel, "read")
    shape = channel_object(channel, call.slack.workspace)
    if call.flag("include_locale"):
        shape["locale"] = "en-US"
    if call.flag("include_num_members"):
        shape["num_members"] = len(channel.members)
    return {"channel": shape}


_KINDS = {"public_channel": "public", "private_channel": "private", "im": "im", "mpim": "mpim"}


def list_(call: Call) -> Json:
    names = (call.text("types") or "public_channel").split(",")
    kinds = [_KINDS.get(name.strip()) for name in names]
    if None in kinds:
        raise SlackError("invalid_types")
    listed = [channel for channel in call.slack.workspace.channels.values() if _seen(call, channel)]
    listed = [channel for channel in listed if channel.kind in kinds]
    for channel in listed:
        call.need_for(channel, "read")
    if call.flag("exclude_archived"):
        listed = [channel for channel in listed if not channel.is_archived]
    page, cursor = call.page(listed)
    shapes = [channel_object(channel, call.slack.workspace) for channel in page]
    for channel, shape in zip(page, shapes, strict=True):
        if not channel.is_im:
            shape["num_members"] = len(channel.members)
            del shape["last_read"]
    return {"channels": shapes, "response_metadata": {"next_cursor": cursor}}


def _seen(call: Call, channel: Channel) -> bool:
    return channel.kind == "public" or call.is_member(channel)


def members(call: Call) -> Json:
    channel = call.channel()
    call.need_for(channel, "read")
    page, cursor = call.page(list(channel.members))
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def open_(call: Call) -> Json:
    call.need("im:write")
    if call.text("channel"):
        channel, existed = call.channel(), True
    else:
        channel, existed = _open_with(call)
    # Slack names no more than the id, unless it is asked for the whole.
    whole = bool(call.flag("return_im"))
    shape = _opened(call, channel) if whole else {"id": channel.id}
    answer: Json = {"channel": shape}
    if existed:
        answer |= {"no_op": True, "already_open": True}
    return answer


def _opened(call: Call, channel: Channel) -> Json:
    shape = channel_object(channel, call.slack.workspace)
    shape.pop("is_user_deleted", None)
    return shape | {
        "is_open": True,
        "last_read": "0000000000.000000",
        "unread_count": 0,
        "unread_count_display": 0,
    }


def _open_with(call: Call) -> tuple[Channel, bool]:
    names = call.required("users").split(",")
    if len(names) != 1:
        raise bad_argument("this stand-in knows no group conversations [json-pointer:/users]")
    user = call.slack.workspace.users.get(names[0])
    if user is None:
        raise SlackError("user_not_found")
    if user.deleted:
        raise SlackError("user_disabled")
    return call.slack.acts.open_im(user.id, call.slack.workspace.app.bot_user_id)


def join(call: Call) -> Json:
    channel = call.channel()
    if channel.kind != "public":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    workspace = call.slack.workspace
    answer: Json = {}
    if call.is_member(channel):
        answer = {
            "warning": "already_in_channel",
            "response_metadata": {"warnings": ["already_in_channel"]},
        }
    channel = call.slack.acts.join(workspace.users[workspace.app.bot_user_id], channel)
    return {"channel": channel_object(channel, workspace)} | answer


def _within(call: Call, messages: list[Message]) -> list[Message]:
    """Between `oldest` and `latest`; the ends count only when `inclusive` says so."""
    oldest, latest = call.text("oldest") or "0", call.text("latest") or "9" * 20
    if call.flag("inclusive"):
        return [one for one in messages if _time(oldest) <= _time(one.ts) <= _time(latest)]
    return [one for one in messages if _time(oldest) < _time(one.ts) < _time(latest)]


def _time(ts: str) -> tuple[int, int]:
    whole, _, micros = ts.partition(".")
    try:
        return int(whole), int(micros.ljust(6, "0") or 0)
    except ValueError:
        raise SlackError("invalid_ts_oldest") from None


def _listed(call: Call, messages: list[Message]) -> list[Json]:
    with_metadata = bool(call.flag("include_all_metadata"))
    workspace = call.slack.workspace
    return [listed_message(one, workspace, with_metadata=with_metadata) for one in messages]


def history(call: Call) -> Json:
    channel = call.joined_channel()
    call.need_for(channel, "history")
    found = _within(call, call.slack.workspace.channel_messages(channel.id))
    page, cursor = call.page(found[::-1])
    answer: Json = {name: call.text(name) for name in ("oldest", "latest") if call.text(name)}
    answer |= {
        "messages": _listed(call, page),
        "has_more": bool(cursor),
        "pin_count": 0,
        "channel_actions_ts": None,
        "channel_actions_count": 0,
    }
    if cursor:
        answer["response_metadata"] = {"next_cursor": cursor}
    return answer


def replies(call: Call) -> Json:
    channel = call.joined_channel()
    call.need_for(channel, "history")
    workspace = call.slack.workspace
    message = workspace.messages[channel.id].get(call.required("ts"))
    if message is None:
        raise SlackError("thread_not_found")
    root = workspace.messages[channel.id].get(message.thread_ts or message.ts)
    if root is None:
        raise SlackError("thread_not_found")
    following = _within(call, workspace.replies(channel.id, root.ts))
    page, cursor = call.page([root, *following], default=MAX_REPLIES)
    answer: Json = {"messages": _listed(call, page), "has_more": bool(cursor)}
    if cursor:
        answer["response_metadata"] = {"next_cursor": cursor}
    return answer


# A page of a thread, when nothing else is asked.
MAX_REPLIES = 1_000


def add_reaction(call: Call) -> Json:
    channel, message = _reacted(call)
    if channel.is_archived:
        raise SlackError("is_archived")
    bot = call.slack.workspace.app.bot_user_id
    call.slack.acts.react(message, bot, call.required("name").strip(":"))
    return {}


def remove_reaction(call: Call) -> Json:
    _, message = _reacted(call)
    bot = call.slack.workspace.app.bot_user_id
    call.slack.acts.unreact(message, bot, call.required("name").strip(":"))
    return {}


def get_reactions(call: Call) -> Json:
    channel, message = _reacted(call)
    shape = listed_message(message, call.slack.workspace, with_metadata=False)
    return {"type": "message", "channel": channel.id, "message": shape}


def _reacted(call: Call) -> tuple[Channel, Message]:
    channel = call.joined_channel()
    return channel, call.message(channel, call.required("timestamp"))


_PAGE = "cursor limit"
_SPAN = "oldest latest inclusive include_all_metadata"

METHODS: tuple[Method, ...] = (
    method("conversations.info", info, "channel include_locale include_num_members"),
    method("conversations.list", list_, f"{_PAGE} types exclude_archived", tier="2"),
    method("conversations.members", members, f"channel {_PAGE}", tier="4"),
    method("conversations.open", open_, "channel users return_im prevent_creation"),
    method("conversations.join", join, "channel", "channels:join"),
    method("conversations.history", history, f"channel {_PAGE} {_SPAN}"),
    method("conversations.replies", replies, f"channel ts {_PAGE} {_SPAN}"),
    method("reactions.add", add_reaction, "channel name timestamp", "reactions:write"),
    method("reactions.remove", remove_reaction, "channel name timestamp", "reactions:write", "2"),
    method("reactions.get", get_reactions, "channel timestamp full", "reactions:read"),
)

"""A tour through everything the stand-in says: each method, event and interaction, in its kinds."""

from contextlib import suppress
from http import HTTPStatus
from typing import Any

from slack_sdk.errors import SlackApiError

from sandbox.base.workspace import Message
from tests.sandbox.slack_invalid import button, marked, option, plain
from tests.sandbox.slack_stage import Json, Stage, listener

SURE = {"title": plain("T"), "text": plain("X"), "confirm": plain("Y"), "deny": plain("N")}
DAY = {"initial_date": "2026-01-01"}
ONE = {"initial_option": option()}
CARD: list[Json] = [
    {"type": "section", "text": marked("Card")},
    {
        "type": "actions",
        "block_id": "acts",
        "elements": [
            button(action_id="claim", style="primary", url="https://x.example", confirm=SURE),
            {"type": "overflow", "action_id": "more", "options": [option()]},
            {"type": "external_select", "action_id": "far", "min_query_length": 1, **ONE},
            {"type": "datepicker", "action_id": "day", "placeholder": plain("Day"), **DAY},
            {"type": "timepicker", "action_id": "time", "initial_time": "10:00"},
            {"type": "users_select", "action_id": "who", "initial_user": "U1"},
            {"type": "channels_select", "action_id": "where", "initial_channel": "C1"},
            {"type": "conversations_select", "action_id": "talk", "initial_conversation": "C1"},
        ],
    },
]
INPUT = {"type": "plain_text_input", "action_id": "words"}
MODAL = {
    "type": "modal",
    "callback_id": "form",
    "notify_on_close": True,
    "title": plain("Form"),
    "submit": plain("Go"),
    "close": plain("Stop"),
    "blocks": [
        {"type": "input", "block_id": "in", "label": plain("Words"), "element": INPUT},
        {"type": "actions", "elements": [button(action_id="look")]},
    ],
}
HOME = {"type": "home", "blocks": [{"type": "section", "text": marked("Home")}]}


async def refused(call: Any) -> None:
    with suppress(SlackApiError):
        await call


async def tour_people(stage: Stage) -> None:
    client, ana = stage.client, stage.ana
    await client.auth_test()
    await client.api_test(foo="bar")
    await refused(client.api_test(error="no"))
    await client.team_info()
    await client.bots_info(bot=stage.slack.workspace.app.bot_id)
    await client.users_info(user=ana.user_id, include_locale=True)
    await client.users_info(user=stage.slack.bot_user_id)
    await client.users_list(include_locale=True, limit=1)
    await client.users_list()
    await client.users_lookupByEmail(email="ana@example.com")
    stage.slack.add_user("eve", is_stranger=True, team_id="T0OTHER")
    await client.users_info(user=stage.slack.user("eve").user_id)


async def tour_chat(stage: Stage) -> Message:
    client, slack = stage.client, stage.slack
    metadata = {"event_type": "desk", "event_payload": {"id": 1}}
    card: Message = await stage.post(blocks=CARD, metadata=metadata)
    attachment = {"color": "#f00", "blocks": [{"type": "divider"}]}
    await stage.post("reply", thread_ts=card.ts, attachments=[attachment])
    await stage.post("cast", thread_ts=card.ts, reply_broadcast=True)
    await stage.post("mask", username="Mask", icon_emoji=":x:", blocks=CARD, thread_ts=card.ts)
    await stage.post("mask", username="Mask", icon_emoji=":x:", attachments=[attachment])
    bad = [{"type": "section"}]
    await refused(client.chat_postMessage(channel=stage.desk.id, blocks=bad, text="x"))
    gone: Message = await stage.post("gone", thread_ts=card.ts, attachments=[attachment])
    late: Message = await stage.post("late", attachments=[attachment])
    await client.chat_update(channel=stage.desk.id, ts=late.ts, text="later")
    await client.chat_update(channel=stage.desk.id, ts=late.ts, text="latest")
    await client.chat_update(channel=stage.desk.id, ts=gone.ts, text="edited", metadata=metadata)
    await client.chat_update(channel=stage.desk.id, ts=card.ts, text="card", blocks=CARD)
    await refused(client.chat_update(channel=stage.desk.id, ts=card.ts, text="x", blocks=bad))
    await client.chat_getPermalink(channel=stage.desk.id, message_ts=card.ts)
    await client.chat_postEphemeral(channel=stage.desk.id, user=stage.ana.user_id, text="psst")
    await client.reactions_add(channel=stage.desk.id, timestamp=card.ts, name="eyes")
    await client.reactions_add(channel=stage.desk.id, timestamp=card.ts, name="ok")
    await client.reactions_get(channel=stage.desk.id, timestamp=card.ts)
    await client.api_call("blocks.validate", json={"blocks": CARD})
    await client.reactions_remove(channel=stage.desk.id, timestamp=card.ts, name="ok")
    await client.chat_delete(channel=stage.desk.id, ts=gone.ts)
    return slack.current(card)


async def tour_conversations(stage: Stage, card: Message) -> None:
    client, desk = stage.client, stage.desk.id
    await client.conversations_info(channel=desk, include_num_members=True, include_locale=True)
    await client.conversations_list(types="public_channel,private_channel,im")
    await client.conversations_members(channel=desk)
    await client.conversations_open(users=stage.ana.user_id, return_im=True)
    await client.conversations_open(users=stage.ana.user_id)
    await client.conversations_join(channel=stage.general.id)
    await client.conversations_history(channel=desk, include_all_metadata=True)
    await client.conversations_history(channel=desk, oldest="1", latest="9999999999")
    await client.conversations_history(channel=desk, limit=1)
    await client.conversations_replies(channel=desk, ts=card.ts, include_all_metadata=True)
    await client.conversations_replies(channel=desk, ts=card.ts, limit=1)


async def tour_acts(stage: Stage, card: Message) -> None:
    ana, slack = stage.ana, stage.slack
    said = await ana.say("it-desk", f"hello <@{slack.bot_user_id}>")
    said = await ana.edit(said, "hello again")
    reply = await ana.reply(card, f"in the thread <@{slack.bot_user_id}>")
    await ana.edit(reply, "better")
    cast = await ana.say("it-desk", "for all", thread=card, broadcast=True)
    await ana.edit(cast, "for everyone")
    await ana.delete(cast)
    await ana.reply(said, "to myself")
    await ana.delete(said)
    await ana.react(card, "eyes")
    await ana.unreact(card, "eyes")
    await ana.leave("general")
    await ana.join("general")
    stage.slack.add_user("carl")
    await ana.invite("carl", "it-desk")
    eve = slack.user("eve")
    await ana.invite("eve", "it-desk")
    await eve.say("it-desk", f"from outside <@{slack.bot_user_id}>")
    await ana.dm("hello bot")
    await ana.open_home()
    await stage.client.views_publish(user_id=ana.user_id, view=HOME)
    await ana.open_home()


async def tour_interactions(stage: Stage, card: Message) -> None:
    ana, client = stage.ana, stage.client
    await ana.command("/ticket new", channel="it-desk")
    chosen: dict[str, Any] = {"more": "1", "day": "2026-01-01", "time": "12:00", "who": ana.user_id}
    chosen["far"] = option()
    chosen |= {"where": stage.general.id, "talk": stage.desk.id}
    for name, choice in chosen.items():
        await ana.choose(card, name, choice)
    await ana.click(card, "claim")
    payload = clicked = stage.slack.sockets.sent[-1].delivery.payload
    await client.views_open(trigger_id=payload["trigger_id"], view=MODAL)
    modal = ana.modal
    assert modal is not None
    await ana.click(modal, "look")
    payload = stage.slack.sockets.sent[-1].delivery.payload
    await client.views_push(trigger_id=payload["trigger_id"], view=MODAL)
    await ana.submit(values={"words": "hi"})
    await ana.submit(values={"words": "hi"})
    async with stage.session.post(clicked["response_url"], json={"text": "hi"}) as response:
        assert response.status == HTTPStatus.OK
    await ana.shortcut("make_ticket")
    payload = stage.slack.sockets.sent[-1].delivery.payload
    opened = await client.views_open(trigger_id=payload["trigger_id"], view=MODAL)
    await client.views_update(view_id=opened["view"]["id"], view=MODAL)
    await ana.close()
    for message in stage.slack.messages("it-desk"):
        await ana.shortcut("from_message", message)


async def whole_tour(stage: Stage) -> tuple[dict[str, list[Json]], list[tuple[str, Json]]]:
    """Every answer by method, and every payload with its envelope's type."""
    async with listener(stage) as app:
        await tour_people(stage)
        card = await tour_chat(stage)
        await tour_acts(stage, card)
        await tour_conversations(stage, card)
        await tour_interactions(stage, stage.slack.current(card))
        await refused_everything(stage)
        await stage.clock.settle()
    answers: dict[str, list[Json]] = {}
    for call in stage.slack.calls():
        answers.setdefault(call.method, []).append(dict(call.answer or {}))
    return answers, [(one["type"], one["payload"]) for one in app.got if "payload" in one]


async def refused_everything(stage: Stage) -> None:
    """Each method once without its scope, and once with an argument it does not know."""
    methods = {call.method for call in stage.slack.calls()}
    held = set(stage.slack.scopes)
    for method in sorted(methods - {"response_url"}):
        await refused(stage.client.api_call(method, params={"nonsense": "1"}))
    stage.slack.scopes.clear()
    for method in sorted(methods - {"response_url"}):
        channel = {"channel": stage.desk.id, "users": stage.ana.user_id}
        await refused(stage.client.api_call(method, params=channel))
    stage.slack.scopes.update(held)

"""The Web API refuses what Slack refuses, in Slack's words, and keeps what it takes."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack_invalid import marked, plain
from tests.sandbox.slack_stage import Json, Stage, listener

METADATA = {"event_type": "deskd", "event_payload": {"parcel": 7}}
MODAL: Json = {
    "type": "modal",
    "title": plain("Form"),
    "blocks": [{"type": "section", "block_id": "s", "text": marked("Hello")}],
}


async def refusal(call: Any) -> Json:
    with pytest.raises(SlackApiError) as caught:
        await call
    data = caught.value.response.data
    assert isinstance(data, dict)
    assert data["ok"] is False
    return data


async def error(call: Any) -> str:
    return str((await refusal(call))["error"])


async def test_auth_test_names_the_bot_and_its_scopes(slack_stage: Stage) -> None:
    answer = await slack_stage.client.auth_test()
    assert answer["user_id"] == slack_stage.slack.bot_user_id
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


@pytest.mark.parametrize(
    ("token", "code"), [("", "not_authed"), ("xoxb-wrong", "invalid_auth"), ("xapp-sandbox", None)]
)
async def test_a_token_opens_only_what_it_is_for(
    slack_stage: Stage, token: str, code: str | None
) -> None:
    client = AsyncWebClient(
        token=token, base_url=slack_stage.slack.base_url, session=slack_stage.session
    )
    wanted = code or "not_allowed_token_type"
    assert await error(client.users_info(user=slack_stage.ana.user_id)) == wanted


async def test_a_bot_token_opens_no_socket(slack_stage: Stage) -> None:
    call = slack_stage.client.apps_connections_open(app_token=slack_stage.slack.bot_token)
    assert await error(call) == "not_allowed_token_type"


async def test_a_missing_scope_is_named(slack_stage: Stage) -> None:
    slack_stage.slack.scopes.discard("chat:write")
    data = await refusal(slack_stage.client.chat_postMessage(channel=slack_stage.desk.id, text="x"))
    assert data["error"] == "missing_scope"
    assert data["needed"] == "chat:write"
    assert "chat:write" not in data["provided"].split(",")


async def test_a_private_channel_needs_its_own_scope(slack_stage: Stage) -> None:
    slack_stage.slack.scopes.discard("groups:read")
    await slack_stage.client.conversations_info(channel=slack_stage.general.id)
    data = await refusal(slack_stage.client.conversations_info(channel=slack_stage.desk.id))
    assert data["needed"] == "groups:read"


async def test_addresses_need_their_scope(slack_stage: Stage) -> None:
    slack_stage.slack.scopes.discard("users:read.email")
    answer = await slack_stage.client.users_info(user=slack_stage.ana.user_id)
    assert "email" not in answer["user"]["profile"]


async def test_what_is_unknown_is_refused_and_a_red_line(slack_stage: Stage) -> None:
    client, log = slack_stage.client, slack_stage.slack.log
    assert await error(client.api_call("chat.shout")) == "unknown_method"
    assert await error(client.api_call("chat.postMessage", json={"colour": "red"})) == (
        "invalid_arguments"
    )
    sections: list[Json] = [{"type": "sections"}]
    call = client.chat_postMessage(channel=slack_stage.desk.id, text="x", blocks=sections)
    data = await refusal(call)
    assert data["error"] == "invalid_blocks"
    assert data["response_metadata"]["messages"] == [f"[ERROR] {one}" for one in data["errors"]]
    assert data["errors"] == ["unsupported type: sections [json-pointer:/blocks/0/type]"]
    assert [one.kind for one in log.errors] == ["api"] * 3


async def test_form_and_multipart_bodies_are_read_like_json(slack_stage: Stage) -> None:
    url = f"{slack_stage.slack.base_url}chat.postMessage"
    blocks = '[{"type": "divider"}]'
    fields = {"channel": slack_stage.desk.id, "text": "x", "blocks": blocks}
    token = {"token": slack_stage.slack.bot_token}
    multipart = aiohttp.FormData(fields | token, default_to_multipart=True)
    for body in (fields | token, multipart):
        async with slack_stage.session.post(url, data=body) as response:
            assert (await response.json())["ok"] is True
    async with slack_stage.session.post(url, json=fields | token) as response:
        assert (await response.json())["ok"] is True
    posted = slack_stage.slack.messages("it-desk")
    assert [one.blocks[0]["type"] for one in posted] == ["divider"] * 3


async def test_a_broken_body_is_refused(slack_stage: Stage) -> None:
    url = f"{slack_stage.slack.base_url}chat.postMessage"
    headers = {"Content-Type": "application/json"}
    for body in ("{", "[]"):
        async with slack_stage.session.post(url, data=body, headers=headers) as response:
            assert (await response.json())["error"] == "invalid_json"


# --- posting


async def test_posting_needs_membership_or_the_public_scope(slack_stage: Stage) -> None:
    slack, client = slack_stage.slack, slack_stage.client
    hidden = slack.add_channel("secret", private=True, members=["ana"], with_bot=False)
    public = slack.add_channel("public", members=["ana"], with_bot=False)
    old = slack.add_channel("old", members=["ana"])
    slack.archive("old")
    assert await error(client.chat_postMessage(channel=hidden.id, text="x")) == "channel_not_found"
    assert await error(client.chat_postMessage(channel="C404", text="x")) == "channel_not_found"
    assert await error(client.chat_postMessage(channel=old.id, text="x")) == "is_archived"
    assert (await client.chat_postMessage(channel=public.id, text="x"))["ok"]
    slack.scopes.discard("chat:write.public")
    assert await error(client.chat_postMessage(channel=public.id, text="x")) == "not_in_channel"
    await client.conversations_join(channel=public.id)
    assert (await client.chat_postMessage(channel=public.id, text="x"))["ok"]


async def test_posting_to_a_person_opens_their_conversation(slack_stage: Stage) -> None:
    answer = await slack_stage.client.chat_postMessage(channel=slack_stage.ana.user_id, text="hi")
    assert [one.text for one in slack_stage.ana.dms] == ["hi"]
    opened = await slack_stage.client.conversations_open(users=slack_stage.ana.user_id)
    assert opened["channel"]["id"] == answer["channel"]
    assert opened["already_open"] is True


async def test_a_message_without_words_is_refused(slack_stage: Stage) -> None:
    call = slack_stage.client.api_call("chat.postMessage", json={"channel": slack_stage.desk.id})
    assert await error(call) == "no_text"


async def test_a_long_text_is_cut_when_posted_and_refused_when_updated(slack_stage: Stage) -> None:
    client, desk = slack_stage.client, slack_stage.desk.id
    message = await slack_stage.post("x" * 40_001)
    assert len(message.text) == 40_000
    await client.chat_update(channel=desk, ts=message.ts, text="x" * 4_000)
    call = client.chat_update(channel=desk, ts=message.ts, text="x" * 3_999 + "ü")
    assert await error(call) == "msg_too_long"
    call = client.chat_update(channel=desk, ts=message.ts, text="x" * 3_999 + "&")
    assert await error(call) == "msg_too_long"


async def test_only_own_messages_are_updated_and_deleted(slack_stage: Stage) -> None:
    client, desk = slack_stage.client, slack_stage.desk.id
    said = await slack_stage.ana.say("it-desk", "mine")
    call = client.chat_update(channel=desk, ts=said.ts, text="x")
    assert await error(call) == "cant_update_message"
    assert await error(client.chat_delete(channel=desk, ts=said.ts)) == "cant_delete_message"
    call = client.chat_update(channel=desk, ts="1.000000", text="x")
    assert await error(call) == "message_not_found"


async def test_text_without_blocks_takes_the_old_blocks_away(slack_stage: Stage) -> None:
    client, desk = slack_stage.client, slack_stage.desk.id
    blocks: list[Json] = [{"type": "section", "text": marked("old")}]
    message = await slack_stage.post("card", blocks=blocks, metadata=METADATA)
    await client.api_call(
        "chat.update", json={"channel": desk, "ts": message.ts, "blocks": [{"type": "divider"}]}
    )
    drawn = slack_stage.slack.current(message)
    assert (drawn.text, drawn.blocks[0]["type"], drawn.edited_by) == ("card", "divider", None)
    await client.chat_update(channel=desk, ts=message.ts, text="plain")
    plain_one = slack_stage.slack.current(message)
    assert (plain_one.text, plain_one.blocks) == ("plain", ())
    assert plain_one.edited_by == slack_stage.slack.bot_user_id
    assert plain_one.metadata == METADATA


async def test_a_thread_counts_its_replies(slack_stage: Stage) -> None:
    client, desk = slack_stage.client, slack_stage.desk.id
    root = await slack_stage.post("root")
    await slack_stage.post("first", thread_ts=root.ts)
    last = await slack_stage.ana.reply(root, "second")
    history = await client.conversations_history(channel=desk)
    assert [one["ts"] for one in history["messages"]] == [root.ts]
    assert history["messages"][0]["reply_count"] == 2
    assert history["messages"][0]["latest_reply"] == last.ts
    replies = await client.conversations_replies(channel=desk, ts=root.ts)
    assert [one["text"] for one in replies["messages"]] == ["root", "first", "second"]
    assert replies["messages"][2]["parent_user_id"] == slack_stage.slack.bot_user_id
    assert await error(client.conversations_replies(channel=desk, ts="1.0")) == "thread_not_found"
    call = client.chat_postMessage(channel=desk, text="x", thread_ts="1.000000")
    assert await error(call) == "thread_not_found"


async def test_metadata_is_given_back_only_when_asked_for(slack_stage: Stage) -> None:
    client, desk = slack_stage.client, slack_stage.desk.id
    message = await slack_stage.post("card", metadata=METADATA)
    asked = await client.conversations_history(
        channel=desk, latest=message.ts, inclusive=True, limit=1, include_all_metadata=True
    )
    assert asked["messages"][0]["metadata"] == METADATA
    unasked = await client.conversations_replies(channel=desk, ts=message.ts)
    assert "metadata" not in unasked["messages"][0]
    call = client.chat_postMessage(channel=desk, text="x", metadata={"sender": "x"})
    assert await error(call) == "invalid_metadata_format"


async def test_history_is_paged_and_bounded_by_time(slack_stage: Stage) -> None:
    client, desk = slack_stage.client, slack_stage.desk.id
    posted = [await slack_stage.post(f"no {number}") for number in range(5)]
    texts, cursor = [], None
    while cursor != "":
        page = await client.conversations_history(channel=desk, limit=2, cursor=cursor)
        texts += [one["text"] for one in page["messages"]]
        assert page["has_more"] is ("response_metadata" in page.data)
        cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
    assert texts == [f"no {number}" for number in reversed(range(5))]
    within = await client.conversations_history(
        channel=desk, oldest=posted[1].ts, latest=posted[3].ts
    )
    assert [one["text"] for one in within["messages"]] == ["no 2"]


async def test_unfurl_flags_are_kept(slack_stage: Stage) -> None:
    message = await slack_stage.post("x", unfurl_links=False, unfurl_media=False)
    assert (message.unfurl_links, message.unfurl_media) == (False, False)


async def test_an_ephemeral_message_is_seen_by_one_person_in_the_channel(
    slack_stage: Stage,
) -> None:
    client, desk = slack_stage.client, slack_stage.desk.id
    await client.chat_postEphemeral(channel=desk, user=slack_stage.ana.user_id, text="psst")
    assert [one.text for one in slack_stage.ana.ephemerals] == ["psst"]
    assert slack_stage.slack.messages("it-desk") == []
    slack_stage.slack.add_user("carl")
    stranger = slack_stage.slack.user("carl").user_id
    call = client.chat_postEphemeral(channel=desk, user=stranger, text="psst")
    assert await error(call) == "user_not_in_channel"


# --- people


async def test_people_are_found_by_address_unless_they_left(slack_stage: Stage) -> None:
    client = slack_stage.client
    found = await client.users_lookupByEmail(email="ANA@example.com")
    assert found["user"]["id"] == slack_stage.ana.user_id
    slack_stage.slack.change_user("ana", deleted=True)
    assert await error(client.users_lookupByEmail(email="ana@example.com")) == "users_not_found"
    assert (await client.users_info(user=slack_stage.ana.user_id))["user"]["deleted"] is True
    assert await error(client.users_info(user="U404")) == "user_not_found"


async def test_guests_and_strangers_are_told_apart(slack_stage: Stage) -> None:
    slack, client = slack_stage.slack, slack_stage.client
    guest = slack.add_user("gus", guest=True)
    eve = slack.add_user("eve", is_stranger=True, team_id="T0OTHER", is_email_confirmed=False)
    assert (await client.users_info(user=guest.user_id))["user"]["is_restricted"] is True
    outside = (await client.users_info(user=eve.user_id))["user"]
    assert (outside["team_id"], outside["is_stranger"]) == ("T0OTHER", True)
    assert outside["is_email_confirmed"] is False


# --- views


async def trigger(stage: Stage) -> str:
    await stage.ana.shortcut("any")
    return str(stage.slack.sockets.sent[-1].delivery.payload["trigger_id"])


async def test_a_trigger_opens_one_modal_within_three_seconds(slack_stage: Stage) -> None:
    client = slack_stage.client
    async with listener(slack_stage):
        trigger_id = await trigger(slack_stage)
        await client.views_open(trigger_id=trigger_id, view=MODAL)
        again = client.views_open(trigger_id=trigger_id, view=MODAL)
        assert await error(again) == "exchanged_trigger_id"
        late = await trigger(slack_stage)
        await slack_stage.clock.forward(seconds=3.1)
        assert await error(client.views_open(trigger_id=late, view=MODAL)) == "expired_trigger_id"
        call = client.views_open(trigger_id="made.up", view=MODAL)
        assert await error(call) == "invalid_trigger_id"


async def test_a_view_changed_meanwhile_is_a_hash_conflict(slack_stage: Stage) -> None:
    client = slack_stage.client
    async with listener(slack_stage):
        opened = (await client.views_open(trigger_id=await trigger(slack_stage), view=MODAL))[
            "view"
        ]
    updated = await client.views_update(view_id=opened["id"], hash=opened["hash"], view=MODAL)
    assert updated["view"]["hash"] != opened["hash"]
    stale = client.views_update(view_id=opened["id"], hash=opened["hash"], view=MODAL)
    assert await error(stale) == "hash_conflict"
    assert await error(client.views_update(view_id="V404", view=MODAL)) == "not_found"


async def test_an_invalid_view_is_refused_with_a_pointer(slack_stage: Stage) -> None:
    async with listener(slack_stage):
        broken = MODAL | {"title": plain("x" * 25)}
        call = slack_stage.client.views_open(trigger_id=await trigger(slack_stage), view=broken)
        data = await refusal(call)
    assert data["error"] == "invalid_arguments"
    said = "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    assert data["response_metadata"]["messages"] == [said]


async def test_a_home_tab_is_each_persons_own(slack_stage: Stage) -> None:
    home = {"type": "home", "blocks": [{"type": "section", "text": marked("yours")}]}
    await slack_stage.client.views_publish(user_id=slack_stage.ana.user_id, view=home)
    assert slack_stage.ana.home is not None
    assert slack_stage.ben.home is None
    call = slack_stage.client.views_publish(user_id=slack_stage.ana.user_id, view=MODAL)
    assert await error(call) == "invalid_arguments"

"""A person at the stand-in's client can do what Slack's client shows, and nothing else."""

from typing import Any

import pytest

from sandbox.base.errors import ImpossibleError
from sandbox.base.workspace import Message, View
from tests.sandbox.slack_invalid import button, marked, option, options, plain
from tests.sandbox.slack_stage import Json, Stage, listener

INPUT = {"type": "plain_text_input", "action_id": "words", "min_length": 2, "max_length": 5}
PRIORITY = {"type": "static_select", "action_id": "priority", "options": options(3)}
SOURCE = {"type": "external_select", "action_id": "asset"}
MAIL = {"type": "email_text_input", "action_id": "mail"}
MODAL: Json = {
    "type": "modal",
    "callback_id": "form",
    "title": plain("Form"),
    "submit": plain("Go"),
    "blocks": [
        {"type": "input", "block_id": "in", "label": plain("Words"), "element": INPUT},
        {
            "type": "input",
            "block_id": "mail",
            "label": plain("Mail"),
            "element": MAIL,
            "optional": True,
        },
        {"type": "section", "block_id": "pick", "text": marked("P"), "accessory": PRIORITY},
        {"type": "section", "block_id": "far", "text": marked("A"), "accessory": SOURCE},
    ],
}
CARD: list[Json] = [
    {"type": "actions", "block_id": "acts", "elements": [button(action_id="claim", value="v1")]}
]


async def opened(stage: Stage, view: Json = MODAL) -> View:
    await stage.ana.shortcut("any")
    trigger_id = stage.slack.sockets.sent[-1].delivery.payload["trigger_id"]
    await stage.client.views_open(trigger_id=trigger_id, view=view)
    assert stage.ana.modal is not None
    return stage.ana.modal


def payload(stage: Stage) -> Any:
    return stage.slack.sockets.sent[-1].delivery.payload


# --- clicking


async def test_only_what_the_current_card_shows_can_be_clicked(slack_stage: Stage) -> None:
    async with listener(slack_stage):
        card = await slack_stage.post(blocks=CARD)
        await slack_stage.client.chat_update(channel=slack_stage.desk.id, ts=card.ts, text="closed")
        with pytest.raises(ImpossibleError):
            await slack_stage.ana.click(card, "claim")


async def test_a_stale_client_still_sends_the_old_button(slack_stage: Stage) -> None:
    async with listener(slack_stage):
        card = await slack_stage.post(blocks=CARD)
        await slack_stage.client.chat_update(channel=slack_stage.desk.id, ts=card.ts, text="closed")
        assert (await slack_stage.ana.click(card, "claim", stale=True)).ok
    assert payload(slack_stage)["actions"][0]["value"] == "v1"
    assert payload(slack_stage)["message"]["text"] == "closed"


async def test_a_deleted_message_can_not_be_clicked(slack_stage: Stage) -> None:
    card = await slack_stage.post(blocks=CARD)
    await slack_stage.client.chat_delete(channel=slack_stage.desk.id, ts=card.ts)
    with pytest.raises(ImpossibleError):
        await slack_stage.ana.click(card, "claim")


async def test_who_is_not_in_a_private_channel_sees_nothing_of_it(slack_stage: Stage) -> None:
    carl = slack_stage.slack.add_user("carl")
    card = await slack_stage.post(blocks=CARD)
    for deed in (carl.click(card, "claim"), carl.say("it-desk", "hi"), carl.react(card, "eyes")):
        with pytest.raises(ImpossibleError):
            await deed
    assert [one.name for one in carl.channels] == ["general"]


async def test_an_option_must_be_offered(slack_stage: Stage) -> None:
    menu = {"type": "overflow", "action_id": "more", "options": [option(value="release")]}
    card = await slack_stage.post(blocks=[{"type": "actions", "elements": [menu]}])
    with pytest.raises(ImpossibleError, match="release"):
        await slack_stage.ana.choose(card, "more", "resolve")


async def test_an_ephemeral_message_is_clicked_by_its_reader_only(slack_stage: Stage) -> None:
    async with listener(slack_stage):
        await slack_stage.client.chat_postEphemeral(
            channel=slack_stage.desk.id, user=slack_stage.ana.user_id, text="psst", blocks=CARD
        )
        whisper = slack_stage.ana.ephemerals[0]
        with pytest.raises(ImpossibleError):
            await slack_stage.ben.click(whisper, "claim")
        await slack_stage.ana.click(whisper, "claim")
    assert payload(slack_stage)["container"]["is_ephemeral"] is True


# --- writing


async def test_commands_do_not_work_in_threads(slack_stage: Stage) -> None:
    root = await slack_stage.post()
    with pytest.raises(ImpossibleError, match="threads"):
        await slack_stage.ana.reply(root, "/ticket resolve")


async def test_people_change_their_own_words_only(slack_stage: Stage) -> None:
    said = await slack_stage.ana.say("it-desk", "mine")
    with pytest.raises(ImpossibleError):
        await slack_stage.ben.edit(said, "yours")
    with pytest.raises(ImpossibleError):
        await slack_stage.ben.delete(said)
    edited = await slack_stage.ana.edit(said, "still mine")
    assert edited.edited_by == slack_stage.ana.user_id


async def test_a_public_channel_is_joined_before_writing(slack_stage: Stage) -> None:
    carl = slack_stage.slack.add_user("carl")
    with pytest.raises(ImpossibleError, match="join"):
        await carl.say("general", "hi")
    await carl.join("general")
    assert (await carl.say("general", "hi")).text == "hi"
    slack_stage.slack.archive("general")
    with pytest.raises(ImpossibleError, match="archived"):
        await carl.say("general", "hi")


async def test_an_app_hears_only_channels_its_bot_is_in(slack_stage: Stage) -> None:
    slack_stage.slack.add_channel("elsewhere", members=["ana"], with_bot=False)
    async with listener(slack_stage) as app:
        await slack_stage.ana.say("elsewhere", f"<@{slack_stage.slack.bot_user_id}> unheard")
        await slack_stage.ana.say("it-desk", "heard")
        await slack_stage.slack.wait_for(lambda: app.got)
        await slack_stage.ana.invite(slack_stage.slack.bot_user_id, "elsewhere")
        await slack_stage.slack.wait_for(lambda: app.events("member_joined_channel"))
    assert [event["text"] for event in app.events("message")] == ["heard"]
    assert app.events("app_mention") == []


async def test_an_app_is_not_told_what_its_scopes_do_not_let_it_read(slack_stage: Stage) -> None:
    slack_stage.slack.scopes.discard("groups:history")
    async with listener(slack_stage) as app:
        await slack_stage.ana.say("it-desk", "private")
        await slack_stage.ana.say("general", "public")
        await slack_stage.slack.wait_for(lambda: app.got)
    assert [event["text"] for event in app.events("message")] == ["public"]


async def test_an_edit_tells_both_versions(slack_stage: Stage) -> None:
    async with listener(slack_stage) as app:
        said = await slack_stage.ana.say("it-desk", "befor")
        await slack_stage.ana.edit(said, "before")
        await slack_stage.ana.delete(said)
        await slack_stage.slack.wait_for(lambda: len(app.events("message")) == 3)
    _, changed, deleted = app.events("message")
    assert (changed["previous_message"]["text"], changed["message"]["text"]) == ("befor", "before")
    assert changed["message"]["edited"]["user"] == slack_stage.ana.user_id
    assert deleted["deleted_ts"] == said.ts


async def test_the_bot_hears_its_own_echo(slack_stage: Stage) -> None:
    async with listener(slack_stage) as app:
        await slack_stage.post("mine")
        await slack_stage.slack.wait_for(lambda: app.got)
    echo = app.events("message")[0]
    assert (echo["bot_id"], echo["user"]) == ("B0SANDBOX1", slack_stage.slack.bot_user_id)


# --- forms


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({}, id="required and empty"),
        pytest.param({"words": "x"}, id="too short"),
        pytest.param({"words": "xxxxxx"}, id="too long"),
        pytest.param({"words": "xxx", "mail.mail": "nobody"}, id="no address"),
        pytest.param({"words": "xxx", "priority": "9"}, id="not offered"),
        pytest.param({"words": "xxx", "other": "x"}, id="no such field"),
    ],
)
async def test_the_client_holds_back_a_form_that_is_not_filled_in(
    slack_stage: Stage, values: Json
) -> None:
    async with listener(slack_stage) as app:
        form = await opened(slack_stage)
        before = len(app.got)
        with pytest.raises(ImpossibleError):
            await slack_stage.ana.submit(form, values)
        assert len(app.got) == before


async def test_a_submission_carries_the_whole_state(slack_stage: Stage) -> None:
    async with listener(slack_stage):
        form = await opened(slack_stage)
        assert (await slack_stage.ana.submit(form, {"in.words": "abc", "priority": "1"})).ok
    assert slack_stage.ana.modal is None
    assert payload(slack_stage)["view"]["state"]["values"] == {
        "in": {"words": {"type": "plain_text_input", "value": "abc"}},
        "mail": {"mail": {"type": "email_text_input", "value": None}},
        "pick": {
            "priority": {
                "type": "static_select",
                "selected_option": {"text": plain("No 1") | {"emoji": True}, "value": "1"},
            }
        },
        "far": {"asset": {"type": "external_select", "selected_option": None}},
    }


def response(action: str, **more: Any) -> Any:
    def answer(got: Json) -> Json | None:
        return {"response_action": action} | more if got["type"] == "view_submission" else None

    return answer


async def test_update_push_and_clear_change_the_stack(slack_stage: Stage) -> None:
    other = {"type": "modal", "title": plain("Next"), "blocks": [{"type": "divider"}]}
    ana = slack_stage.ana
    async with listener(slack_stage, response("update", view=other)):
        form = await opened(slack_stage)
        after = await ana.submit(form, {"words": "abc"})
        assert after.view is not None
        assert (after.view.id, after.view.title) == (form.id, plain("Next") | {"emoji": True})
    async with listener(slack_stage, response("push", view=other)):
        form = await opened(slack_stage)
        after = await ana.submit(form, {"words": "abc"})
        assert after.view is not None
        assert after.view.previous_view_id == form.id
        assert len(ana.views) == 2
        await ana.close()
        assert ana.modal is not None
        assert ana.modal.id == form.id
    async with listener(slack_stage, response("clear")):
        await ana.submit(form, {"words": "abc"})
        assert ana.views == []


@pytest.mark.parametrize(
    "answer",
    [
        response("errors", errors={"pick": "no input block"}),
        response("errors", errors={}),
        response("explode"),
        response("update", view={"type": "modal"}),
    ],
)
async def test_a_bad_response_action_is_trouble_for_the_person(
    slack_stage: Stage, answer: Any
) -> None:
    async with listener(slack_stage, answer):
        form = await opened(slack_stage)
        outcome = await slack_stage.ana.submit(form, {"words": "abc"})
    assert outcome.error in ("invalid_response_action", "invalid_arguments")
    assert slack_stage.ana.modal is not None
    assert slack_stage.slack.log.errors[-1].kind == "trouble"


async def test_the_third_push_is_refused(slack_stage: Stage) -> None:
    async with listener(slack_stage):
        form = await opened(slack_stage)
        for expected in (True, True, False):
            view = slack_stage.ana.modal
            assert view is not None
            await slack_stage.ana.choose(view, "priority", "1")
            answer = await slack_stage.slack.wait_for(lambda: payload(slack_stage))
            call = {"trigger_id": answer["trigger_id"], "view": MODAL}
            if expected:
                await slack_stage.client.views_push(**call)
            else:
                with pytest.raises(Exception, match="push_limit_reached"):
                    await slack_stage.client.views_push(**call)
    assert slack_stage.ana.views[0].id == form.id


async def test_a_closed_form_tells_the_app_only_if_asked(slack_stage: Stage) -> None:
    async with listener(slack_stage) as app:
        await opened(slack_stage)
        await slack_stage.ana.close()
        await opened(slack_stage, MODAL | {"notify_on_close": True})
        await slack_stage.ana.close()
    kinds = [one["payload"].get("type") for one in app.got]
    assert kinds == ["shortcut", "shortcut", "view_closed"]


async def test_an_update_keeps_what_was_entered(slack_stage: Stage) -> None:
    async with listener(slack_stage):
        form = await opened(slack_stage)
        await slack_stage.ana.choose(form, "priority", "2")
        changed = MODAL | {"title": plain("Same fields")}
        await slack_stage.client.views_update(view_id=form.id, view=changed)
        await slack_stage.ana.submit(values={"words": "abc"})
    chosen = payload(slack_stage)["view"]["state"]["values"]["pick"]["priority"]
    assert chosen["selected_option"]["value"] == "2"


async def test_an_external_select_asks_the_app(slack_stage: Stage) -> None:
    def suggest(got: Json) -> Json | None:
        return {"options": [option()]} if got["type"] == "block_suggestion" else None

    async with listener(slack_stage, suggest):
        form = await opened(slack_stage)
        assert await slack_stage.ana.suggestions(form, "asset", "pri") == [option()]
    assert payload(slack_stage)["value"] == "pri"


# --- response_url


async def answer_by(stage: Stage, url: str, **body: Any) -> tuple[int, str]:
    async with stage.session.post(url, json=body) as response:
        return response.status, await response.text()


async def clicked(stage: Stage) -> tuple[str, Message]:
    async with listener(stage):
        card: Message = await stage.post(blocks=CARD)
        await stage.ana.click(card, "claim")
    return str(payload(stage)["response_url"]), card


async def test_a_response_url_answers_five_times_within_half_an_hour(slack_stage: Stage) -> None:
    url, _ = await clicked(slack_stage)
    for _ in range(5):
        assert await answer_by(slack_stage, url, text="hi") == (200, "ok")
    status, body = await answer_by(slack_stage, url, text="hi")
    assert (status, "used_url" in body) == (404, True)
    late, _ = await clicked(slack_stage)
    await slack_stage.clock.forward(minutes=30, seconds=1)
    status, body = await answer_by(slack_stage, late, text="hi")
    assert (status, "expired_url" in body) == (404, True)
    assert len(slack_stage.ana.ephemerals) == 5


async def test_a_response_url_replaces_and_deletes_its_message(slack_stage: Stage) -> None:
    url, card = await clicked(slack_stage)
    await answer_by(slack_stage, url, text="taken", replace_original=True)
    assert slack_stage.slack.current(card).text == "taken"
    await answer_by(slack_stage, url, text="for all", response_type="in_channel")
    assert slack_stage.slack.messages("it-desk")[-1].text == "for all"
    await answer_by(slack_stage, url, delete_original=True)
    with pytest.raises(ImpossibleError):
        slack_stage.slack.current(card)


async def test_a_response_url_replaces_an_ephemeral_message(slack_stage: Stage) -> None:
    async with listener(slack_stage):
        await slack_stage.client.chat_postEphemeral(
            channel=slack_stage.desk.id, user=slack_stage.ana.user_id, text="sure?", blocks=CARD
        )
        await slack_stage.ana.click(slack_stage.ana.ephemerals[0], "claim")
    url = payload(slack_stage)["response_url"]
    await answer_by(slack_stage, url, text="done", replace_original=True)
    assert [one.text for one in slack_stage.ana.ephemerals] == ["done"]
    await answer_by(slack_stage, url, delete_original=True)
    assert slack_stage.ana.ephemerals == []


@pytest.mark.parametrize("body", [{}, {"text": "x", "colour": "red"}, {"blocks": [{"type": "x"}]}])
async def test_a_response_url_refuses_what_slack_refuses(slack_stage: Stage, body: Json) -> None:
    url, _ = await clicked(slack_stage)
    status, text = await answer_by(slack_stage, url, **body)
    assert status == 400
    assert '"ok": false' in text
    assert slack_stage.slack.log.errors[-1].facts["method"] == "response_url"


# --- looking


async def test_waiting_in_vain_tells_what_happened(slack_stage: Stage) -> None:
    await slack_stage.ana.say("it-desk", "something else")
    with pytest.raises(AssertionError, match="something else"):
        await slack_stage.slack.message(containing="VPN", channel="it-desk", within=0.05)


async def test_the_log_is_followed_as_it_grows(slack_stage: Stage) -> None:
    log, ana = slack_stage.slack.log, slack_stage.ana
    start = log.last_seq
    await ana.say("it-desk", "no 0")
    seen = []
    async for entry in log.follow(start):
        seen.append(entry.text)
        if len(seen) == 3:
            break
        await ana.say("it-desk", f"no {len(seen)}")
    assert seen == [f"message in #it-desk: no {number}" for number in range(3)]

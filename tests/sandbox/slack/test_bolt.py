"""The real slack-bolt, unmodified, lives on the stand-in as it does on Slack."""

import asyncio
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncApp

from tests.sandbox.slack_invalid import button, marked, option, plain
from tests.sandbox.slack_stage import Json, Stage, bolt, bolt_app

CARD: list[Json] = [
    {"type": "section", "text": marked("VPN is down")},
    {
        "type": "actions",
        "elements": [
            button(action_id="claim", value="T-1"),
            {
                "type": "overflow",
                "action_id": "more",
                "options": [option(text=plain("Release"), value="release")],
            },
        ],
    },
]
WORDS = {"type": "plain_text_input", "action_id": "text", "multiline": True}
REPLY = {
    "type": "modal",
    "callback_id": "reply",
    "title": plain("Reply"),
    "submit": plain("Send"),
    "blocks": [{"type": "input", "block_id": "words", "label": plain("Words"), "element": WORDS}],
}


def desk_app(stage: Stage) -> AsyncApp:
    """A small desk: a command posts a card, a click opens a form, the form answers."""
    app = bolt_app(stage)

    @app.command("/ticket")
    async def ticket(ack: Any, command: Json) -> None:
        await ack(f"opened: {command['text']}")
        await stage.client.chat_postMessage(channel=stage.desk.id, text="card", blocks=CARD)

    @app.action("claim")
    async def claim(ack: Any, body: Json) -> None:
        await ack()
        await stage.client.views_open(trigger_id=body["trigger_id"], view=REPLY)

    @app.action("more")
    async def more(ack: Any, body: Json, respond: Any) -> None:
        await ack()
        chosen = body["actions"][0]["selected_option"]["value"]
        await respond(text=f"{chosen} done", replace_original=False)

    @app.view("reply")
    async def reply(ack: Any, view: Json) -> None:
        words = view["state"]["values"]["words"]["text"]["value"]
        if words == "bad":
            await ack(response_action="errors", errors={"words": "say more"})
        else:
            await ack()
            await stage.client.chat_postMessage(channel=stage.desk.id, text=f"replied: {words}")

    @app.event("message")
    async def message() -> None:
        """Subscribed, and nothing to do."""

    return app


async def test_a_command_is_answered_to_the_person_alone_and_posts_a_card(
    slack_stage: Stage,
) -> None:
    async with bolt(slack_stage, desk_app(slack_stage)):
        outcome = await slack_stage.ana.command("/ticket VPN is down", channel="general")
        card = await slack_stage.slack.message(channel="it-desk", containing="VPN is down")
    assert outcome.ok
    assert outcome.message is not None
    assert outcome.message.text == "opened: VPN is down"
    assert slack_stage.ana.ephemerals == [outcome.message]
    assert slack_stage.ben.ephemerals == []
    assert slack_stage.ben.can(card) == ["claim", "more"]


async def test_a_click_opens_a_form_whose_errors_and_success_are_shown(slack_stage: Stage) -> None:
    ana = slack_stage.ana
    async with bolt(slack_stage, desk_app(slack_stage)):
        card = await slack_stage.post(blocks=CARD)
        await ana.click(card, "claim")
        form = await slack_stage.slack.wait_for(lambda: ana.modal)
        refused = await ana.submit(form, {"text": "bad"})
        assert refused.errors == {"words": "say more"}
        assert ana.modal is not None, "a form with errors stays open"
        assert (await ana.submit(form, {"text": "fixed"})).ok
        await slack_stage.slack.message(channel="it-desk", containing="replied: fixed")
    assert ana.modal is None


async def test_an_overflow_choice_is_answered_by_response_url(slack_stage: Stage) -> None:
    async with bolt(slack_stage, desk_app(slack_stage)):
        card = await slack_stage.post(blocks=CARD)
        await slack_stage.ana.choose(card, "more", "Release")
        answer = await slack_stage.slack.wait_for(lambda: slack_stage.ana.ephemerals)
    assert answer[-1].text == "release done"
    assert slack_stage.slack.current(card).visible_text() == card.visible_text()


async def test_people_and_bot_events_reach_the_listener(slack_stage: Stage) -> None:
    app, heard = bolt_app(slack_stage), []

    @app.event("message")
    async def message(event: Json) -> None:
        heard.append(("message", event["text"]))

    @app.event("reaction_added")
    async def reaction(event: Json) -> None:
        heard.append(("reaction", event["reaction"]))

    @app.event("app_mention")
    async def mention(event: Json) -> None:
        heard.append(("mention", event["user"]))

    @app.event("app_home_opened")
    async def home(event: Json) -> None:
        heard.append(("home", event["user"]))

    ana = slack_stage.ana
    async with bolt(slack_stage, app):
        said = await ana.say("it-desk", f"<@{slack_stage.slack.bot_user_id}> help")
        await ana.react(said, "eyes")
        await ana.dm("psst")
        await ana.open_home()
        await slack_stage.post("own words are not heard")
        acked = await slack_stage.slack.wait_for(
            lambda: sum(one.ack is not None for one in slack_stage.slack.sockets.sent) == 6
        )
    assert acked
    assert sorted(heard) == sorted(
        [
            ("message", said.text),
            ("mention", ana.user_id),
            ("reaction", "eyes"),
            ("message", "psst"),
            ("home", ana.user_id),
        ]
    )


async def test_a_command_nobody_acks_is_a_timeout_for_the_person(slack_stage: Stage) -> None:
    app, called = bolt_app(slack_stage), asyncio.Event()

    @app.command("/ticket")
    async def never(body: Json) -> None:
        assert body
        called.set()

    async with bolt(slack_stage, app), asyncio.TaskGroup() as tasks:
        asked = tasks.create_task(slack_stage.ana.command("/ticket", channel="general"))
        await called.wait()
        await slack_stage.clock.forward(seconds=3)
        outcome = await asked
    assert outcome.error == "operation_timeout"
    assert [one.code for one in slack_stage.ana.troubles] == ["operation_timeout"]
    assert "operation_timeout" in {one.kind for one in slack_stage.slack.log.errors}


async def test_an_unacked_event_comes_again_with_its_retry_headers(slack_stage: Stage) -> None:
    app, tries = bolt_app(slack_stage), []

    # Before the listener, as an inbox that can not store must not ack.
    @app.middleware
    async def inbox(body: Json, req: Any, next_: Any) -> None:
        number = req.headers.get("x-slack-retry-num", ["0"])[0]
        tries.append((body["event_id"], number, req.headers.get("x-slack-retry-reason")))
        if len(tries) == 4:
            await next_()

    @app.event("message")
    async def message() -> None:
        """Acked by Bolt itself."""

    def tried(times: int) -> bool:
        return len(tries) == times

    slack = slack_stage.slack
    async with bolt(slack_stage, app):
        await slack_stage.ana.say("it-desk", "hello")
        for number, wait in enumerate((0, 60, 300), start=1):
            await slack.wait_for(partial(tried, number))
            await slack_stage.clock.forward(seconds=3)
            await slack_stage.clock.forward(seconds=wait)
        await slack.wait_for(lambda: slack.sockets.sent[-1].ack)
    assert len({event_id for event_id, _, _ in tries}) == 1
    assert [(number, reason) for _, number, reason in tries] == [
        ("0", [""]),
        ("1", ["timeout"]),
        ("2", ["timeout"]),
        ("3", ["timeout"]),
    ]


async def test_bolt_reconnects_when_told_to_refresh(slack_stage: Stage) -> None:
    slack = slack_stage.slack
    async with bolt(slack_stage, desk_app(slack_stage)):
        first = slack.sockets.connections[0].id
        await slack.sockets.disconnect("refresh_requested")
        await slack_stage.ana.say("it-desk", "in the gap")
        await slack.wait_for(
            lambda: [one.id for one in slack.sockets.connections] not in ([], [first])
        )
        await slack.wait_for(lambda: slack.sockets.sent[-1].ack)
    assert slack.sockets.sent[-1].connection != first


async def test_bolt_comes_back_after_a_reset_and_gets_what_was_kept(slack_stage: Stage) -> None:
    slack = slack_stage.slack
    async with bolt(slack_stage, desk_app(slack_stage)):
        first = slack.sockets.connections[0].id
        slack.sockets.reset()
        await slack.wait_for(lambda: not slack.sockets.connections)
        await slack_stage.ana.say("it-desk", "while nobody listens")
        await slack.connected()
        sent = await slack.wait_for(lambda: slack.sockets.sent)
        await slack.wait_for(lambda: sent[-1].ack)
    assert sent[-1].connection != first


async def test_bolt_notices_a_stalled_socket_by_its_missing_pongs(slack_stage: Stage) -> None:
    slack = slack_stage.slack
    async with bolt(slack_stage, desk_app(slack_stage)):
        first = slack.sockets.connections[0].id
        slack.sockets.stall()
        await slack.wait_for(lambda: first not in {one.id for one in slack.sockets.connections})
        await slack.connected()
        assert (await slack_stage.ana.command("/ticket again", channel="general")).ok

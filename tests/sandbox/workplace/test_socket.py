"""Socket Mode keeps Slack's rules: one-use tickets, one socket per envelope, redelivery, bounds."""

import aiohttp
import pytest
from aiohttp import WSMsgType, WSServerHandshakeError

from sandbox.workplace.socket_mode import MAX_PENDING, MAX_SOCKETS
from tests.sandbox.slack_stage import Json, Stage, listener, ticket


async def open_socket(stage: Stage, url: str) -> aiohttp.ClientWebSocketResponse:
    return await stage.session.ws_connect(url)


async def test_a_ticket_opens_one_socket_only(slack_stage: Stage) -> None:
    url = await ticket(slack_stage)
    socket = await open_socket(slack_stage, url)
    with pytest.raises(WSServerHandshakeError, match="403"):
        await open_socket(slack_stage, url)
    await socket.close()
    assert slack_stage.slack.log.errors[-1].text == "ticket already used"


async def test_a_refused_handshake_burns_its_ticket(slack_stage: Stage) -> None:
    url = await ticket(slack_stage)
    slack_stage.slack.sockets.refuse_handshakes(1)
    for _ in range(2):
        with pytest.raises(WSServerHandshakeError):
            await open_socket(slack_stage, url)
    async with listener(slack_stage) as app:
        assert app.hello["type"] == "hello"


async def test_an_unknown_ticket_opens_nothing(slack_stage: Stage) -> None:
    url = (await ticket(slack_stage)).split("?", maxsplit=1)[0]
    with pytest.raises(WSServerHandshakeError):
        await open_socket(slack_stage, f"{url}?ticket=guessed")


async def test_hello_counts_the_sockets_and_names_the_app(slack_stage: Stage) -> None:
    async with listener(slack_stage), listener(slack_stage) as second:
        assert second.hello["num_connections"] == 2
        assert second.hello["connection_info"] == {"app_id": slack_stage.slack.workspace.app.id}
        assert second.hello["debug_info"]["approximate_connection_time"] > 0


async def test_each_envelope_goes_to_one_socket_in_turn(slack_stage: Stage) -> None:
    async with listener(slack_stage) as one, listener(slack_stage) as other:
        for number in range(6):
            await slack_stage.ana.say("it-desk", f"no {number}")
        await slack_stage.slack.wait_for(lambda: len(one.got) + len(other.got) == 6)
    assert len(one.got) == len(other.got) == 3
    told = [event["text"] for app in (one, other) for event in app.events("message")]
    assert sorted(told) == [f"no {number}" for number in range(6)]


async def test_the_eleventh_socket_is_sent_away(slack_stage: Stage) -> None:
    sockets = [
        await open_socket(slack_stage, await ticket(slack_stage)) for _ in range(MAX_SOCKETS)
    ]
    for socket in sockets:
        assert (await socket.receive_json())["type"] == "hello"
    surplus = await open_socket(slack_stage, await ticket(slack_stage))
    goodbye = await surplus.receive_json()
    assert (goodbye["type"], goodbye["reason"]) == ("disconnect", "too_many_websockets")
    assert (await surplus.receive()).type is WSMsgType.CLOSE
    for socket in sockets:
        await socket.close()


async def test_events_wait_for_a_socket_in_their_order(slack_stage: Stage) -> None:
    for number in range(3):
        await slack_stage.ana.say("it-desk", f"no {number}")
    async with listener(slack_stage) as app:
        await slack_stage.slack.wait_for(lambda: len(app.got) == 3)
    assert [event["text"] for event in app.events("message")] == ["no 0", "no 1", "no 2"]


async def test_what_waits_is_bounded_and_a_loss_is_a_red_line(slack_stage: Stage) -> None:
    for number in range(MAX_PENDING + 1):
        slack_stage.slack.sockets.emit({"event": {"type": f"no {number}"}})
    lost = [one for one in slack_stage.slack.log.errors if one.kind == "event_lost"]
    assert len(lost) == 1
    assert "no 0" in lost[0].text


async def test_a_command_with_no_socket_fails_at_once_for_the_person(slack_stage: Stage) -> None:
    outcome = await slack_stage.ana.command("/ticket", channel="general")
    assert outcome.error == "dispatch_failed"


async def test_an_event_is_given_up_after_three_more_tries(slack_stage: Stage) -> None:
    async with listener(slack_stage, silent=True) as app:
        await slack_stage.ana.say("it-desk", "hello")
        await slack_stage.slack.wait_for(lambda: app.got)
        for wait in (0, 60, 300, 0):
            await slack_stage.clock.forward(seconds=3)
            await slack_stage.clock.forward(seconds=wait)
        await slack_stage.clock.forward(hours=1)
        await slack_stage.slack.wait_for(lambda: len(app.got) == 4)
    attempts = [(one["retry_attempt"], one["retry_reason"]) for one in app.got]
    assert attempts == [(0, ""), (1, "timeout"), (2, "timeout"), (3, "timeout")]
    assert len({one["payload"]["event_id"] for one in app.got}) == 1
    assert slack_stage.slack.log.errors[-1].kind == "event_given_up"


async def test_an_acked_event_does_not_come_again(slack_stage: Stage) -> None:
    async with listener(slack_stage) as app:
        await slack_stage.ana.say("it-desk", "hello")
        await slack_stage.slack.wait_for(
            lambda: [one for one in slack_stage.slack.sockets.sent if one.ack]
        )
        await slack_stage.clock.forward(hours=1)
    assert len(app.got) == 1


async def test_an_ack_may_come_over_another_socket(slack_stage: Stage) -> None:
    slack = slack_stage.slack
    async with listener(slack_stage, silent=True) as first:
        await slack_stage.ana.say("it-desk", "hello")
        await slack.wait_for(lambda: first.got)
        async with listener(slack_stage, silent=True) as second:
            await second.ack(first.got[0])
            await slack.wait_for(lambda: slack.sockets.sent[0].ack)
    assert not slack.log.errors


async def test_an_event_delivered_twice_keeps_its_id(slack_stage: Stage) -> None:
    async with listener(slack_stage) as app:
        await slack_stage.ana.say("it-desk", "hello")
        await slack_stage.slack.wait_for(lambda: app.got)
        slack_stage.slack.deliver_again("message")
        await slack_stage.slack.wait_for(lambda: len(app.got) == 2)
    assert app.got[0]["payload"] == app.got[1]["payload"]
    assert app.got[0]["envelope_id"] != app.got[1]["envelope_id"]


async def test_a_socket_told_to_refresh_gets_nothing_new_and_is_closed(slack_stage: Stage) -> None:
    slack = slack_stage.slack
    async with listener(slack_stage) as app:
        await slack.sockets.disconnect("refresh_requested")
        await slack_stage.ana.say("it-desk", "later")
        await slack.wait_for(lambda: app.got)
        await slack_stage.clock.forward(seconds=10)
        await slack.wait_for(lambda: not slack.sockets.connections)
        assert [one["type"] for one in app.got] == ["disconnect"]
        assert app.got[0]["reason"] == "refresh_requested"
        async with listener(slack_stage) as again:
            await slack.wait_for(lambda: again.events("message"))


async def test_a_stalled_socket_swallows_and_a_new_one_gets_the_retry(slack_stage: Stage) -> None:
    slack = slack_stage.slack
    async with listener(slack_stage) as app:
        slack.sockets.stall()
        await slack_stage.ana.say("it-desk", "lost on the way")
        await slack.wait_for(lambda: slack.sockets.sent)
        # A clean close comes after whatever was written before it.
        await slack.sockets.close()
        await slack.wait_for(lambda: app.socket.closed)
        async with listener(slack_stage) as again:
            await slack_stage.clock.forward(seconds=3)
            await slack.wait_for(lambda: again.events("message"))
    assert app.got == []
    assert again.got[0]["retry_attempt"] == 1


@pytest.mark.parametrize(
    "words", ["nonsense", "[]", '{"envelope_id": "unknown"}', '{"payload": 1}']
)
async def test_a_bad_ack_is_a_red_line(slack_stage: Stage, words: str) -> None:
    async with listener(slack_stage) as app:
        await app.socket.send_str(words)
        await slack_stage.slack.wait_for(lambda: slack_stage.slack.log.errors)
    assert slack_stage.slack.log.errors[0].kind == "bad_ack"


async def test_a_late_ack_is_a_red_line(slack_stage: Stage) -> None:
    async with listener(slack_stage, silent=True) as app:
        await slack_stage.ana.say("it-desk", "hello")
        await slack_stage.slack.wait_for(lambda: app.got)
        await slack_stage.clock.forward(seconds=3)
        await app.ack(app.got[0])
        kinds = await slack_stage.slack.wait_for(
            lambda: [one.kind for one in slack_stage.slack.log.errors if one.kind == "late_ack"]
        )
    assert kinds == ["late_ack"]


async def test_an_answer_where_none_is_taken_is_a_red_line(slack_stage: Stage) -> None:
    def shout(_: Json) -> Json:
        return {"text": "hello"}

    async with listener(slack_stage, shout):
        await slack_stage.ana.say("it-desk", "hello")
        await slack_stage.slack.wait_for(lambda: slack_stage.slack.log.errors)
    assert "takes no answer" in slack_stage.slack.log.errors[0].text

"""What goes wrong on purpose goes wrong as it does on Slack, and as often as planned."""

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from sandbox.workplace.faults import Chance, Fault
from tests.sandbox.slack_stage import Stage, listener


async def raw(stage: Stage, method: str = "chat.postMessage", **args: Any) -> tuple[int, str, str]:
    """Status, body and Retry-After of one call, without the SDK's own retries."""
    url = f"{stage.slack.base_url}{method}"
    headers = {"Authorization": f"Bearer {stage.slack.bot_token}"}
    body = {"channel": stage.desk.id, "text": "x"} | args
    async with stage.session.post(url, json=body, headers=headers) as response:
        return response.status, await response.text(), response.headers.get("Retry-After", "")


async def test_a_rate_limit_has_slacks_status_and_header(slack_stage: Stage) -> None:
    slack_stage.slack.faults.rate_limit("chat.postMessage", retry_after=7, times=2)
    for _ in range(2):
        status, body, wait = await raw(slack_stage)
        assert (status, wait) == (429, "7")
        assert '"ratelimited"' in body
    assert (await raw(slack_stage))[0] == 200
    assert len(slack_stage.slack.messages("it-desk")) == 1


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        (Fault("status", status=503), 503, "upstream"),
        (Fault("html", status=200), 200, "<!DOCTYPE html>"),
        (Fault("error", error="fatal_error"), 200, "fatal_error"),
    ],
)
async def test_a_failed_call_leaves_nothing(
    slack_stage: Stage, fault: Fault, status: int, words: str
) -> None:
    slack_stage.slack.faults.add(fault)
    got, body, _ = await raw(slack_stage)
    assert got == status
    assert words in body
    assert slack_stage.slack.messages("it-desk") == []
    assert slack_stage.slack.log.errors


@pytest.mark.parametrize("after_commit", [False, True])
async def test_a_reset_may_come_before_or_after_the_message_is_kept(
    slack_stage: Stage, *, after_commit: bool
) -> None:
    slack_stage.slack.faults.reset("chat.postMessage", after_commit=after_commit)
    with pytest.raises(aiohttp.ClientError):
        await raw(slack_stage)
    assert len(slack_stage.slack.messages("it-desk")) == int(after_commit)


async def test_an_error_after_commit_hides_a_kept_message(slack_stage: Stage) -> None:
    slack_stage.slack.faults.add(Fault("status", "chat.postMessage", after_commit=True))
    assert (await raw(slack_stage))[0] == 503
    assert len(slack_stage.slack.messages("it-desk")) == 1


async def test_a_fault_hits_only_its_method(slack_stage: Stage) -> None:
    slack_stage.slack.faults.fail("chat.update")
    assert (await raw(slack_stage))[0] == 200


async def test_latency_passes_by_the_injected_clock(slack_stage: Stage) -> None:
    slack_stage.slack.faults.slow("chat.postMessage", seconds=30)
    async with asyncio.TaskGroup() as tasks:
        call = tasks.create_task(raw(slack_stage))
        await slack_stage.slack.wait_for(lambda: slack_stage.slack.log.errors)
        await slack_stage.clock.forward(seconds=29)
        assert not call.done()
        await slack_stage.clock.forward(seconds=1)
    assert call.result()[0] == 200


async def test_a_whole_outage_cuts_everything_until_it_is_over(slack_stage: Stage) -> None:
    slack = slack_stage.slack
    async with listener(slack_stage):
        slack.go_down()
        await slack.wait_for(lambda: not slack.sockets.connections)
        for _ in range(3):
            with pytest.raises(aiohttp.ClientError):
                await raw(slack_stage)
        slack.come_back()
        assert (await raw(slack_stage))[0] == 200


async def test_the_random_plan_repeats_itself_for_a_seed() -> None:
    def draws(seed: int) -> list[str | None]:
        chance = Chance(seed, 0.3, (Fault("reset"), Fault("status")))
        drawn = [chance.draw(number) for number in range(200)]
        return [fault.kind if fault else None for fault in drawn]

    assert draws(1) == draws(1)
    assert draws(1) != draws(2)
    hits = [one for one in draws(1) if one]
    assert 30 < len(hits) < 90
    assert set(hits) == {"reset", "status"}


async def test_the_random_plan_is_asked_for_every_call(slack_stage: Stage) -> None:
    slack_stage.slack.faults.randomly(7, 1.0, [Fault("rate_limited")])
    assert (await raw(slack_stage))[0] == 429
    slack_stage.slack.faults.lift()
    assert (await raw(slack_stage))[0] == 200


async def test_real_tiers_limit_each_channel_by_the_clock(slack_stage: Stage) -> None:
    slack_stage.slack.tiers.enabled = True
    statuses = [(await raw(slack_stage))[0] for _ in range(7)]
    assert statuses == [200] * 5 + [429] * 2
    assert (await raw(slack_stage, channel=slack_stage.general.id))[0] == 200
    assert (await raw(slack_stage))[2] == "1"
    await slack_stage.clock.forward(seconds=1)
    assert (await raw(slack_stage))[0] == 200


async def test_chat_update_gets_fifty_a_minute(slack_stage: Stage) -> None:
    message = await slack_stage.post()
    slack_stage.slack.tiers.enabled = True
    for _ in range(50):
        await slack_stage.client.chat_update(channel=slack_stage.desk.id, ts=message.ts, text="x")
    with pytest.raises(SlackApiError) as caught:
        await slack_stage.client.chat_update(channel=slack_stage.desk.id, ts=message.ts, text="x")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "2"

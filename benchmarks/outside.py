"""The stand-ins for Slack and the mailboxes in a process of their own, so that they do not share the daemon's GIL.

`python -m benchmarks.outside` prints one JSON line with where they are, then one for each message posted
({"posted": monotonic seconds}); it ends on SIGTERM.
"""

import asyncio
import json
import signal
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from deskd.base.clock import WallClock
from sandbox.mailbox.mailbox import Mailboxes
from sandbox.slack.driver import SlackStandIn

AGENTS = "it-desk"


def note_posts(app: web.Application) -> None:
    @web.middleware
    async def noted(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.path.endswith("/chat.postMessage"):
            say({"posted": time.monotonic()})
        return await handler(request)

    app.middlewares.append(noted)


def say(facts: dict[str, object]) -> None:
    print(json.dumps(facts), flush=True)


async def main() -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    clock = WallClock()
    async with SlackStandIn.start(clock, hooks=[note_posts]) as slack:
        slack.add_user("ana")
        channel = slack.add_channel(AGENTS, private=True, members=["ana"])
        mailbox = Mailboxes(clock, log=slack.log)
        await mailbox.start()
        host, port = mailbox.address
        say(
            {
                "relay": f"smtp://{host}:{port}",
                "bot_token": slack.bot_token,
                "app_token": slack.app_token,
                "base_url": slack.base_url,
                "channel": channel.id,
            }
        )
        await stopped.wait()
        await mailbox.close()


if __name__ == "__main__":
    asyncio.run(main())

"""`deskd demo`: the real daemon with ordinary settings, and stand-ins for Slack and the mailboxes around it.

The daemon does not know that it is a demo: all it is given is DIR/deskd.toml.
"""

import asyncio
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deskd.base import logs
from deskd.base.clock import WallClock
from deskd.base.errors import Failure
from deskd.base.terminal import show
from deskd.build import Built
from deskd.config.load import load
from deskd.declared.declared_workspace import roster
from deskd.demo.samples import Town, furnish, open_samples
from deskd.demo.settings import DESK_ADDRESS, HOST, Places, write_settings
from deskd.parts.daemon import stop_on_signals
from deskd.run import opened
from deskd.settings.settings import Settings
from engine.tickets.people import DEFAULT
from sandbox.mailbox.mailbox import Mailboxes
from sandbox.page.page import Page
from sandbox.slack.driver import SlackStandIn

CONNECTED_SECONDS: Final = 10
"""How long the stand-in waits for the daemon's socket before the demo says that something is wrong."""


@dataclass(frozen=True, slots=True)
class Ports:
    page: int
    smtp: int
    http: int


@dataclass(frozen=True, slots=True)
class _Demo:
    """Everything that runs."""

    town: Town
    built: Built
    page: Page
    config: Path
    settings: Settings
    is_new: bool
    """Nothing in it yet, as far as tickets go."""


def run_demo(folder: Path | None, ports: Ports, *, samples: bool) -> None:
    """Until SIGTERM or SIGINT; without a folder, what it wrote is removed at the end."""
    # stdout is for the one line that scripts wait for.
    logs.set_up(level="WARNING", stream=sys.stderr)
    ports = Ports(
        page=_free(ports.page, "--port"),
        smtp=_free(ports.smtp, "--smtp-port"),
        http=_free(ports.http, "--http-port"),
    )
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        asyncio.run(_demo(folder.resolve(), ports, samples=samples))
        return
    with tempfile.TemporaryDirectory(prefix="deskd-demo-", ignore_cleanup_errors=True) as made:
        asyncio.run(_demo(Path(made).resolve(), ports, samples=samples))


def _free(port: int, option: str) -> int:
    """A port that can be listened on: deskd.toml must name it, so the system's choice is made here."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise Failure(
                f"port {port} cannot be used: {error.strerror}. Choose another with {option} PORT, or"
                f" let the system choose with {option} 0"
            ) from error
        return int(probe.getsockname()[1])


async def _demo(folder: Path, ports: Ports, *, samples: bool) -> None:
    stop = asyncio.Event()
    undo = stop_on_signals(stop, asyncio.get_running_loop())
    try:
        async with _opened(folder, ports) as demo:
            demo.built.daemon.stop = stop
            await _run(demo, samples=samples)
    finally:
        undo()


@asynccontextmanager
async def _opened(folder: Path, ports: Ports) -> AsyncIterator[_Demo]:
    clock = WallClock()
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackStandIn.start(clock))
        mailbox = Mailboxes(clock, log=slack.log)
        await mailbox.start(HOST)
        stack.push_async_callback(mailbox.close)
        town = Town(slack, mailbox, furnish(slack, mailbox))
        places = Places(ports.smtp, ports.http, mailbox.address)
        config = write_settings(folder, town, places)
        settings = load(config=config, environment={}, flags={}, cwd=folder).settings
        built = await stack.enter_async_context(opened(settings, clock))
        page = Page(
            slack=slack,
            mailbox=mailbox,
            desk_smtp=(HOST, ports.smtp),
            desk_address=DESK_ADDRESS,
            title="deskd demo",
        )
        await page.start(HOST, ports.page)
        stack.push_async_callback(page.close)
        known = await built.views.ticket(DEFAULT, 1)
        yield _Demo(town, built, page, config, settings, is_new=known is None)


async def _run(demo: _Demo, *, samples: bool) -> None:
    daemon = demo.built.daemon
    try:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(daemon.run())
            starting = group.create_task(_begin(demo, samples=samples))
            await asyncio.wait({running, starting}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                starting.cancel()
    except* Failure as failures:
        raise failures.exceptions[0] from None


async def _begin(demo: _Demo, *, samples: bool) -> None:
    await demo.built.daemon.settled()
    slack = demo.town.slack
    await slack.connected(within=CONNECTED_SECONDS)
    # The daemon does the same a moment later; whoever is paged by the samples must be known by then.
    await demo.built.desk.declare(DEFAULT, roster(demo.settings, slack_team=slack.team_id))
    if samples and demo.is_new:
        await open_samples(demo.town, DESK_ADDRESS)
    show(_ready_line(demo))


def _ready_line(demo: _Demo) -> str:
    smtp = demo.built.smtp_in.bound if demo.built.smtp_in else None
    http = demo.built.http.bound if demo.built.http else None
    assert smtp, "the daemon has settled"
    assert http, "the daemon has settled"
    return (
        f"ready page={demo.page.url} smtp={smtp[0]}:{smtp[1]} http=http://{http[0]}:{http[1]}"
        f" address={DESK_ADDRESS} config={demo.config}"
    )

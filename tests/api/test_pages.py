"""/health, /ready and /metrics over real HTTP."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp
import pytest

from api.app import build_app
from api.health import Watched
from api.metrics import Metrics, Queues
from api.server import HttpServer
from engine.ports.views import Depth
from tests.clock import MORNING, ManualClock

EMPTY = Depth(0, 0, None)


@dataclass
class Desk:
    """What the pages ask for, as a test wants it."""

    parts: dict[str, str] = field(
        default_factory=lambda: {"mail.smtp_in": "ready", "slack": "ready"}
    )
    draining: bool = False
    overdue: Depth = EMPTY
    spool: Depth = EMPTY
    outbox: Depth = EMPTY
    metrics: Metrics = field(default_factory=lambda: Metrics(version="1.2.3"))
    origin: str = ""

    async def get(self, path: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session, session.get(self.origin + path) as answer:
            return answer.status, await answer.text()

    async def json(self, path: str) -> tuple[int, Mapping[str, object]]:
        async with aiohttp.ClientSession() as session, session.get(self.origin + path) as answer:
            return answer.status, await answer.json()


@asynccontextmanager
async def served(desk: Desk) -> AsyncIterator[Desk]:
    async def overdue() -> Depth:
        return desk.overdue

    async def spool() -> Depth:
        return desk.spool

    async def outbox() -> Depth:
        return desk.outbox

    watched = Watched(lambda: desk.parts, lambda: desk.draining, overdue)
    app = build_app(watched, desk.metrics, Queues(spool, outbox), ManualClock())
    server = HttpServer(app, ("127.0.0.1", 0))
    ready = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(server.run(ready=ready.set))
        await ready.wait()
        assert server.bound
        desk.origin = f"http://127.0.0.1:{server.bound[1]}"
        try:
            yield desk
        finally:
            running.cancel()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with served(Desk()) as desk:
        yield desk


@pytest.mark.parametrize("path", ["/health", "/healthz"])
async def test_alive_unless_a_timer_is_late_by_a_minute(desk: Desk, path: str) -> None:
    assert await desk.json(path) == (200, {"status": "ok"})
    desk.overdue = Depth(2, 0, MORNING)
    assert await desk.json(path) == (503, {"status": "late", "overdue_timers": 2})


@pytest.mark.parametrize("path", ["/ready", "/readyz"])
async def test_ready_when_every_part_is(desk: Desk, path: str) -> None:
    status, body = await desk.json(path)
    assert (status, body["status"], body["ready"], body["degraded"]) == (200, "ok", True, [])
    desk.parts["slack"] = "starting"
    status, body = await desk.json(path)
    assert (status, body["status"], body["ready"]) == (503, "starting", False)


async def test_a_bad_slack_token_degrades_and_does_not_take_mail_out_of_service(desk: Desk) -> None:
    desk.parts["slack"] = "slack: invalid_auth"
    status, body = await desk.json("/ready")
    assert (status, body["status"], body["ready"]) == (200, "degraded", True)
    assert body["degraded"] == ["slack: invalid_auth"]
    assert body["parts"] == desk.parts


async def test_not_ready_while_draining(desk: Desk) -> None:
    desk.draining = True
    status, body = await desk.json("/ready")
    assert (status, body["status"]) == (503, "draining")


async def test_metrics_tell_depth_age_deliveries_and_lateness(desk: Desk) -> None:
    desk.spool = Depth(3, 1, MORNING - timedelta(seconds=90))
    desk.outbox = Depth(0, 2, None)
    desk.metrics.delivered("mail", "sent")
    desk.metrics.delivered("mail", "sent")
    desk.metrics.rang(0.02)
    status, page = await desk.get("/metrics")
    assert status == 200
    lines = page.splitlines()
    for line in (
        'deskd_spool_depth{state="waiting"} 3.0',
        'deskd_spool_depth{state="dead"} 1.0',
        "deskd_spool_age_seconds 90.0",
        'deskd_outbox_depth{state="dead"} 2.0',
        "deskd_outbox_age_seconds 0.0",
        'deskd_deliveries_total{channel="mail",result="sent"} 2.0',
        'deskd_timer_lateness_seconds_bucket{le="0.05"} 1.0',
        'deskd_build_info{version="1.2.3"} 1.0',
    ):
        assert line in lines, line


async def test_docs_describe_what_there_is(desk: Desk) -> None:
    assert (await desk.get("/docs"))[0] == 200
    _, body = await desk.json("/openapi.json")
    paths = body["paths"]
    assert isinstance(paths, dict)
    assert sorted(paths) == ["/health", "/metrics", "/ready"]


async def test_an_address_in_use_is_named(desk: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"http.listen 127.0.0.1:{port}"):
            await HttpServer(lambda: None, ("127.0.0.1", port)).run(ready=lambda: None)


async def test_the_server_ends_when_told_and_lets_go_of_its_port() -> None:
    async with served(Desk()) as desk:
        port = int(desk.origin.rpartition(":")[2])
    with socket.socket() as again:
        again.bind(("127.0.0.1", port))

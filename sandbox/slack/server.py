"""HTTP and WebSocket of the stand-in: reads requests, lets the fault plan at them, answers."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aiohttp import web
from yarl import URL

from sandbox.base.errors import SlackError
from sandbox.base.workspace import Json
from sandbox.web_api.calls import Call
from sandbox.web_api.methods import METHODS, answer
from sandbox.workplace.faults import RESPONSE_URL, Fault
from sandbox.workplace.socket_mode import drop
from sandbox.workplace.stand_in import Slack

# Slack takes bodies far larger than any message; 1 MB is more than every limit summed.
MAX_BODY_BYTES = 1_000_000
# Open connections get this long to end when the stand-in closes.
CLOSING_SECONDS = 0.2
_HTML = "<!DOCTYPE html><html><head><title>Server Error | Slack</title></head></html>"


class BadBodyError(Exception):
    """The body is no JSON object and no form."""


def build_app(slack: Slack) -> web.Application:
    """The three doors: /api/{method}, /link and /response/{team}/{secret}."""
    endpoints = Endpoints(slack)
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.router.add_route("*", "/api/{method}", endpoints.api)
    app.router.add_get("/link/", endpoints.link)
    app.router.add_post("/response/{team}/{secret}", endpoints.response_url)
    return app


class Endpoints:
    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    async def api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if self._slack.faults.down:
            return _cut(request)
        fault = await self._before(method)
        if fault is not None and not fault.after_commit:
            self._slack.record(method, {}, _injected(fault), _status(fault))
            return _faulty(request, fault)
        reply, status = await self._answer(request, method)
        if fault is not None:
            self._slack.log.red("fault", f"{method}: done, but the answer is lost")
            return _faulty(request, fault)
        return self._json(method, reply, status)

    def _json(self, method: str, reply: Json, status: int) -> web.Response:
        response = web.json_response(reply, status=status)
        if status == web.HTTPTooManyRequests.status_code:
            response.headers["Retry-After"] = str(reply.pop("retry_after", 1))
            response.text = json.dumps(reply)
        if reply["ok"] and method == "auth.test":
            response.headers["x-oauth-scopes"] = ",".join(sorted(self._slack.scopes))
        return response

    async def _before(self, method: str) -> Fault | None:
        """Latency passes here; any other fault is handed back."""
        fault = self._slack.faults.take(method)
        if fault is None or fault.kind != "slow":
            return fault
        self._slack.log.red("fault", f"{method} takes {fault.seconds} s longer")
        until = self._slack.clock.now() + timedelta(seconds=fault.seconds)
        await self._slack.clock.sleep_until(until)
        return None

    async def _answer(self, request: web.Request, method: str) -> tuple[Json, int]:
        try:
            args = await read_args(request)
        except BadBodyError:
            reply: Json = {"ok": False, "error": "invalid_json"}
            self._slack.record(method, {}, reply, 200)
            return reply, 200
        token = _token(request, args)
        wait = self._wait(method, args)
        if wait:
            reply, status = {"ok": False, "error": "ratelimited", "retry_after": wait}, 429
        else:
            reply, status = answer(Call(method, args, self._slack), token), 200
        self._slack.record(method, args, reply, status)
        return reply, status

    def _wait(self, method: str, args: Json) -> int:
        known = METHODS.get(method)
        if known is None:
            return 0
        return self._slack.tiers.wait_for(method, known.tier, str(args.get("channel", "")))

    async def link(self, request: web.Request) -> web.StreamResponse:
        if self._slack.faults.down:
            return _cut(request)
        return await self._slack.sockets.serve(request)

    async def response_url(self, request: web.Request) -> web.StreamResponse:
        if self._slack.faults.down:
            return _cut(request)
        fault = await self._before(RESPONSE_URL)
        if fault is not None and not fault.after_commit:
            self._slack.record(RESPONSE_URL, {}, _injected(fault), _status(fault))
            return _faulty(request, fault)
        reply, status = await self._use_url(request)
        return _faulty(request, fault) if fault is not None else self._said(reply, status)

    def _said(self, reply: Json, status: int) -> web.Response:
        return web.Response(text="ok") if reply["ok"] else web.json_response(reply, status=status)

    async def _use_url(self, request: web.Request) -> tuple[Json, int]:
        args: Json = {}
        try:
            args = await read_args(request)
            reply = self._slack.response_urls.use(request.match_info["secret"], args)
            status = 200
        except BadBodyError:
            reply, status = {"ok": False, "error": "invalid_payload"}, 400
        except SlackError as refusal:
            reply = {"ok": False, "error": refusal.code} | refusal.fields
            status = 404 if refusal.code in ("expired_url", "used_url") else 400
        self._slack.record(RESPONSE_URL, args, reply, status)
        return reply, status


async def read_args(request: web.Request) -> Json:
    """Arguments from the query and from a JSON, urlencoded or multipart body."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        args |= _json_object(await request.text())
    elif request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        args |= _form(await request.post())
    return args


def _json_object(body: str) -> Json:
    try:
        value: Any = json.loads(body or "{}")
    except ValueError:
        raise BadBodyError from None
    if not isinstance(value, dict):
        raise BadBodyError
    return value


def _form(fields: Mapping[str, Any]) -> Json:
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def _token(request: web.Request, args: Json) -> str | None:
    """From the header or, as Slack allows, from the arguments."""
    given = args.pop("token", None)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else given


def _cut(request: web.Request) -> web.Response:
    """The connection ends by a TCP reset; what is returned is never written."""
    transport = request.transport
    if isinstance(transport, asyncio.Transport):
        drop(transport)
    return web.Response(status=500)


def _injected(fault: Fault) -> Json | None:
    if fault.kind == "rate_limited":
        return {"ok": False, "error": "ratelimited"}
    return {"ok": False, "error": fault.error} if fault.kind == "error" else None


def _status(fault: Fault) -> int:
    by_kind = {"rate_limited": 429, "error": 200, "reset": 0}
    return by_kind.get(fault.kind, fault.status)


def _faulty(request: web.Request, fault: Fault) -> web.Response:
    match fault.kind:
        case "rate_limited":
            wait = {"Retry-After": str(fault.retry_after)}
            return web.json_response(_injected(fault), status=429, headers=wait)
        case "error":
            return web.json_response(_injected(fault))
        case "html":
            return web.Response(text=_HTML, content_type="text/html", status=fault.status)
        case "reset":
            return _cut(request)
        case _:
            return web.Response(text="upstream error", status=fault.status)


class Listener:
    """One listening socket on the loopback."""

    def __init__(self, app: web.Application, host: str, port: int) -> None:
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSING_SECONDS)
        self._host, self._port = host, port

    async def open(self) -> str:
        """Starts to listen; returns the origin, as http://127.0.0.1:PORT."""
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        port = self._runner.addresses[0][1]
        return str(URL.build(scheme="http", host=self._host, port=port).origin())

    async def close(self) -> None:
        await self._runner.cleanup()

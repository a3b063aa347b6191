"""Socket Mode: tickets, sockets, envelopes, acks and redelivery. It does not know what it sends."""

import asyncio
import json
import secrets
import socket as sockets_api
import struct
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from aiohttp import WSMsgType, web

from engine.ports.clock import Clock
from sandbox.base.background import Background
from sandbox.base.log import EventLog
from sandbox.base.workspace import App, Json

ACK_DEADLINE = timedelta(seconds=3)
# After a missed ack an event comes again at once, a minute later and five minutes later.
RETRY_WAITS = (timedelta(0), timedelta(minutes=1), timedelta(minutes=5))
MAX_SOCKETS = 10
# Slack keeps what it could not deliver for a while; here a number bounds it.
MAX_PENDING = 2_000
# A burnt or unused ticket is remembered this far, so that a flood of opens ends.
MAX_TICKETS = 1_000
# A socket that was told to refresh is closed by Slack about this much later.
REFRESH_GRACE = timedelta(seconds=10)
# What was sent, for replays and for tests.
MAX_REMEMBERED = 2_000
# A peer that does not answer a close is left after this long.
GOODBYE_SECONDS = 0.5
# One ack carries at most a modal of 250 kB; more is refused by closing the socket.
MAX_ACK_BYTES = 1_000_000

Disconnect = Literal["warning", "refresh_requested", "link_disabled"]


@dataclass(frozen=True)
class EnvelopeDelivery:
    """One envelope's content: what is sent, and for an event how often it was tried before."""

    type: str
    payload: Json
    accepts_response: bool = False
    attempt: int = 0

    @property
    def about(self) -> str:
        inner = self.payload.get("event") or self.payload
        return f"{self.type} {inner.get('type') or inner.get('command', '')}".strip()


@dataclass(eq=False)
class AppSocket:
    id: str
    socket: web.WebSocketResponse
    transport: asyncio.Transport
    # Alive to TCP, but deaf and mute: what a middlebox does to an idle socket.
    stalled: bool = False
    # Told to go: gets nothing new.
    leaving: bool = False


@dataclass(frozen=True)
class Ack:
    at: datetime
    payload: Json | None


@dataclass
class SentEnvelope:
    envelope_id: str
    delivery: EnvelopeDelivery
    connection: str
    at: datetime
    ack: Ack | None = None
    # No ack came in time, and its event is on the way again in another envelope.
    repeated: bool = False


class NotConnectedError(Exception):
    """No socket takes envelopes now."""


def drop(transport: asyncio.Transport) -> None:
    """Ends the connection by a TCP reset, as a crashed or cut-off peer would."""
    raw = transport.get_extra_info("socket")
    if raw is not None:
        linger = struct.pack("ii", 1, 0)
        raw.setsockopt(sockets_api.SOL_SOCKET, sockets_api.SO_LINGER, linger)
    transport.abort()


@dataclass
class SocketMode:
    app: App
    clock: Clock
    log: EventLog
    background: Background
    connections: list[AppSocket] = field(default_factory=list)
    # Handshakes to refuse next; each burns its ticket all the same.
    refusals: int = 0
    sent: deque[SentEnvelope] = field(default_factory=lambda: deque(maxlen=MAX_REMEMBERED))
    _tickets: OrderedDict[str, bool] = field(default_factory=OrderedDict)
    _pending: deque[EnvelopeDelivery] = field(default_factory=deque)
    _waiting: dict[str, asyncio.Future[Ack]] = field(default_factory=dict)
    _by_envelope: dict[str, SentEnvelope] = field(default_factory=dict)
    _turn: int = 0
    # One flush at a time, so that events leave in their order.
    _flushing: asyncio.Lock = field(default_factory=asyncio.Lock)

    # --- tickets and sockets

    def issue_ticket(self) -> str:
        ticket = secrets.token_urlsafe(24)
        self._tickets[ticket] = True
        while len(self._tickets) > MAX_TICKETS:
            self._tickets.popitem(last=False)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        refusal = self._refusal(request.query.get("ticket", ""))
        if refusal is not None:
            self.log.red("handshake_refused", refusal)
            raise web.HTTPForbidden(text=refusal)
        socket = web.WebSocketResponse(
            autoping=False, max_msg_size=MAX_ACK_BYTES, timeout=GOODBYE_SECONDS
        )
        await socket.prepare(request)
        transport = request.transport
        assert isinstance(transport, asyncio.Transport)
        connection = AppSocket(secrets.token_hex(4), socket, transport)
        if len(self.connections) >= MAX_SOCKETS:
            await self._goodbye(connection, "too_many_websockets")
            await socket.close()
            return socket
        self.connections.append(connection)
        self.log.add("socket_opened", f"socket {connection.id} opened", connection=connection.id)
        try:
            await self._hello(connection)
            await self._flush()
            await self._listen(connection)
        finally:
            self.connections.remove(connection)
            self.log.add("socket_closed", f"socket {connection.id} closed")
        return socket

    def _refusal(self, ticket: str) -> str | None:
        fresh = self._tickets.get(ticket)
        if fresh is None:
            return "unknown ticket"
        if not fresh:
            return "ticket already used"
        self._tickets[ticket] = False
        if self.refusals > 0:
            self.refusals -= 1
            return "handshake refused by the fault plan"
        return None

    async def _hello(self, connection: AppSocket) -> None:
        hello = {
            "type": "hello",
            "num_connections": len(self.connections),
            "connection_info": {"app_id": self.app.id},
            "debug_info": self._debug_info() | {"approximate_connection_time": 18060},
        }
        await connection.socket.send_json(hello)

    def _debug_info(self) -> Json:
        return {"host": "sandbox", "started": self.clock.now().isoformat(), "build_number": 1}

    async def _listen(self, connection: AppSocket) -> None:
        async for message in connection.socket:
            if connection.stalled:
                continue
            if message.type is WSMsgType.PING:
                await connection.socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                self._take_ack(connection, message.data)

    # --- acks

    def _take_ack(self, connection: AppSocket, data: str) -> None:
        try:
            ack = json.loads(data)
            envelope_id, payload = ack["envelope_id"], ack.get("payload")
        except (ValueError, KeyError, TypeError):
            self.log.red("bad_ack", f"socket {connection.id} sent no ack: {data[:200]}")
            return
        sent = self._by_envelope.get(envelope_id)
        if sent is None:
            self.log.red("bad_ack", f"ack for an unknown envelope {envelope_id}")
            return
        if payload is not None and not isinstance(payload, dict):
            self.log.red("bad_ack", f"the ack's payload is no object: {data[:200]}")
            payload = None
        if payload and not sent.delivery.accepts_response:
            self.log.red("bad_ack", f"{sent.delivery.about} takes no answer in its ack")
        sent.ack = Ack(self.clock.now(), payload or None)
        waiting = self._waiting.pop(envelope_id, None)
        if waiting is None or waiting.done():
            self.log.red("late_ack", f"ack for {sent.delivery.about} came too late or twice")
            return
        waiting.set_result(sent.ack)
        self.log.add("ack", f"ack of {sent.delivery.about}", envelope_id=envelope_id)

    async def _await_ack(self, sent: SentEnvelope) -> Ack | None:
        """The ack, or None when the deadline passed first."""
        waiting = self._waiting[sent.envelope_id]
        deadline = self.background.start(self.clock.sleep_until(sent.at + ACK_DEADLINE))
        try:
            await asyncio.wait({waiting, deadline}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            deadline.cancel()
            self._waiting.pop(sent.envelope_id, None)
        return waiting.result() if waiting.done() else None

    # --- sending

    async def ask(self, type_: str, payload: Json, *, answerable: bool) -> Ack | None:
        """Sends a command or an interaction and waits; None when nobody acked in time."""
        sent = await self._send(EnvelopeDelivery(type_, payload, accepts_response=answerable))
        ack = await self._await_ack(sent)
        if ack is None:
            self.log.red("operation_timeout", f"no ack for {sent.delivery.about} in time")
        return ack

    def emit(self, payload: Json) -> None:
        """An event for the app: sent when a socket takes it, again when it is not acked."""
        self._keep(EnvelopeDelivery("events_api", payload))
        if self._receivers():
            self.background.start(self._flush())

    def replay(self, delivery: EnvelopeDelivery) -> None:
        """The same content in a new envelope, as Slack does now and then for no visible reason."""
        self._keep(EnvelopeDelivery(delivery.type, delivery.payload, delivery.accepts_response))
        self.background.start(self._flush())

    def _keep(self, delivery: EnvelopeDelivery) -> None:
        if len(self._pending) >= MAX_PENDING:
            lost = self._pending.popleft()
            self.log.red("event_lost", f"too much is waiting: {lost.about} was dropped")
        self._pending.append(delivery)

    def _receivers(self) -> list[AppSocket]:
        return [one for one in self.connections if not one.leaving and not one.socket.closed]

    async def _flush(self) -> None:
        async with self._flushing:
            while self._pending and self._receivers():
                sent = await self._send(self._pending.popleft())
                self.background.start(self._watch(sent))

    async def _send(self, delivery: EnvelopeDelivery) -> SentEnvelope:
        receivers = self._receivers()
        if not receivers:
            raise NotConnectedError
        self._turn += 1
        connection = receivers[self._turn % len(receivers)]
        envelope_id = secrets.token_hex(8)
        sent = SentEnvelope(envelope_id, delivery, connection.id, self.clock.now())
        self._remember(sent)
        self._waiting[envelope_id] = asyncio.get_running_loop().create_future()
        self.log.add(
            "envelope",
            f"{delivery.about} to socket {connection.id}",
            envelope_id=envelope_id,
            attempt=delivery.attempt,
        )
        if not connection.stalled:
            await self._write(connection, _envelope(envelope_id, delivery))
        return sent

    async def _write(self, connection: AppSocket, envelope: Json) -> None:
        try:
            await connection.socket.send_json(envelope)
        except ConnectionError:
            # The socket died under the envelope: as on the real line, only the missing ack tells.
            self.log.add("socket_broken", f"socket {connection.id} broke while sending")

    def _remember(self, sent: SentEnvelope) -> None:
        if len(self.sent) == MAX_REMEMBERED:
            self._by_envelope.pop(self.sent[0].envelope_id, None)
        self.sent.append(sent)
        self._by_envelope[sent.envelope_id] = sent

    async def _watch(self, sent: SentEnvelope) -> None:
        if await self._await_ack(sent) is not None:
            return
        delivery = sent.delivery
        if delivery.type != "events_api" or delivery.attempt >= len(RETRY_WAITS):
            self.log.red("event_given_up", f"{delivery.about} was never acked")
            return
        again = EnvelopeDelivery(delivery.type, delivery.payload, attempt=delivery.attempt + 1)
        self.log.red("ack_missing", f"no ack for {delivery.about}, it will come again")
        await self.clock.sleep_until(self.clock.now() + RETRY_WAITS[delivery.attempt])
        self._keep(again)
        sent.repeated = True
        await self._flush()

    # --- scripted trouble

    async def disconnect(self, reason: Disconnect = "refresh_requested") -> None:
        """Tells every socket to go, as Slack does every few hours, and closes it later."""
        for connection in list(self.connections):
            connection.leaving = reason != "warning"
            await self._goodbye(connection, reason)
            self.background.start(self._close_later(connection))

    async def _goodbye(self, connection: AppSocket, reason: str) -> None:
        self.log.add("disconnect", f"socket {connection.id} is told: {reason}")
        message = {"type": "disconnect", "reason": reason, "debug_info": self._debug_info()}
        await self._write(connection, message)

    async def _close_later(self, connection: AppSocket) -> None:
        await self.clock.sleep_until(self.clock.now() + REFRESH_GRACE)
        await connection.socket.close()

    def reset(self) -> None:
        """Cuts every socket by a TCP reset."""
        for connection in list(self.connections):
            self.log.add("socket_reset", f"socket {connection.id} is cut")
            drop(connection.transport)

    def stall(self) -> None:
        """From now on the present sockets neither answer pings nor deliver anything."""
        for connection in self.connections:
            connection.stalled = True
            self.log.add("socket_stalled", f"socket {connection.id} goes silent")

    def refuse_handshakes(self, times: int) -> None:
        self.refusals = times

    async def close(self) -> None:
        for connection in list(self.connections):
            await connection.socket.close()


def _envelope(envelope_id: str, delivery: EnvelopeDelivery) -> Json:
    envelope: Json = {
        "envelope_id": envelope_id,
        "type": delivery.type,
        "accepts_response_payload": delivery.accepts_response,
        "payload": delivery.payload,
    }
    if delivery.type == "events_api":
        envelope["retry_attempt"] = delivery.attempt
        envelope["retry_reason"] = "timeout" if delivery.attempt else ""
    return envelope

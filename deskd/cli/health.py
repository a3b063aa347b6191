"""`deskd health`: asks the running daemon over HTTP, as a container's or a script's probe does."""

import asyncio
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from deskd.base.errors import Failure
from deskd.settings.settings import Settings
from deskd.settings.value_checks import listen_address
from engine.ports.clock import Clock

ANSWER_SECONDS: Final = 5
"""A daemon that needs longer to say how it is, is not well."""
ASK_EVERY: Final = timedelta(milliseconds=200)
BODY_BYTES_MAX: Final = 100_000
_ANY: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read, not bound: where to ask who listens anywhere


@dataclass(frozen=True, slots=True)
class Health:
    is_well: bool
    body: dict[str, object]
    line: str


async def ask(settings: Settings, clock: Clock, *, wait: float) -> Health:
    """What /ready says; asked again until all is well or `wait` seconds are over."""
    if settings.http.listen is None:
        raise Failure(
            "http.listen is off, so the daemon cannot be asked: set it, for example to 127.0.0.1:8080"
        )
    host, port = listen_address(settings.http.listen)
    host = _ANY.get(host, host)
    host = f"[{host}]" if ":" in host else host
    deadline = clock.now() + timedelta(seconds=wait)
    while True:
        answer = await asyncio.to_thread(_ask, f"http://{host}:{port}")
        if answer.is_well or clock.now() >= deadline:
            return answer
        await clock.sleep_until(clock.now() + ASK_EVERY)


def _ask(origin: str) -> Health:
    """Alive and ready: both must be true of a daemon that is well."""
    try:
        alive = _get(f"{origin}/health")
        return _judged(_get(f"{origin}/ready")) if alive.is_well else alive
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = str(getattr(error, "reason", error))
        return Health(
            is_well=False,
            body={"status": "unreachable", "reason": reason},
            line=f"no answer from {origin}: {reason}",
        )


def _get(url: str) -> Health:
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({})
    )  # the own machine needs no proxy
    try:
        with opener.open(url, timeout=ANSWER_SECONDS) as answer:
            return _read(answer.read(BODY_BYTES_MAX), is_well=True)
    except urllib.error.HTTPError as error:
        with error:
            return _read(error.read(BODY_BYTES_MAX), is_well=False)


def _read(body: bytes, *, is_well: bool) -> Health:
    parsed = json.loads(body)
    if not isinstance(parsed, dict):
        raise ValueError("the answer is not deskd's")  # noqa: TRY004 - as any other answer that is not JSON
    return Health(is_well=is_well, body=parsed, line=str(parsed.get("status")))


def _judged(ready: Health) -> Health:
    degraded = ready.body.get("degraded")
    if isinstance(degraded, list) and degraded:
        return Health(ready.is_well, ready.body, f"{ready.line}: {'; '.join(map(str, degraded))}")
    return ready

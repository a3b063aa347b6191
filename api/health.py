"""What /health and /ready answer. The daemon hands in how it is; nothing is decided about tickets here."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from engine.ports.views import Depth

OVERDUE_GRACE: Final = timedelta(seconds=60)
"""A timer this late means that the alarm does not work: then the process is alive and useless."""

STARTING: Final = "starting"
READY: Final = "ready"


@dataclass(frozen=True, slots=True)
class Watched:
    """What the pages ask for."""

    parts: Callable[[], Mapping[str, str]]
    """Each part: "ready", "starting", or its trouble in one line."""
    draining: Callable[[], bool]
    overdue: Callable[[], Awaitable[Depth]]
    """Timers overdue by more than OVERDUE_GRACE."""


@dataclass(frozen=True, slots=True)
class HealthAnswer:
    status: int
    body: Mapping[str, object]


async def liveness(watched: Watched) -> HealthAnswer:
    late = await watched.overdue()
    if late.waiting:
        return HealthAnswer(503, {"status": "late", "overdue_timers": late.waiting})
    return HealthAnswer(200, {"status": "ok"})


def readiness(watched: Watched) -> HealthAnswer:
    """200 also when degraded: a bad Slack token must not take mail out of service."""
    parts = dict(watched.parts())
    degraded = sorted(state for state in parts.values() if state not in (READY, STARTING))
    name = "degraded" if degraded else "ok"
    if STARTING in parts.values():
        name = STARTING
    if watched.draining():
        name = "draining"
    is_ready = name in ("ok", "degraded")
    body = {"status": name, "ready": is_ready, "degraded": degraded, "parts": parts}
    return HealthAnswer(200 if is_ready else 503, body)

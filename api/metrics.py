"""Figures for Prometheus, in a registry of their own. Ticket ids are never labels."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from engine.ports.views import Depth

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
LATENESS_BUCKETS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0)
"""Fine below a second, which is promised; coarse above, which is trouble."""


@dataclass(frozen=True, slots=True)
class Queues:
    spool: Callable[[], Awaitable[Depth]]
    outbox: Callable[[], Awaitable[Depth]]


class Metrics:
    def __init__(self, *, version: str) -> None:
        self._registry = CollectorRegistry()
        kept = self._registry
        self._depth = {
            name: Gauge(
                f"deskd_{name}_depth", f"Rows in the {name}, by state.", ["state"], registry=kept
            )
            for name in ("spool", "outbox")
        }
        self._age = {
            name: Gauge(
                f"deskd_{name}_age_seconds",
                f"Age of the oldest row that waits in the {name}.",
                registry=kept,
            )
            for name in ("spool", "outbox")
        }
        self._deliveries = Counter(
            "deskd_deliveries", "Parcels handed over.", ["channel", "result"], registry=kept
        )
        self._lateness = Histogram(
            "deskd_timer_lateness_seconds",
            "Between a timer's due time and its ringing.",
            buckets=LATENESS_BUCKETS,
            registry=kept,
        )
        self._drift = Gauge(
            "deskd_timer_drift",
            "Timers that the last sweep found missing or left over.",
            registry=kept,
        )
        self._given_out = Counter(
            "deskd_tickets_given_out",
            "Tickets given to somebody by the desk itself.",
            registry=kept,
        )
        build = Gauge("deskd_build_info", "Which deskd this is.", ["version"], registry=kept)
        build.labels(version).set(1)

    def delivered(self, channel: str, result: str) -> None:
        self._deliveries.labels(channel, result).inc()

    def rang(self, lateness_seconds: float) -> None:
        self._lateness.observe(lateness_seconds)

    def gave_out(self, tickets: int) -> None:
        self._given_out.inc(tickets)

    def drifted(self, timers: int) -> None:
        self._drift.set(timers)

    async def page(self, queues: Queues, *, now: datetime) -> bytes:
        for name, depth in (("spool", await queues.spool()), ("outbox", await queues.outbox())):
            self._depth[name].labels("waiting").set(depth.waiting)
            self._depth[name].labels("dead").set(depth.dead)
            age = (now - depth.oldest).total_seconds() if depth.oldest else 0.0
            self._age[name].set(max(age, 0.0))
        return generate_latest(self._registry)

"""The one FastAPI application: health, readiness, metrics, and its own description at /docs."""

from collections.abc import Callable, Mapping

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from api.health import HealthAnswer, Watched, liveness, readiness
from api.metrics import CONTENT_TYPE, Metrics, Queues
from engine.ports.clock import Clock


def build_app(watched: Watched, metrics: Metrics, queues: Queues, clock: Clock) -> FastAPI:
    app = FastAPI(title="deskd", redoc_url=None)

    async def health() -> JSONResponse:
        """503 when timers are late: the process is to be restarted."""
        return _json(await liveness(watched))

    async def ready() -> JSONResponse:
        """503 while starting and draining; `degraded` names what does not work although the rest does."""
        return _json(readiness(watched))

    async def figures() -> Response:
        """Prometheus text format."""
        page = await metrics.page(queues, now=clock.now())
        return Response(page, headers={"Content-Type": CONTENT_TYPE})

    for path, answer in (("/health", health), ("/ready", ready)):
        app.get(path)(answer)
        app.get(f"{path}z", include_in_schema=False)(answer)
    app.get("/metrics")(figures)
    return app


def build_migrating_app(progress: Callable[[], Mapping[str, object]]) -> FastAPI:
    """While the database is brought up to date: alive, and not ready."""
    app = FastAPI(title="deskd", redoc_url=None)

    async def health() -> JSONResponse:
        return _json(HealthAnswer(200, {"status": "ok"}))

    async def ready() -> JSONResponse:
        parts: Mapping[str, str] = {}
        body = {"status": "migrating", "ready": False, "degraded": [], "parts": parts}
        return _json(HealthAnswer(503, body | {"progress": dict(progress())}))

    for path, answer in (("/health", health), ("/ready", ready)):
        app.get(path)(answer)
        app.get(f"{path}z", include_in_schema=False)(answer)
    return app


def _json(answer: HealthAnswer) -> JSONResponse:
    return JSONResponse(dict(answer.body), status_code=answer.status)

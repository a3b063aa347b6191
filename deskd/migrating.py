"""A long migration before the daemon starts: its progress is logged, and probes find the process alive."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import api.app
from api.server import HttpServer
from deskd.base.errors import Failure
from deskd.settings.settings import Settings
from deskd.settings.value_checks import listen_address
from deskd.upgrade_storage import upgraded
from engine.ports.clock import Clock
from storage.migrations.rebuild import Progress

log = logging.getLogger("deskd.deskd.migrating")

QUIET: Final = timedelta(seconds=2)
"""Until then nobody wonders; and then so often it is said how far it is."""


async def upgraded_alive(settings: Settings, clock: Clock) -> None:
    progress = Progress()
    failed: Failure | None = None
    async with asyncio.TaskGroup() as group:
        telling = group.create_task(_tell(settings, progress, clock))
        try:
            await upgraded(settings, progress)
        except Failure as failure:
            failed = failure
        finally:
            telling.cancel()
    if failed is not None:
        raise failed


async def _tell(settings: Settings, progress: Progress, clock: Clock) -> None:
    await clock.sleep_until(clock.now() + QUIET)
    async with asyncio.TaskGroup() as group:
        if settings.http.listen is not None:
            group.create_task(_answer(listen_address(settings.http.listen), progress))
        while True:
            log.info("the database is being brought up to date", extra={**_facts(progress)})
            await clock.sleep_until(clock.now() + QUIET)


async def _answer(listen: tuple[str, int], progress: Progress) -> None:
    server = HttpServer(api.app.build_migrating_app(lambda: _facts(progress)), listen)
    try:
        await server.run(ready=lambda: None)
    except OSError as error:
        # The daemon itself will say so, when it is there.
        log.warning("nobody can ask how far it is: %s", error)


def _facts(progress: Progress) -> Mapping[str, object]:
    return {"table": progress.table, "rows": progress.done, "of": progress.of}

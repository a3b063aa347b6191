"""`deskd run`: from settings to a running daemon and back, in order: lock, schema, storage, declarations, parts."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

from deskd.base import logs
from deskd.base.clock import WallClock
from deskd.base.errors import TRY_LATER, WRONG_USAGE, Failure
from deskd.build import Built, Ground, build
from deskd.config.database_words import database_file
from deskd.declared.declared_workspace import roster
from deskd.migrating import upgraded_alive
from deskd.parts.daemon import stop_on_signals
from deskd.parts.open_storage import storage_opened
from deskd.settings.settings import MAKE_A_KEY, SECRET_KEY_LENGTH_MIN, Settings
from engine.ports.clock import Clock
from engine.tickets.people import DEFAULT
from storage.sql.database import DaemonLock
from storage.sql.errors import Busy

log = logging.getLogger("deskd.deskd.run")


def run_daemon(settings: Settings, *, warnings: Sequence[str] = ()) -> None:
    """Until SIGTERM or SIGINT. `warnings`: what its settings are most likely not meant to say."""
    require_key(settings)
    logs.set_up(level=settings.log.level, form=settings.log.format)
    asyncio.run(_run(settings, warnings))


async def _run(settings: Settings, warnings: Sequence[str]) -> None:
    async with opened(settings, WallClock()) as built:
        for warning in warnings:
            log.warning("settings: %s", warning)
        built.daemon.on_settled = lambda: _say_ready(built)
        undo = stop_on_signals(built.daemon.stop, asyncio.get_running_loop())
        try:
            await built.daemon.run()
        finally:
            undo()


def _say_ready(built: Built) -> None:
    """One line for whoever waits for the start: where it listens, and what does not work yet."""
    states = built.daemon.states()
    facts = {
        "smtp": _place(built.smtp_in.bound if built.smtp_in else None),
        "http": _place(built.http.bound if built.http else None),
        "slack": _slack(states.get("slack", "") if built.slack else None),
    }
    trouble = "; ".join(state for state in states.values() if state != "ready")
    log.info("ready", extra={**facts, "trouble": trouble} if trouble else facts)


def _place(bound: tuple[str, int] | None) -> str:
    return f"{bound[0]}:{bound[1]}" if bound else "off"


def _slack(state: str | None) -> str:
    if state is None:
        return "off"
    return "connected" if state == "ready" else "degraded"


@asynccontextmanager
async def opened(settings: Settings, clock: Clock) -> AsyncIterator[Built]:
    """Everything made and nothing started: `await built.daemon.run()` does that."""
    require_key(settings)
    with _held(settings):
        await upgraded_alive(settings, clock)
        async with storage_opened(settings, clock) as storage:
            built = build(Ground(settings, storage, clock))
            try:
                await built.desk.declare(DEFAULT, roster(settings))
                yield built
            finally:
                await built.close()


def require_key(settings: Settings) -> None:
    if settings.secret_key is None:
        raise Failure(
            f"secret_key is missing: it signs reply addresses. Put one of {SECRET_KEY_LENGTH_MIN} characters or more"
            f" into deskd.toml (or DESKD_SECRET_KEY); make it with: {MAKE_A_KEY}",
            code=WRONG_USAGE,
        )
    if settings.mail.smtp_in.protocol != "smtp":
        raise Failure("mail.smtp_in.protocol: this version speaks smtp only", code=WRONG_USAGE)


@contextmanager
def _held(settings: Settings) -> Iterator[None]:
    """One daemon per SQLite file; on a server there may be several."""
    file = database_file(settings.database.url.get_secret_value())
    if file is None:
        yield
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    note = file.with_name(file.name + ".pid")
    try:
        lock = DaemonLock(file)
    except Busy as busy:
        holder = note.read_text(encoding="ascii").strip() if note.exists() else ""
        who = f"process {holder}" if holder else "another daemon"
        raise Failure(
            f"{who} runs on {file} already: stop it first, or give this one another database.url",
            code=TRY_LATER,
        ) from busy
    with lock:
        note.write_text(f"{os.getpid()}\n", encoding="ascii")
        yield
        note.unlink(missing_ok=True)

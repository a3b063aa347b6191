"""The parts in one TaskGroup: started together, stopped in order, each restarted when it fails.

It knows nothing of what the parts do. The order of stopping is the order of the stages it is given: first those
that take in, last those that answer how we are.
"""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from deskd.base.errors import FAILED, Failure
from engine.ports.clock import Clock, Part

log = logging.getLogger("deskd.deskd.daemon")

RESTART_FIRST: Final = timedelta(seconds=1)
RESTART_MAX: Final = timedelta(minutes=1)
"""A part that keeps failing is started again this often: seldom enough for the log, soon enough for people."""
SETTLING: Final = timedelta(seconds=3)
"""Until then a part that is not ready is starting, whatever it says; afterwards its trouble is the answer."""
FAREWELL_SECONDS: Final = 1.0
"""What a part may still use after its time to finish was cut."""


@dataclass
class _Running:
    part: Part
    is_ready: bool = False
    failed: str | None = None
    task: asyncio.Task[None] | None = None


@dataclass
class Daemon:
    """`stages`: parts by the order in which they are stopped."""

    stages: Sequence[Sequence[Part]]
    clock: Clock
    drain: timedelta
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Set it (a signal does) and the daemon drains and ends."""
    on_settled: Callable[[], None] = lambda: None
    """Called once, as `settled()` returns."""
    draining: bool = False
    _running: list[_Running] = field(default_factory=list)
    _is_late: bool = False
    _settled: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        stages = [[_Running(part) for part in stage] for stage in self.stages]
        self._running = [running for stage in stages for running in stage]
        try:
            async with asyncio.TaskGroup() as group:
                for running in self._running:
                    running.task = group.create_task(self._keep(running))
                settling = group.create_task(self._settle())
                await self.stop.wait()
                settling.cancel()
                self.draining = True
                log.info("stopping: what is in hand is finished first")
                await self._stop(stages)
        except* Failure as failures:
            # One is enough for the operator: the others fail by the same cause, or show up next time.
            raise failures.exceptions[0] from None
        log.info("stopped")

    async def settled(self) -> None:
        """Return when every part is ready or says what its trouble is."""
        await self._settled.wait()

    def states(self) -> dict[str, str]:
        """Each part: "ready", "starting", or its trouble in one line."""
        return {running.part.name: self._state(running) for running in self._running}

    def _state(self, running: _Running) -> str:
        trouble = running.failed or (
            running.part.trouble if running.is_ready or self._is_late else None
        )
        return trouble or ("ready" if running.is_ready else "starting")

    async def _settle(self) -> None:
        await self.clock.sleep_until(self.clock.now() + SETTLING)
        self._is_late = True
        self._look()

    async def _keep(self, running: _Running) -> None:
        wait = RESTART_FIRST
        while True:
            began = self.clock.now()
            await self._run_once(running)
            self._look()
            if self.clock.now() - began > RESTART_MAX:
                wait = RESTART_FIRST
            await self.clock.sleep_until(self.clock.now() + wait)
            wait = min(wait * 2, RESTART_MAX)

    async def _run_once(self, running: _Running) -> None:
        name = running.part.name

        def ready() -> None:
            running.is_ready, running.failed = True, None
            self._look()

        try:
            await running.part.run(ready=ready)
        except OSError as error:
            if not running.is_ready:
                # Cannot even begin (an address in use): that is for the operator now, not for a retry.
                raise Failure(f"{name} cannot start: {error.strerror or error}") from error
            log.exception("a part failed; it is started again", extra={"part": name})
            running.failed = f"{name} failed: {type(error).__name__}"
        except Exception as error:  # the boundary: one part's bug must not stop mail
            log.exception("a part failed; it is started again", extra={"part": name})
            running.failed = f"{name} failed: {type(error).__name__}"
        else:
            log.error("a part ended by itself; it is started again", extra={"part": name})
            running.failed = f"{name} ended"

    def _look(self) -> None:
        if self._settled.is_set() or self.draining:
            return
        if all(self._state(running) != "starting" for running in self._running):
            self._settled.set()
            self.on_settled()

    async def _stop(self, stages: Sequence[Sequence[_Running]]) -> None:
        deadline = self.clock.now() + self.drain
        for stage in stages:
            tasks = {running.task for running in stage if running.task}
            for task in tasks:
                task.cancel()
            late = await self._wait(tasks, until=deadline)
            for task in late:
                task.cancel()
            if late:
                names = [running.part.name for running in stage if running.task in late]
                log.warning("not finished in time", extra={"parts": ", ".join(names)})
                await asyncio.wait(late, timeout=FAREWELL_SECONDS)

    async def _wait(
        self, tasks: set[asyncio.Task[None]], *, until: datetime
    ) -> set[asyncio.Task[None]]:
        if not tasks:
            return set()
        async with asyncio.TaskGroup() as group:
            over = group.create_task(self.clock.sleep_until(until))
            pending: set[asyncio.Task[None]] = set(tasks)
            while pending and not over.done():
                done, _ = await asyncio.wait({*pending, over}, return_when=asyncio.FIRST_COMPLETED)
                pending -= done
            over.cancel()
        return pending


def stop_on_signals(stop: asyncio.Event, loop: asyncio.AbstractEventLoop) -> Callable[[], None]:
    """SIGTERM and SIGINT drain; the second one ends the process at once. Returns what undoes it."""

    def asked() -> None:
        if stop.is_set():
            os._exit(FAILED)  # somebody is in a hurry; nothing is lost, leases run out
        stop.set()

    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, asked)

    def undo() -> None:
        for number in signals:
            loop.remove_signal_handler(number)

    return undo
